"""Making one resource, up to the point where only its place is missing."""

from __future__ import annotations

import logging
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from datamaestro.disk.files import remove, size_on_disk
from datamaestro.disk.flushing import flush_file, flush_to_disk
from datamaestro.disk.refusals import is_of_storage, usable
from datamaestro.disk.sharing import make_folder
from datamaestro.download.derivation import Joined
from datamaestro.download.stored import FileResource, FolderResource, StoredResource
from datamaestro.errors import DataDirectoryError, VerificationError
from datamaestro.preparation.blaming import noting
from datamaestro.preparation.workspace import Workspace
from datamaestro.state_files import Download, Record
from datamaestro.transfer.target import NextUrl

__all__ = ["Made", "make"]

logger = logging.getLogger(__name__)


class Made(NamedTuple):
    """A resource that is whole, verified, and on disk.

    :param path: where it is; its own place if it was there already
    :param size: the number of bytes of the file, or of all files in the folder
    :param sha256: the digest of a file that was made
    :param downloads: what was fetched for it
    """

    path: Path
    size: int
    sha256: str | None = None
    downloads: tuple[Download, ...] = ()


def make(
    resource: StoredResource,
    workspace: Workspace,
    recorded: Record | None = None,
    *,
    anew: bool = False,
) -> Made:
    """Make a resource below the workspace's folder, unless the right one is in its place.

    :param recorded: what is recorded of its place
    :param anew: whether to make it whatever is in its place
    :raises DatamaestroError: see :mod:`datamaestro.errors`
    """
    if not anew and _is_there(resource, recorded):
        return Made(resource.path, size_on_disk(resource.path))
    destination = workspace.folder / resource.relative_path
    fetcher = workspace.fetcher(resource.name)
    while True:
        try:
            told = _download(resource, destination, workspace)
            _verify(resource, destination, workspace)
            break
        except NextUrl:
            remove(destination)
        except Exception as error:
            if not fetcher.distrusts(error):
                raise
            remove(destination)
    with usable(resource.binding.folder):
        downloads, status = tuple(fetcher.downloads), destination.lstat()
        if stat.S_ISREG(status.st_mode):
            sha256 = fetcher.written.digest(destination, status)
            _flush(destination, flush_file)
            return Made(destination, status.st_size, sha256, downloads)
        _flush(destination, flush_to_disk)
        return Made(destination, _size(resource, destination, told), None, downloads)


def _flush(path: Path, flush: Callable[[Path], None]) -> None:
    """Flush what was made; it goes if the disk refuses some of it, and no run goes on from it."""
    try:
        flush(path)
    except OSError:
        remove(path)
        raise


def _size(resource: StoredResource, path: Path, told: int | None) -> int:
    """Give the bytes of what was made; of a folder as its handler tells, if it does.

    A look at each of 20,000 files takes a fifth of the time of unpacking them.
    """
    if isinstance(resource, FolderResource) and type(told) is int and told >= 0:
        return told
    return size_on_disk(path)


def _is_there(resource: StoredResource, recorded: Record | None) -> bool:
    """Tell whether what lies in place, from an earlier program or definition, is right."""
    if not resource.path.exists():
        return False
    try:
        if _may_be_proven(resource, recorded):
            logger.info("Verifying %s, which is there already", resource.path)
            with noting(resource.dataset, f"verifying the resource {resource.name!r}"):
                if resource.proves(resource.path):
                    return True
        logger.warning("%s isn't known to be what is declared; it is made again", resource.path)
    except (PermissionError, VerificationError) as error:
        logger.warning("%s; it is made again", error)
    return False


def _may_be_proven(resource: StoredResource, recorded: Record | None) -> bool:
    """Tell whether what lies in place may be the resource, if its handler says so.

    Where it is recorded as made from something else, only a digest of its own proves it: its
    size doesn't, nor does the end of a compressed file that has other bytes than declared.
    """
    if recorded is None or resource.checker is not None:
        return True
    as_it_came = resource.derivation == Joined(("",))
    declared = {source.digests.get("sha256") for source in resource.sources}
    return all(source.digests for source in resource.sources) and (
        as_it_came or declared == {download.sha256 for download in recorded.downloads}
    )


def _download(resource: StoredResource, destination: Path, workspace: Workspace) -> int | None:
    """Let a resource be made at `destination`; give its bytes, if it knows them.

    :raises NextUrl: if the bytes that it was made from were wrong, and the next source
        may have the right ones
    """
    workspace.fetcher(resource.name).downloads.clear()
    with usable(resource.binding.folder):
        make_folder(destination.parent)
        if resource.can_recover and not destination.exists():
            _copy_remains(resource, destination, workspace)
    try:
        with noting(resource.dataset, f"making the resource {resource.name!r}"):
            return resource._download(destination)
    except BaseException as error:
        if not resource.can_recover:
            remove(destination)
        if isinstance(error, OSError) and is_of_storage(error):
            with usable(resource.binding.folder):
                raise
        raise


def _copy_remains(resource: StoredResource, destination: Path, workspace: Workspace) -> None:
    """Copy what the last interrupted run left of a resource; what earlier ones left goes.

    Taking it would be wrong where locks fail, and that run isn't over.
    """
    remains = workspace.remains(resource.relative_path)
    if not remains:
        return
    *earlier, last = remains
    for path in earlier:
        remove(path)
    copy = shutil.copytree if last.is_dir() else shutil.copyfile
    copy(last, destination)


def _verify(resource: StoredResource, destination: Path, workspace: Workspace) -> None:
    if not _is_of_its_kind(resource, destination):
        made = "something else" if destination.exists() else "nothing"
        kind = "the folder" if isinstance(resource, FolderResource) else "the file"
        raise DataDirectoryError(
            f"{type(resource).__qualname__} made {made} for the resource {resource.name!r}",
            where=resource.dataset.location,
            expected=f"{kind} {destination.name}",
        )
    try:
        with noting(resource.dataset, f"verifying the resource {resource.name!r}"):
            resource.verify(destination)
    except VerificationError as error:
        error.hint = f"it is set aside in {workspace.set_aside(resource.relative_path)}"
        raise


def _is_of_its_kind(resource: StoredResource, path: Path) -> bool:
    """Tell whether a file was made where one was declared, and a folder where one was."""
    if isinstance(resource, FolderResource):
        return path.is_dir()
    return path.is_file() if isinstance(resource, FileResource) else path.exists()
