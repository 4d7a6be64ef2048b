"""Small synthetic tensors, for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datamaestro_format_idx.tensor import IDX
from datamaestro_format_idx.writing import write_idx

if TYPE_CHECKING:
    from datamaestro.testing import Sampling

__all__ = ["write_sample"]


def write_sample(value: IDX, sampling: Sampling) -> None:
    """Write numbers from 0 to 9, of the shape that is wanted, or else one for each row."""
    import gzip

    import numpy as np

    shape = sampling.shape or (sampling.rows,)
    source = sampling.random(value)
    numbers = [source.randrange(10) for _ in range(int(np.prod(shape)))]
    write_idx(value.path, np.reshape(numbers, shape), "uint8")
    if value.path.suffix == ".gz":
        value.path.write_bytes(gzip.compress(value.path.read_bytes(), mtime=0))
