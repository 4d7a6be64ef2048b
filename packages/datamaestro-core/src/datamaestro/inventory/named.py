"""The prepared datasets that a user names."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from datamaestro import identifiers
from datamaestro.dataset_folders import pass_over
from datamaestro.errors import (
    AmbiguousDatasetError,
    DataDirectoryError,
    DatamaestroError,
    DatasetNotFoundError,
    QueryError,
)
from datamaestro.identifiers import Identifier, did_you_mean
from datamaestro.inventory.prepared import Prepared, prepared_datasets, qualified
from datamaestro.preparation.places import dataset_folder
from datamaestro.project import CUSTOM
from datamaestro.selector import format_selector
from datamaestro.user_paths import typed

if TYPE_CHECKING:
    from datamaestro.context import Context
    from datamaestro.definitions.dataset_definition import DatasetDefinition

__all__ = ["find_all_prepared", "find_prepared"]


def find_all_prepared(references: Iterable[str], context: Context) -> list[Prepared]:
    """Find the prepared datasets that a user names, each once; raises as :func:`find_prepared`."""
    known = list(prepared_datasets(context.datapath))
    found = (item for reference in references for item in _find(reference, known, context))
    return list({item.folder: item for item in found}.values())


def find_prepared(reference: str, context: Context) -> list[Prepared]:
    """Find the prepared datasets that a user names.

    Without a selector, these are all variants. A selector means the variant that it means to a
    preparation, defaults included; all that have its values, where it leaves a choice open, or
    nothing declares the dataset.

    :param reference: an id, perhaps after its repository's; or a file and a name in it
    :raises DatasetNotFoundError: if none is
    :raises AmbiguousDatasetError: if several repositories, files or projects have one
    :raises QueryError: if it isn't an id at all
    """
    return _find(reference, list(prepared_datasets(context.datapath)), context)


def _find(reference: str, known: list[Prepared], context: Context) -> list[Prepared]:
    wanted = identifiers.parse(reference)
    if wanted.file is not None or _is_of_project(wanted, context):
        family = _declared_by_user(wanted, known, context)
    else:
        family = _of_plugins(wanted, known, context)
    found = _chosen(family, context)
    repositories = {item.repository for item in found}
    default = context.user_settings.default_repository
    # What no repository has made is of None, which is no preference.
    if len(repositories) > 1 and default is not None and default in repositories:
        repositories = {default}
    if len(repositories) > 1:
        names = sorted({qualified(item) for item in found})
        raise AmbiguousDatasetError(
            f"several repositories have a dataset {wanted.name!r}",
            found=", ".join(names),
            hint=f"write {' or '.join(names)}",
        )
    if not found:
        raise DatasetNotFoundError(
            f"the dataset {reference!r} isn't prepared",
            where=context.datapath,
            hint=(f"prepared are {', '.join(ids)}" if (ids := family.ids()) else None)
            or _at_a_site(wanted, context)
            or did_you_mean(wanted.name, [item.id for item in known])
            or "'datamaestro list' shows what is",
        )
    found = [item for item in found if item.repository in repositories]
    _refuse_several_origins(found, wanted)
    return found


def _refuse_several_origins(found: list[Prepared], wanted: Identifier) -> None:
    """Refuse one id for what files or projects have made that know nothing of each other."""
    origins = sorted({item.origin for item in found if item.repository is None})
    if len(origins) > 1:
        raise AmbiguousDatasetError(
            f"several files or projects have made a dataset {wanted.name!r}",
            found=", ".join(f"{CUSTOM}/{origin}" for origin in origins),
            hint=f"write FILE.py:NAME, or, in a project, PROJECT:{wanted.name}",
        )


def _at_a_site(wanted: Identifier, context: Context) -> str | None:
    """Tell how to look at the site's directory that has a dataset, if there is one."""
    for directory in context.site_directories:
        with suppress(DataDirectoryError):
            known = prepared_datasets(directory / "data", pass_over)
            if any(_is(item, wanted) for item in known):
                looking = f"'datamaestro --data {typed([str(directory)])} …' looks there"
                return f"it is used from {directory}: {looking}"
    return None


def _is(dataset: Prepared, wanted: Identifier) -> bool:
    try:
        return wanted.covers(identifiers.parse(qualified(dataset)))
    except QueryError:
        return False  # a folder of another kind of name, which no id has


def _is_of_project(wanted: Identifier, context: Context) -> bool:
    """Tell whether an id stands after that of the project of the current directory."""
    if wanted.repository is None:
        return False
    project = context.project_repository()
    return project is not None and project.id == wanted.repository


class _Family(NamedTuple):
    """What is prepared of a dataset, and which of its variants are wanted.

    :param wanted: the dataset's id, with the selector that was given
    :param prepared: all that is prepared of it
    :param definition: how it is declared, if that is known and of any use
    """

    wanted: Identifier
    prepared: list[Prepared]
    definition: DatasetDefinition | None

    def ids(self) -> list[str]:
        """Give the ids of what is prepared."""
        return [item.id for item in self.prepared]


def _declared_by_user(wanted: Identifier, known: Iterable[Prepared], context: Context) -> _Family:
    """Find what a file or the project declares among the prepared datasets."""
    definition = context.dataset(f"{wanted.file or wanted.repository}:{wanted.name}")
    folder = dataset_folder(definition, context)
    by_id = wanted._replace(repository=None, name=definition.id, file=None)
    whole = by_id._replace(selector={})
    prepared = [
        replace(item, file=wanted.file)
        for item in known
        if item.folder.is_relative_to(folder) and _is(item, whole)
    ]
    return _Family(by_id, prepared, definition)


def _of_plugins(wanted: Identifier, known: Iterable[Prepared], context: Context) -> _Family:
    """Find what has an id, in any repository unless that is told, among the prepared datasets."""
    whole = wanted._replace(selector={}, part=())
    prepared = [item for item in known if _is(item, whole)]
    definition = None
    if wanted.selector:
        with suppress(DatamaestroError):
            definition = context.dataset(str(whole))
    return _Family(wanted, prepared, definition)


def _chosen(family: _Family, context: Context) -> list[Prepared]:
    """Give the variants that are wanted."""
    wanted, prepared, definition = family
    if not wanted.selector:
        return prepared
    as_listed = [
        item for item in prepared if identifiers.parse(item.id).selector == wanted.selector
    ]
    if as_listed or definition is None:
        return as_listed or [item for item in prepared if _is(item, wanted)]
    try:
        one = definition.for_selector(format_selector(wanted.selector))
    except DatamaestroError:  # it leaves a choice open, or names what the definition doesn't have
        return [item for item in prepared if _is(item, wanted) or _has(item, wanted, definition)]
    folder = dataset_folder(one, context)
    return [item for item in prepared if item.folder == folder]


def _has(item: Prepared, wanted: Identifier, definition: DatasetDefinition) -> bool:
    """Tell whether it has the values that a selector names: ``yes`` for ``true``, or a default."""
    variants = definition.variants
    if variants is None or item.repository not in (None, definition.repository):
        return False
    try:
        own = identifiers.parse(item.id)
        chosen = variants.parse_selector(format_selector(wanted.selector))
        values = variants.resolve(**variants.parse_selector(format_selector(own.selector)))
    except QueryError:
        return False
    return all(name in values and values[name] == value for name, value in chosen.items())
