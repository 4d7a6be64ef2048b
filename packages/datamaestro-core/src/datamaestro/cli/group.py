"""A click group whose commands are imported when they are needed."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, ClassVar

import click

if TYPE_CHECKING:
    from datamaestro.plugins.installed import Command

__all__ = ["LazyGroup"]


class LazyGroup(click.Group):
    """The commands of the kernel, by a table, and those of plugins, by their entry points."""

    COMMANDS: ClassVar[dict[str, tuple[str, str]]] = {
        "agreements": ("agreements", "Read and accept what owners of data ask for."),
        "cache": ("cache", "List and clear the cache of downloads."),
        "check": ("check", "Check whether the sources of datasets are alive."),
        "cite": ("cite", "Tell how to cite datasets."),
        "create-dataset": ("create_dataset", "Write the definition of a new dataset."),
        "create-plugin": ("create_plugin", "Write the distribution of a new plugin."),
        "datafolders": ("datafolders", "Manage folders of data that lie elsewhere."),
        "download": ("download", "Make the files of a dataset ready."),
        "du": ("du", "Show how much room the data take."),
        "gc": ("gc", "Remove what is no longer needed."),
        "info": ("info", "Show what is known about a dataset."),
        "list": ("list", "List the prepared datasets."),
        "lock": ("lock", "Write a lock file: which bytes datasets are made of."),
        "orphans": ("orphans", "List folders of data that belong to no dataset."),
        "plugins": ("plugins", "List what the installed plugins provide."),
        "prepare": ("prepare", "Make the files of a dataset ready, and print where they are."),
        "remove": ("remove", "Remove prepared datasets."),
        "repositories": ("repositories", "List the repositories."),
        "search": ("search", "Search for datasets."),
        "verify": ("verify", "Check whether prepared data are unchanged."),
        "version": ("version", "Print the version."),
    }
    """Name to module and short help: enough for ``--help``."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  (click's signature)
        return sorted({*self.COMMANDS, *_plugin_commands()})

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002
        if name in self.COMMANDS:
            module = importlib.import_module(f"datamaestro.cli.{self.COMMANDS[name][0]}")
            command: click.Command = module.command
            return command
        claims = _plugin_commands().get(name)
        return None if claims is None else _load(_only(name, claims))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from datamaestro.identifiers import closest

            near = closest(args[0], self.list_commands(ctx))
            if not near:
                raise
            message = f"{error.message} Did you mean {' or '.join(near)}?"
            raise click.UsageError(message, ctx) from error

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002
        formatter: click.HelpFormatter,
    ) -> None:
        """Write the list of commands without importing any."""
        texts = {name: f"From {_owners(claims)}." for name, claims in _plugin_commands().items()}
        texts |= {name: text for name, (_, text) in self.COMMANDS.items()}
        with formatter.section("Commands"):
            formatter.write_dl(sorted(texts.items()))


def _plugin_commands() -> dict[str, list[Command]]:
    """Give the commands of plugins, none of which is loaded; several may claim one name."""
    from datamaestro.plugins.installed import index_folder, recall_commands

    commands = recall_commands(index_folder())
    if commands is None:
        from datamaestro.plugins.entry_points import EntryPoints

        commands = EntryPoints().commands
    found: dict[str, list[Command]] = {}
    for item in commands:
        found.setdefault(item.name, []).append(item)
    return found


def _only(name: str, claims: list[Command]) -> Command:
    if len(claims) == 1:
        return claims[0]
    from datamaestro.errors import PluginConflictError

    raise PluginConflictError(
        f"{len(claims)} plugins provide the command {name!r}",
        expected="one",
        found=_owners(claims),
        hint="uninstall all but one of them",
    )


def _owners(claims: list[Command]) -> str:
    return " and ".join(sorted(item.distribution for item in claims))


def _load(described: Command) -> click.Command:
    from datamaestro.errors import PluginError
    from datamaestro.plugins.targets import imported

    try:
        command = imported(described.target)
    except (Exception, SystemExit) as error:
        raise PluginError(
            f"the command {described.name!r}, which {described.distribution} provides, "
            "can't be imported",
            found=f"{type(error).__name__}: {error}",
            hint="upgrade or reinstall that distribution",
        ) from error
    if not isinstance(command, click.Command):
        raise PluginError(
            f"the command {described.name!r}, which {described.distribution} provides, "
            "isn't a click command",
            found=repr(command),
        )
    return command
