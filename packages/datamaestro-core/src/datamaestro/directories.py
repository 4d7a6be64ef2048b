"""Where data live, and which settings hold there.

Environment variables are read when they are asked for, never at import:

===========================  ==================================================
``DATAMAESTRO_DIR``          the data directory, when no path is given
``DATAMAESTRO_PATH``         read-only data directories of the site, searched first
``DATAMAESTRO_OFFLINE``      ``1``: open no connection
``DATAMAESTRO_MIRROR``       the base URL of a site mirror, tried first
``DATAMAESTRO_CONNECTIONS``  how many connections a host gets at once
``DATAMAESTRO_WAYBACK``      ``1``: a web archive may be asked when nothing else is left
``DATAMAESTRO_ACCEPT``       see :mod:`datamaestro.agreements`
===========================  ==================================================
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datamaestro.disk.latest import Latest
from datamaestro.per_process import PerProcess
from datamaestro.user_paths import absolute, expanded
from datamaestro.variables import (
    connection_limit,
    data_directory,
    environment_flag,
    site_mirror,
    web_archive,
)

if TYPE_CHECKING:
    from datamaestro.settings import Settings, UserSettings
    from datamaestro.sites import Site
    from datamaestro.transfer.connections import Connections

__all__ = ["Directories"]


class Directories:
    """A data directory with those of its site, and the settings that hold there.

    :param path: the data directory; by default ``DATAMAESTRO_DIR`` or ``~/datamaestro``
    :param offline: whether to open no connection; by default as ``DATAMAESTRO_OFFLINE`` says
    :param site: read-only data directories, searched before this one; by default those of
        ``DATAMAESTRO_PATH`` and of the settings
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        offline: bool | None = None,
        site: Iterable[str | os.PathLike[str]] | None = None,
    ) -> None:
        self.path = data_directory() if path is None else absolute(path)
        self._offline = offline
        # Now: the working directory may be another one when they are searched.
        self._site_given = None if site is None else [absolute(directory) for directory in site]
        self._settings_path = self.path / "settings.json"
        self._settings = Latest(_settings)
        self._user_settings = Latest(_user_settings)
        self._connections: PerProcess[Connections] = PerProcess()

    def __getstate__(self) -> dict[str, Any]:
        """Give what a copy, as for another process, needs; it finds out the rest itself."""
        found_out = {name for cls in type(self).__mro__ for name in _found_out(cls)}
        return {name: value for name, value in vars(self).items() if name not in found_out}

    @property
    def datapath(self) -> Path:
        """The folder of the prepared datasets."""
        return self.path / "data"

    @property
    def datapaths(self) -> list[Path]:
        """The folders of prepared datasets, in the order they are searched; its own is last."""
        return [directory / "data" for directory in (*self.site_directories, self.path)]

    @property
    def cachepath(self) -> Path:
        """The folder of downloads that are under way or kept."""
        return self.path / "cache"

    @property
    def settings(self) -> Settings:
        """What all users of the data directory share, as its ``settings.json`` says now.

        :raises SettingsError: if that can't be read
        """
        return self._settings.of(self._settings_path)

    @property
    def user_settings(self) -> UserSettings:
        """What is the user's own, as ``user.json`` says now; raises as `settings`."""
        from datamaestro.settings import user_settings_path

        return self._user_settings.of(user_settings_path())

    @cached_property
    def _site(self) -> Site:
        from datamaestro.sites import Site

        return Site(self.path, self._site_given)

    @property
    def site_directories(self) -> list[Path]:
        """The read-only data directories that are searched before its own."""
        return self._site.directories(self.settings)

    def datafolder(self, name: str) -> Path | None:
        """Give the data folder that its settings name so, or else those of the site.

        :raises SettingsError: if it lies below the home of a user who isn't there
        """
        folder = self.settings.datafolders.get(name) or self._site.datafolder(name, self.settings)
        return None if folder is None else expanded(folder)

    @property
    def offline(self) -> bool:
        """Whether connections are forbidden."""
        return environment_flag("DATAMAESTRO_OFFLINE") if self._offline is None else self._offline

    @property
    def mirror(self) -> str | None:
        """The base URL of the site mirror, if there is one.

        :raises SettingsError: if the environment gives something else
        """
        return site_mirror()

    @property
    def connections(self) -> Connections:
        """How many connections there are to each host, and may be.

        A process that was forked counts its own: those of its parent aren't given back there.

        :raises SettingsError: if the environment or the settings give no such number
        """
        from datamaestro.transfer.connections import Connections

        settings = self.settings
        limit = connection_limit(settings.connections, settings.path)
        connections = self._connections.get(lambda: Connections(limit))
        connections.limit = limit  # another one may have been set since they were made
        return connections

    @property
    def wayback(self) -> str | None:
        """The base URL of the web archive that is asked after all else, if one may be."""
        return web_archive(self.settings.wayback)


def _found_out(cls: type) -> list[str]:
    return [name for name, value in vars(cls).items() if isinstance(value, cached_property)]


def _settings(path: Path) -> Settings:
    from datamaestro.settings import Settings

    return Settings.load(path)


def _user_settings(path: Path) -> UserSettings:
    from datamaestro.settings import UserSettings

    return UserSettings.load(path)
