"""Plans on the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from datamaestro.cli.output import echo, echo_json
from datamaestro.preparation.plan import Plan, PlannedDownload, Step

if TYPE_CHECKING:
    from datamaestro.context import Context

__all__ = ["echo_plan"]

_WORDS = {
    "complete": "there already",
    "present": "there, to be verified",
    "missing": "to be made",
    "unneeded": "not needed",
}


def echo_plan(
    context: Context, dataset: str, only: tuple[str, ...], *, force: bool, as_json: bool
) -> None:
    """Print what a preparation would do, as text or JSON.

    :raises click.UsageError: if it's asked for with --force
    """
    if force:
        raise click.UsageError("--dry-run doesn't tell what --force would do.")
    plan = context.plan(dataset, only=only)
    if as_json:
        echo_json(plan.to_json())
    else:
        echo("\n".join([*_lines(plan), *_totals(plan)]))


def _lines(plan: Plan, indent: str = "") -> Iterator[str]:
    yield f"{indent}{plan.dataset}, in {plan.folder}"
    for step in plan.steps:
        yield f"{indent}  {_step(step)}"
        for download in step.downloads:
            yield f"{indent}    {_download(download)}"
            yield from (f"{indent}      {url}" for url in download.urls)
        for other in step.datasets:
            yield from _lines(other, f"{indent}    ")


def _step(step: Step) -> str:
    facts = [_WORDS[step.status]]
    if step.path is not None and step.status != "unneeded":
        facts.append(_bytes(step.size))
    if step.transient:
        facts.append("goes in the end")
    return f"{step.resource}: {', '.join(facts)}"


def _download(download: PlannedDownload) -> str:
    cached = f", of which {download.cached:,} are in the cache" if download.cached else ""
    return f"fetch {_bytes(download.size)}{cached} from"


def _totals(plan: Plan) -> Iterator[str]:
    bound = "at least " if plan.unknown_sizes else ""
    fetched = plan.downloads()
    some = "at least " if any(item.size is None for item in fetched) else ""
    files = "file" if len(fetched) == 1 else "files"
    yield f"To download: {some}{plan.download_size:,} bytes in {len(fetched)} {files}"
    yield f"Disk peak: {bound}{plan.disk_peak:,} bytes"
    if plan.unknown_sizes:
        yield f"Sizes that aren't declared: {plan.unknown_sizes}"


def _bytes(size: int | None) -> str:
    return "size unknown" if size is None else f"{size:,} bytes"
