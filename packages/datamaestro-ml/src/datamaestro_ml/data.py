"""Data types of datasets that are several tables."""

from __future__ import annotations

from datamaestro.data import Base, Param
from datamaestro.data.csv import Matrix

__all__ = ["WineQuality"]


class WineQuality(Base):
    """Wines, and the quality that tasters found in each.

    :param red: red wines
    :param white: white wines, in the same columns
    """

    red: Param[Matrix]
    white: Param[Matrix]
