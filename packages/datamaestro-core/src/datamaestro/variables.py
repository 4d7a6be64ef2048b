"""What the user's environment says; it is read each time that it is asked for."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from datamaestro.errors import SettingsError
from datamaestro.user_paths import absolute
from datamaestro.utils import NO

if TYPE_CHECKING:
    from datamaestro.settings import Settings

__all__ = ["connection_limit", "data_directory", "site_mirror", "web_archive"]

CONNECTIONS = 4
"""How many connections a host gets at once, unless something else is set."""

WAYBACK_MACHINE = "https://web.archive.org/web"


def data_directory() -> Path:
    """Give the data directory that is used by default: ``DATAMAESTRO_DIR``."""
    return absolute(os.environ.get("DATAMAESTRO_DIR") or "~/datamaestro")


def site_mirror() -> str | None:
    """Give the base URL of the site mirror, if there is one: ``DATAMAESTRO_MIRROR``.

    :raises SettingsError: if that is no URL
    """
    variable = "DATAMAESTRO_MIRROR"
    mirror = os.environ.get(variable)
    if mirror and "://" not in mirror:
        raise SettingsError(
            "not the URL of a mirror",
            where=variable,
            expected="http://mirror.example.org/all, or file:///folder",
            found=repr(mirror.rpartition("@")[2]),
        )
    return mirror or None


def connection_limit(settings: Settings) -> int:
    """Give how many connections a host gets: ``DATAMAESTRO_CONNECTIONS``, or as settings say.

    :raises SettingsError: if that is no such number
    """
    variable = "DATAMAESTRO_CONNECTIONS"
    given: object = os.environ.get(variable)
    where: object = variable
    if given is None:
        given, where = settings.connections, settings.path
    limit = str(CONNECTIONS if given is None else given)
    if not re.fullmatch(r"[1-9][0-9]{0,2}", limit):
        raise SettingsError(
            "not a number of connections", where=where, expected="1 to 999", found=repr(given)
        )
    return int(limit)


def web_archive(settings: Settings) -> str | None:
    """Give the base URL of the web archive that may be asked: ``DATAMAESTRO_WAYBACK``."""
    said = os.environ.get("DATAMAESTRO_WAYBACK") or settings.wayback
    if said is False or str(said).lower() in NO:
        return None
    return said if isinstance(said, str) and "://" in said else WAYBACK_MACHINE
