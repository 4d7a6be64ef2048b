"""How the plugins declare repositories: what the index is compared with."""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datamaestro.context import Context

__all__ = ["declarations"]


def declarations(context: Context) -> dict[str, str]:
    """Give how the plugins declare each repository, as text to compare."""
    provided = context.plugins.repositories
    return {
        name: json.dumps([[*item.spec, *item.plugin] for item in items])
        for name, items in groupby(provided, lambda item: item.spec.id)
    }
