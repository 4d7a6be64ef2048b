"""What caused an error: the code of a definition or a handler, or the bytes that it read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from datamaestro.definitions.dataset_definition import DatasetDefinition
from datamaestro.errors import DataFormatError, DatamaestroError, VerificationError
from datamaestro.transfer.target import NextSource, StartOver

__all__ = ["may_be_of_bytes", "noting"]


@contextmanager
def noting(definition: DatasetDefinition, what: str) -> Iterator[None]:
    """Call code of a definition or a handler in the block, and note on its errors what it did.

    :param what: what it does, as messages say it: ``making the value``
    :raises DefinitionError: if it would end the program
    """
    try:
        yield
    except (DatamaestroError, NextSource):
        raise
    except SystemExit as error:
        raise definition.error(
            f"{what} would have ended the program", found=f"SystemExit: {error}"
        ) from error
    except Exception as error:
        error.add_note(f"while {what} of dataset {definition.id}, {definition.location}")
        raise


def may_be_of_bytes(error: Exception) -> bool:
    """Tell whether wrong bytes may be why their reader failed, whichever library that uses."""
    if isinstance(error, OSError):
        return error.errno is None  # of no system call, as gzip's
    if isinstance(error, DataFormatError | VerificationError):
        return True
    return not isinstance(error, DatamaestroError | StartOver | MemoryError)
