"""The decorator ``@dataset``, for functions and classes alike."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Iterable
from datetime import date
from functools import reduce
from typing import Any, TypeVar, overload

from datamaestro.data import Base
from datamaestro.data.parameters import describe, meant
from datamaestro.definitions.dataset_definition import DatasetDefinition
from datamaestro.definitions.decorated import declared_dataset
from datamaestro.definitions.makers import Dataset, check_maker, class_resources
from datamaestro.definitions.metadata import Metadata
from datamaestro.definitions.metadatasets import given_type, metadatasets_of
from datamaestro.definitions.tags import inherited_words
from datamaestro.errors import DefinitionError
from datamaestro.location import Location, definition_site
from datamaestro.variants import Variants, variants_of

__all__ = ["dataset"]

T = TypeVar("T")


class dataset:  # noqa: N801  (documented in lower case, as all decorators are)
    """Declare a dataset, from a function or from a class derived from `Dataset`.

    A data type may declare one itself, as in version 1: its resources are class
    attributes, and its class method ``__create_dataset__`` gets the definition and gives
    the value.

    :param base: the data type of its value, or a class made by `metadataset`; by
        default the return annotation of the function or of ``config``
    :param id: the dataset id: ``""`` for the module path alone, ``".x"`` to add ``x``
        to it, anything else as it stands; by default the module path and the name
    :param url: the page that describes the dataset
    :param doi: the DOI of its publication
    :param licence: what its owner allows, as an SPDX identifier where there is one
    :param citation: how to cite it, as an entry of BibTeX
    :param agreement: the text that its owner asks users to agree to
    :param languages: the languages of its content, as tags of BCP 47: ``["fr", "pt-BR"]``
    :param timestamp: the date of a version of a dataset that changes in place; or True,
        if its versions have none
    :param size: the size on disk in bytes, or as a text such as ``"1.2 GB"``
    :param aliases: other ids under which the dataset is found
    :param variants: the axes along which its variants differ, see :mod:`datamaestro.variants`;
        the function, or ``config``, takes their values by name
    :raises DefinitionError: if it gives no id, data type or value, or a fact is invalid
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
        timestamp: str | date | bool | None = None,
        size: int | str | None = None,
        aliases: Iterable[str] = (),
        variants: Variants | type[Variants] | None = None,
    ) -> None:
        self.base = given_type(base, "dataset")
        self.id = id
        self.variants = variants_of(variants)
        self.metadata = Metadata(
            url=url,
            doi=doi,
            licence=licence,
            citation=citation,
            agreement=agreement,
            languages=languages,
            timestamp=timestamp,
            size=size,
            aliases=aliases,
        )

    @overload  # a class can be called too: it is the first that counts
    def __call__(self, target: type[T]) -> type[T]: ...  # type: ignore[overload-overlap]

    @overload
    def __call__(self, target: Callable[..., Any]) -> DatasetDefinition: ...

    def __call__(self, target: Any) -> Any:
        location = definition_site()
        if declared_dataset(target) is not None:
            raise DefinitionError(f"{target!r} is a dataset already", where=location)
        check_maker(target, location)
        shared = metadatasets_of(self.base)
        data_type = self._data_type(target, location)
        definition = DatasetDefinition(
            target,
            location,
            id=self.id,
            type=data_type,
            metadata=reduce(Metadata.over, [self.metadata, *(item.metadata for item in shared)]),
            variants=self.variants,
            tags=inherited_words("tags", data_type, self.base, target),
            tasks=inherited_words("tasks", data_type, self.base, target),
        )
        for text, agreement_id in (terms for item in shared for terms in item.agreements):
            definition.add_agreement(text, agreement_id)
        target.__dataset__ = definition
        if not inspect.isclass(target):
            return definition
        for resource in reversed(class_resources(target)):
            definition.add_resource(resource)
        definition.validate()
        return target

    def _data_type(self, target: Any, location: Location) -> type[Base]:
        base: Any = self.base
        if shared := metadatasets_of(base):
            base = next((item.base for item in shared if item.base is not None), None)
        if base is None and inspect.isclass(target) and issubclass(target, Base):
            base = target
        if base is None:
            maker: Any = getattr(target, "config", target)
            if maker is Dataset.config:
                raise DefinitionError(
                    f"{target.__name__} doesn't say what its value is",
                    where=location,
                    expected="a method config(self) -> DATA_TYPE",
                    found="none",
                )
            try:
                hint = meant(typing.get_type_hints(maker).get("return"))
            except NameError as error:
                raise DefinitionError(
                    f"the data type of {target.__name__} can't be resolved: {error}",
                    where=location,
                    hint="import it at the top of the module, or give it: @dataset(DATA_TYPE)",
                ) from None
            base = typing.get_origin(hint) or hint
            if hint is None and maker is not target:
                base = Base  # as in version 1, a class may leave open what its config gives
        if not (inspect.isclass(base) and issubclass(base, Base)):
            raise DefinitionError(
                f"{target.__name__} doesn't say of which data type its value is",
                where=location,
                expected="a class derived from datamaestro.data.Base, "
                "as @dataset's argument or as the return annotation",
                found=describe(hint),
            )
        return base
