"""A handler for files that are published in base64."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from pathlib import Path

from datamaestro.download import FileResource, Source
from datamaestro.errors import VerificationError

__all__ = ["Base64Downloader", "base64downloader"]


class Base64Downloader(FileResource):
    """One file, decoded from base64 while it arrives.

    :param filename: its name in the dataset's folder
    :param url: where the text lies
    :param mirrors: where else the same text lies
    :param size: the number of bytes of the text
    :param sha256: the SHA-256 of the text
    :param name: the resource's name
    """

    def __init__(
        self,
        filename: str,
        url: str,
        *,
        mirrors: Iterable[str] = (),
        size: int | None = None,
        sha256: str | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(filename, name=name)
        self.source = Source.of(url, mirrors, size=size, sha256=sha256)

    @property
    def sources(self) -> tuple[Source, ...]:
        return (self.source,)

    def _download(self, destination: Path) -> None:
        with self.open(self.source) as text, destination.open("wb") as file:
            try:
                base64.decode(text, file)
            except binascii.Error as error:
                raise VerificationError(
                    "not base64", where=self.source.url, found=str(error)
                ) from error


base64downloader = Base64Downloader
