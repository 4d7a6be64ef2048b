"""Data types of machine learning that hold for any kind of data."""

from __future__ import annotations

import typing
from pathlib import Path
from typing import TypeVar

from datamaestro.data import Base, Meta, Param

__all__ = ["FolderBased", "Supervised", "Test", "Train", "Validation"]

Train = TypeVar("Train", bound=Base)
Validation = TypeVar("Validation", bound=Base)
Test = TypeVar("Test", bound=Base)


class Supervised(Base, typing.Generic[Train, Validation, Test]):
    """Data split for supervised learning.

    :param train: what to learn from
    :param validation: what to choose hyperparameters with, if the dataset has it
    :param test: what to report results on, if the dataset has it
    """

    train: Param[Train]
    validation: Param[Validation | None] = None
    test: Param[Test | None] = None


class FolderBased(Base):
    """Examples in one folder for each class.

    :param path: the folder that holds the folders of the classes
    :param classes: the names of these folders, in the order of the labels
    """

    path: Meta[Path]
    classes: Param[list[str]]
