"""Processes that prepare datasets, made quickly: forks of one that has imported everything."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from workspace.kinds import DEFINITIONS

PROGRAM = Path(__file__).with_name("nursery_program.py")


class Nursery:
    """Starts processes that prepare the datasets of :mod:`workspace.kinds`, or others; POSIX only.

    :param folder: for its own files; it is on their path, so that others may install there
    :param server: the server's URL
    """

    def __init__(self, folder: Path, server: str) -> None:
        (folder / "kinds.py").write_text(DEFINITIONS)
        self._process = subprocess.Popen(
            # Without its own folder on the path, which has other modules of these names.
            [sys.executable, "-P", PROGRAM, str(folder / "warm")],
            env={**os.environ, "PYTHONPATH": str(folder), "SERVER": server},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n", "the error is above"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def start(
        self,
        dataset: str,
        directory: Path,
        *,
        lock: str = "",
        die_at: int = 0,
        site: Sequence[Path] = (),
        force: bool = False,
        log: Path | None = None,
    ) -> int:
        """Start a process that prepares a dataset, and give its id.

        :param dataset: a kind, or the id of a dataset in the folder of this nursery
        :param lock: ``"granted to all"`` for locks that fail without saying so
        :param die_at: kills itself before this request to the file system, counted from 1
        :param site: the directories of the site
        :param force: whether it makes everything anew
        :param log: the file that it writes its messages to
        """
        order = {
            "dataset": dataset,
            "directory": str(directory),
            "lock": lock,
            "die_at": die_at,
            "site": [*map(str, site)],
            "force": force,
            "log": str(log or ""),
        }
        return int(self._ask(order))

    def wait(self, process: int) -> dict[str, object]:
        """Wait for a process, and give what it came to.

        :return: ``{"events": …}``, how often it asked the file system for something; or
            ``{"error": …, "told": …}``, its traceback, and whether the error is one of
            datamaestro's; nothing if it was killed
        """
        answer: dict[str, object] = json.loads(self._ask({"wait": process}))
        return answer

    def prepare(self, dataset: str, directory: Path, **options: object) -> dict[str, object]:
        """Start a process, and wait for it."""
        return self.wait(self.start(dataset, directory, **options))  # type: ignore[arg-type]

    def kill(self, process: int) -> None:
        """Kill a process that was started and not yet waited for; it may be over."""
        os.kill(process, signal.SIGKILL)

    def _ask(self, order: dict[str, object]) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        return self._process.stdout.readline()


def errors(answers: list[dict[str, object]]) -> str:
    """Give the tracebacks of the processes that failed."""
    return "\n".join(str(answer["error"]) for answer in answers if "error" in answer)
