"""Whose code caused an error: that of a definition or a handler."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from datamaestro.definitions.dataset_definition import DatasetDefinition
from datamaestro.errors import DatamaestroError
from datamaestro.transfer.target import NextUrl

__all__ = ["noting"]


@contextmanager
def noting(definition: DatasetDefinition, what: str) -> Iterator[None]:
    """Run a definition's or handler's code in the block; add to its errors what it was doing.

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
        error.add_note(f"while {what} of dataset {definition.id}, {definition.location}")
        raise
