"""Real archives come out as the programs that everybody uses unpack them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from datamaestro_download_archive import ArchiveFolder
from datamaestro_download_archive.content import compression_of, is_tar_header, is_zip
from datamaestro_download_archive.unpack import Plan, unpack_tar, unpack_zip


def unpacked_by_us(archive: Path, destination: Path, plan: Plan) -> None:
    with archive.open("rb") as file:
        if is_zip(file.read(8)):
            file.seek(0)
            unpack_zip(file, destination, archive.name, plan)
        else:
            file.seek(0)
            unpack_tar(file, destination, archive.name, plan)


def unpacked_by_peer(archive: Path, destination: Path) -> None:
    destination.mkdir()
    with archive.open("rb") as file:
        program = "unzip" if is_zip(file.read(8)) else "tar"
    if shutil.which(program) is None:
        pytest.skip(f"no {program} to compare with")
    command = {
        "unzip": ["unzip", "-q", archive, "-d", destination],
        "tar": ["tar", "-xf", archive, "-C", destination],
    }
    subprocess.run(command[program], check=True)


def files_below(folder: Path) -> dict[str, bytes | None]:
    return {
        path.relative_to(folder).as_posix(): None if path.is_dir() else path.read_bytes()
        for path in folder.rglob("*")
    }


def is_archive(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(512)
    if compression_of(head):
        return subprocess.run(["tar", "-tf", path], capture_output=True).returncode == 0
    return is_zip(head) or is_tar_header(head)


def test_real_archives_come_out_identical(mirror, tmp_path):
    archives = [path for path in sorted(mirror.rglob("*")) if path.is_file() and is_archive(path)]
    assert archives
    for number, archive in enumerate(archives):
        ours, peers = tmp_path / f"{number}-ours", tmp_path / f"{number}-peers"
        unpacked_by_us(archive, ours, Plan(unwrap=False))
        unpacked_by_peer(archive, peers)
        assert files_below(ours) == files_below(peers), archive


def test_real_zips_are_read_in_place_as_they_are_unpacked(mirror, tmp_path):
    zips = [path for path in sorted(mirror.rglob("*.zip")) if path.is_file()]
    assert zips
    for number, archive in enumerate(zips):
        peers = tmp_path / str(number)
        unpacked_by_peer(archive, peers)
        files = {name: data for name, data in files_below(peers).items() if data is not None}
        folder = ArchiveFolder(path=archive)
        assert {name: folder.read(name) for name in folder} == files, archive
