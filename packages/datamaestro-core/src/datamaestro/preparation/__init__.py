"""Preparation: resources from none to complete, and then the value."""

from datamaestro.preparation.graph import dataset_folder
from datamaestro.preparation.hooks import with_referred
from datamaestro.preparation.loop import build, missing_resources, run

__all__ = ["build", "dataset_folder", "missing_resources", "run", "with_referred"]
