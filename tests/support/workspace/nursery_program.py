"""The program of :class:`workspace.nursery.Nursery`, which forks itself for each order it reads.

An order is a line of JSON on the standard input: what to prepare, as :func:`prepare` takes it, or
``{"wait": process}``. Each is answered by a line: the number of the process that was started, or
what it came to.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

import kinds

from datamaestro import Context
from datamaestro.errors import DatamaestroError
from datamaestro.locks import exclusive
from datamaestro.transfer import transfer


class Granted:
    """A lock that everyone gets."""

    def __init__(self, path: Path) -> None:
        path.touch()

    def acquire(self, timeout: float) -> None:
        """Get it."""

    def release(self) -> None:
        """Give it up."""


def prepare(
    dataset: str,
    directory: str,
    lock: str,
    die_at: int,
    site: Sequence[str],
    force: bool,
    log: str,
) -> int:
    """Prepare a dataset; give how often the file system was asked for something."""
    if lock == "granted to all":
        exclusive.new_lock = Granted  # type: ignore[assignment]
    if log:
        logging.disable(logging.NOTSET)
        logging.getLogger("datamaestro").addHandler(logging.FileHandler(log))
    context = Context(directory, site=site)
    definition = context.definition(getattr(kinds, dataset, dataset))
    events = 0

    def look(event: str, arguments: object) -> None:
        # What the file system is asked for: the moments between which something can break.
        nonlocal events
        if event == "open" or event.startswith(("os.", "shutil.")):
            events += 1
            if events == die_at:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(look)
    context.prepare(definition, force=force)
    return events


def work(order: dict[str, object], write: int) -> None:
    """Do what a process was started for, write what came of it, and end."""
    try:
        answer: dict[str, object] = {"events": prepare(**order)}  # type: ignore[arg-type]
    except BaseException as error:
        told = isinstance(error, DatamaestroError)
        answer = {"error": traceback.format_exc(), "told": told}
    os.write(write, json.dumps(answer).encode())
    os._exit(0)


def say(answer: object) -> None:
    """Answer an order."""
    sys.stdout.write(f"{answer}\n")
    sys.stdout.flush()


def main() -> None:
    """Import what a preparation imports, say so, and follow orders to the end of the input."""
    logging.disable()
    transfer.FIRST_WAIT = transfer.LONGEST_WAIT = 0.0
    prepare("Several", sys.argv[1], "", 0, [], False, "")
    say("ready")
    pipes: dict[int, int] = {}
    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            with os.fdopen(pipes.pop(order["wait"]), "rb") as pipe:
                answer = pipe.read()
            os.waitpid(order["wait"], 0)
            say(answer.decode() or "{}")
            continue
        read, write = os.pipe()
        process = os.fork()
        if process == 0:
            work(order, write)
        os.close(write)
        pipes[process] = read
        say(process)


if __name__ == "__main__":
    main()
