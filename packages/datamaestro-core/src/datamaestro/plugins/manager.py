"""Which plugins are installed, what they provide, and which are broken.

A broken plugin never takes the program down and never hides what others
provide: each is loaded, registered and called on its own; what goes wrong is
recorded, warned about in one line, and raised to whoever asks for what that
plugin provides. ``DATAMAESTRO_STRICT_PLUGINS=1`` raises it at once.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Generic, TypeVar

import pluggy

from datamaestro.errors import DatamaestroError, PluginConflictError, PluginError
from datamaestro.plugins import hookspecs
from datamaestro.plugins.descriptors import (
    DataTypeSpec,
    EncoderSpec,
    HandlerSpec,
    PrepareRequest,
    RepositorySpec,
    TransportSpec,
)
from datamaestro.utils import environment_flag

__all__ = ["BrokenPlugin", "Plugin", "PluginManager", "Provided"]

PLUGINS = "datamaestro"
REPOSITORIES = "datamaestro.repositories"

logger = logging.getLogger(__name__)

Spec = TypeVar("Spec", RepositorySpec, HandlerSpec, DataTypeSpec, TransportSpec, EncoderSpec)


@dataclass(frozen=True)
class Plugin:
    """An entry point, and the distribution that declares it.

    :param distribution: its name, or an empty text if it isn't known
    :param version: its version, likewise
    :param entry_point: ``group: name = module``
    """

    distribution: str
    version: str
    entry_point: str

    @classmethod
    def of(cls, entry_point: EntryPoint) -> Plugin:
        """Describe an entry point."""
        text = f"{entry_point.group}: {entry_point.name} = {entry_point.value}"
        if entry_point.dist is None:
            return cls("", "", text)
        return cls(entry_point.dist.name, entry_point.dist.version, text)

    def __str__(self) -> str:
        return f"{self.distribution} {self.version}".strip() or self.entry_point


@dataclass(frozen=True)
class BrokenPlugin:
    """What went wrong with a plugin.

    :param plugin: which one
    :param error: what was raised
    """

    plugin: Plugin
    error: Exception

    def __str__(self) -> str:
        return f"{type(self.error).__name__}: {self.error}"


@dataclass(frozen=True)
class Provided(Generic[Spec]):
    """Something that a plugin provides.

    :param spec: its description
    :param plugin: whose it is
    """

    spec: Spec
    plugin: Plugin


class PluginManager:
    """The installed plugins, found when they are first asked for."""

    def __init__(self) -> None:
        self.broken: list[BrokenPlugin] = []
        self._warned: set[str] = set()

    # --- what is provided

    @cached_property
    def repositories(self) -> list[Provided[RepositorySpec]]:
        """The repositories of all plugins, in the order of their ids.

        Entries of the group ``datamaestro.repositories`` count without any hook.
        """
        declared = [
            Provided(RepositorySpec(entry_point.name, entry_point.value), Plugin.of(entry_point))
            for entry_point in entry_points(group=REPOSITORIES)
        ]
        hooked = self._collect(RepositorySpec, "datamaestro_repositories")
        described = {(item.spec.id, item.spec.target) for item in hooked}
        declared = [item for item in declared if (item.spec.id, item.spec.target) not in described]
        return sorted(hooked + declared, key=lambda item: item.spec.id)

    @cached_property
    def handlers(self) -> list[Provided[HandlerSpec]]:
        """The handlers of all plugins."""
        return self._collect(HandlerSpec, "datamaestro_handlers")

    @cached_property
    def data_types(self) -> list[Provided[DataTypeSpec]]:
        """The data types of all plugins."""
        return self._collect(DataTypeSpec, "datamaestro_data_types")

    @cached_property
    def transports(self) -> list[Provided[TransportSpec]]:
        """The transports of all plugins."""
        return self._collect(TransportSpec, "datamaestro_transports")

    @cached_property
    def encoders(self) -> list[Provided[EncoderSpec]]:
        """The encoders of all plugins."""
        return self._collect(EncoderSpec, "datamaestro_encoders")

    # --- using it

    def only(
        self, provided: Iterable[Provided[Spec]], claims: Callable[[Spec], bool], name: str
    ) -> Provided[Spec] | None:
        """Give the one item that claims a name, or None.

        :param provided: the items to look among
        :param claims: tells whether an item is the one
        :param name: what is asked for, as a message names it
        :raises PluginConflictError: if several claim it
        """
        found = sorted((p for p in provided if claims(p.spec)), key=lambda item: str(item.plugin))
        if len(found) > 1:
            raise PluginConflictError(
                f"{len(found)} plugins provide {name}",
                expected="one",
                found=" and ".join(f"{item.plugin} ({item.spec.target})" for item in found),
                hint="uninstall all but one of them",
            )
        return found[0] if found else None

    def load(self, provided: Provided[Any], field: str = "target") -> Any:
        """Import what a field of a description names.

        :raises PluginError: if that fails; the plugin counts as broken from then on
        """
        target = getattr(provided.spec, field)
        try:
            module, _, attribute = target.partition(":")
            return getattr(importlib.import_module(module), attribute)
        except Exception as error:
            self._record(provided.plugin, error)
            raise PluginError(
                f"{target}, which {provided.plugin} provides, can't be imported",
                found=f"{type(error).__name__}: {error}",
                hint="upgrade or reinstall that distribution",
            ) from error

    def prepare(self, request: PrepareRequest) -> Any:
        """Ask the plugins to prepare a dataset; give the first answer, or None."""
        for plugin, call in self._implementations("datamaestro_prepare"):
            try:
                answer = call(request=request)
            except DatamaestroError:
                raise
            except Exception as error:
                self._record(plugin, error)
                continue
            if answer is not None:
                return answer
        return None

    # --- finding it

    @cached_property
    def plugins(self) -> dict[str, Plugin]:
        """The plugins that could be loaded, by the name they are registered under."""
        return self._registered[1]

    @cached_property
    def _registered(self) -> tuple[pluggy.PluginManager, dict[str, Plugin]]:
        manager = pluggy.PluginManager("datamaestro")
        manager.add_hookspecs(hookspecs)
        plugins = {}
        for entry_point in entry_points(group=PLUGINS):
            plugin = Plugin.of(entry_point)
            name = f"{plugin.distribution}:{entry_point.name}"
            try:
                manager.register(entry_point.load(), name)
                manager.check_pending()
            except Exception as error:
                self._record(plugin, error)
                manager.set_blocked(name)
            else:
                plugins[name] = plugin
        return manager, plugins

    def _implementations(self, hook: str) -> Iterator[tuple[Plugin, Callable[..., Any]]]:
        """Give the plugins that implement a hook, in pluggy's order, and how to call each.

        They are called one by one, not through pluggy, so that one that fails
        stops none of the others.
        """
        manager, plugins = self._registered
        for implementation in reversed(getattr(manager.hook, hook).get_hookimpls()):

            def call(implementation: pluggy.HookImpl = implementation, **arguments: Any) -> Any:
                return implementation.function(
                    *(arguments[name] for name in implementation.argnames)
                )

            yield plugins[implementation.plugin_name], call

    def _collect(self, spec: type[Spec], hook: str) -> list[Provided[Spec]]:
        found: list[Provided[Spec]] = []
        for plugin, call in self._implementations(hook):
            try:
                specs = list(call())
                for item in specs:
                    if not isinstance(item, spec):
                        raise PluginError(
                            f"{hook} gave something else than it should",
                            expected=spec.__name__,
                            found=repr(item),
                        )
            except Exception as error:
                self._record(plugin, error)
            else:
                found.extend(Provided(item, plugin) for item in specs)
        return found

    def _record(self, plugin: Plugin, error: Exception) -> None:
        if environment_flag("DATAMAESTRO_STRICT_PLUGINS"):
            raise error
        if any(item.plugin == plugin for item in self.broken):
            return
        self.broken.append(BrokenPlugin(plugin, error))
        self.warn(
            f"plugin {plugin} is broken and left out ({type(error).__name__}: {error}); "
            "'datamaestro plugins' tells more"
        )

    def warn(self, message: str) -> None:
        """Warn in one line, once for each message."""
        if message not in self._warned:
            self._warned.add(message)
            logger.warning("%s", " ".join(message.split()))
