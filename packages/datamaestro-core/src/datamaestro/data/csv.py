"""CSV files; shipped by ``datamaestro-format-csv``."""

from datamaestro.facade import shipped_by

with shipped_by("datamaestro-format-csv", package="datamaestro_format_csv"):
    from datamaestro_format_csv import Generic, Matrix

__all__ = ["Generic", "Matrix"]
