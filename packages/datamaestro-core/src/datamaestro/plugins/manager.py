"""Which plugins are installed, what they provide, and which are broken.

A broken plugin never takes the program down and never hides what others
provide: each is loaded, registered and called on its own; what goes wrong is
recorded, warned about in one line, and raised to whoever asks for what that
plugin provides. ``DATAMAESTRO_STRICT_PLUGINS=1`` raises it at once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datamaestro.errors import DatamaestroError, PluginConflictError, PluginError
from datamaestro.location import foreign_site, function_site
from datamaestro.plugins import installed
from datamaestro.plugins.checking import check_hooks, checked_specs
from datamaestro.plugins.descriptors import (
    KINDS,
    DataTypeSpec,
    EncoderSpec,
    HandlerSpec,
    RepositorySpec,
    TransportSpec,
)
from datamaestro.plugins.entry_points import EntryPoints
from datamaestro.plugins.installed import Installed
from datamaestro.plugins.provided import BrokenPlugin, Plugin, Provided, Spec
from datamaestro.plugins.targets import imported
from datamaestro.variables import environment_flag

if TYPE_CHECKING:
    import pluggy

    from datamaestro.plugins.request import PrepareRequest

__all__ = [
    "BrokenPlugin",
    "Plugin",
    "PluginManager",
    "Provided",
]

logger = logging.getLogger(__name__)


class PluginManager:
    """The installed plugins, found when they are first asked for.

    :param memory: the folder where what was found is remembered for other processes;
        without one, every plugin is loaded
    """

    def __init__(self, memory: Path | None = None) -> None:
        self.broken: list[BrokenPlugin] = []
        self._memory = memory
        self._entry_points = EntryPoints()
        self._warned: set[str] = set()

    # --- what is provided

    @property
    def repositories(self) -> list[Provided[RepositorySpec]]:
        """The repositories of all plugins, in the order of their ids.

        Entries of the group ``datamaestro.repositories`` count without any hook.
        """
        return self._installed.provided["repositories"]

    @property
    def handlers(self) -> list[Provided[HandlerSpec]]:
        """The handlers of all plugins."""
        return self._installed.provided["handlers"]

    @property
    def data_types(self) -> list[Provided[DataTypeSpec]]:
        """The data types of all plugins."""
        return self._installed.provided["data_types"]

    @property
    def transports(self) -> list[Provided[TransportSpec]]:
        """The transports of all plugins."""
        return self._installed.provided["transports"]

    @property
    def encoders(self) -> list[Provided[EncoderSpec]]:
        """The encoders of all plugins."""
        return self._installed.provided["encoders"]

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
        message = f"{target}, which {provided.plugin} provides, can't be imported"
        with self.blamed(provided.plugin, message):
            return imported(target)

    @contextmanager
    def blamed(
        self, plugin: Plugin, message: str, passing: tuple[type[Exception], ...] = ()
    ) -> Iterator[None]:
        """Blame a plugin for what goes wrong in the block: it counts as broken from then on.

        :param passing: the errors that are none of its own
        :raises PluginError: with that message, if anything goes wrong
        """
        try:
            yield
        except passing:
            raise
        except (Exception, SystemExit) as error:
            self._record(plugin, error)
            raise PluginError(
                message,
                found=f"{type(error).__name__}: {error}",
                hint="upgrade or reinstall that distribution",
            ) from error

    def prepare(self, request: PrepareRequest) -> Any:
        """Ask the plugins to prepare a dataset; give the first answer, or None."""
        if "datamaestro_prepare" not in self._installed.hooks:
            return None
        for plugin, implementation in self._implementations("datamaestro_prepare"):
            try:
                answer = _call(implementation, request=request)
            except DatamaestroError:
                raise
            except (Exception, SystemExit) as error:
                self._record(plugin, error)
                continue
            if answer is not None:
                return answer
        return None

    # --- finding it

    @cached_property
    def _installed(self) -> Installed:
        """What is installed, remembered or found out."""
        # Whoever wants errors raised at once wants each plugin to be tried.
        memory = None if environment_flag("DATAMAESTRO_STRICT_PLUGINS") else self._memory
        remembered = None if memory is None else installed.recall(memory)
        if remembered is None:
            return self._find_out(memory)
        for item in remembered.broken:
            self._add_broken(item)
        return remembered

    def _find_out(self, memory: Path | None) -> Installed:
        folders, entries = installed.search_path(), self._entry_points
        provided = {
            kind: self._collect(spec, f"datamaestro_{kind}") for kind, spec in KINDS.items()
        }
        provided["repositories"] = self._with_declared(provided["repositories"])
        found = Installed(provided, self._hooks(), entries.commands, list(self.broken))
        if memory is not None:
            targets = [item.value for item in (*entries.plugins, *entries.repositories)]
            targets += [item.target for item in entries.commands]
            installed.store(memory, found, folders, installed.plugin_files(targets))
        return found

    def _hooks(self) -> frozenset[str]:
        """Give the names of the hooks that some plugin implements."""
        manager, names = self._registered
        plugins = map(manager.get_plugin, names)
        return frozenset(
            caller.name for plugin in plugins for caller in manager.get_hookcallers(plugin) or ()
        )

    def _with_declared(
        self, hooked: list[Provided[RepositorySpec]]
    ) -> list[Provided[RepositorySpec]]:
        """Add the repositories that are entry points themselves."""
        described = {(item.spec.id, item.spec.target) for item in hooked}
        declared = []
        for entry_point in self._entry_points.repositories:
            plugin = Plugin.of(entry_point)
            spec = RepositorySpec(entry_point.name, entry_point.value)
            try:
                checked_specs([spec], RepositorySpec, "an entry point")
            except PluginError as error:
                self._record(plugin, error)
            else:
                declared.append(Provided(spec, plugin))
        declared = [item for item in declared if (item.spec.id, item.spec.target) not in described]
        return sorted(hooked + declared, key=lambda item: item.spec.id)

    @cached_property
    def plugins(self) -> dict[str, Plugin]:
        """The plugins that could be loaded, by the name they are registered under."""
        return self._registered[1]

    @cached_property
    def _registered(self) -> tuple[pluggy.PluginManager, dict[str, Plugin]]:
        import pluggy

        from datamaestro.plugins import hookspecs

        manager = pluggy.PluginManager("datamaestro")
        manager.add_hookspecs(hookspecs)
        plugins = {}
        for entry_point in self._entry_points.plugins:
            plugin = Plugin.of(entry_point)
            name = f"{plugin.distribution}:{entry_point.name}"
            try:
                manager.register(entry_point.load(), name)
                check_hooks(manager, name)
            except (Exception, SystemExit) as error:
                self._record(plugin, error)
                manager.set_blocked(name)
            else:
                plugins[name] = plugin
        return manager, plugins

    def _implementations(self, hook: str) -> Iterator[tuple[Plugin, pluggy.HookImpl]]:
        """Give the plugins that implement a hook, in pluggy's order, each with its function."""
        manager, plugins = self._registered
        for implementation in reversed(getattr(manager.hook, hook).get_hookimpls()):
            yield plugins[implementation.plugin_name], implementation

    def _collect(self, spec: type[Spec], hook: str) -> list[Provided[Spec]]:
        found: list[Provided[Spec]] = []
        for plugin, implementation in self._implementations(hook):
            try:
                where = function_site(implementation.function)
                specs = checked_specs(_call(implementation), spec, hook, where)
            except (Exception, SystemExit) as error:
                self._record(plugin, error)
            else:
                found.extend(Provided(item, plugin) for item in specs)
        return found

    def _record(self, plugin: Plugin, error: BaseException) -> None:
        if environment_flag("DATAMAESTRO_STRICT_PLUGINS"):
            raise error
        site = None if isinstance(error, DatamaestroError) else foreign_site(error)
        place = "" if site is None else f", at {site}"
        self._add_broken(BrokenPlugin(plugin, f"{type(error).__name__}: {error}{place}"))

    def _add_broken(self, broken: BrokenPlugin) -> None:
        if any(item.plugin == broken.plugin for item in self.broken):
            return
        self.broken.append(broken)
        self.warn(broken.warning)

    def warn(self, message: str) -> None:
        """Warn in one line, once for each message."""
        if message not in self._warned:
            self._warned.add(message)
            logger.warning("%s", " ".join(message.split()))


def _call(implementation: pluggy.HookImpl, **arguments: Any) -> Any:
    """Call one plugin's function, not through pluggy: one that fails stops none of the others."""
    return implementation.function(*(arguments[name] for name in implementation.argnames))
