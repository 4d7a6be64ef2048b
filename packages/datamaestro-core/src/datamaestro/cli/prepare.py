"""``datamaestro prepare``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from datamaestro.cli.by_lock import by_lock, chosen
from datamaestro.cli.output import echo_as_it_is, json_text
from datamaestro.cli.parameters import DATASET, ENCODER, OUTPUT, as_json, dry_run, force, only
from datamaestro.cli.session import Session, pass_session
from datamaestro.disk.files import write_atomically
from datamaestro.errors import DatamaestroError, OfflineError, PluginError
from datamaestro.plugins.descriptors import BUILT_IN_ENCODER
from datamaestro.user_paths import typed

if TYPE_CHECKING:
    from datamaestro.context import Context

__all__ = ["command"]


@click.command
@click.argument("dataset", type=DATASET)
@click.option(
    "--encoder",
    type=ENCODER,
    metavar="NAME",
    default=BUILT_IN_ENCODER,
    show_default=True,
    help="How the value is written; plugins add others.",
)
@force
@click.option("--no-downloads", is_flag=True, help="Fail rather than fetch what is missing.")
@click.option("-o", "--output", type=OUTPUT, help="Write to this file.")
@only
@dry_run
@as_json
@by_lock
@pass_session
def command(
    session: Session,
    dataset: str,
    encoder: str,
    force: bool,
    no_downloads: bool,
    output: Path | None,
    only: tuple[str, ...],
    dry_run: bool,
    as_json: bool,
    locked: bool,
    frozen: bool,
    lock_file: Path | None,
) -> None:
    """Make the files of DATASET ready, as 'download' does, and print its value as JSON.

    --json is for what --dry-run prints: the value is JSON anyway.
    """
    if force and no_downloads:
        raise click.UsageError("--force downloads, and --no-downloads doesn't.")
    if dry_run and (output is not None or no_downloads):
        raise click.UsageError("--dry-run prints what would be fetched, and no value.")
    if no_downloads:
        session.offline = True  # what is there may turn out to be wrong, too
    context = session.context
    others = {"force": force, "only": only, "dry_run": dry_run, "no_downloads": no_downloads}
    lock = chosen(locked, frozen, lock_file, **others)
    if dry_run:
        from datamaestro.cli.plans import echo_plan

        echo_plan(context, dataset, only, force=force, as_json=as_json)
        return
    encode = _encoder(context, encoder)
    if no_downloads:
        _refuse_downloads(context, dataset, only)
    if lock is not None:
        text = encode(lock.prepare(dataset, context))
    else:
        text = encode(context.prepare(dataset, only=only, download=True, force=force))
    if output is None:
        echo_as_it_is(text)
    else:
        write_atomically(output, text + "\n")


def _refuse_downloads(context: Context, dataset: str, only: tuple[str, ...]) -> None:
    """Refuse to fetch what is missing; what is there needs only to be verified or unpacked.

    :raises OfflineError: if something is
    """
    if not context.missing(dataset, only=only):
        return
    if missing := context.plan(dataset, only=only).to_be_fetched():
        raise OfflineError(
            f"{dataset} isn't prepared, and --no-downloads was given",
            found=f"{', '.join(missing)} missing",
            hint=f"'datamaestro prepare {typed([dataset])}' fetches it",
        )


def _encoder(context: Context, name: str) -> Callable[[Any], str]:
    if name == BUILT_IN_ENCODER:
        from datamaestro.data.encoding import to_json

        return lambda value: json_text(to_json(value))
    provided = context.plugins.only(
        context.plugins.encoders, lambda spec: spec.name == name, f"the encoder {name!r}"
    )
    if provided is None:
        others = (item.spec.name for item in context.plugins.encoders)
        known = ", ".join([BUILT_IN_ENCODER, *others])
        raise PluginError(
            f"no installed plugin provides the encoder {name!r}", expected=known, found=name
        )
    encode: Callable[[Any], object] = context.plugins.load(provided)

    def encoded(value: Any) -> str:
        message = f"the encoder {name!r}, which {provided.plugin} provides, failed"
        with context.plugins.blamed(provided.plugin, message, (DatamaestroError,)):
            text = encode(value)
            if not isinstance(text, str):
                raise TypeError(f"expected a text, found {text!r:.80}")
            return text

    return encoded
