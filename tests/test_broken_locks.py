"""Locks that are granted to all: work is done twice, and nothing worse happens."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from workspace import kinds
from workspace.nursery import Nursery, errors
from workspace.soak import KILLS, SEED, Reader

from datamaestro.testing import FileServer
from datamaestro.testing.faults import Drip, WithoutValidator

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="fork is of POSIX")

PROCESSES = 8
ROUNDS = KILLS // 5
KINDS = ["Gz", "Zip", "Tar", "Several"]


@pytest.fixture
def nursery(tmp_path: Path, file_server: FileServer) -> Iterator[Nursery]:
    """Serve the files slowly, and start processes whose locks are granted to all."""
    file_server.files.update(kinds.SERVED)
    file_server.faults.update({path: [Drip(20_000, 0.005)] * 100_000 for path in kinds.SERVED})
    with Nursery(tmp_path, file_server.url()) as nursery:
        yield nursery


def start(nursery: Nursery, kind: str, directory: Path) -> int:
    return nursery.start(kind, directory, lock="granted to all")


@pytest.mark.parametrize("kind", KINDS)
def test_all_processes_end_right_and_no_reader_sees_anything_partial(
    nursery: Nursery, tmp_path: Path, kind: str
) -> None:
    for number in range(ROUNDS):
        directory = tmp_path / str(number)
        with Reader(directory, kind) as reader:
            processes = [start(nursery, kind, directory) for _ in range(PROCESSES)]
            answers = [nursery.wait(process) for process in processes]
        assert not errors(answers), errors(answers)
        assert reader.seen == []
        assert kinds.wrong(directory, kind) == []
        assert (kinds.folder(directory, kind) / ".state.json").exists()


@pytest.mark.parametrize("kind", KINDS)
def test_those_that_are_killed_harm_nobody(nursery: Nursery, tmp_path: Path, kind: str) -> None:
    events = nursery.prepare(kind, tmp_path / "undisturbed")["events"]
    assert isinstance(events, int)
    chance = random.Random(f"{SEED} {kind}")
    for number in range(ROUNDS):
        directory = tmp_path / str(number)
        with Reader(directory, kind) as reader:
            doomed = [
                nursery.start(
                    kind, directory, lock="granted to all", die_at=chance.randint(1, events)
                )
                for _ in range(PROCESSES // 2)
            ]
            others = [start(nursery, kind, directory) for _ in range(PROCESSES // 2)]
            answers = [nursery.wait(process) for process in others]
            for process in doomed:
                nursery.wait(process)
        failed = errors(answers)
        assert not failed, f"{failed}\nDATAMAESTRO_TEST_SEED={SEED}, round {number}"
        assert reader.seen == [], f"DATAMAESTRO_TEST_SEED={SEED}, round {number}"
        assert kinds.wrong(directory, kind) == []


def test_without_validators_every_process_makes_its_own_transfer(
    nursery: Nursery, file_server: FileServer, tmp_path: Path
) -> None:
    file_server.faults["/text.gz"] = [WithoutValidator()] * 1000
    with Reader(tmp_path / "data", "Gz") as reader:
        processes = [start(nursery, "Gz", tmp_path / "data") for _ in range(PROCESSES)]
        answers = [nursery.wait(process) for process in processes]
    assert errors(answers) == ""
    assert reader.seen == []
    assert kinds.wrong(tmp_path / "data", "Gz") == []
