"""A click group whose commands are imported when they are needed."""

from __future__ import annotations

import importlib
from importlib.metadata import EntryPoint, entry_points
from typing import Any, ClassVar

import click

from datamaestro.errors import PluginError

__all__ = ["LazyGroup"]


class LazyGroup(click.Group):
    """The commands of the kernel, by a table, and those of plugins, by their entry points."""

    COMMANDS: ClassVar[dict[str, tuple[str, str]]] = {
        "agreements": ("agreements", "Read and accept what owners of data ask for."),
        "create-dataset": ("create_dataset", "Write the definition of a new dataset."),
        "datafolders": ("datafolders", "Manage folders of data that lie elsewhere."),
        "download": ("download", "Download a dataset."),
        "info": ("info", "Show what is known about a dataset."),
        "lock": ("lock", "Write down which bytes datasets are made of."),
        "orphans": ("orphans", "List folders of data that belong to no dataset."),
        "plugins": ("plugins", "List what the installed plugins provide."),
        "prepare": ("prepare", "Download a dataset, and print its value as JSON."),
        "repositories": ("repositories", "List the repositories."),
        "search": ("search", "Search for datasets."),
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
        entry_point = _plugin_commands().get(name)
        return None if entry_point is None else _load(entry_point)

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
        texts = {name: f"From {_owner(item)}." for name, item in _plugin_commands().items()}
        texts |= {name: text for name, (_, text) in self.COMMANDS.items()}
        with formatter.section("Commands"):
            formatter.write_dl(sorted(texts.items()))


def _plugin_commands() -> dict[str, EntryPoint]:
    return {item.name: item for item in entry_points(group="datamaestro.commands")}


def _owner(entry_point: EntryPoint) -> str:
    return entry_point.value if entry_point.dist is None else entry_point.dist.name


def _load(entry_point: EntryPoint) -> click.Command:
    try:
        command: Any = entry_point.load()
    except Exception as error:
        raise PluginError(
            f"the command {entry_point.name!r}, which {_owner(entry_point)} provides, "
            "can't be imported",
            found=f"{type(error).__name__}: {error}",
            hint="upgrade or reinstall that distribution",
        ) from error
    if not isinstance(command, click.Command):
        raise PluginError(
            f"the command {entry_point.name!r}, which {_owner(entry_point)} provides, is none",
            expected="a click command",
            found=repr(command),
        )
    return command
