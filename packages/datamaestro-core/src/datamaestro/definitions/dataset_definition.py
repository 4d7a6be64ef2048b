"""What is declared about one dataset, by whichever style of definition."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, SupportsIndex, cast

from datamaestro.agreements import Agreement
from datamaestro.data import Base
from datamaestro.definitions.metadata import Metadata
from datamaestro.definitions.naming import declared_id, documentation
from datamaestro.download.resource import Resource
from datamaestro.download.stored import ClaimedPaths, StoredResource
from datamaestro.download.variation import Variation, is_by_variant, placeholders
from datamaestro.errors import DefinitionError, QueryError
from datamaestro.location import Location
from datamaestro.signatures import parameters_of
from datamaestro.variants import Variants, word

__all__ = ["HOOKS", "DatasetDefinition"]

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
    :ivar variants: what its variants are, or None
    :ivar variant: the values of the axes, in the definition of one variant; see
        :meth:`for_variant`
    :ivar selector: the canonical selector of that variant, which ends its id
    :ivar agreements: what users have to accept
    :ivar hooks: what is called, and when
    :ivar location: the file and line of the definition

    Other attributes are those of :class:`datamaestro.definitions.metadata.Metadata`, as it keeps
    them.
    """

    def __init__(
        self,
        target: Callable[..., Any],
        location: Location,
        *,
        id: str | None,  # noqa: A002  (documented name)
        type: type[Base],  # noqa: A002
        metadata: Metadata | None = None,
        variants: Variants | None = None,
        tags: Iterable[str] = (),
        tasks: Iterable[str] = (),
    ) -> None:
        self.target = target
        self.location = location
        self.repository: str | None = None
        self.namespace: PurePosixPath | None = None
        self.id = declared_id(id, target, location)
        self.type = type
        self.name, self.description = documentation(target)
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
        self._declared: dict[str, Resource] = {}  # as decorators come: bottom up
        self._paths = ClaimedPaths()
        self.variants = variants
        self.variant: dict[str, Any] = {}
        self.selector = ""
        self.agreements: tuple[Agreement, ...] = ()
        self.hooks: dict[str, list[Callable[[Any], object]]] = {name: [] for name in HOOKS}
        if metadata.agreement is not None:
            self.add_agreement(metadata.agreement)

    def __repr__(self) -> str:
        return f"<dataset {self.id} ({self.type.__qualname__}), {self.location}>"

    @property
    def __dataset__(self) -> DatasetDefinition:
        """Itself: what ``@dataset`` decorates has the same attribute."""
        return self

    if not TYPE_CHECKING:  # checkers know what is there without it

        def __getattr__(self, name: str) -> Any:
            public = ", ".join(sorted(item for item in vars(self) if not item.startswith("_")))
            raise AttributeError(
                f"the definition of {self.__dict__.get('id')} has no attribute {name!r}; "
                f"it has: {public}",
                name=name,
                obj=self,
            )

    def __copy__(self) -> DatasetDefinition:
        copied = object.__new__(type(self))
        vars(copied).update(vars(self))
        return copied

    def __reduce_ex__(self, protocol: SupportsIndex) -> str | tuple[Any, ...]:
        """Let another process find it by its name, if it can: a function's is that of this."""
        from datamaestro.definitions.by_name import import_path

        path = import_path(self)
        if path is None:
            return super().__reduce_ex__(protocol)
        # What only a repository knows, and who looks a definition up in it.
        owned = {"repository": self.repository, "namespace": self.namespace}
        return path.find, (self.variant,), owned

    def add_resource(self, resource: Resource) -> None:
        """Add a resource that is named as its decorator says.

        :raises DefinitionError: if another one has its name, or its place on disk or a part of it
        """
        if resource.name in self._declared:
            message = f"two resources are named {resource.name!r}"
            raise self.error(message, expected="another name='…' for one of them")
        clash = self._paths.claim(resource) if isinstance(resource, StoredResource) else None
        if clash is not None:
            raise self.error(clash)
        self._declared[resource.name] = resource

    @property
    def resources(self) -> dict[str, Resource]:
        """The resources that it names itself, by name, in the order of reading."""
        return dict(reversed(self._declared.items()))

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
        """Give the names of what the function takes: resources, and axes; none for a class."""
        return [name for name, _ in parameters_of(self.target)]

    def is_named(self, dataset_id: str) -> bool:
        """Tell whether an id is its own, or one of its aliases."""
        return dataset_id == self.id or dataset_id in self.aliases

    @property
    def family_id(self) -> str:
        """The dataset id, without the selector of a variant."""
        return self.id.removesuffix(self.selector)

    def for_variant(self, chosen: Mapping[str, Any]) -> DatasetDefinition:
        """Give the definition of one variant: with its own id, resources and folder.

        :param chosen: the values of axes; the others have their defaults. A dataset
            without variants is its only one
        :raises QueryError: for an unknown axis or value, or one that is missing
        """
        if self.variants is None or self.variant:
            if chosen:
                state = "is a variant already" if self.variant else "has no variants"
                found = ", ".join(f"{name}={word(value)}" for name, value in chosen.items())
                raise QueryError(f"dataset {self.id} {state}", found=found)
            return self
        definition = copy.copy(self)
        wrong = [name for name in chosen if not isinstance(name, str)]
        if wrong:
            found = f"{wrong[0]!r:.80}"
            raise QueryError(f"dataset {self.id}: axes have names", expected="texts", found=found)
        with self._refusals():
            definition.variant = self.variants.resolve(**chosen)
            definition.selector = self.variants.format_selector(definition.variant)
        definition.id = f"{self.id}{definition.selector}"
        words = {name: word(value) for name, value in definition.variant.items()}
        variation = Variation(definition.variant, words)
        definition._declared, definition._paths = {}, ClaimedPaths()
        for resource in self._declared.values():
            definition.add_resource(variation.of(resource))
        return definition

    def for_selector(self, selector: str) -> DatasetDefinition:
        """Give the definition of the variant that a selector chooses; see :meth:`for_variant`."""
        if self.variants is None:
            if selector:
                raise QueryError(f"dataset {self.id} has no variants", found=selector)
            return self
        with self._refusals():
            chosen = self.variants.parse_selector(selector)
        return self.for_variant(chosen)

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        """Name the dataset in the errors about its variants."""
        try:
            yield
        except QueryError as error:
            message = f"dataset {self.id}: {error.message}"
            raise QueryError(message, expected=error.expected, found=error.found) from error
        except ValueError as error:
            raise QueryError(f"dataset {self.id}: {error}") from error

    def validate(self) -> None:
        """Check what can only be checked once all decorators are applied.

        :raises DefinitionError: if an argument is filled by no resource and no axis, a
            URL or path names an axis that isn't there, or the resources depend on one
            another in a circle
        """
        axes = frozenset[str]() if self.variants is None else self.variants.names
        if axes is not None:
            self._validate_arguments(axes)
        resources = self.ordered_resources()
        if axes is not None and not self.variant:
            try:
                self._validate_choices(resources, axes)
            except (AttributeError, TypeError) as error:  # a handler's
                reason = f"{type(error).__name__}: {error}"
                raise self.error("its resources can't be told", found=reason) from error

    def _validate_choices(self, resources: list[Resource], axes: frozenset[str]) -> None:
        for resource in resources:
            if is_by_variant(resource) and self.variants is None:
                raise self.error(
                    f"{resource.name!r} is another resource for each variant, and there are none",
                    expected="@dataset(…, variants=…)",
                )
            for name in placeholders(resource):
                if name not in axes:
                    raise self.error(
                        f"{resource.name!r} names an axis that isn't there",
                        expected=", ".join(sorted(axes)) or "@dataset(…, variants=…)",
                        found=name,
                        hint="%7B and %7D are the braces of a URL itself",
                    )

    def _validate_arguments(self, axes: frozenset[str]) -> None:
        both = sorted(axes & self.resources.keys())
        if both:
            raise self.error(f"an axis and a resource are both named {both[0]!r}")
        if inspect.isclass(self.target):
            config = getattr(self.target, "config", None)
            if inspect.isfunction(config):  # else the value is made from the definition itself
                parameters = parameters_of(config)
                if not parameters:
                    raise self.error("config takes nothing", expected="config(self)")
                self._validate_parameters(parameters[1:], "axis", sorted(axes))
        else:
            given = [*self.resources, *sorted(axes)]
            self._validate_parameters(parameters_of(self.target), "resource", given)

    def _validate_parameters(
        self, parameters: Iterable[tuple[str, bool]], filler: str, given: list[str]
    ) -> None:
        filled = set(given)
        for name, required in parameters:
            if required and name not in filled:
                unfit = [item for item in given if not item.isidentifier()]
                raise self.error(
                    f"no {filler} fills the argument {name!r}",
                    expected=f"one of {', '.join(given) or f'(no {filler} is declared)'}",
                    hint=f"{unfit[0]!r} can't be an argument; give it a name='…'"
                    if unfit
                    else None,
                )

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
