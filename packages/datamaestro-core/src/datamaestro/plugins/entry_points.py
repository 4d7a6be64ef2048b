"""The entry points by which distributions declare plugins, repositories and commands."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from datamaestro.plugins.installed import Command

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = ["EntryPoints"]


class EntryPoints:
    """Those of all installed distributions; looking for them takes a while, and is done once."""

    @cached_property
    def _all(self) -> Any:
        """All of them; their class isn't the same in all versions of Python, ``select`` is."""
        from importlib.metadata import entry_points

        return entry_points()

    def _of_group(self, group: str) -> list[EntryPoint]:
        return list(self._all.select(group=group))

    @property
    def plugins(self) -> list[EntryPoint]:
        """Modules and objects with hooks."""
        return self._of_group("datamaestro")

    @property
    def repositories(self) -> list[EntryPoint]:
        """Classes of repositories, whose names are the ids of these."""
        return self._of_group("datamaestro.repositories")

    @property
    def commands(self) -> list[Command]:
        """Commands of the command line."""
        return [
            Command(item.name, item.value, item.value if item.dist is None else item.dist.name)
            for item in self._of_group("datamaestro.commands")
        ]
