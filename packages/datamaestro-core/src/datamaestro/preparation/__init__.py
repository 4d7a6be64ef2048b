"""Preparation: resources from none to complete, and then the value."""

from datamaestro.preparation.graph import dataset_folder
from datamaestro.preparation.loop import (
    build,
    drop_unneeded,
    missing_resources,
    remake,
    run,
    unneeded_resources,
)

__all__ = [
    "build",
    "dataset_folder",
    "drop_unneeded",
    "missing_resources",
    "remake",
    "run",
    "unneeded_resources",
]
