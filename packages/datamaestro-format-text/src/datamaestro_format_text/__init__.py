"""Line-based text for datamaestro: lines, JSON Lines and TSV, with random access.

What is here is imported when it is first asked for: whoever lists plugins needs none of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from datamaestro.lazy import lazily

if TYPE_CHECKING:
    from datamaestro_format_text.jsonlines import JSONLines
    from datamaestro_format_text.lines import Lines
    from datamaestro_format_text.tsv import TSV

__all__ = ["TSV", "JSONLines", "Lines"]

__getattr__, __dir__ = lazily(
    __name__, {".jsonlines": ("JSONLines",), ".lines": ("Lines",), ".tsv": ("TSV",)}
)
