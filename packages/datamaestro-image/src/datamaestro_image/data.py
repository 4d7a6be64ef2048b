"""Data types for images.

Images are tensors of shape (count, height, width), or (count, height, width,
channels) when they have colours: one size for all.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from datamaestro.data import Base, Param
from datamaestro.data.ml import Supervised
from datamaestro.data.optional import required
from datamaestro.data.tensor import Tensor
from datamaestro.definitions import datatags, datatasks

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["AnnotatedImages", "ImageClassification", "ImagePairs", "Images", "LabelledImages"]


class Images(Base):
    """Images of one size.

    :param images: shape (count, height, width) or (count, height, width, channels)
    """

    images: Param[Tensor]


class LabelledImages(Images):
    """Images of one size, and the class of each.

    :param labels: the numbers of the classes, shape (count,)
    """

    labels: Param[Tensor]

    def numpy(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """Give images and labels as arrays, read-only, of the shapes above.

        :raises DataFormatError: if a file is wrong
        """
        return self.images.data(), self.labels.data()

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
