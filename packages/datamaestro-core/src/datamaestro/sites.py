"""The read-only data directories of a site, which its users have under their own."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path

from datamaestro.errors import SettingsError
from datamaestro.settings import Settings
from datamaestro.user_paths import absolute

__all__ = ["Site"]

logger = logging.getLogger(__name__)


class Site:
    """The data directories that are searched before a user's own.

    :param own: the user's own data directory
    :param given: those that the caller names, absolute, or None for those of ``DATAMAESTRO_PATH``
        and of the user's settings
    """

    def __init__(self, own: Path, given: Sequence[Path] | None) -> None:
        self.own = own
        self._given = given
        self._unusable: set[Path] = set()

    def directories(self, settings: Settings) -> list[Path]:
        """Give those that can be read, in order; another is warned about, once."""
        named = self._given
        if named is None:
            listed = os.environ.get("DATAMAESTRO_PATH", "").split(os.pathsep)
            named = [*map(Path, filter(None, listed)), *settings.site_directories]
        if not named:
            return []
        paths = dict.fromkeys(map(absolute, named))
        # Not Path.resolve, which fails for a link to itself in Python 3.11 and 3.12.
        own = os.path.realpath(self.own)
        return [p for p in paths if os.path.realpath(p) != own and self._is_usable(p)]

    def datafolder(self, name: str, settings: Settings) -> Path | None:
        """Give the data folder that the first of the directories' settings names so."""
        for directory in self.directories(settings):
            try:
                folders = Settings.load(directory / "settings.json").datafolders
            except SettingsError as error:
                logger.warning("%s; it is left out", error)
                continue
            if name in folders:
                return folders[name]
        return None

    def _is_usable(self, directory: Path) -> bool:
        if os.access(directory, os.R_OK | os.X_OK):
            return True
        if directory not in self._unusable:
            self._unusable.add(directory)
            logger.warning("the site directory %s can't be read: it is left out", directory)
        return False
