"""Data types for images.

Images are tensors of shape (count, height, width), or (count, height, width,
channels) when they have colours: one size for all.
"""

from __future__ import annotations

from datamaestro.data import Base, Param
from datamaestro.data.ml import Supervised
from datamaestro.data.tensor import Tensor
from datamaestro.definitions import datatags, datatasks

__all__ = ["AnnotatedImages", "ImageClassification", "Images", "LabelledImages"]


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
