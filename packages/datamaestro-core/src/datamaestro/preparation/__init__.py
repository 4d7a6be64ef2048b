"""Preparation: resources from none to complete, and then the value."""

from datamaestro.preparation.graph import dataset_folder
from datamaestro.preparation.loop import build, missing_resources, run
from datamaestro.preparation.parts import part_of, wanted_parts

__all__ = ["build", "dataset_folder", "missing_resources", "part_of", "run", "wanted_parts"]
