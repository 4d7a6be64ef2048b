"""Data types of machine learning that hold for any kind of data."""

from __future__ import annotations

import typing
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datamaestro.data import Base, Meta, Param
from datamaestro.data.optional import required
from datamaestro.errors import DataDirectoryError, ParameterError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from typing_extensions import TypeVar  # which every type checker knows

    Train = TypeVar("Train", bound=Base, default=Any)
    Validation = TypeVar("Validation", bound=Base, default=Any)
    Test = TypeVar("Test", bound=Base, default=Any)
else:
    Train, Validation, Test = (
        typing.TypeVar(name, bound=Base) for name in ("Train", "Validation", "Test")
    )

__all__ = ["FolderBased", "LabelledFiles", "Supervised"]


class Supervised(Base, typing.Generic[Train, Validation, Test]):
    """Data split for supervised learning.

    :param train: what to learn from
    :param validation: what to choose hyperparameters with, if the dataset has it
    :param test: what to report results on, if the dataset has it
    """

    train: Param[Train]
    validation: Param[Validation | None] = None
    test: Param[Test | None] = None

    def parts(self) -> dict[str, Base]:
        """Give the parts that the dataset has, by name."""
        parts = {"train": self.train, "validation": self.validation, "test": self.test}
        return {name: part for name, part in parts.items() if part is not None}

    @property
    def classes(self) -> list[str]:
        """The names of the classes, in the order of the labels.

        :raises AttributeError: if the data to learn from don't tell
        """
        return list(self.train.classes)

    def numpy(self) -> dict[str, Any]:
        """Give the parts as numpy arrays, by name: what their own ``numpy()`` gives.

        :raises AttributeError: if a part has no such method
        """
        return {name: part.numpy() for name, part in self.parts().items()}

    def torch(self) -> dict[str, Any]:
        """Give the parts as datasets for PyTorch, by name: what their ``torch()`` gives.

        :raises AttributeError: if a part has no such method
        """
        return {name: part.torch() for name, part in self.parts().items()}


class FolderBased(Base):
    """Examples in files, in one folder for each class.

    Iterating gives each file and its label, class by class, in the order of the names;
    hidden files don't count.

    >>> from pathlib import Path
    >>> for name in ("cat/1.png", "dog/1.png", "dog/2.png"):
    ...     Path("pets", name).parent.mkdir(parents=True, exist_ok=True)
    ...     Path("pets", name).touch()
    >>> pets = FolderBased(path=Path("pets"), classes=["cat", "dog"])
    >>> [(path.name, label) for path, label in pets]
    [('1.png', 0), ('1.png', 1), ('2.png', 1)]

    :param path: the folder that holds the folders of the classes
    :param classes: the names of these folders, relative to `path`, in the order of the labels;
        none is another's, or within it: each file has one label
    """

    path: Meta[Path]
    classes: Param[Sequence[str]]

    def __post_init__(self) -> None:
        folders = [Path(name) for name in self.classes]
        shared = {Path(), *(parent for folder in folders for parent in folder.parents)}
        shared.update(folder for folder, times in Counter(folders).items() if times > 1)
        for name, folder in zip(self.classes, folders, strict=True):
            if folder in shared or folder.anchor or ".." in folder.parts:
                raise ParameterError(
                    f"{type(self).__qualname__}.classes can't be used",
                    expected="relative paths of folders without '..', none of which is given "
                    "twice or is within another: a file has one label",
                    found=repr(name),
                )

    def __iter__(self) -> Iterator[tuple[Path, int]]:
        """Give the path of each file, and the number of its class, from 0.

        :raises DataDirectoryError: if the folder of a class isn't there
        """
        for label, name in enumerate(self.classes):
            folder = self.path / name
            if not folder.is_dir():
                raise DataDirectoryError("there is no folder for a class", where=folder)
            # By their parts: Windows doesn't compare the case of letters in paths.
            for path in sorted(folder.rglob("*"), key=attrgetter("parts")):
                hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
                if path.is_file() and not hidden:
                    yield path, label

    def __len__(self) -> int:
        """Give the number of files."""
        return sum(1 for _ in self)

    def numpy(self) -> tuple[NDArray[np.str_], NDArray[np.int64]]:
        """Give paths and labels: two arrays of shape (files,), of text and of int64.

        :raises DataDirectoryError: as iteration does
        """
        numpy = required("numpy")
        items = self._items()
        paths = numpy.array([str(path) for path, _ in items], dtype=str)
        return paths, numpy.array([label for _, label in items], dtype=numpy.int64)

    def torch(self, load: Callable[[Path], Any] | None = None) -> LabelledFiles:
        """Give a dataset for PyTorch's ``DataLoader``, of pairs of a file and its label.

        :param load: reads a file; by default the pair has its path, as text
        :raises ImportError: if PyTorch isn't installed
        :raises DataDirectoryError: as iteration does
        """
        required("torch")
        return LabelledFiles(self._items(), load)

    def _items(self) -> list[tuple[Path, int]]:
        return list(iter(self))  # without `iter`, it would ask for the length first


class LabelledFiles:
    """Files and labels by number: what PyTorch calls a map-style dataset.

    :param items: paths and labels
    :param load: see :meth:`FolderBased.torch`
    """

    def __init__(
        self, items: list[tuple[Path, int]], load: Callable[[Path], Any] | None = None
    ) -> None:
        self.items = items
        self.load = load

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, number: int) -> tuple[Any, int]:
        path, label = self.items[number]
        return (str(path) if self.load is None else self.load(path)), label
