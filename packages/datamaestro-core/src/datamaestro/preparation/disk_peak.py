"""How much room on disk a plan takes at the most."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datamaestro.preparation.plan import Plan, Step

__all__ = ["disk_peak"]


def disk_peak(plan: Plan) -> int:
    """Give the further bytes that a plan takes at the most, as far as they are known.

    Those of one stage may be made at the same time. Downloads, unless they are
    kept, and transient resources go with the end of the last stage that needs them.
    """
    return _room(plan, set())[0]


def _room(plan: Plan, counted: set[Plan]) -> tuple[int, int]:
    """Give the bytes that a plan takes at the most, and those that stay.

    :param counted: the plans of other datasets that are counted already; more are added
    """
    stages: dict[int, list[Step]] = defaultdict(list)
    for step in plan.steps:
        if step.is_pending:
            stages[step.stage].append(step)
    downloads = _beside(plan, last=max(stages, default=0))
    taken = peak = fetched = 0
    for stage in sorted(stages):
        others = _rooms_of_others(stages[stage], counted)
        fetched = sum(size for size, needed in downloads if stage in needed)
        made = sum(step.size or 0 for step in stages[stage])
        peak = max(peak, taken + fetched + made + sum(most for most, _ in others))
        taken += made - _gone(stages, stage) + sum(stays for _, stays in others)
    return peak, taken + (fetched if plan.keep_downloads else 0)


def _rooms_of_others(steps: list[Step], counted: set[Plan]) -> list[tuple[int, int]]:
    """Give the room of the other datasets that some steps prepare, each of them once."""
    found = []
    for other in (other for step in steps for other in step.datasets):
        if other not in counted:
            counted.add(other)
            found.append(_room(other, counted))
    return found


def _gone(stages: Mapping[int, list[Step]], stage: int) -> int:
    """Give the bytes of transient resources that go with the end of a stage."""
    steps = (step for earlier in stages.values() for step in earlier)
    return sum(step.size or 0 for step in steps if step.transient and step.last_stage == stage)


def _beside(plan: Plan, last: int) -> list[tuple[int, range]]:
    """Give the bytes of downloads that lie beside what is made from them, and in which stages.

    A file that is stored as it comes is the download itself under another name, unless
    others need that too.

    :param last: the last stage
    """
    users: dict[str, list[Step]] = defaultdict(list)
    for step in plan.steps:
        for item in step.downloads:
            users[item.entry].append(step)
    sizes = {item.entry: item.remaining or 0 for item in plan.downloads()}
    found = []
    for entry, steps in users.items():
        if plan.keep_downloads or len(steps) > 1 or not steps[0].is_stored_as_it_comes:
            needed = [step.stage for step in steps]
            end = last if plan.keep_downloads else max(needed)
            found.append((sizes[entry], range(min(needed), end + 1)))
    return found
