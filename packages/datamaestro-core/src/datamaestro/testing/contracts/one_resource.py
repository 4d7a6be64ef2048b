"""Datasets of one resource, as the tests of handlers prepare them."""

from __future__ import annotations

import os
import sys
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

from datamaestro.context import Context
from datamaestro.data import Generic
from datamaestro.definitions import dataset
from datamaestro.definitions.dataset_definition import DatasetDefinition
from datamaestro.download import FileResource, Resource, StoredResource
from datamaestro.errors import VerificationError
from datamaestro.preparation.graph import Graph
from datamaestro.preparation.use import USED
from datamaestro.preparation.workspace import Workspace
from datamaestro.state_files import STATE

__all__ = [
    "Interrupt",
    "Listing",
    "Refuse",
    "bound",
    "dataset_of",
    "leftovers",
    "place",
    "prepare_in_another_process",
    "prepared",
]


class Refuse:
    """A checker that is never content."""

    def check(self, path: Path) -> None:
        raise VerificationError("refused by the test", where=path)


class Interrupt:
    """A checker in whose time the user breaks off: all is made, and nothing is recorded."""

    def check(self, path: Path) -> None:
        raise KeyboardInterrupt(f"while {path} is checked")


class Listing(FileResource):
    """The names of the files of another resource."""

    def __init__(self, original: StoredResource) -> None:
        super().__init__("listing.txt", name="listing")
        self.original = original

    def _download(self, destination: Path) -> None:
        path = self.original.path
        names = [path.name, *(str(file.relative_to(path)) for file in path.rglob("*"))]
        destination.write_text("\n".join(names), encoding="utf-8")


def dataset_of(*resources: Resource) -> DatasetDefinition:
    """Declare a dataset of some resources, whose value needs none of them."""

    @dataset(id="org.example.contract")
    def contract() -> Generic:
        """A dataset for tests"""
        return Generic()

    for resource in resources:
        resource(contract)
    definition: DatasetDefinition = contract
    return definition


def bound(resource: Resource, context: Context, workspace: Workspace | None = None) -> Resource:
    """Give a resource of a dataset of its own as a preparation has it.

    :param workspace: what the preparation has to itself, and whose folder is the dataset's
    """
    definition = dataset_of(resource)
    folder = context.folder(definition)
    if workspace is None:
        workspace = Workspace(context, folder)
    resources = Graph.bind(definition, context, folder, workspace).named
    return resources[resource.name]


def prepared(resource: Resource, context: Context) -> Path:
    """Prepare a dataset of one resource, and give the resource's place."""
    context.prepare(dataset_of(resource))
    return place(resource, context)


def place(resource: Resource, context: Context) -> Path:
    """Give where a resource ends: in the dataset's folder, or where its user has it."""
    path: Any = getattr(bound(resource, context), "path", None)
    assert isinstance(path, Path), "a handler ends as a file or folder, and `path` is where"
    return path


def leftovers(resource: Resource, place: Path, context: Context) -> list[str]:
    """Give what lies in the dataset's folder and the cache besides resource, state and locks."""
    folder = context.folder(dataset_of(resource))
    expected = [STATE, USED]
    if place.is_relative_to(folder):
        expected.append(place.relative_to(folder).parts[0])
    found = (path.name for parent in (folder, context.cachepath) for path in parent.glob("*"))
    return [name for name in found if name not in expected and not name.endswith(".lock")]


def prepare_in_another_process(resource: Resource, context: Context) -> int:
    """Prepare in a process of its own, and give its exit code."""
    if sys.platform == "win32":
        raise NotImplementedError("there is no fork on Windows")
    with warnings.catch_warnings():
        # Threads of libraries that other tests have imported don't matter to the child.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        with suppress(BaseException):
            context.prepare(dataset_of(resource))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)
