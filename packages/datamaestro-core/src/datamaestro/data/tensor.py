"""Tensors; shipped by ``datamaestro-format-idx``."""

from datamaestro.facade import shipped_by

with shipped_by("datamaestro-format-idx", package="datamaestro_format_idx"):
    from datamaestro_format_idx import (
        IDX,
        Tensor,
        write_idx,
    )

__all__ = ["IDX", "Tensor", "write_idx"]
