"""IDX tensors for datamaestro: files of MNIST and its kin, mapped rather than read."""

from datamaestro_format_idx.tensor import IDX, Tensor
from datamaestro_format_idx.writing import write_idx

__all__ = ["IDX", "Tensor", "write_idx"]
