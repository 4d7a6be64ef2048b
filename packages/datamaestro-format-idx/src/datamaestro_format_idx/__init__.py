"""IDX tensors for datamaestro: files of MNIST and its kin, mapped rather than read.

What is here is imported when it is first asked for: whoever lists plugins needs none of it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datamaestro_format_idx.tensor import IDX, Tensor
    from datamaestro_format_idx.writing import write_idx

__all__ = ["IDX", "Tensor", "write_idx"]

_MODULES = {"IDX": "tensor", "Tensor": "tensor", "write_idx": "writing"}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
