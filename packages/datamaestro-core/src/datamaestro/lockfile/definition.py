"""Declaring again what a lock file has, without the definition that it was locked from.

Each resource is made by the handler that made it, if that is installed. If it isn't, the
kernel makes what follows from the downloads as the lock file tells
(`datamaestro.lockfile.derived`).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from datamaestro.checkers import Checker
from datamaestro.data import Folder
from datamaestro.definitions.dataset_definition import DatasetDefinition
from datamaestro.disk.digests import content_digest
from datamaestro.download.recipe import declared_again
from datamaestro.download.stored import StoredResource, relative_name
from datamaestro.errors import DefinitionError, LockError, VerificationError
from datamaestro.location import Location
from datamaestro.lockfile.derived import DerivedResource
from datamaestro.lockfile.locked import LockedDataset, LockedResource
from datamaestro.lockfile.writing import KERNEL_HANDLERS
from datamaestro.user_paths import typed

if TYPE_CHECKING:
    from datamaestro.context import Context

__all__ = ["AsLocked", "LockedDefinition"]


class LockedDefinition:
    """Declares the resources of a locked dataset.

    :param where: the lock file, for messages
    """

    def __init__(self, locked: LockedDataset, context: Context, where: Path) -> None:
        self.locked = locked
        self.context = context
        self.where = where
        self._made: dict[str, StoredResource] = {}

    def definition(self, folder: Path) -> DatasetDefinition:
        """Give a definition whose value is the dataset's folder.

        :raises LockError: if a resource can't be made here; it says what is missing
        """
        if not (self.locked.resources or self.locked.needs):
            raise LockError(
                f"no file of {self.locked.id} is in the lock file: its user has them already, "
                "or its definition makes them",
                where=self.where,
                hint=self._with_definition,
            )

        def frozen() -> Folder:
            return Folder(path=folder)

        definition = DatasetDefinition(
            frozen, Location(str(self.where), 1), id="frozen", type=Folder
        )
        definition.id = self.locked.id
        definition.repository = self.locked.repository
        for agreement_id, text in self.locked.agreements.items():
            definition.add_agreement(text, agreement_id)
        for entry in self.locked.resources:  # dependencies first
            self._made[entry.name] = self._resource(entry)
        for resource in reversed(self._made.values()):
            definition.add_resource(resource)
        return definition

    def _resource(self, entry: LockedResource) -> StoredResource:
        try:
            resource = self._declared(entry)
            _check_names(resource, entry)
        except DefinitionError as error:  # at a place that no definition may have
            raise self._unfit(entry.name, f"{error.message}: {error.found}") from error
        except (TypeError, KeyError, AttributeError) as error:
            raise self._unfit(entry.name, repr(error)) from error
        if entry.digest is not None:
            resource.checker = self._checker(entry.digest, resource)
        return resource

    def _unfit(self, name: str, found: str) -> LockError:
        return LockError(
            f"{name!r} of {self.locked.id} can't be declared here as it was locked",
            where=self.where,
            found=found,
            hint="upgrade its plugins, or write the lock file again with "
            f"'datamaestro lock -o {typed([str(self.where)])}'",
        )

    def _checker(self, digest: str, resource: StoredResource) -> Checker:
        message = f"not what {self.where.name} has"
        if isinstance(resource, DerivedResource):
            message = f"made with Python alone, and {message}; {resource.otherwise}"
        return AsLocked(digest, message)

    def _declared(self, entry: LockedResource) -> StoredResource:
        handler = self._handler(entry)
        if handler is not None:
            resource = declared_again(handler, entry.arguments, self._made.__getitem__)
            assert isinstance(resource, StoredResource), "only these are locked"
            return resource
        if entry.derivation is not None:
            return DerivedResource(entry, self._otherwise(entry))
        if entry.handler is not None:
            raise LockError(
                f"{entry.name!r} of {self.locked.id} is made by the handler {entry.handler!r}, "
                "which no installed plugin has",
                where=self.where,
                hint=self._otherwise(entry),
            )
        raise LockError(
            f"{entry.name!r} of {self.locked.id} can't be made without its definition",
            where=self.where,
            expected="something that follows from its downloads alone",
            found="code of the definition, or links to other datasets",
            hint=self._otherwise(entry),
        )

    def _otherwise(self, entry: LockedResource) -> str:
        if entry.handler_plugin is not None:
            return f"pip install {entry.handler_plugin}"
        return self._with_definition

    @property
    def _with_definition(self) -> str:
        if self.locked.plugin is None:
            return "use --locked where its definition is, or copy its folder from there"
        return f"pip install {self.locked.plugin}, and use --locked"

    def _handler(self, entry: LockedResource) -> Any:
        """Give the class that made a resource, or None if it isn't there."""
        if entry.handler in KERNEL_HANDLERS:
            return KERNEL_HANDLERS[entry.handler]
        plugins = self.context.plugins
        provided = plugins.only(
            plugins.handlers,
            lambda spec: spec.name == entry.handler,
            f"the handler {entry.handler!r}",
        )
        return None if provided is None else plugins.load(provided)


def _check_names(resource: StoredResource, entry: LockedResource) -> None:
    """Refuse a resource that would be another, or lead out of the dataset's folder.

    Folders for what is downloaded for a resource, and for itself once it goes, have its name.

    :raises DefinitionError: if it has another name, or a path or name that can't be there
    """
    if resource.name != entry.name:
        raise DefinitionError("it has another name", found=repr(resource.name))
    relative_name(resource.name)
    relative_name(str(resource.relative_path))


class AsLocked:
    """Verifies that something finished is what the lock file has.

    :param digest: its digest, as lock files have them
    :param message: what to say if it isn't
    """

    def __init__(self, digest: str, message: str) -> None:
        self.digest = digest
        self.message = message

    def check(self, path: Path) -> None:
        found = content_digest(path)
        if found != self.digest:
            raise VerificationError(self.message, where=path, expected=self.digest, found=found)
