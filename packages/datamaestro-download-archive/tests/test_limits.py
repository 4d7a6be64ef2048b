"""How much may come out: of an archive, and of all that lie within it together."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from archive_builders import Entry, tar, tar_file, zipped
from archive_corpus import gnu_sparse
from archive_routes import Arriving, stored

from datamaestro_download_archive import ArchiveLimitError, Limits
from datamaestro_download_archive.limits import Budget
from datamaestro_download_archive.one_member import copy_member
from datamaestro_download_archive.unpack import Plan, unpack_tar, unpack_zip

MIB = 1 << 20
LIMITS = Limits(allowance=MIB)
BOMB = zipped(Entry("zeros", bytes(MIB)))
BOMBS = [(f"{number}.zip", BOMB) for number in range(50)]
DATA = bytes(range(256)) * 100


def unpack(data: bytes, folder: Path, *nested: str, limits: Limits = LIMITS) -> None:
    plan = Plan(limits=limits, nested=nested)
    if data.startswith(b"PK"):
        with stored(data, folder).open("rb") as file:
            unpack_zip(file, folder / "out", "archive", plan)
    else:
        unpack_tar(Arriving(data), folder / "out", "archive", plan)


@pytest.mark.parametrize(
    ("data", "nested"),
    [
        (zipped(*(Entry(*item, 0) for item in BOMBS)), ["*.zip"]),
        (gzip.compress(tar(*(tar_file(*item) for item in BOMBS))), ["*.zip"]),
        (zipped(Entry("all.tar", tar(*(tar_file(*item) for item in BOMBS)))), ["*.tar", "*.zip"]),
        (
            tar(
                *(
                    tar_file(f"{number}.tar", gzip.compress(tar(tar_file("a", bytes(MIB - 2048)))))
                    for number in range(20)
                )
            ),
            ["*.tar"],
        ),
    ],
)
def test_archives_within_one_have_one_allowance_together(data, nested, tmp_path):
    with pytest.raises(ArchiveLimitError, match="far more than its own size"):
        unpack(data, tmp_path, *nested)
    assert not (tmp_path / "out").exists()


def test_each_of_them_alone_is_within_it(tmp_path):
    unpack(zipped(Entry(*BOMBS[0], 0), Entry("a")), tmp_path, "*.zip")
    assert (tmp_path / "out" / "0" / "zeros").stat().st_size == MIB


def test_the_archives_on_the_way_to_a_member_have_one_allowance(tmp_path):
    inner = tar(tar_file("other", bytes(MIB)), tar_file("a.zip", BOMB))
    budget = Budget(Limits(allowance=3 * MIB // 2), "archive")
    path = stored(zipped(Entry("inner.tar", inner)), tmp_path)
    for name in ("inner.tar", "a.zip"):
        with path.open("rb") as file, (tmp_path / name).open("wb") as copy:
            copy_member(file, name, copy.fileno(), budget)
        path, budget = tmp_path / name, budget.within(name)
    with path.open("rb") as file, (tmp_path / "zeros").open("wb") as copy:
        with pytest.raises(ArchiveLimitError, match="far more than its own size"):
            copy_member(file, "zeros", copy.fileno(), budget)
        copy_member(file, "zeros", copy.fileno(), Budget(budget.limits, "alone"))


def test_what_lies_in_an_archive_within_another_counts_once(tmp_path):
    data = gzip.compress(tar(tar_file("inner.tar", tar(tar_file("a", DATA), tar_file("b")))))
    ratio = len(tar(tar_file("inner.tar", tar(tar_file("a", DATA), tar_file("b"))))) / len(data)
    unpack(data, tmp_path, "*.tar", limits=Limits(allowance=0, ratio=int(1.5 * ratio)))
    assert (tmp_path / "out" / "inner" / "a").read_bytes() == DATA


SPARSE = [gnu_sparse(0, 512, MIB // 2, f"sparse{number}") for number in range(1, 9)]


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_holes_count_together(compress, tmp_path):
    with pytest.raises(ArchiveLimitError, match="far more than its own size"):
        unpack(compress(tar(*SPARSE)), tmp_path, limits=Limits(allowance=MIB, ratio=10))


def test_holes_of_one_member_are_within_the_allowance(tmp_path):
    unpack(tar(SPARSE[0]), tmp_path, limits=Limits(allowance=MIB, ratio=10))
    assert (tmp_path / "out" / "sparse1").stat().st_size == MIB // 2


def test_holes_of_nested_archives_count_together(tmp_path):
    data = tar(*(tar_file(f"{number}.tar", tar(part)) for number, part in enumerate(SPARSE)))
    with pytest.raises(ArchiveLimitError, match="far more than its own size"):
        unpack(data, tmp_path, "*.tar", limits=Limits(allowance=MIB, ratio=10))


def test_holes_that_data_outweigh_are_no_bomb(tmp_path):
    parts = [gnu_sparse(0, 512, 4096, f"sparse{number}") for number in range(50)]
    unpack(tar(*parts), tmp_path, limits=Limits(allowance=0, ratio=8))
    assert len(list((tmp_path / "out").iterdir())) == 50
