"""Parquet tables for datamaestro."""

from datamaestro_format_parquet.table import Parquet

__all__ = ["Parquet"]
