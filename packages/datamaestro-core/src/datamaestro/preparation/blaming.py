"""Whose code caused an error: that of a definition or a handler."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from datamaestro.definitions.dataset_definition import DatasetDefinition
from datamaestro.errors import DatamaestroError
from datamaestro.location import foreign_site
from datamaestro.transfer.target import NextUrl

__all__ = ["noting"]


@contextmanager
def noting(definition: DatasetDefinition, what: str) -> Iterator[None]:
    """Run a definition's or handler's code in the block; its errors tell what it did, and where.

    :param what: what it does, as messages say it: ``making the value``
    :raises DefinitionError: if it would end the program
    """
    try:
        yield
    except (DatamaestroError, NextUrl):
        raise
    except SystemExit as error:
        raise definition.error(
            f"{what} would have ended the program", found=f"SystemExit: {error}"
        ) from error
    except Exception as error:
        site, declared = foreign_site(error), definition.location
        doing = f"while {what} of dataset {definition.id}"
        if site is None:
            error.add_note(f"{doing}, {declared}")
        elif site.path == declared.path:
            error.add_note(f"{doing}, {site}")
        else:
            error.add_note(f"at {site}, {doing}, {declared}")
        raise
