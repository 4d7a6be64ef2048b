"""``datamaestro agreements``: what the owners of data ask of their users."""

from __future__ import annotations

import click

from datamaestro import identifiers
from datamaestro.agreements import Agreement, State, accept, revoke, state_of
from datamaestro.cli.messages import note
from datamaestro.cli.output import echo, echo_json
from datamaestro.cli.parameters import AGREEMENT, as_json
from datamaestro.cli.session import Session, pass_session
from datamaestro.context import Context
from datamaestro.definitions.dataset_definition import DatasetDefinition
from datamaestro.errors import DatasetNotFoundError, NotFoundError, QueryError
from datamaestro.identifiers import did_you_mean
from datamaestro.preparation.references import with_referred
from datamaestro.terminal import harmless

__all__ = ["command"]


@click.group
def command() -> None:
    """Read and accept what owners of data ask for."""


@command.command("list", short_help="List the agreements of all datasets.")
@as_json
@pass_session
def list_agreements(session: Session, as_json: bool) -> None:
    """List the agreements of all datasets, and whether you have accepted them."""
    context = session.context
    rows: list[tuple[str, State, list[str]]] = [
        (agreement.id, state_of(agreement, context.user_settings), ids)
        for agreement, ids in _asked_for(context).items()
    ]
    asked_for = {agreement_id for agreement_id, _, _ in rows}
    accepted = context.user_settings.agreements.keys()
    rows += [(agreement_id, "accepted", []) for agreement_id in accepted - asked_for]
    rows.sort()
    if as_json:
        echo_json(
            [
                {"id": agreement_id, "state": state, "datasets": ids}
                for agreement_id, state, ids in rows
            ]
        )
        return
    for agreement_id, state, ids in rows:
        echo(f"{agreement_id}\t{state}\t{' '.join(ids) or '(of no installed dataset)'}")
    if not rows:
        note("No dataset asks for an agreement.")


@command.command("show", short_help="Print the text of an agreement.")
@click.argument("agreement", type=AGREEMENT)
@as_json
@pass_session
def show(session: Session, agreement: str, as_json: bool) -> None:
    """Print the text of AGREEMENT: its id, or a dataset that asks for it."""
    found = _find(session.context, agreement)
    if as_json:
        settings = session.context.user_settings
        echo_json(
            [
                {"id": item.id, "state": state_of(item, settings), "text": item.text}
                for item in found
            ]
        )
        return
    echo("\n\n".join(item.text for item in found))


@command.command("accept", short_help="Accept agreements.")
@click.argument("agreements", metavar="AGREEMENT...", type=AGREEMENT, nargs=-1, required=True)
@pass_session
def accept_agreements(session: Session, agreements: tuple[str, ...]) -> None:
    """Accept each AGREEMENT: its id, or a dataset that asks for it.

    A dataset stands for its own agreements, and for those of the datasets that it
    refers to.
    """
    context = session.context
    found = [item for agreement in agreements for item in _find(context, agreement)]
    for item in found:
        click.echo(harmless(f"{item.text}\n"), err=True)
    accept(found, context.user_settings)
    for item in found:
        note(f"Accepted: {item.id}")


@command.command("revoke", short_help="Take back that agreements were accepted.")
@click.argument("agreements", metavar="AGREEMENT...", type=AGREEMENT, nargs=-1, required=True)
@pass_session
def revoke_agreements(session: Session, agreements: tuple[str, ...]) -> None:
    """Take back that each AGREEMENT was accepted; data that are there stay."""
    settings = session.context.user_settings
    known = ", ".join(settings.agreements)
    for agreement in agreements:
        if agreement not in settings.agreements:
            raise NotFoundError(
                f"no agreement {agreement!r} is accepted",
                expected=known or None,
                hint=None if known else "none is",
            )
    revoke(agreements, settings)


def _asked_for(context: Context) -> dict[Agreement, list[str]]:
    """Give all agreements, with the ids of the datasets that ask for each."""
    found: dict[Agreement, list[str]] = {}
    for definition in context.datasets():
        for agreement in definition.agreements:
            found.setdefault(agreement, []).append(definition.id)
    return found


def _find(context: Context, name: str) -> list[Agreement]:
    """Give the agreements of an id, or those that a dataset needs.

    :raises NotFoundError: if there are none
    :raises QueryError: as :func:`_dataset`
    """
    known = list(_asked_for(context))
    found = [agreement for agreement in known if agreement.id == name]
    if found:
        return found
    definition = _dataset(context, name)
    if definition is None:
        raise NotFoundError(
            f"no installed dataset asks for an agreement {name!r}",
            hint=did_you_mean(name, [agreement.id for agreement in known]),
        )
    needed = [item for each in _needed(definition, context) for item in each.agreements]
    if not needed:
        raise NotFoundError(f"the dataset {definition.id} asks for no agreement")
    return needed


def _dataset(context: Context, name: str) -> DatasetDefinition | None:
    """Give the dataset of a name, if it is that of one.

    :raises DatasetNotFoundError: if it is that of one in a file, which isn't there
    :raises QueryError: if the dataset has no such variant
    """
    try:
        file = identifiers.parse(name).file
    except QueryError:  # what agreements are called has no form
        return None
    try:
        return context.dataset(name)
    except DatasetNotFoundError:
        if file is not None:
            raise
        return None


def _needed(definition: DatasetDefinition, context: Context) -> list[DatasetDefinition]:
    """Give a dataset and all that it refers to; itself alone if a variant decides what that is."""
    try:
        chosen = definition.for_variant({})
    except QueryError:  # one has to be chosen
        return [definition]
    return with_referred(chosen, context)
