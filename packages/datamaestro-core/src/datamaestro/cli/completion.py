"""What the shell offers for a dataset id that is being typed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from datamaestro.variants import AxesVariants

if TYPE_CHECKING:
    from datamaestro.context import Context

__all__ = ["completions"]


def completions(incomplete: str, context: Context) -> list[str]:
    """Give the ids that begin with a text, or what may follow in a selector."""
    name, bracket, selector = incomplete.partition("[")
    if not bracket:
        return [item for item in sorted(context.catalog.ids()) if item.startswith(incomplete)]
    variants = context.dataset(name).variants
    if not isinstance(variants, AxesVariants):
        return []
    before, comma, last = selector.rpartition(",")
    given = {item.partition("=")[0].strip() for item in before.split(",")}
    start = f"{name}[{before}{comma}"
    return [f"{start}{item}" for item in _items(variants, given) if item.startswith(last)]


def _items(variants: AxesVariants, given: set[str]) -> Iterator[str]:
    """Give ``key=value`` for all that an axis has to choose from, or ``key=``."""
    axes = {name: axis for name, axis in variants.axes.items() if name not in given}
    for name, axis in axes.items():
        end = "]" if all(item.has_default for other, item in axes.items() if other != name) else ","
        if axis.domain is None:
            yield f"{name}="
        else:
            yield from (f"{name}={axis.write(value)}{end}" for value in axis.domain)
