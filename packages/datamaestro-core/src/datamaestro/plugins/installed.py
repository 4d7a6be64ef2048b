"""What is installed, remembered from one process to the next.

Finding out takes a look into every installed distribution and the import of each
plugin. So what was found is kept in a file, together with the times of the files and
folders that it came from: as long as these are the same, so is it, and no plugin is
imported to know what there is.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from datamaestro.disk.documents import read_json
from datamaestro.disk.freshness import Stamp, settled, stamp, unchanged
from datamaestro.user_paths import absolute
from datamaestro.variables import user_cache

if TYPE_CHECKING:
    from datamaestro.plugins.provided import BrokenPlugin, Provided

__all__ = [
    "Command",
    "Installed",
    "index_folder",
    "plugin_files",
    "recall",
    "recall_commands",
    "search_path",
    "store",
]

FORMAT = 3
FILE = "installed.json"
METADATA = (".dist-info", ".egg-info", ".egg", ".egg-link")


class Command(NamedTuple):
    """A command that a plugin adds.

    :param name: what the user writes
    :param target: ``module:attribute``
    :param distribution: who adds it
    """

    name: str
    target: str
    distribution: str


class Installed(NamedTuple):
    """What was found.

    :param provided: what plugins describe, by its kind (see `descriptors.KINDS`)
    :param hooks: the hooks that some plugin implements
    :param commands: the commands of plugins
    :param broken: the plugins that couldn't be loaded
    """

    provided: dict[str, list[Provided[Any]]]
    hooks: frozenset[str]
    commands: list[Command]
    broken: list[BrokenPlugin]


def index_folder() -> Path:
    """Give the folder of what is remembered about this environment.

    It lies in ``DATAMAESTRO_INDEX_DIR``, or else in the user's cache folder. Each
    interpreter has one, and others for each ``PYTHONPATH`` and with ``-O`` and ``-OO``.

    :raises SettingsError: if it lies in the home of a user who isn't there, or has none
    """
    import zlib

    named = os.environ.get("DATAMAESTRO_INDEX_DIR")
    folder = absolute(named) if named else user_cache() / "index"
    # Without docstrings (-OO) datasets have other names and descriptions.
    told = [sys.prefix, sys.version, os.environ.get("PYTHONPATH", ""), str(sys.flags.optimize)]
    return folder / f"{sys.implementation.cache_tag}-{zlib.crc32(os.fsencode('|'.join(told))):08x}"


def recall(folder: Path) -> Installed | None:
    """Give what was remembered, if it is still so."""
    document = _remembered(folder)
    if document is None:
        return None
    from datamaestro.plugins.descriptors import KINDS
    from datamaestro.plugins.provided import BrokenPlugin, Plugin, Provided

    try:
        return Installed(
            {
                kind: [
                    Provided(make(*map(_frozen, values)), Plugin(*plugin))
                    for values, plugin in document["provided"][kind]
                ]
                for kind, make in KINDS.items()
            },
            frozenset(document["hooks"]),
            _commands(document),
            [BrokenPlugin(Plugin(*plugin), reason) for plugin, reason in document["broken"]],
        )
    except _FOREIGN:
        return None


def _frozen(value: Any) -> Any:
    """Give a value as it was: JSON has no tuples."""
    return tuple(value) if isinstance(value, list) else value


def recall_commands(folder: Path) -> list[Command] | None:
    """Give the commands that were remembered, if they are still so; the rest isn't looked at."""
    document = _remembered(folder)
    try:
        return None if document is None else _commands(document)
    except _FOREIGN:
        return None


def store(
    folder: Path, installed: Installed, folders: Mapping[str, Stamp], files: Mapping[str, Stamp]
) -> None:
    """Remember what was found, where that can be written.

    :param folders: the import path, as it was before
    :param files: those of :func:`plugin_files`, as they were before
    """
    packages = {
        _package(item.spec.target) for items in installed.provided.values() for item in items
    }
    packages |= {_package(item.target) for item in installed.commands}
    packages |= {
        _package(item.plugin.entry_point.rpartition(" = ")[2]) for item in installed.broken
    }
    document = {
        "format": FORMAT,
        "folders": {
            path: [settled(seen), _tells_of_plugins(path, packages)]
            for path, seen in folders.items()
        },
        "files": {path: settled(seen) for path, seen in files.items()},
        "packages": sorted(packages),
        "provided": installed.provided,
        "hooks": sorted(installed.hooks),
        "commands": installed.commands,
        "broken": installed.broken,
    }
    beside = folder / f".{FILE}.{os.getpid()}.{os.urandom(4).hex()}"
    with suppress(OSError, TypeError):  # what a plugin says may be no text
        folder.mkdir(parents=True, exist_ok=True)
        try:
            beside.write_text(json.dumps(document), encoding="utf-8")
            beside.replace(folder / FILE)
        finally:
            beside.unlink(missing_ok=True)


def search_path() -> dict[str, Stamp]:
    """Give the folders that modules and distributions are looked for in, as they are."""
    return {path: stamp(path) for path in _path()}


def plugin_files(targets: Iterable[str]) -> dict[str, Stamp]:
    """Give the files that decide which plugins there are and what they tell, as they are now.

    These are the lists of entry points, and the modules that the entry points name.

    :param targets: what the entry points name, ``module`` or ``module:attribute``
    """
    modules = {target.partition(":")[0].strip() for target in targets}
    files: set[Path] = set()
    for folder in map(Path, _path()):
        names = _names(folder)
        files.update(_entry_points(folder, names))
        for module in modules:
            package = _package(module)
            if package in names or f"{package}.py" in names:
                path = folder.joinpath(*module.split("."))
                files.update((folder / package).glob("*.py"))
                files.update((path.with_suffix(".py"), path / "__init__.py"))
    return {str(path): seen for path in sorted(files) if (seen := stamp(str(path))) is not None}


def _entry_points(folder: Path, names: Iterable[str]) -> Iterable[Path]:
    """Give the files below a folder of distributions that name plugins."""
    for name in names:
        if name.endswith("-info"):
            path = folder / name / "entry_points.txt"
            with suppress(OSError):
                if b"datamaestro" in path.read_bytes():
                    yield path


def _names(folder: Path) -> frozenset[str]:
    """Give the names of what lies in a folder; nothing where there is none."""
    try:
        return frozenset(os.listdir(folder))  # noqa: PTH208  (the names are all that is wanted)
    except OSError:
        return frozenset()


_FOREIGN = (ValueError, KeyError, TypeError, AttributeError)
"""The errors of reading a document that something else has written."""


def _remembered(folder: Path) -> dict[str, Any] | None:
    """Read what was remembered, if it is still so.

    It no longer is once a file that tells of plugins has changed, or a folder of the import
    path that has, or had, something of a plugin in it.
    """
    try:
        document: dict[str, Any] = read_json(folder / FILE)
        same = (
            document["format"] == FORMAT
            and _same_folders(document["folders"], document["packages"])
            and unchanged({path: _frozen(seen) for path, seen in document["files"].items()})
        )
    except (OSError, *_FOREIGN):
        return None  # nothing was remembered, or something else wrote there
    return document if same else None


def _commands(document: dict[str, Any]) -> list[Command]:
    return [Command(*item) for item in document["commands"]]


def _same_folders(known: dict[str, Any], packages: list[str]) -> bool:
    now = _path()
    gone = known.keys() - set(now)
    if any(tells for path, (_, tells) in known.items() if path in gone):
        return False
    for path in now:
        seen, tells = known.get(path, (None, False))
        if path in known and stamp(path) == _frozen(seen):
            continue
        if tells or _tells_of_plugins(path, packages):
            return False
    return True


def _tells_of_plugins(path: str, packages: Iterable[str]) -> bool:
    """Tell whether something in a folder of the import path may matter to plugins."""
    try:
        names = os.listdir(path)  # noqa: PTH208  (the names are all that is wanted)
    except NotADirectoryError:
        return True  # an archive
    except OSError:
        return False
    modules = {*packages, *(f"{name}.py" for name in packages)}
    return any(name in modules or name.endswith(METADATA) for name in names)


def _path() -> list[str]:
    return list(dict.fromkeys(os.path.abspath(path) for path in sys.path))  # noqa: PTH100


def _package(target: str) -> str:
    return target.partition(":")[0].partition(".")[0].strip()
