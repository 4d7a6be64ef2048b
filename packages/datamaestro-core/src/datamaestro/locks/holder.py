"""Who holds a lock: a note beside it, for those who wait.

The note is for people. Nothing depends on it: it may be missing, damaged, or left by
a process that was killed.
"""

from __future__ import annotations

import getpass
import json
import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, Self

from datamaestro.disk.documents import read_json
from datamaestro.disk.sharing import share

__all__ = ["Holder"]


class Holder(NamedTuple):
    """A process that holds a lock.

    :param user: the user's name
    :param host: the machine's name
    :param process: the process id on that machine
    :param since: since when it has held the lock, in ISO 8601
    :param what: what it is busy with
    """

    user: str
    host: str
    process: int
    since: str
    what: str

    @classmethod
    def here(cls, what: str) -> Self:
        """Describe this process, which has just got a lock."""
        import socket

        now = datetime.now(UTC).isoformat(timespec="seconds")
        return cls(_user(), socket.gethostname(), os.getpid(), now, what)

    @classmethod
    def read(cls, lock: Path) -> Self | None:
        """Read the note about a lock's holder.

        :return: None if it can't be read, or can't be shown on a terminal
        """
        with suppress(OSError, ValueError, TypeError):
            holder = cls(**read_json(_beside(lock)))
            texts = (holder.user, holder.host, holder.since, holder.what)
            shown = all(isinstance(text, str) and text.isprintable() for text in texts)
            if shown and isinstance(holder.process, int):
                return holder
        return None

    def write(self, lock: Path) -> None:
        """Leave the note beside a lock file, if that is possible."""
        path = _beside(lock)
        with suppress(OSError):
            path.unlink(missing_ok=True)  # it may be a colleague's, to be replaced and not written
            with path.open("x", encoding="utf-8") as file:
                share(path)
                json.dump(self._asdict(), file)

    @staticmethod
    def forget(lock: Path) -> None:
        """Remove the note beside a lock file, before the lock is given up."""
        with suppress(OSError):
            _beside(lock).unlink(missing_ok=True)

    def __str__(self) -> str:
        since = self.since.replace("T", " ").replace("+00:00", " UTC")
        return f"{self.user} on {self.host} (process {self.process}, since {since})"


def _beside(lock: Path) -> Path:
    # Not in the lock file: on Windows nobody else can read what is locked, and some
    # versions of filelock empty the file when they try to get it.
    return lock.with_suffix(".holder")


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a user without a name, as in containers
        return f"user {os.getuid()}" if hasattr(os, "getuid") else "someone"
