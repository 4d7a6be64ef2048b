"""Where a resource's archive comes from: a download, or another resource."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from datamaestro.download import FolderResource, Resource, Source, StoredResource
from datamaestro.errors import DefinitionError
from datamaestro.expansion import checked_max_size
from datamaestro.location import definition_site
from datamaestro.utils import HashCheck
from datamaestro_download_archive.limits import Limits

__all__ = ["FromArchive", "archive_digests", "limits", "names"]


class FromArchive(StoredResource):
    """A resource that is made from an archive's file.

    :ivar source: what is downloaded, or None
    :ivar archive: the resource that ends as the archive's file, or None
    """

    source: Source | None
    archive: StoredResource | None

    def _take_from(
        self,
        origin: str | StoredResource,
        mirrors: Iterable[str],
        size: int | None,
        sha256: str | None,
        md5: str | None,
    ) -> None:
        """Note where the archive comes from; called once, by the constructor.

        :raises DefinitionError: if it can't come from there
        """
        if isinstance(origin, FolderResource) or not isinstance(origin, Resource | str):
            raise DefinitionError(
                "no archive can come from there",
                where=definition_site(),
                expected="a URL, or a resource that ends as the archive's file",
                found=f"{origin!r:.80}",
            )
        if isinstance(origin, str):
            self.source = Source.of(origin, mirrors, size, sha256, md5)
            self.archive = None
            return
        if mirrors or size is not None or sha256 is not None or md5 is not None:
            raise DefinitionError(
                "mirrors, size and digests are of a download",
                where=definition_site(),
                expected=f"them in the definition of {origin!r}, which downloads",
                found="them here, where another resource is unpacked",
            )
        self.source = None
        self.archive = origin

    @property
    def sources(self) -> tuple[Source, ...]:
        return () if self.source is None else (self.source,)

    def _fingerprint_with(self, **options: Any) -> str:
        """Give the fingerprint of what is made with these options; None and () are none."""
        made_from = [super().fingerprint]
        chosen = [f"{name}={value!r}" for name, value in options.items() if value not in (None, ())]
        return " ".join([*made_from, *chosen])

    @property
    def _label(self) -> str:
        """What messages call the archive."""
        return str(self._archive_path()) if self.source is None else self.source.url

    def _archive_path(self) -> Path:
        assert self.archive is not None
        return self.archive.path

    @contextmanager
    def _archive_file(self) -> Iterator[BinaryIO]:
        """Open the archive as a whole file, which can seek."""
        path = self._archive_path() if self.source is None else self.fetch(self.source)
        with path.open("rb") as file:
            yield file

    @contextmanager
    def _archive_stream(self) -> Iterator[BinaryIO]:
        """Open the archive to be read forward; it may still be arriving."""
        if self.source is None:
            with self._archive_file() as file:
                yield file
        else:
            with self.open(self.source) as stream:
                yield stream


def archive_digests(
    check: HashCheck, sha256: str | None, md5: str | None
) -> tuple[str | None, str | None]:
    """Give the SHA-256 and MD5 of an archive, one of them from a checker.

    :raises DefinitionError: if it has neither, or that one is given besides
    """
    given = {"sha256": sha256, "md5": md5}
    if given.get(check.algorithm, "") is not None:
        raise DefinitionError(
            "the hash can't be of the archive",
            where=definition_site(),
            expected="HashCheck(digest) for MD5, or HashCheck(digest, 'sha256')",
            found=repr(check),
        )
    given[check.algorithm] = check.digest
    return given["sha256"], given["md5"]


def limits(max_size: int | None) -> Limits:
    """Give the limits of a resource.

    :param max_size: see :meth:`Limits.raised_to`
    :raises DefinitionError: if it isn't a number of bytes
    """
    return Limits().raised_to(checked_max_size(max_size))


def names(value: Iterable[str]) -> tuple[str, ...]:
    """Give several names of members as a tuple.

    :raises DefinitionError: for one alone, whose letters would be taken for names; and for
        a name that no member can have
    """
    found = () if isinstance(value, str) else tuple(value)
    if isinstance(value, str) or not all(map(_is_name, found)):
        raise DefinitionError(
            "not the names of members",
            where=definition_site(),
            expected="several names or globs: ['data/train.csv']",
            found=repr(value),
        )
    return found


def _is_name(name: object) -> bool:
    return isinstance(name, str) and bool(name) and ".." not in name.split("/")
