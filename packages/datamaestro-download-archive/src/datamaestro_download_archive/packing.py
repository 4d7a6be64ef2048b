"""What archives look like before they are downloaded, for mock data."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from datamaestro_download_archive.errors import MemberNotFoundError
from datamaestro_download_archive.folder import ArchiveFolder
from datamaestro_download_archive.handlers import ArchiveMember, TarDownloader, ZipDownloader
from datamaestro_download_archive.selection import Selection
from datamaestro_download_archive.unpack import Plan

if TYPE_CHECKING:
    from datamaestro.testing import Sampling

__all__ = ["pack_member", "pack_tar", "pack_zip", "write_sample"]

TOP = "sample"
"""The folder that is unwrapped."""

TIME = (1980, 1, 1, 0, 0, 0)


def pack_zip(resource: ZipDownloader, path: Path) -> list[bytes] | None:
    """Pack a folder so that the resource unpacks it."""
    members = _members(path, resource.plan)
    return None if members is None else [_zip(members)]


def pack_tar(resource: TarDownloader, path: Path) -> list[bytes] | None:
    """Pack a folder so that the resource unpacks it; see :func:`pack_zip`."""
    members = _members(path, resource.plan)
    return None if members is None else [_tar(members)]


def pack_member(resource: ArchiveMember, path: Path) -> list[bytes]:
    """Pack a file so that it is the member that the resource keeps."""
    content = path.read_bytes()
    for name in reversed(resource.member):
        content = _zip({name: content})
    return [content]


def write_sample(value: ArchiveFolder, sampling: Sampling) -> None:
    """Write an archive with a file for each row."""
    names = (f"{number}.txt" for number in range(sampling.rows))
    members = dict(zip(names, map(str.encode, sampling.words(value)), strict=True))
    value.path.write_bytes(_tar(members) if ".tar" in value.path.name else _zip(members))


def _members(path: Path, plan: Plan) -> dict[str, bytes] | None:
    """Name the files below `path` as an archive would; None if nothing tells how.

    That is so where the plan names archives within the archive, or has globs that the
    files' own names don't match.
    """
    if plan.nested:
        return None
    selection = Selection(plan.subpath, plan.files)
    prefix = f"{plan.subpath.strip('/')}/" if plan.subpath else ""
    if plan.unwrap and plan.files is None:
        prefix += f"{TOP}/"
    members = {
        prefix + file.relative_to(path).as_posix(): file.read_bytes()
        for file in sorted(path.rglob("*"))
        if file.is_file()
    }
    if None in [selection.place(name) for name in members]:
        return None
    try:
        selection.check(str(path))
    except MemberNotFoundError:
        return None
    return members


def _zip(members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, TIME), content)
    return buffer.getvalue()


def _tar(members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()
