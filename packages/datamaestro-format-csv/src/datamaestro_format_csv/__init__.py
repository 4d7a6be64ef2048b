"""CSV for datamaestro: tables of anything, and matrices of numbers.

What is here is imported when it is first asked for: whoever lists plugins needs none of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from datamaestro.lazy import lazily

if TYPE_CHECKING:
    from datamaestro_format_csv.generic import Generic
    from datamaestro_format_csv.matrix import Matrix

__all__ = ["Generic", "Matrix"]

__getattr__, __dir__ = lazily(__name__, {".generic": ("Generic",), ".matrix": ("Matrix",)})
