"""Data types for images.

Images are tensors of shape (count, height, width), or (count, height, width,
channels) when they have colours: one size for all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datamaestro.data import Base, Folder, Meta, Param
from datamaestro.data.ml import FolderBased, LabelledFiles, Supervised
from datamaestro.data.optional import required
from datamaestro.data.tensor import Tensor
from datamaestro.definitions import datatags, datatasks
from datamaestro.errors import DataDirectoryError, DataFormatError, ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "AnnotatedImages",
    "ImageClassification",
    "ImagePairs",
    "Images",
    "ImagesByFolder",
    "LabelledImages",
]


class Images(Base):
    """Images of one size.

    :param images: shape (count, height, width) or (count, height, width, channels)
    """

    images: Param[Tensor]


@datatags("images")
class ImagesByFolder(Folder):
    """Images in files, in one folder for each class; the folders tell which there are.

    Iterating gives each file and its label, as :class:`datamaestro.data.ml.FolderBased` does.

    :param path: the folder that holds the folders of the classes
    :param depth: how many folders deep those of the classes are: 1 if `path` holds them
    """

    depth: Meta[int] = 1

    def __post_init__(self) -> None:
        if self.depth < 1:
            raise ParameterError(
                "ImagesByFolder.depth can't be used", expected="1 or more", found=self.depth
            )

    @property
    def classes(self) -> list[str]:
        """The folders of the classes, relative to `path`, in the order of the labels.

        :raises DataDirectoryError: if there are none
        """
        found = sorted(
            folder.relative_to(self.path).as_posix()
            for folder in self.path.glob("/".join("*" * self.depth))
            if folder.is_dir()
            and not any(part.startswith(".") for part in folder.relative_to(self.path).parts)
        )
        if not found:
            raise DataDirectoryError("there are no folders of classes", where=self.path)
        return found

    def __iter__(self) -> Iterator[tuple[Path, int]]:
        """Give the path of each file, and the number of its class, from 0."""
        return iter(self._by_class())

    def __len__(self) -> int:
        """Give the number of files."""
        return len(self._by_class())

    def numpy(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """Give paths and labels: two arrays of shape (files,), of text and of int64."""
        return self._by_class().numpy()

    def torch(self, load: Callable[[Path], Any] | None = None) -> LabelledFiles:
        """Give a dataset for PyTorch's ``DataLoader``, of pairs of a file and its label.

        :param load: reads a file; by default the pair has its path, as text
        :raises ImportError: if PyTorch isn't installed
        """
        return self._by_class().torch(load)

    def _by_class(self) -> FolderBased:
        return FolderBased(path=self.path, classes=self.classes)


class LabelledImages(Images):
    """Images of one size, and the class of each.

    :param labels: the numbers of the classes, shape (count,)
    """

    labels: Param[Tensor]

    def numpy(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """Give images and labels as arrays, read-only, of the shapes above.

        :raises DataFormatError: if a file is wrong, or if there isn't one label for each image
        """
        images, labels = self.images.data(), self.labels.data()
        if labels.shape != images.shape[:1]:
            raise DataFormatError(
                "not one label for each image",
                where=self.labels,
                expected=f"shape {images.shape[:1]}",
                found=labels.shape,
            )
        return images, labels

    def torch(self) -> ImagePairs:
        """Give a dataset for PyTorch's ``DataLoader``, of pairs of an image and its label.

        An image is a tensor of the shape and type that it is stored in; a label is an int.
        Nothing is read before it is asked for.

        :raises ImportError: if PyTorch isn't installed
        """
        required("torch")
        return ImagePairs(self)


class ImagePairs:
    """Images and labels by number: what PyTorch calls a map-style dataset.

    :param images: the labelled images
    """

    def __init__(self, images: LabelledImages) -> None:
        self.images = images

    @cached_property
    def _arrays(self) -> tuple[NDArray[Any], NDArray[Any]]:
        return self.images.numpy()

    def __getstate__(self) -> dict[str, Any]:
        # Workers of a DataLoader map the files themselves.
        return {"images": self.images}

    def __len__(self) -> int:
        return len(self._arrays[1])

    def __getitem__(self, number: int) -> tuple[Any, int]:
        images, labels = self._arrays
        return required("torch").from_numpy(images[number].copy()), int(labels[number])


class AnnotatedImages(LabelledImages):
    """Labelled images, and more facts about each.

    :param annotations: a table of them, shape (count, number of columns)
    :param columns: what the columns of the table hold, in a few words each
    """

    annotations: Param[Tensor]
    columns: Param[list[str]]


@datatags("images")
@datatasks("image classification")
class ImageClassification(Supervised[LabelledImages, LabelledImages, LabelledImages]):
    """Labelled images, split for training and testing.

    :param train: what to learn from
    :param validation: what to choose hyperparameters with, if the dataset has it
    :param test: what to report results on, if the dataset has it
    """

    train: Param[LabelledImages]
    validation: Param[LabelledImages | None] = None
    test: Param[LabelledImages | None] = None
