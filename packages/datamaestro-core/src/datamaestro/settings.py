"""Settings files: read, checked, and saved without ever losing one.

``settings.json`` in the data directory holds what all its users share, and
``user.json`` in the user's configuration folder what is theirs. Keys that this
version doesn't know survive a save.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import NoneType
from typing import Any, Self, get_args, get_origin, get_type_hints

from datamaestro.disk.documents import read_json
from datamaestro.errors import ParameterError, SettingsError
from datamaestro.user_paths import expanded

__all__ = ["Settings", "UserSettings", "user_settings_path"]


@dataclass
class _SettingsFile:
    """A JSON object in a file; each field is one of its keys."""

    path: Path
    unknown: dict[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the settings at `path`; a file that doesn't exist gives the defaults.

        :raises SettingsError: if the file can't be read, or holds a value that can't be
            used; it tells the line and column, and the file stays as it is
        """
        try:
            document = read_json(path)
        except (FileNotFoundError, NotADirectoryError):
            return cls(path)
        except json.JSONDecodeError as error:
            raise SettingsError(
                f"not JSON: {error.msg}",
                where=f"{path}:{error.lineno}:{error.colno}",
                hint="correct or remove the file; it was left as it is",
            ) from error
        except (OSError, ValueError) as error:
            raise SettingsError(f"can't be read: {error}", where=path) from error
        if not isinstance(document, dict):
            raise SettingsError(
                "wrong settings", where=path, expected="a JSON object", found=f"{document!r:.80}"
            )
        known = [item.name for item in fields(cls) if item.name not in ("path", "unknown")]
        unknown = {name: value for name, value in document.items() if name not in known}
        values = {name: value for name, value in document.items() if name in known}
        return cls(path, unknown, **cls._checked(values, path))

    @classmethod
    def _checked(cls, values: dict[str, Any], path: Path) -> dict[str, Any]:
        """Check each value against the type of its field; raises as :meth:`load`."""
        # Imported here, since most users have no settings.
        from datamaestro.data.parameters import check_parameters

        checked: dict[str, Any] = {}
        hints = get_type_hints(cls)
        for name, value in values.items():
            try:
                checked |= check_parameters(cls, {name: value}, [], [name])
            except ParameterError:
                raise SettingsError(
                    f"{name} has the wrong type",
                    where=path,
                    expected=_in_json(hints[name]),
                    # What stands in the place of the keys may be secret.
                    found=None if name == "keys" else f"{json.dumps(value):.80}",
                ) from None
            for folder in _paths(checked[name]):
                if not folder.is_absolute() and not str(folder).startswith("~"):
                    raise SettingsError(
                        f"{name} has a path that would be another one in each directory",
                        where=path,
                        expected="an absolute one, or one that begins with ~",
                        found=repr(str(folder)),
                    )
        return checked

    def save(self) -> None:
        """Write the settings, in one piece or not at all.

        :raises DataDirectoryError: if the file can't be written
        """
        from datamaestro.disk.files import write_atomically

        document = dict(self.unknown)
        for item in fields(self):
            if item.name not in ("path", "unknown") and (value := getattr(self, item.name)):
                document[item.name] = value
        write_atomically(self.path, json.dumps(document, indent=2, default=str) + "\n")

    @contextmanager
    def edit(self) -> Iterator[Self]:
        """Change the settings while no other process does: read again, change, save.

        :raises SettingsError: as :meth:`load`; nothing is written then
        :raises DataDirectoryError: as :meth:`save`
        """
        from datamaestro.locks.exclusive import locked

        lock = self.path.with_name(f".{self.path.name}.lock")
        with locked(lock, self.path.name):
            vars(self).update(vars(self.load(self.path)))
            yield self
            self.save()


def _paths(value: Any) -> Iterator[Path]:
    """Give the paths in the value of a setting."""
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return (item for item in items if isinstance(item, Path))


_URL = re.compile("[a-z][a-z0-9+.-]+:", re.IGNORECASE)
"""How URLs begin; a drive of Windows has one letter."""


_JSON: dict[Any, str] = {
    str: "text",
    Path: "text",
    bool: "true or false",
    int: "a number",
    NoneType: "null",
}
"""What the types of settings are called in JSON."""


def _in_json(hint: Any) -> str:
    """Name the type of a setting as whoever writes JSON knows it."""
    arguments = get_args(hint)
    if get_origin(hint) is dict:
        return f"an object with {_in_json(arguments[1])} for each key"
    if get_origin(hint) is list:
        return f"a list with {_in_json(arguments[0])} for each item"
    if arguments:
        return " or ".join(map(_in_json, arguments))
    return _JSON[hint]


@dataclass
class Settings(_SettingsFile):
    """What all users of a data directory share: ``settings.json`` in it.

    :param datafolders: folders of data that lie elsewhere, by the name that
        definitions use
    :param mirrors: for URLs that begin with the key, the beginnings to try before it
    :param keys: credentials of services: by the beginning of the URLs that they are
        for, or by the name that definitions use
    :param connections: how many connections a host gets at once, at the most
    :param wayback: whether the Wayback Machine may be asked for what no other source
        gives; a URL is that of another web archive
    :param site_directories: read-only data directories, searched before this one
    """

    datafolders: dict[str, Path] = field(default_factory=dict)
    mirrors: dict[str, list[str]] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict, repr=False)
    connections: int | None = None
    wayback: bool | str = False
    site_directories: list[Path] = field(default_factory=list)

    @classmethod
    def _checked(cls, values: dict[str, Any], path: Path) -> dict[str, Any]:
        checked = super()._checked(values, path)
        for mirror in (start for starts in checked.get("mirrors", {}).values() for start in starts):
            if not _URL.match(mirror):
                raise SettingsError(
                    "mirrors has something that isn't a URL",
                    where=path,
                    expected="http://mirror.example.org/all/, or file:///folder/",
                    found=repr(mirror),
                )
        return checked


@dataclass
class UserSettings(_SettingsFile):
    """What is one user's: ``user.json`` in the configuration folder.

    :param default_repository: where an id is looked up first, when several have it
    :param agreements: the accepted agreements: the id of each, and the hash of its text
    :param keys: credentials of services, as in `Settings`; these win
    """

    default_repository: str | None = None
    agreements: dict[str, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict, repr=False)


def user_settings_path() -> Path:
    """Give the place of ``user.json``: ``$XDG_CONFIG_HOME`` or ``~/.config``, everywhere.

    :raises SettingsError: if it lies in the home of a user who has none
    """
    from platformdirs.unix import Unix

    if not os.environ.get("XDG_CONFIG_HOME"):
        expanded("~/.config")
    return Unix("datamaestro").user_config_path / "user.json"
