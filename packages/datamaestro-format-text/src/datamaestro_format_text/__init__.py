"""Line-based text for datamaestro: lines, JSON Lines and TSV, with random access.

What is here is imported when it is first asked for: whoever lists plugins needs none of it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datamaestro_format_text.jsonlines import JSONLines
    from datamaestro_format_text.lines import Lines
    from datamaestro_format_text.tsv import TSV

__all__ = ["TSV", "JSONLines", "Lines"]

_MODULES = {"JSONLines": "jsonlines", "Lines": "lines", "TSV": "tsv"}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
