"""``datamaestro verify``."""

from __future__ import annotations

from collections import Counter

import click

from datamaestro.cli.messages import note
from datamaestro.cli.output import echo_json
from datamaestro.cli.parameters import PREPARED, as_json, refuse_both_or_none
from datamaestro.cli.session import Session, pass_session
from datamaestro.cli.table import echo_rows
from datamaestro.errors import VerificationError
from datamaestro.inventory.named import find_all_prepared
from datamaestro.inventory.prepared import prepared_datasets
from datamaestro.inventory.repair import repair
from datamaestro.inventory.verification import verify
from datamaestro.user_paths import typed

__all__ = ["command"]


@click.command
@click.argument("datasets", nargs=-1, metavar="[DATASET]...", type=PREPARED)
@click.option("--all", "everything", is_flag=True, help="Verify all that is prepared.")
@click.option("--repair", "mend", is_flag=True, help="Fetch again what is changed or missing.")
@as_json
@pass_session
def command(
    session: Session, datasets: tuple[str, ...], everything: bool, mend: bool, as_json: bool
) -> None:
    """Check whether the data of each prepared DATASET are unchanged, by hashing them again.

    Each resource is ok, changed, missing, or unverifiable: nothing is known to compare
    it with, but the next time there will be. The exit code is 5 if anything is
    changed or missing at the end.
    """
    refuse_both_or_none(datasets, all=everything)
    context = session.context
    if everything:
        chosen = list(prepared_datasets(context.datapath))
    else:
        chosen = find_all_prepared(datasets, context)
    verdicts = list(verify(chosen, context))
    if mend:
        verdicts = list(repair(verdicts, context))
    if as_json:
        echo_json([verdict.to_json() for verdict in verdicts])
    else:
        rows = [
            (
                "repaired" if item.repaired else item.status,
                item.dataset.id,
                item.resource,
                item.reason,
            )
            for item in verdicts
        ]
        echo_rows(("STATUS", "DATASET", "RESOURCE", "WHY"), rows)
        if not chosen:
            note("No dataset is prepared.")
    wrong = Counter(verdict.status for verdict in verdicts if verdict.is_wrong)
    if wrong:
        words = ["verify", "--repair", *(datasets or ["--all"])]
        raise VerificationError(
            "not all data are what was made",
            found=", ".join(f"{count} {status}" for status, count in wrong.items()),
            hint=None if mend else f"'datamaestro {typed(words)}' makes them anew",
        )
