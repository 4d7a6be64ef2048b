"""A real HTTP server on loopback, for tests.

It serves bytes and folders, answers ranges as RFC 9110 says, remembers what it was
asked for, and does wrong what a test wants it to.
"""

from __future__ import annotations

import functools
import hashlib
import re
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from datamaestro.testing.faults import Fault

__all__ = ["Answer", "FileServer", "Request"]

_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


@dataclass(frozen=True)
class Request:
    """What the server was asked for.

    :param method: GET or HEAD
    :param path: the path, without a query
    :param headers: the header fields, their names in lower case
    :param query: what came after the path and ``?``
    """

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    query: str = ""


class Answer:
    """An answer that is about to be sent; faults change it.

    :ivar content: all that lies at the path
    :ivar etag: what identifies the content, if that is told
    :ivar modified: when it was last changed, as a date of HTTP, if that is told
    :ivar if_range: what the client has already, if only more of the same is of use to it
    :ivar status: the status code
    :ivar headers: the header fields
    :ivar body: what is sent of the content
    """

    def __init__(
        self,
        handler: BaseHTTPRequestHandler,
        content: bytes,
        request: Request,
        replace: Callable[[bytes], None],
    ) -> None:
        self._handler = handler
        self._range = request.headers.get("range", "")
        self.replace = replace
        self.content = content
        self.etag: str | None = f'"{hashlib.md5(content).hexdigest()}"'
        self.modified: str | None = None
        self.if_range = request.headers.get("if-range")
        self.give_all()

    def give_all(self) -> None:
        """Answer with the whole content."""
        self.status = 200
        self.body = self.content
        self.headers = {"Content-Length": str(len(self.content)), "Accept-Ranges": "bytes"}
        if self.etag is not None:
            self.headers["ETag"] = self.etag
        if self.modified is not None:
            self.headers["Last-Modified"] = self.modified

    def give_range(self, start: int, stop: int) -> None:
        """Answer with a part of the content."""
        self.give_all()
        self.status = 206
        self.body = self.content[start:stop]
        self.headers["Content-Length"] = str(stop - start)
        self.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(self.content)}"

    def give_instead(self, status: int, body: bytes, **headers: str) -> None:
        """Answer with something else; `headers` have underscores in the place of hyphens."""
        self.status = status
        self.body = body
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self.headers["Content-Length"] = str(len(body))

    def _give_what_is_asked_for(self) -> None:
        self.give_all()
        match = _RANGE.fullmatch(self._range)
        strong = None if (self.etag or "").startswith("W/") else self.etag
        same = self.if_range is None or self.if_range in (strong, self.modified)
        size = len(self.content)
        if match is not None and same and int(match[1]) < size:
            self.give_range(int(match[1]), min(size, int(match[2]) + 1 if match[2] else size))

    def send(self, fault: Fault, *, with_body: bool) -> None:
        """Send it, as a fault wants it."""
        fault.identify(self)
        self._give_what_is_asked_for()
        fault.change(self)
        self._handler.send_response(self.status)
        for name, value in self.headers.items():
            self._handler.send_header(name, value)
        self._handler.end_headers()
        if with_body:
            fault.send(self)

    def write(self, data: bytes) -> None:
        """Send bytes."""
        self._handler.wfile.write(data)

    def close(self) -> None:
        """Close the connection in order."""
        self._handler.close_connection = True

    def break_off(self) -> None:
        """Break the connection, whatever was still to be sent."""
        self._handler.close_connection = True
        # Without lingering, the other side sees a reset and not an end. So it has to be
        # closed here: in order, an end would be sent first.
        linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
        self._handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self._handler.rfile.close()
        self._handler.connection.close()


class _Listener(ThreadingHTTPServer):
    """A port that is listened on, and the connections to it."""

    daemon_threads = True

    def __init__(
        self,
        address: Any,
        handler: type[BaseHTTPRequestHandler],
        tls: ssl.SSLContext | None,
    ) -> None:
        super().__init__(address, handler)
        if tls is not None:
            # The handshake is left to the thread of each connection.
            self.socket = tls.wrap_socket(
                self.socket, server_side=True, do_handshake_on_connect=False
            )
        self._connections: set[socket.socket] = set()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,))

    def start(self) -> None:
        """Serve, in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Serve no more, and break the connections that there are."""
        self.shutdown()
        self._thread.join()
        self.server_close()
        for connection in [*self._connections]:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # Clients that go away, or refuse a certificate, are what tests are about.
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class FileServer:
    """Serves on loopback as long as its block lasts::

        with FileServer() as server:
            server.files["/data.csv"] = b"1,2"
            url = server.url("/data.csv")

    :param tls: the certificate and key to serve ``https:`` with; without, it is ``http:``
    :ivar files: the content by path; it may change while the server runs
    :ivar folders: folders on disk by the path that they are served under
    :ivar faults: what goes wrong with the next answers, by path; see
        :mod:`datamaestro.testing.faults`
    :ivar requests: what was asked for, in order
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.tls = tls
        self.files: dict[str, bytes] = {}
        self.folders: dict[str, Path] = {}
        self.faults: dict[str, list[Fault]] = {}
        self.requests: list[Request] = []
        self._listener = _Listener(("127.0.0.1", 0), self._handler(), tls)

    def __enter__(self) -> Self:
        self._listener.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.stop()

    @contextmanager
    def down(self) -> Iterator[None]:
        """Refuse connections as long as the block lasts, and break those that there are."""
        address = self._listener.server_address
        self._listener.stop()
        with socket.socket() as reserved:
            # A port that nobody listens on refuses; taking it keeps others from getting it.
            reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            reserved.bind(address)
            try:
                yield
            finally:
                reserved.close()
                self._listener = _Listener(address, self._handler(), self.tls)
                self._listener.start()

    def url(self, path: str = "", host: str = "127.0.0.1") -> str:
        """Give the URL of a path on this server; of none, what the URLs of all begin with.

        :param path: the path; a slash before it may be left out
        :param host: another name of this machine, such as ``localhost``
        """
        scheme = "http" if self.tls is None else "https"
        slash = "/" if path and not path.startswith("/") else ""
        return f"{scheme}://{host}:{self._listener.server_address[1]}{slash}{path}"

    def content(self, path: str) -> bytes | None:
        """Give what lies at a path, or None."""
        if path in self.files:
            return self.files[path]
        for prefix, folder in self.folders.items():
            file = folder / path.removeprefix(prefix).lstrip("/")
            inside = folder.resolve() in file.resolve().parents
            if path.startswith(prefix) and file.is_file() and inside:
                return file.read_bytes()
        return None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # a small body would wait 40 ms for its header's receipt

            def handle(self) -> None:
                with suppress(ConnectionResetError):  # a client that was killed
                    super().handle()

            def do_GET(self) -> None:
                self._answer(with_body=True)

            def do_HEAD(self) -> None:
                self._answer(with_body=False)

            def _answer(self, *, with_body: bool) -> None:
                parts = urlsplit(self.path)
                path = unquote(parts.path)
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Request(self.command, path, headers, parts.query)
                server.requests.append(request)
                content = server.content(path)
                if content is None:
                    self.send_error(404)
                    return
                faults = server.faults.get(path, [])
                fault = faults.pop(0) if faults else Fault()
                try:
                    replace = functools.partial(server.files.__setitem__, path)
                    Answer(self, content, request, replace).send(fault, with_body=with_body)
                except OSError:
                    self.close_connection = True  # the client has had enough

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        return Handler
