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

from __future__ import annotations

import inspect
import typing
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, TypeVar

from datamaestro.data import Base
from datamaestro.data.parameters import Meta, Option, Param
from datamaestro.dataset_definition import DatasetDefinition
from datamaestro.download.resource import Resource
from datamaestro.errors import DefinitionError
from datamaestro.location import Location, definition_site
from datamaestro.variants import Variants

__all__ = [
    "Dataset",
    "DatasetDefinition",
    "Meta",
    "Option",
    "Param",
    "dataset",
    "datatags",
    "datatasks",
    "metadataset",
]

T = TypeVar("T")


class dataset:  # noqa: N801  (documented in lower case, as all decorators are)
    """Declare a dataset, from a function or from a class derived from `Dataset`.

    :param base: the data type of its value, or a class made by `metadataset`; by
        default the return annotation of the function or of ``config``
    :param id: the dataset id: ``""`` for the module path alone, ``".x"`` to add ``x``
        to it, anything else as it stands; by default the module path and the name
    :param url: the page that describes the dataset
    :param doi: the DOI of its publication
    :param licence: what its owner allows, as an SPDX identifier where there is one
    :param citation: how to cite it, as an entry of BibTeX
    :param agreement: the text that its owner asks users to agree to
    :param languages: the languages of its content, as tags of BCP 47: ``fr``, ``pt-BR``
    :param timestamp: the date of a version of a dataset that changes in place
    :param size: the size on disk, such as ``"1.2 GB"``
    :param aliases: other ids under which the dataset is found
    :param variants: the axes along which its variants differ, see :mod:`datamaestro.variants`;
        the function, or ``config``, takes their values by name
    :raises DefinitionError: if no id, data type or value can come from it
    """

    def __init__(
        self,
        base: type | None = None,
        *,
        id: str | None = None,  # noqa: A002  (documented name)
        url: str | None = None,
        doi: str | None = None,
        licence: str | None = None,
        citation: str | None = None,
        agreement: str | None = None,
        languages: Iterable[str] = (),
        timestamp: str | None = None,
        size: int | str | None = None,
        aliases: Iterable[str] = (),
        variants: Variants | type[Variants] | None = None,
    ) -> None:
        self.base = typing.get_origin(base) or base
        self.metadata: dict[str, Any] = {
            "id": id,
            "url": url,
            "doi": doi,
            "licence": licence,
            "citation": citation,
            "agreement": agreement,
            "languages": tuple(languages),
            "timestamp": timestamp,
            "size": size,
            "aliases": tuple(aliases),
            "variants": _variants(variants),
        }

    def __call__(self, target: Any) -> Any:
        location = definition_site()
        if isinstance(target, DatasetDefinition) or "__dataset__" in vars(target):
            raise DefinitionError(f"{target!r} is a dataset already", where=location)
        if inspect.isclass(target) and not issubclass(target, Dataset):
            raise DefinitionError(
                f"{target.__name__} can't be declared as a dataset",
                where=location,
                expected="a function, or a class derived from datamaestro.definitions.Dataset",
                found=f"a class derived from {target.__bases__[0].__name__}",
            )
        data_type = self._data_type(target, location)
        definition = DatasetDefinition(
            target,
            location,
            type=data_type,
            tags=_inherited("tags", data_type) | _inherited("tags", self.base),
            tasks=_inherited("tasks", data_type) | _inherited("tasks", self.base),
            **self.metadata,
        )
        target.__dataset__ = definition
        if not inspect.isclass(target):
            return definition
        for resource in reversed(_class_resources(target)):
            definition.add_resource(resource)
        definition.validate()
        return target

    def _data_type(self, target: Any, location: Location) -> type[Base]:
        base: Any = self.base
        if base is not None:
            base = getattr(base, "__metadataset__", base)
        else:
            maker: Any = getattr(target, "config", target)
            try:
                hint = typing.get_type_hints(maker).get("return")
            except NameError as error:
                raise DefinitionError(
                    f"the data type of {target.__name__} can't be resolved: {error}", where=location
                ) from None
            base = typing.get_origin(hint) or hint
        if not (inspect.isclass(base) and issubclass(base, Base)):
            raise DefinitionError(
                f"{target.__name__} doesn't say of which data type its value is",
                where=location,
                expected="a class derived from datamaestro.data.Base, "
                "as @dataset's argument or as the return annotation",
                found=repr(base),
            )
        return base


class Dataset(ABC):
    """The base of datasets that are declared as a class.

    Resources are class attributes; in :meth:`config`, ``self.NAME`` is the one
    that was prepared, with its ``path``.
    """

    @abstractmethod
    def config(self) -> Any:
        """Build the dataset's value; its annotation says of which data type."""


class metadataset:  # noqa: N801
    """Declare what several datasets share: a data type, tags and tasks.

    :param base: the data type of their values

    The class it decorates is what these datasets give as ``@dataset(base)``.
    """

    def __init__(self, base: type[Base]) -> None:
        self.base = base

    def __call__(self, target: type[T]) -> type[T]:
        target.__metadataset__ = self.base  # type: ignore[attr-defined]
        return target


class _Annotation:
    """Adds words to a dataset, a data type or a metadataset."""

    attribute = ""

    def __init__(self, *words: str) -> None:
        self.words = frozenset(words)

    def __call__(self, target: T) -> T:
        definition = target if isinstance(target, DatasetDefinition) else None
        if definition is None and "__dataset__" in vars(target):
            definition = vars(target)["__dataset__"]
        if definition is not None:
            words = getattr(definition, self.attribute) | self.words
            setattr(definition, self.attribute, words)
        else:
            own = vars(target).get(f"__data{self.attribute}__", frozenset())
            setattr(target, f"__data{self.attribute}__", own | self.words)
        return target


class datatags(_Annotation):  # noqa: N801
    """Say what a dataset, or every dataset of a data type, is about: ``@datatags("images")``."""

    attribute = "tags"


class datatasks(_Annotation):  # noqa: N801
    """Say what it is used for: ``@datatasks("image classification")``."""

    attribute = "tasks"


def _variants(declared: Variants | type[Variants] | None) -> Variants | None:
    variants = declared() if inspect.isclass(declared) else declared
    if variants is not None and not isinstance(variants, Variants):
        raise DefinitionError(
            "these can't be the variants of a dataset",
            where=definition_site(),
            expected="a class derived from datamaestro.variants.Variants, or an instance",
            found=f"{declared!r:.80}",
        )
    return variants


def _inherited(attribute: str, cls: type | None) -> frozenset[str]:
    own = (vars(base).get(f"__data{attribute}__", ()) for base in getattr(cls, "__mro__", ()))
    return frozenset(word for words in own for word in words)


def _class_resources(cls: type) -> list[Resource]:
    """Give the resources in a class's attributes, its own and inherited, in order."""
    names = dict.fromkeys(name for base in reversed(cls.__mro__) for name in vars(base))
    values = (inspect.getattr_static(cls, name) for name in names)
    return list({id(value): value for value in values if isinstance(value, Resource)}.values())
