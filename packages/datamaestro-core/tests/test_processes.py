"""Several processes, some of them killed, on one data directory."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from datamaestro.definitions.files import module_name

DEFINITIONS = '''
import os, sys, time
from pathlib import Path
from datamaestro.data import File
from datamaestro.definitions import dataset
from datamaestro.download import FileResource

class Slow(FileResource):
    """Writes its file in steps, and a line in a log for each time that it starts."""

    def _download(self, destination):
        with open(os.environ["LOG"], "a") as log:
            log.write(f"{os.getpid()}\\n")
        with destination.open("w") as file:
            for step in range(int(os.environ["STEPS"])):
                file.write("x" * 1000)
                file.flush()
                time.sleep(0.01)

@Slow("data.txt")
@dataset(File, id="org.example.slow")
def slow(data):
    """Slow"""
    return {"path": data}
'''

PROGRAM = """
import sys
from slow_definitions import slow
from datamaestro import Context
sys.stdout.write(Context(sys.argv[1]).prepare(slow).path.read_text())
"""


@pytest.fixture
def start(tmp_path, home):
    """Give a function that starts a process which prepares the slow dataset."""
    (tmp_path / "slow_definitions.py").write_text(DEFINITIONS)
    log = tmp_path / "log"
    log.touch()

    def start(steps=20):
        environment = {
            **os.environ,
            "PYTHONPATH": str(tmp_path),
            "LOG": str(log),
            "STEPS": str(steps),
        }
        return subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(home / "data")],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )

    start.log = log
    _, name = module_name(tmp_path / "slow_definitions.py")
    start.folder = home / "data" / "data" / "__custom__" / name
    return start


def test_of_many_processes_one_prepares_and_all_get_the_value(start):
    processes = [start() for _ in range(8)]
    assert [process.communicate()[0] for process in processes] == ["x" * 20_000] * 8
    assert len(start.log.read_text().splitlines()) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is of POSIX")
def test_after_the_holder_of_a_lock_is_killed_another_goes_on(start):
    first = start(steps=1000)
    while not start.log.read_text():
        time.sleep(0.01)
    second = start(steps=5)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    assert second.communicate()[0] == "x" * 5000


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is of POSIX")
def test_whenever_a_process_is_killed_nothing_partial_is_in_place(start):
    path = start.folder / "org" / "example" / "slow" / "data.txt"
    for tenths in range(1, 9):
        process = start(steps=20)
        time.sleep(0.05 * tenths)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert not path.exists() or path.read_text() == "x" * 20_000
    assert start().communicate()[0] == "x" * 20_000
    state = json.loads((path.parent / ".state.json").read_text())
    assert state["resources"]["data"]["size"] == 20_000
