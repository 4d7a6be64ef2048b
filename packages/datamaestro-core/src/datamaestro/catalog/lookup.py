"""Looking one dataset up, in whichever repository has it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeVar

from datamaestro.errors import AmbiguousDatasetError, DatamaestroError, DatasetNotFoundError
from datamaestro.identifiers import Identifier, did_you_mean

if TYPE_CHECKING:
    from datamaestro.context import Context
    from datamaestro.definitions.dataset_definition import DatasetDefinition
    from datamaestro.repository import Repository

__all__ = ["Finder", "first_found", "not_found", "preferred", "published_datasets"]

Finder = Callable[["Repository"], "DatasetDefinition | None"]
"""A way to look a dataset up in a repository."""

Item = TypeVar("Item")


def first_found(
    context: Context,
    identifier: Identifier,
    finders: Iterable[Finder],
) -> DatasetDefinition | None:
    """Look a dataset up in all repositories that may have it, in one way after the other.

    What is installed goes before the project. An error of one repository is raised only
    if no other has the dataset.

    :raises AmbiguousDatasetError: if several have it and the user prefers none of them
    """
    if identifier.repository is not None:
        repositories = [context.repository(identifier.repository)]
    else:
        repositories = list(context.repositories())
    project = context.project_repository()
    errors = []
    for find in finders:
        found = {}
        for repository in repositories:
            try:
                definition = find(repository)
            except DatamaestroError as error:
                errors.append(error)
            else:
                if definition is not None:
                    found[repository.id] = definition
        if len(found) > 1 and project is not None:
            found.pop(project.id, None)
        if found:
            return preferred(context, identifier, found)
    if errors:
        raise errors[0]
    return None


def preferred(context: Context, identifier: Identifier, found: dict[str, Item]) -> Item:
    """Choose between the repositories that have a dataset.

    :param found: what each of them has, by its id
    :raises AmbiguousDatasetError: if there are several and the user prefers none of them
    """
    if len(found) == 1:
        return next(iter(found.values()))
    default = context.user_settings.default_repository
    if default in found:
        return found[default]
    written = [f"{repository}:{identifier.name}" for repository in found]
    raise AmbiguousDatasetError(
        f"several repositories have a dataset {identifier.name!r}",
        found=", ".join(found),
        hint=f"write {' or '.join(written)}, or set 'default_repository' in user.json",
    )


def not_found(identifier: Identifier, known: Iterable[str]) -> DatasetNotFoundError:
    """Make the error about a dataset that nobody has.

    :param known: the ids that there are
    """
    name, known = identifier.name, list(known)
    likely = [*known, *published_datasets()]
    if identifier.repository is None:
        whose = "no installed repository has"
        likely = [item for item in likely if item != name]  # told of, and never defined
    else:
        whose = f"the repository {identifier.repository!r} doesn't have"
    return DatasetNotFoundError(
        f"{whose} a dataset {name!r}",
        hint=_in_file(name)
        or _provider(name, known)
        or did_you_mean(name, likely)
        or "'datamaestro search' lists what there is",
    )


def _in_file(name: str) -> str | None:
    """Tell how to name what a file declares, if that is what an id looks like."""
    if not name.endswith(".py"):
        return None
    return f"a dataset that a file declares is named by both, such as {name}:Garden"


def _provider(name: str, known: list[str]) -> str | None:
    """Tell which distribution should provide a dataset, if that is known and none does."""
    distribution = published_datasets().get(name)
    if distribution is None or name in known:
        return None
    if _is_installed(distribution):
        return f"{distribution} is installed but left out: 'datamaestro plugins' tells why"
    return f"{distribution} provides it: pip install {distribution}"


def _is_installed(distribution: str) -> bool:
    from importlib.metadata import PackageNotFoundError, version

    try:
        version(distribution)
    except PackageNotFoundError:
        return False
    return True


def published_datasets() -> dict[str, str]:
    """Give the datasets that published plugins provide: id to distribution.

    They are data, not knowledge of the kernel: the file is written from the
    repositories of this workspace, to tell users what to install.
    """
    from importlib.resources import files

    text = (files("datamaestro.catalog") / "published.json").read_text(encoding="utf-8")
    published: dict[str, list[str]] = json.loads(text)
    return {item: distribution for distribution, ids in published.items() for item in ids}
