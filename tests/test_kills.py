"""Processes that are killed at any moment: nothing partial is ever seen, and the next goes on.

This is the short form; ``nox -s soak`` runs the long one.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from workspace import kinds
from workspace.nursery import Nursery
from workspace.soak import KILLS, SEED, Reader

from datamaestro.testing import FileServer
from datamaestro.testing.faults import Drip

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL and fork are of POSIX")

KINDS = ["Gz", "Zip", "Tar"]


@pytest.fixture
def server(file_server: FileServer) -> FileServer:
    """Serve the files, slowly."""
    file_server.files.update(kinds.SERVED)
    file_server.faults.update({path: [Drip(20_000, 0.005)] * 100_000 for path in kinds.SERVED})
    return file_server


@pytest.fixture
def nursery(tmp_path: Path, server: FileServer) -> Iterator[Nursery]:
    with Nursery(tmp_path, server.url()) as nursery:
        yield nursery


def undisturbed(nursery: Nursery, directory: Path, kind: str) -> tuple[float, int, dict[str, str]]:
    """Prepare a dataset without a kill.

    :return: how long it took, how many requests it made to the file system, and what it left
    """
    start = time.monotonic()
    events = nursery.prepare(kind, directory)["events"]
    assert isinstance(events, int)
    return time.monotonic() - start, events, kinds.contents(directory)


@pytest.mark.parametrize("kind", KINDS)
def test_whenever_a_process_is_killed_the_next_ends_with_the_same_tree(
    nursery: Nursery, tmp_path: Path, kind: str
) -> None:
    chance = random.Random(f"{SEED} {kind}")
    seconds, events, expected = undisturbed(nursery, tmp_path / "undisturbed", kind)
    for number in range(KILLS):
        directory = tmp_path / str(number)
        # At a moment of the whole, most of which is transfer; and before some request to the
        # file system, most of which come when it is over.
        die_at = chance.randint(1, events) if number % 2 else 0
        delay = 0.0 if die_at else chance.uniform(0, 1.2 * seconds)
        case = f"DATAMAESTRO_TEST_SEED={SEED}, {kind}, kill {number}: {delay=:.3f}, {die_at=}"
        with Reader(directory, kind) as reader:
            process = nursery.start(kind, directory, die_at=die_at)
            time.sleep(delay)
            if not die_at:
                nursery.kill(process)
            nursery.wait(process)
            answer = nursery.prepare(kind, directory)
        assert "error" not in answer, f"{case}\n{answer.get('error')}"
        assert reader.seen == [], case
        assert kinds.contents(directory) == expected, case
        assert state(directory, kind) == state(tmp_path / "undisturbed", kind), case


def state(directory: Path, kind: str) -> object:
    """Give what the state file says, but for times."""
    document = json.loads((kinds.folder(directory, kind) / ".state.json").read_text())
    for record in document["resources"].values():
        del record["time"]
    return document


@pytest.mark.parametrize("kind", [*KINDS, "Several"])
def test_a_preparation_may_be_killed_again_and_again(
    nursery: Nursery, tmp_path: Path, kind: str
) -> None:
    chance = random.Random(f"{SEED} again {kind}")
    seconds, events, expected = undisturbed(nursery, tmp_path / "undisturbed", kind)
    directory = tmp_path / "killed"
    case = f"DATAMAESTRO_TEST_SEED={SEED}, {kind}"
    with Reader(directory, kind) as reader:
        for _ in range(KILLS):
            process = nursery.start(kind, directory, die_at=chance.randint(1, events))
            time.sleep(chance.uniform(0, seconds / 2))
            nursery.kill(process)
            nursery.wait(process)
        answer = nursery.prepare(kind, directory)
    assert "error" not in answer, f"{case}\n{answer.get('error')}"
    assert reader.seen == [], case
    assert kinds.contents(directory) == expected, case


def test_an_interrupted_transfer_is_continued_by_another_process(
    nursery: Nursery, server: FileServer, tmp_path: Path
) -> None:
    process = nursery.start("Gz", tmp_path / "data")
    while not any(path.stat().st_size for path in (tmp_path / "data").rglob("*.part")):
        time.sleep(0.01)
    nursery.kill(process)
    nursery.wait(process)
    before = len(server.requests)
    nursery.prepare("Gz", tmp_path / "data")
    (request,) = server.requests[before:]
    assert request.headers["range"].startswith("bytes=")
    assert kinds.wrong(tmp_path / "data", "Gz") == []
