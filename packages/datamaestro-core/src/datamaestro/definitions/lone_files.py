"""Files that are part of no package, as modules that Python's import system knows.

So threads that ask for one at once wait for one another as they do for any module, also where
files and modules import each other; and :func:`importlib.reload` finds it again.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType

from datamaestro.disk.freshness import NEVER, Stamp, stamp

__all__ = ["import_alone", "imported", "path_of"]


def import_alone(path: Path, name: str) -> ModuleType:
    """Import a file under a name, unless it was, and is as it was then; raises what it raises."""
    _finder.paths[name] = path
    if _finder not in sys.meta_path:
        sys.meta_path.append(_finder)
    while True:
        module = imported(name)
        loader = getattr(module.__spec__, "loader", None)
        if not isinstance(loader, _Loader) or loader.seen == stamp(loader.path):
            return module
        if loader.claimed() and sys.modules.get(name) is module:
            del sys.modules[name]


def imported(name: str) -> ModuleType:
    """Import a module as the statement does; raises what that raises.

    Where two threads that import each other's modules would wait for ever, one gets a module as
    far as it is: :func:`importlib.import_module` raises an error.
    """
    module: ModuleType = __import__(name, fromlist=["__name__"])  # without, it is the top package
    return module


def path_of(name: str) -> Path | None:
    """Give the file that was imported alone under a name; None if none was."""
    return _finder.paths.get(name)


class _Loader(SourceFileLoader):
    """Reads a file, and remembers how it was."""

    def __init__(self, fullname: str, path: str) -> None:
        super().__init__(fullname, path)
        self.seen: Stamp = NEVER
        self._unclaimed = [True]

    def claimed(self) -> bool:
        """Let one thread alone drop the module: another may import its successor right after."""
        try:
            return self._unclaimed.pop()
        except IndexError:
            return False

    def exec_module(self, module: ModuleType) -> None:
        self.seen = stamp(self.path)  # before it is read: what changes meanwhile is read again
        super().exec_module(module)

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002  (the interface's)
        # Kept bytecode is taken for a file's by its size and its time in whole seconds.
        code: CodeType = self.source_to_code(self.get_data(self.path), self.path)
        return code


class _Finder:  # importlib.abc, where its protocol is a class, takes a millisecond
    """Finds files by the names that they were given."""

    def __init__(self) -> None:
        self.paths: dict[str, Path] = {}

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,  # noqa: ARG002  (the interface's)
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        file = self.paths.get(fullname)
        if file is None:
            return None
        return spec_from_file_location(fullname, file, loader=_Loader(fullname, str(file)))


_finder = _Finder()
"""The only one: as names of modules do, those of files hold for the whole process."""
