"""How a dataset is declared.

Both styles make the same `DatasetDefinition`::

    @filedownloader("images.idx", "https://…/images-idx3-ubyte.gz")
    @dataset(IDX, url="https://…")
    def digits(images):
        '''Handwritten digits'''
        return {"path": images}

    @dataset(url="https://…")
    class Digits(Dataset):
        '''Handwritten digits'''
        IMAGES = FileDownloader("images.idx", "https://…/images-idx3-ubyte.gz")

        def config(self) -> IDX:
            return IDX(path=self.IMAGES.path)

The id is the module path below the repository's ``config`` package, and the
name: ``my_package.config.org.example`` and ``Digits`` give ``org.example.digits``.
"""

from typing import TYPE_CHECKING

from datamaestro.data.parameters import Meta, Option, Param
from datamaestro.definitions.dataset_decorator import dataset
from datamaestro.definitions.dataset_definition import DatasetDefinition
from datamaestro.definitions.hooks import hook
from datamaestro.definitions.makers import Dataset
from datamaestro.definitions.metadatasets import metadataset
from datamaestro.definitions.tags import datatags, datatasks
from datamaestro.earlier import refusing

__all__ = [
    "AbstractDataset",
    "Dataset",
    "DatasetDefinition",
    "DatasetWrapper",
    "Meta",
    "Option",
    "Param",
    "dataset",
    "datatags",
    "datatasks",
    "hook",
    "metadataset",
]

AbstractDataset = DatasetDefinition
DatasetWrapper = DatasetDefinition
"""The names that annotations of version 1 have for it."""

if not TYPE_CHECKING:  # checkers know what is there without it
    __getattr__ = refusing(__name__)
