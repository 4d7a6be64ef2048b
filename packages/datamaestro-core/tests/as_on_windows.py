"""Files as on Windows: open and read-only ones stay, names are compared without case, and long
paths lead nowhere.
"""

import errno
import io
import os
import stat
from pathlib import Path
from types import SimpleNamespace

from datamaestro.testing.contracts.open_files import open_files

IN_USE, DENIED = 32, 5


class Refused(PermissionError):
    """What Windows raises: its errors have a second number."""

    def __init__(self, winerror, path):
        super().__init__(errno.EACCES, "Access is denied", str(path))
        self.winerror = winerror


def refuse(monkeypatch):
    """Let the functions of `os` refuse from now on what those of Windows do."""
    for name in ("replace", "rename", "unlink", "remove"):
        monkeypatch.setattr(os, name, _refusing(getattr(os, name)))


def _refusing(act):
    def checked(*paths, dir_fd=None, **options):
        for path in paths:
            try:
                status = os.stat(path, dir_fd=dir_fd, follow_symlinks=False)
            except FileNotFoundError:
                continue
            if not stat.S_ISREG(status.st_mode):
                continue
            if (status.st_dev, status.st_ino) in open_files().values():
                raise Refused(IN_USE, path)
            if path == paths[-1] and not status.st_mode & stat.S_IWRITE:
                raise Refused(DENIED, path)
        if dir_fd is not None:
            options["dir_fd"] = dir_fd
        return act(*paths, **options)

    return checked


def compare_without_case(monkeypatch):
    """Order paths from now on as those of Windows are."""

    def is_before(path, other):
        return str(path).lower() < str(other).lower()

    monkeypatch.setattr(type(Path()), "__lt__", is_before)


LONGEST = 259
"""How many characters a path may have there, unless the system is set up to allow more."""


def refuse_long_paths(monkeypatch):
    """Refuse to open, link or make anything by a path that is too long from now on, as there."""
    monkeypatch.setattr("datamaestro.disk.refusals.sys", SimpleNamespace(platform="win32"))
    for module, name in ((io, "open"), (os, "open"), (os, "link"), (os, "mkdir")):
        longest = LONGEST - 12 * (name == "mkdir")
        monkeypatch.setattr(module, name, _of_short_paths(getattr(module, name), longest))


def _of_short_paths(act, longest):
    def checked(path, *arguments, **options):
        for name in (path, *arguments):
            if isinstance(name, str | os.PathLike) and len(os.fspath(name)) > longest:
                raise FileNotFoundError(errno.ENOENT, "No such file or directory", str(name))
        return act(path, *arguments, **options)

    return checked
