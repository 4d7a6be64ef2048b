"""Where the bytes of a download come from, and how to know that they are right."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from datamaestro.errors import DefinitionError, VerificationError
from datamaestro.location import definition_site
from datamaestro.urls import is_url

__all__ = ["Source"]

_DIGEST_LENGTHS = {"sha256": 64, "md5": 32}


@dataclass(frozen=True)
class Source:
    """One file as its publisher serves it, under one URL or several.

    :param urls: the URLs that give these bytes, the preferred one first
    :param size: their number, as downloaded (still compressed)
    :param sha256: their SHA-256, in hexadecimal
    :param md5: their MD5, in hexadecimal
    :raises DefinitionError: for a digest that can't be one, or when there is no URL
    """

    urls: tuple[str, ...]
    size: int | None = None
    sha256: str | None = None
    md5: str | None = None

    @classmethod
    def of(
        cls,
        url: str,
        mirrors: Iterable[str] = (),
        size: int | None = None,
        sha256: str | None = None,
        md5: str | None = None,
    ) -> Source:
        """Make a source from the parameters that download handlers take."""
        if isinstance(mirrors, str) or not isinstance(mirrors, Iterable):
            raise DefinitionError(
                "mirrors are several URLs",
                where=definition_site(),
                expected=f"a list: [{mirrors!r}]" if mirrors else "a list",
                found=repr(mirrors),
            )
        return cls((url, *mirrors), size, sha256, md5)

    def __post_init__(self) -> None:
        if isinstance(self.urls, str):
            raise DefinitionError(
                "a source has a tuple of URLs",
                where=definition_site(),
                expected=f"Source.of({self.urls!r}, …)",
                found=f"Source({self.urls!r}, …)",
            )
        if not self.urls or not all(map(is_url, self.urls)):
            raise DefinitionError(
                "a source needs a URL",
                where=definition_site(),
                expected="URLs with a scheme, such as https://example.org/data.csv",
                found=", ".join(map(repr, self.urls)) or "none",
            )
        if self.size is not None and (type(self.size) is not int or self.size < 0):
            raise DefinitionError(
                "not the size of a file",
                where=definition_site(),
                expected="its exact number of bytes",
                found=repr(self.size),
            )
        for algorithm, length in _DIGEST_LENGTHS.items():
            digest = getattr(self, algorithm)
            if digest is not None and not (
                isinstance(digest, str) and re.fullmatch(rf"[0-9a-fA-F]{{{length}}}", digest)
            ):
                raise DefinitionError(
                    f"not the {algorithm} of a file",
                    where=definition_site(),
                    expected=f"{length} hexadecimal digits",
                    found=repr(digest)
                    + (f" ({len(digest)} characters)" if isinstance(digest, str) else ""),
                )

    @property
    def url(self) -> str:
        """The preferred URL."""
        return self.urls[0]

    @property
    def filename(self) -> str:
        """The last part of the preferred URL's path: ``train-images-idx3-ubyte.gz``."""
        return PurePosixPath(unquote(urlsplit(self.url).path)).name

    @property
    def digests(self) -> dict[str, str]:
        """The declared digests by their algorithm, in lower case."""
        return {
            algorithm: digest.lower()
            for algorithm in _DIGEST_LENGTHS
            if (digest := getattr(self, algorithm)) is not None
        }

    def check_size(self, where: object, found: int | None) -> None:
        """Check a number of bytes, if one is declared and one was found.

        :param where: what has that size, for the message
        :raises VerificationError: if it is another
        """
        if self.size is not None and found is not None and self.size != found:
            raise VerificationError(
                "wrong size", where=where, expected=f"{self.size} bytes", found=f"{found} bytes"
            )

    def check_digests(self, where: object, found: Mapping[str, str]) -> None:
        """Check digests, by algorithm, against all that are declared.

        :param where: what has these digests, for the message
        :raises VerificationError: if one is another
        """
        for algorithm, digest in self.digests.items():
            if found[algorithm] != digest:
                raise VerificationError(
                    f"wrong {algorithm}", where=where, expected=digest, found=found[algorithm]
                )
