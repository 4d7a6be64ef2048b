"""Many processes that want one dataset at once."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from workspace import kinds
from workspace.nursery import Nursery, errors

from datamaestro.testing import FileServer
from datamaestro.testing.faults import Drip

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="fork is of POSIX")

PROCESSES = 32
FILES_OF_SEVERAL = Counter({"/text.gz": 1, "/all.zip": 1, "/all.tar.gz": 1})
"""How often one process asks for each."""


@pytest.fixture
def nursery(
    tmp_path: Path, file_server: FileServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Nursery]:
    monkeypatch.setenv("DATAMAESTRO_CONNECTIONS", "1")  # others wouldn't be as slow as the first
    file_server.files.update(kinds.SERVED)
    with Nursery(tmp_path, file_server.url()) as nursery:
        file_server.requests.clear()
        yield nursery


def test_one_fetches_each_file_and_all_get_the_value(
    nursery: Nursery, file_server: FileServer, tmp_path: Path
) -> None:
    processes = [nursery.start("Several", tmp_path / "data") for _ in range(PROCESSES)]
    answers = [nursery.wait(process) for process in processes]
    assert errors(answers) == ""
    assert len(answers) == PROCESSES
    assert all(answer["events"] for answer in answers)
    assert Counter(request.path for request in file_server.requests) == FILES_OF_SEVERAL
    assert kinds.wrong(tmp_path / "data", "Several") == []


def test_when_the_one_is_killed_another_goes_on(
    nursery: Nursery, file_server: FileServer, tmp_path: Path
) -> None:
    # The first transfer hardly gets anywhere; the next goes on from there as it should.
    file_server.faults["/text.gz"] = [Drip(1000, 1.0)]
    first = nursery.start("Gz", tmp_path / "data")
    while not any(path.stat().st_size for path in (tmp_path / "data").rglob("*.part")):
        time.sleep(0.01)
    others = [nursery.start("Gz", tmp_path / "data") for _ in range(PROCESSES - 1)]
    nursery.kill(first)
    assert nursery.wait(first) == {}
    answers = [nursery.wait(process) for process in others]
    assert errors(answers) == ""
    assert kinds.wrong(tmp_path / "data", "Gz") == []
    (_, second) = file_server.requests
    assert second.headers["range"].startswith("bytes=")
