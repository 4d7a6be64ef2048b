"""The attribute ``data_path`` of classes that declare datasets, for definitions of version 1."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

__all__ = ["DataPath", "folders_from"]

_folder_of: ContextVar[Callable[[Any], Path]] = ContextVar("folder_of")


@contextmanager
def folders_from(folder_of: Callable[[Any], Path]) -> Iterator[None]:
    """Let `DataPath` give folders while a value is built.

    :param folder_of: gives the folder of a dataset, in the context of that value
    """
    token = _folder_of.set(folder_of)
    try:
        yield
    finally:
        _folder_of.reset(token)


class DataPath:
    """The attribute ``data_path`` of classes: where the dataset's data are.

    It is there while a value is built, and is of that value's context.
    """

    def __get__(self, instance: object, owner: type) -> Path:
        folder_of = _folder_of.get(None)
        if folder_of is None:
            raise AttributeError(
                f"{owner.__name__}.data_path is there while a dataset is built; anywhere else, "
                f"Context.instance().folder({owner.__name__}) gives it"
            )
        return folder_of(owner)
