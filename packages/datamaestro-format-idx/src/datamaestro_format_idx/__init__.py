"""IDX tensors for datamaestro: files of MNIST and its kin, mapped rather than read.

What is here is imported when it is first asked for: whoever lists plugins needs none of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from datamaestro.lazy import lazily

if TYPE_CHECKING:
    from datamaestro_format_idx.tensor import IDX, Tensor
    from datamaestro_format_idx.writing import write_idx

__all__ = ["IDX", "Tensor", "write_idx"]

__getattr__, __dir__ = lazily(__name__, {".tensor": ("IDX", "Tensor"), ".writing": ("write_idx",)})
