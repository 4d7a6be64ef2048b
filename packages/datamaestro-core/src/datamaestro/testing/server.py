"""A real HTTP server on loopback, for tests.

It serves bytes and folders, answers ranges as RFC 9110 says, and remembers what
it was asked for.
"""

from __future__ import annotations

import hashlib
import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit

__all__ = ["FileServer", "Request"]

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


class FileServer:
    """Serves on loopback as long as its block lasts::

        with FileServer() as server:
            server.files["/data.csv"] = b"1,2"
            url = server.url("/data.csv")

    :ivar files: the content by path; it may change while the server runs
    :ivar folders: folders on disk by the path that they are served under
    :ivar requests: what was asked for, in order
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.folders: dict[str, Path] = {}
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
            if path.startswith(prefix) and file.is_file() and folder in file.resolve().parents:
                return file.read_bytes()
        return None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._answer(with_body=True)

            def do_HEAD(self) -> None:
                self._answer(with_body=False)

            def _answer(self, *, with_body: bool) -> None:
                path = unquote(urlsplit(self.path).path)
                headers = {name.lower(): value for name, value in self.headers.items()}
                server.requests.append(Request(self.command, path, headers))
                content = server.content(path)
                if content is None:
                    self.send_error(404)
                    return
                etag = f'"{hashlib.md5(content).hexdigest()}"'
                start, stop = _range(headers, etag, len(content))
                partial = (start, stop) != (0, len(content))
                self.send_response(206 if partial else 200)
                self.send_header("Content-Length", str(stop - start))
                self.send_header("ETag", etag)
                self.send_header("Accept-Ranges", "bytes")
                if partial:
                    self.send_header("Content-Range", f"bytes {start}-{stop - 1}/{len(content)}")
                self.end_headers()
                if with_body:
                    self.wfile.write(content[start:stop])

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        return Handler


def _range(headers: dict[str, str], etag: str, size: int) -> tuple[int, int]:
    """Give the part of the content that is asked for; all of it when that can't be given."""
    match = _RANGE.fullmatch(headers.get("range", ""))
    if match is None or headers.get("if-range", etag) != etag or int(match[1]) >= size:
        return 0, size
    return int(match[1]), min(size, int(match[2]) + 1 if match[2] else size)
