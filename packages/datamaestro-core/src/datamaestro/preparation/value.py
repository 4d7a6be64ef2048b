"""From prepared resources to the value that the user gets."""

from __future__ import annotations

import copy
import inspect
from typing import Any

from datamaestro.data import Base
from datamaestro.definitions.data_path import folders_from
from datamaestro.definitions.makers import CREATE, Dataset
from datamaestro.download.resource import Resource, ValueResource
from datamaestro.download.variation import taken_by
from datamaestro.errors import ParameterError
from datamaestro.preparation.blaming import noting
from datamaestro.preparation.graph import Graph
from datamaestro.preparation.shared_downloads import SharedDownloads
from datamaestro.sequences import rebuilt

__all__ = ["build_value", "make_value", "with_ids"]


def build_value(graph: Graph) -> Any:
    """Call the definition with its resources; what they fetch for that goes afterwards.

    :raises DefinitionError: if it gives something else than its data type
    :raises ParameterError: if the data type doesn't take what it gives
    """
    try:
        value = _built(graph)
    except BaseException:
        graph.workspace.tidy()
        raise
    graph.workspace.release(SharedDownloads(graph).others_need)
    return value


def _built(graph: Graph) -> Any:
    definition = graph.definition
    with folders_from(graph.context.folder), noting(definition, "making the value"):
        try:
            result = _made(graph)
            if isinstance(result, dict):
                result = definition.type(**result)
        except ParameterError as error:
            raise definition.error(
                error.message, expected=error.expected, found=error.found
            ) from error
    if not isinstance(result, definition.type):
        raise definition.error(
            "the definition gives something else than it declares",
            expected=f"a {definition.type.__qualname__}, or a dict of its parameters",
            found=f"{result!r:.80}",
        )
    return with_ids(result, definition.id)


def make_value(resource: ValueResource) -> None:
    """Let a resource that ends as a value become ready."""
    with noting(resource.dataset, f"making the resource {resource.name!r}"):
        resource.make()


def _made(graph: Graph) -> Any:
    definition = graph.definition
    target = definition.target
    if not inspect.isclass(target):
        taken = set(definition.arguments())
        values = {n: r.prepare() for n, r in graph.named.items() if n in taken}
        return target(**values, **taken_by(target, definition.variant))
    if issubclass(target, Dataset):
        config = _dataset_instance(target, graph).config
        return config(**taken_by(config, definition.variant))
    create = inspect.getattr_static(target, CREATE).__func__
    return create(_PreparedClass(target, graph), definition)


def _bound(cls: type, graph: Graph) -> dict[str, Resource]:
    """Give the bound resources, by the attributes of a class that declare them."""
    return {
        name: graph.named[resource.name]
        for name in dir(cls)
        if isinstance(resource := inspect.getattr_static(cls, name), Resource)
    }


def _dataset_instance(cls: type[Dataset], graph: Graph) -> Dataset:
    """Make an instance whose resource attributes are the bound resources."""
    instance = cls()
    for attribute, resource in _bound(cls, graph).items():
        setattr(instance, attribute, resource)
    return instance


class _PreparedClass:
    """Stands for a data type whose resource attributes are the bound resources."""

    def __init__(self, cls: Any, graph: Graph) -> None:
        self._cls = cls
        self._bound = _bound(cls, graph)

    def __getattr__(self, name: str) -> Any:
        return self._bound[name] if name in self._bound else getattr(self._cls, name)

    def __call__(self, **parameters: Any) -> Any:
        return self._cls(**parameters)


def with_ids(value: Any, dataset_id: str) -> Any:
    """Give a copy of a value in which it and its parts know their ids.

    A part's id is its owner's and the name of the parameter that holds it:
    ``com.lecun.mnist.train``. What has an id already keeps it, with all its parts.
    """
    if isinstance(value, Base):
        if value.id is not None:
            return value
        named = copy.copy(value)
        object.__setattr__(named, "id", dataset_id)
        for name, item in value._parameters().items():
            if name != "id" and isinstance(item, Base | list | tuple | dict):
                object.__setattr__(named, name, with_ids(item, f"{dataset_id}.{name}"))
        return named
    if isinstance(value, list | tuple):
        return rebuilt(value, (with_ids(v, f"{dataset_id}.{i}") for i, v in enumerate(value)))
    if isinstance(value, dict):
        return {key: with_ids(item, f"{dataset_id}.{key}") for key, item in value.items()}
    return value
