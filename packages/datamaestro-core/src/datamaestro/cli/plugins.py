"""``datamaestro plugins``."""

from __future__ import annotations

from typing import Any

import click

from datamaestro.cli.messages import note
from datamaestro.cli.output import echo, echo_json
from datamaestro.cli.parameters import as_json
from datamaestro.cli.session import Session, pass_session
from datamaestro.context import Context
from datamaestro.plugins.descriptors import KINDS
from datamaestro.plugins.provided import Plugin

__all__ = ["command"]


@click.command
@as_json
@pass_session
def command(session: Session, as_json: bool) -> None:
    """List what each installed plugin provides, and what is broken and why."""
    context = session.context
    _load_targets(context)
    provided = _provided(context)
    broken = context.plugins.broken
    left_out = context.catalog.left_out()
    if as_json:
        echo_json(
            {
                "plugins": [
                    {**plugin._asdict(), "provides": kinds} for plugin, kinds in provided.items()
                ],
                "broken": [{**item.plugin._asdict(), "error": str(item)} for item in broken],
                "left_out": left_out,
            }
        )
        return
    for plugin, kinds in provided.items():
        echo(str(plugin))
        for kind, names in kinds.items():
            echo(f"  {kind.replace('_', ' ')}: {', '.join(names)}")
    for item in broken:
        echo(f"{item.plugin} is broken ({item.plugin.entry_point}): {item}")
    for warning in left_out:
        echo(warning)
    if not (provided or broken):
        note("No plugin is installed.")


def _load_targets(context: Context) -> None:
    """Import what the descriptions name, so that what can't be imported shows as broken."""
    from datamaestro.errors import PluginError

    for kind in KINDS:
        for item in getattr(context.plugins, kind):
            try:
                context.plugins.load(item)
            except PluginError:
                continue


def _provided(context: Context) -> dict[Plugin, dict[str, list[str]]]:
    found: dict[Plugin, dict[str, list[str]]] = {
        plugin: {} for plugin in context.plugins.plugins.values()
    }
    for kind in KINDS:
        for item in getattr(context.plugins, kind):
            found.setdefault(item.plugin, {}).setdefault(kind, []).extend(_names(item.spec))
    return dict(sorted(found.items(), key=lambda pair: str(pair[0])))


def _names(spec: Any) -> list[str]:
    if hasattr(spec, "schemes"):
        return list(spec.schemes)
    return [getattr(spec, "id", None) or spec.name]
