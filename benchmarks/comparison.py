"""Comparing whole processes: in turns, by medians, as ratios.

What else the machine does hits both sides that way. Memory that wasn't touched for some
seconds is slow to touch again on virtual machines, by up to a second a GiB, so it's
touched before each timed run; otherwise whoever follows a slow neighbour pays.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Row", "Run", "compare", "measured", "memory_folder", "touch_memory"]


TOUCH = """
import mmap, sys
size = int(sys.argv[1])
with mmap.mmap(-1, size) as area:
    area[:: mmap.PAGESIZE] = bytes(len(range(0, size, mmap.PAGESIZE)))
"""


@dataclass(frozen=True)
class Run:
    """One process that has ended.

    :param seconds: of wall time
    :param peak: the most memory that it had in bytes, as the system counts it
    """

    seconds: float
    peak: int


@dataclass(frozen=True)
class Row:
    """One comparison.

    :param work: what is done
    :param target: what `ratio` has to be at the most
    :param ratio: median of our seconds through median of the peer's
    :param peak: the most memory that one of our processes had, in bytes
    """

    work: str
    target: float
    ratio: float
    peak: int
    ours: list[float]
    peer: list[float]

    @property
    def reached(self) -> bool:
        return self.ratio <= self.target

    def __str__(self) -> str:
        ours, peer = statistics.median(self.ours), statistics.median(self.peer)
        verdict = "reached" if self.reached else "MISSED"
        return (
            f"{self.work:44} ours {ours:7.3f} s  peer {peer:7.3f} s  ratio {self.ratio:6.3f} "
            f"of {self.target:4.2f}  {verdict}  peak {self.peak / 1e6:5.1f} MB"
        )


def measured(command: Sequence[object], **arguments: Any) -> Run:
    """Run a process to its end.

    :raises CalledProcessError: if it fails
    """
    words = [os.fspath(word) if isinstance(word, os.PathLike) else str(word) for word in command]
    start = time.perf_counter()
    process = subprocess.Popen(words, **arguments)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, words)
    return Run(seconds, usage.ru_maxrss * 1024)


def compare(
    work: str,
    target: float,
    ours: Callable[[], Run],
    peer: Callable[[], Run],
    runs: int,
    *,
    memory: int = 0,
) -> Row:
    """Run both in turns, once to warm up and then `runs` times.

    :param memory: how many bytes to touch before each
    """
    our_runs, peer_runs = [], []
    for number in range(runs + 1):
        touch_memory(memory)
        our_run = ours()
        touch_memory(memory)
        peer_run = peer()
        if number > 0:
            our_runs.append(our_run)
            peer_runs.append(peer_run)
    our_times = [run.seconds for run in our_runs]
    peer_times = [run.seconds for run in peer_runs]
    ratio = statistics.median(our_times) / statistics.median(peer_times)
    return Row(work, target, ratio, max(run.peak for run in our_runs), our_times, peer_times)


def memory_folder() -> Path | None:
    """Give a folder on tmpfs, if there is one to write to."""
    folder = Path("/dev/shm")
    return folder if folder.is_dir() and os.access(folder, os.W_OK) else None


def touch_memory(size: int) -> None:
    """Make the machine give us memory once, so that it's at hand for who comes next.

    In a process of its own: a child's peak counts what its parent had when it was made.
    """
    if size:
        subprocess.run([sys.executable, "-c", TOUCH, str(size)], check=True)
