"""A real HTTP server on loopback, for tests.

It serves bytes and folders, answers ranges as RFC 9110 says, remembers what it was
asked for, and does wrong what a test wants it to.
"""

from __future__ import annotations

import hashlib
import re
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self
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
    """

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)


class Answer:
    """An answer that is about to be sent; faults change it.

    :ivar content: all that lies at the path
    :ivar status: the status code
    :ivar headers: the header fields
    :ivar body: what is sent of the content
    """

    def __init__(self, handler: BaseHTTPRequestHandler, content: bytes, request: Request) -> None:
        self._handler = handler
        self.content = content
        self.etag = f'"{hashlib.md5(content).hexdigest()}"'
        self.give_all()
        start, stop = self._range(request.headers)
        if (start, stop) != (0, len(content)):
            self.status = 206
            self.body = content[start:stop]
            self.headers["Content-Length"] = str(stop - start)
            self.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(content)}"

    def give_all(self) -> None:
        """Answer with the whole content."""
        self.status = 200
        self.body = self.content
        self.headers = {
            "Content-Length": str(len(self.content)),
            "ETag": self.etag,
            "Accept-Ranges": "bytes",
        }

    def _range(self, headers: dict[str, str]) -> tuple[int, int]:
        """Give the part that is asked for; all of it when that can't be given."""
        size = len(self.content)
        match = _RANGE.fullmatch(headers.get("range", ""))
        same = headers.get("if-range", self.etag) == self.etag
        if match is None or not same or int(match[1]) >= size:
            return 0, size
        return int(match[1]), min(size, int(match[2]) + 1 if match[2] else size)

    def send(self, fault: Fault, *, with_body: bool) -> None:
        """Send it, as a fault wants it."""
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
        self._handler.wfile.flush()
        # Without lingering, the other side sees a reset and not an end.
        linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
        self._handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self._handler.close_connection = True


class FileServer:
    """Serves on loopback as long as its block lasts::

        with FileServer() as server:
            server.files["/data.csv"] = b"1,2"
            url = server.url("/data.csv")

    :ivar files: the content by path; it may change while the server runs
    :ivar folders: folders on disk by the path that they are served under
    :ivar faults: what goes wrong with the next answers, by path; see
        :mod:`datamaestro.testing.faults`
    :ivar requests: what was asked for, in order
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.folders: dict[str, Path] = {}
        self.faults: dict[str, list[Fault]] = {}
        self.requests: list[Request] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def url(self, path: str = "") -> str:
        """Give the URL of a path on this server."""
        return f"http://127.0.0.1:{self._server.server_address[1]}{path}"

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

            def handle(self) -> None:
                with suppress(ConnectionResetError):  # a client that was killed
                    super().handle()

            def do_GET(self) -> None:
                self._answer(with_body=True)

            def do_HEAD(self) -> None:
                self._answer(with_body=False)

            def _answer(self, *, with_body: bool) -> None:
                path = unquote(urlsplit(self.path).path)
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Request(self.command, path, headers)
                server.requests.append(request)
                content = server.content(path)
                if content is None:
                    self.send_error(404)
                    return
                faults = server.faults.get(path, [])
                fault = faults.pop(0) if faults else Fault()
                try:
                    Answer(self, content, request).send(fault, with_body=with_body)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True  # the client has had enough

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        return Handler
