"""Preparation: resources from none to complete, and then the value."""

from datamaestro.preparation.hooks import with_referred
from datamaestro.preparation.operations import (
    build,
    missing_resources,
    prepared_folder,
    run,
    run_again,
)
from datamaestro.preparation.parts import part_of, wanted_parts
from datamaestro.preparation.places import dataset_folder

__all__ = [
    "build",
    "dataset_folder",
    "missing_resources",
    "part_of",
    "prepared_folder",
    "run",
    "run_again",
    "wanted_parts",
    "with_referred",
]
