"""Telling whose code it was that raised: that of a definition, or of a handler."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from datamaestro.dataset_definition import DatasetDefinition
from datamaestro.errors import DatamaestroError
from datamaestro.transfer.target import NextSource

__all__ = ["noting"]


@contextmanager
def noting(definition: DatasetDefinition, what: str) -> Iterator[None]:
    """Add a note to what the code of others raises in the block: what it was called for.

    :param what: what it makes, for messages
    :raises DefinitionError: if it would end the program
    """
    try:
        yield
    except (DatamaestroError, NextSource):
        raise
    except SystemExit as error:
        raise definition.error(
            f"making {what} would have ended the program", found=f"SystemExit: {error}"
        ) from error
    except Exception as error:
        error.add_note(f"while making {what} of dataset {definition.id}, {definition.location}")
        raise
