"""Help for the modules that give plugins' classes under their documented import paths."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["shipped_by"]


@contextmanager
def shipped_by(distribution: str, *, package: str) -> Iterator[None]:
    """Tell what to install when the import of a plugin's package inside the block fails.

    Only its absence is told that way: when the package is there and something that
    it needs isn't, that error passes through.

    :raises ImportError: if `package` isn't installed
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name != package:
            raise
        raise ImportError(
            f"this needs the plugin {distribution}, which isn't installed: "
            f"pip install {distribution}",
            name=package,
        ) from error
