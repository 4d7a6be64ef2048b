"""What the user's environment says; it is read each time that it is asked for."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from datamaestro.errors import SettingsError
from datamaestro.urls import is_url
from datamaestro.user_paths import absolute

__all__ = [
    "connection_limit",
    "data_directory",
    "environment_flag",
    "site_mirror",
    "user_cache",
    "web_archive",
]

NO = ("", "0", "false", "no", "off")
"""The values that set a flag to no."""

CONNECTIONS = 4
"""How many connections a host gets at once, unless something else is set."""

WAYBACK_MACHINE = "https://web.archive.org/web"


def environment_flag(name: str) -> bool:
    """Tell whether a variable is set, and to none of the words for no."""
    return os.environ.get(name, "").lower() not in NO


def data_directory() -> Path:
    """Give the data directory that is used by default: ``DATAMAESTRO_DIR``."""
    return absolute(os.environ.get("DATAMAESTRO_DIR") or "~/datamaestro")


def user_cache() -> Path:
    """Give the folder for what may be removed at any time.

    It is that of `platformdirs`, whose import would take longer than a search.

    :raises SettingsError: if this process's user has no home
    """
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA") or "~/AppData/Local"
        return absolute(local) / "datamaestro" / "Cache"
    if sys.platform == "darwin":
        return absolute("~/Library/Caches/datamaestro")
    return absolute(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "datamaestro"


def site_mirror() -> str | None:
    """Give the base URL of the site mirror, if there is one: ``DATAMAESTRO_MIRROR``.

    :raises SettingsError: if that is no URL
    """
    variable = "DATAMAESTRO_MIRROR"
    mirror = os.environ.get(variable)
    if mirror and not ("://" in mirror and is_url(mirror)):
        raise SettingsError(
            "not the URL of a mirror",
            where=variable,
            expected="http://mirror.example.org/all, or file:///folder",
            found=repr(mirror.rpartition("@")[2]),
        )
    return mirror or None


def connection_limit(setting: int | None, path: Path) -> int:
    """Give how many connections a host gets: ``DATAMAESTRO_CONNECTIONS``, or as settings say.

    :param setting: what they say, if anything
    :param path: where they lie, for messages
    :raises SettingsError: if it isn't such a number
    """
    variable = "DATAMAESTRO_CONNECTIONS"
    given: object = os.environ.get(variable) or None
    where: object = variable
    if given is None:
        given, where = setting, path
    limit = str(CONNECTIONS if given is None else given)
    if not re.fullmatch(r"[1-9][0-9]{0,2}", limit):
        raise SettingsError(
            "not a number of connections", where=where, expected="1 to 999", found=repr(given)
        )
    return int(limit)


def web_archive(setting: bool | str) -> str | None:
    """Give the base URL of the web archive that may be asked: ``DATAMAESTRO_WAYBACK``.

    :param setting: what settings say: whether one may, or its base URL
    :raises SettingsError: if either gives a base URL that isn't one
    """
    said = os.environ.get("DATAMAESTRO_WAYBACK") or setting
    if said is False or str(said).lower() in NO:
        return None
    if not (isinstance(said, str) and "://" in said):
        return WAYBACK_MACHINE
    if not is_url(said):
        raise SettingsError(
            "not the URL of a web archive",
            where="DATAMAESTRO_WAYBACK, or wayback in settings.json",
            expected=f"yes, no, or a base URL such as {WAYBACK_MACHINE}",
            found=repr(said.rpartition("@")[2]),
        )
    return said
