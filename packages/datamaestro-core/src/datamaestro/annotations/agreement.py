"""Agreements that users have to accept before they get the data."""

from __future__ import annotations

from typing import TypeVar

from datamaestro.definitions.decorated import decorated_dataset
from datamaestro.definitions.metadata import Metadata
from datamaestro.errors import DefinitionError
from datamaestro.identifiers import is_dataset_id
from datamaestro.location import definition_site

__all__ = ["useragreement"]

T = TypeVar("T")


class useragreement:  # noqa: N801  (documented in lower case, as all decorators are)
    """Ask for an agreement before a dataset is used; the same as ``@dataset(agreement=…)``.

    One object may decorate several datasets, and what `metadataset` declares. With an
    `id`, users accept it once for all of them. ::

        terms = useragreement("Use it for research only.", id="org.example.terms")

        @terms
        @dataset(url="https://example.org")
        class Corpus(Dataset): ...

    :param message: what the user has to agree to
    :param id: the agreement's id; by default the id of each dataset
    :raises DefinitionError: if the message isn't a text, or the id can't be one
    """

    def __init__(self, message: str, id: str | None = None) -> None:  # noqa: A002  (documented)
        self.text = Metadata(agreement=message or "").agreement or ""
        if id is not None and not is_dataset_id(id):
            raise DefinitionError(
                f"{id!r} can't be the id of an agreement",
                where=definition_site(),
                expected="names of letters, digits, '_', '-' and '+', with dots between them",
            )
        self.id = id

    def __call__(self, target: T) -> T:
        shared = getattr(target, "__dict__", {}).get("__metadataset__")
        if shared is not None:
            shared.agreements.append((self.text, self.id))
            return target
        decorated_dataset(target, "useragreement").add_agreement(self.text, self.id)
        return target
