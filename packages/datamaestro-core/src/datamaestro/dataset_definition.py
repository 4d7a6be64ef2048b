"""What is declared about one dataset, by whichever style of definition."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from pathlib import PurePosixPath
from typing import Any, cast

from datamaestro import identifiers
from datamaestro.agreements import Agreement
from datamaestro.data import Base
from datamaestro.download.resource import Resource, StoredResource
from datamaestro.errors import DefinitionError
from datamaestro.location import Location
from datamaestro.metadata import Metadata

__all__ = ["HOOKS", "DatasetDefinition", "declared_dataset"]

HOOKS = ("pre-use", "pre-download")
"""When the hooks of a dataset are called; see :func:`datamaestro.definitions.hook`."""


class DatasetDefinition:
    """What is declared about one dataset: no paths, no state, nothing loaded.

    :ivar id: the dataset id
    :ivar repository: the id of the repository it was found in, or None
    :ivar namespace: the folder of that repository's datasets, in the folder of all data
    :ivar type: the data type of its value
    :ivar target: the function or class that makes the value
    :ivar name: the first line of the docstring
    :ivar description: the rest of it
    :ivar resources: the resources by name, in the order of reading
    :ivar agreements: what users have to accept
    :ivar hooks: what is called, and when
    :ivar location: the file and line of the definition

    Other attributes are those of :class:`datamaestro.metadata.Metadata`, as it keeps them.
    """

    def __init__(
        self,
        target: Callable[..., Any],
        location: Location,
        *,
        id: str | None,  # noqa: A002  (documented name)
        type: type[Base],  # noqa: A002
        metadata: Metadata | None = None,
        tags: Iterable[str] = (),
        tasks: Iterable[str] = (),
    ) -> None:
        self.target = target
        self.location = location
        self.repository: str | None = None
        self.namespace: PurePosixPath | None = None
        self.id = _dataset_id(id, target, location)
        self.type = type
        self.name, self.description = _documentation(target)
        metadata = metadata or Metadata()
        self.url = metadata.url
        self.doi = metadata.doi
        self.licence = metadata.licence
        self.citation = metadata.citation
        self.languages = frozenset(metadata.languages)
        self.timestamp = cast("str | bool | None", metadata.timestamp)
        self.size = cast("int | None", metadata.size)
        self.aliases = frozenset(metadata.aliases)
        self.tags = frozenset(tags)
        self.tasks = frozenset(tasks)
        self.resources: dict[str, Resource] = {}
        self.agreements: tuple[Agreement, ...] = ()
        self.hooks: dict[str, list[Callable[[Any], object]]] = {name: [] for name in HOOKS}
        if metadata.agreement is not None:
            self.add_agreement(metadata.agreement)

    def __repr__(self) -> str:
        return f"<dataset {self.id} ({self.type.__qualname__}), {self.location}>"

    def __getattr__(self, name: str) -> Any:
        public = ", ".join(sorted(item for item in vars(self) if not item.startswith("_")))
        raise AttributeError(
            f"the definition of {self.__dict__.get('id')} has no attribute {name!r}; "
            f"it has: {public}",
            name=name,
            obj=self,
        )

    def add_resource(self, resource: Resource) -> None:
        """Add a resource that is named as its decorator says.

        :raises DefinitionError: if another one has its name or its place on disk
        """
        for other in self.resources.values():
            if other.name == resource.name:
                raise self.error(f"two resources are named {resource.name!r}")
            if _place(other) is not None and _place(other) == _place(resource):
                raise self.error(
                    f"{other.name!r} and {resource.name!r} are both stored as {_place(other)}"
                )
        # Decorators come bottom up: put each before the last, to keep the order of reading.
        self.resources = {resource.name: resource, **self.resources}

    @property
    def agreement(self) -> str | None:
        """What its owner asks users to agree to, if anything."""
        return "\n\n".join(item.text for item in self.agreements) or None

    def add_agreement(self, text: str, agreement_id: str | None = None) -> None:
        """Ask users to accept something first; by default under the dataset's id."""
        self.agreements += (Agreement(agreement_id or self.id, text),)

    def register_hook(self, name: str, function: Callable[[Any], object]) -> None:
        """Have a function called with the dataset, in its context; `name` says when."""
        self.hooks[name].append(function)

    def error(self, message: str, **facts: Any) -> DefinitionError:
        """Make an error that tells where the definition stands."""
        return DefinitionError(f"dataset {self.id}: {message}", where=self.location, **facts)

    def arguments(self) -> list[str]:
        """Give the names of the resources that the function takes; none for a class."""
        return [name for name, _ in _parameters(self.target)]

    def validate(self) -> None:
        """Check what can only be checked once all decorators are applied.

        :raises DefinitionError: if an argument is filled by no resource, or the
            resources depend on one another in a circle
        """
        for name, required in _parameters(self.target):
            if required and name not in self.resources:
                raise self.error(
                    f"no resource fills the argument {name!r}",
                    expected=f"one of {', '.join(self.resources) or '(no resource is declared)'}",
                    found=name,
                )
        self.ordered_resources()

    def ordered_resources(self) -> list[Resource]:
        """Give the resources and all that they depend on, dependencies first.

        :raises DefinitionError: if they depend on one another in a circle
        """
        ordered: dict[int, Resource] = {}
        visiting: list[Resource] = []

        def visit(resource: Resource) -> None:
            if id(resource) in ordered:
                return
            if any(resource is other for other in visiting):
                circle = " → ".join(item.name for item in [*visiting, resource])
                raise self.error(f"resources depend on one another in a circle: {circle}")
            visiting.append(resource)
            for dependency in resource.dependencies:
                visit(dependency)
            visiting.pop()
            ordered[id(resource)] = resource

        for resource in self.resources.values():
            visit(resource)
        return list(ordered.values())


def declared_dataset(target: Any) -> DatasetDefinition | None:
    """Give the definition that `target` is or has, as a class that declares a dataset."""
    if isinstance(target, DatasetDefinition):
        return target
    own = getattr(target, "__dict__", {}).get("__dataset__")
    return own if isinstance(own, DatasetDefinition) else None


def _parameters(target: Callable[..., Any]) -> list[tuple[str, bool]]:
    """Give the parameters of a function, and whether each needs a value."""
    if inspect.isclass(target):
        return []
    keywords = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [
        (name, parameter.default is inspect.Parameter.empty)
        for name, parameter in inspect.signature(target).parameters.items()
        if parameter.kind in keywords
    ]


def _place(resource: Resource) -> str | None:
    """Give the path of a resource in its dataset's folder, as file systems compare them."""
    if isinstance(resource, StoredResource):
        return str(resource.relative_path).casefold()
    return None


def _dataset_id(given: str | None, target: Callable[..., Any], location: Location) -> str:
    module = target.__module__.split(".")
    path = module[module.index("config") + 1 :] if "config" in module else None
    if given and not given.startswith("."):
        if not identifiers.is_dataset_id(given):
            raise DefinitionError(f"{given!r} can't be a dataset id", where=location)
        return given
    if path is None:
        raise DefinitionError(
            f"{target.__name__} gets no id from its module",
            where=location,
            expected="a module below the 'config' package of a repository, or id='…' in full",
            found=target.__module__,
        )
    if given is None:
        path = [*path, identifiers.from_class_name(target.__name__)]
    elif given:
        path = [*path, given[1:]]
    return ".".join(path)


def _documentation(target: Callable[..., Any]) -> tuple[str, str]:
    """Split a docstring into the dataset's name, its first line, and description."""
    own = vars(target).get("__doc__") if inspect.isclass(target) else target.__doc__
    lines = inspect.cleandoc(own or "").splitlines() or [""]
    return lines[0].strip(), "\n".join(lines[1:]).strip()
