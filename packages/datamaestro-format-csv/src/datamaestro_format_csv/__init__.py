"""CSV for datamaestro: tables of anything, and matrices of numbers."""

from datamaestro_format_csv.generic import Generic
from datamaestro_format_csv.matrix import Matrix

__all__ = ["Generic", "Matrix"]
