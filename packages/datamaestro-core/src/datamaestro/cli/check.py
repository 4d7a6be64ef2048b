"""``datamaestro check``."""

from __future__ import annotations

import math
from typing import Any

import click

from datamaestro.availability import (
    DEAD,
    PAUSE,
    all_to_check,
    check_sources,
    to_check,
)
from datamaestro.cli.output import echo_json
from datamaestro.cli.parameters import DATASET, as_json, refuse_both_or_none
from datamaestro.cli.session import Session, pass_session
from datamaestro.cli.table import echo_rows
from datamaestro.errors import DownloadError

__all__ = ["command"]


class _Seconds(click.FloatRange):
    name = "seconds"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        seconds: float = super().convert(value, param, ctx)
        if math.isnan(seconds):  # which is neither below nor above any limit
            self.fail(f"{value!r} is not a number of seconds.", param, ctx)
        return seconds


@click.command
@click.argument("datasets", nargs=-1, metavar="[DATASET]...", type=DATASET)
@click.option("--all", "everything", is_flag=True, help="Check all datasets that are declared.")
@click.option(
    "--pause",
    type=_Seconds(min=0, max=3600),
    default=PAUSE,
    show_default=True,
    metavar="SECONDS",
    help="The time between two requests to one host.",
)
@as_json
@pass_session
def command(
    session: Session, datasets: tuple[str, ...], everything: bool, pause: float, as_json: bool
) -> None:
    """Check whether the sources of each DATASET are alive, without fetching them.

    Each URL, mirrors too, is alive, changed (it gives another size than declared, a
    web page, or other content than was fetched), or dead. The exit code is 4 if
    any is dead. What is found is noted, so that 'datamaestro remove' and 'datamaestro
    gc' keep what could be had nowhere else.
    """
    refuse_both_or_none(datasets, all=everything)
    context = session.context
    chosen = all_to_check(context) if everything else to_check(datasets, context)
    findings = check_sources(chosen, context, pause=pause)
    if as_json:
        echo_json([finding.to_json() for finding in findings])
    else:
        rows = [
            (item.status, item.dataset, item.problem or item.location or item.url)
            for item in findings
        ]
        echo_rows(("STATUS", "DATASET", "URL"), rows)
    dead = [finding for finding in findings if finding.status == DEAD]
    if dead:
        raise DownloadError(
            "not all sources are alive", found=f"{len(dead)} dead of {len(findings)}"
        )
