"""The program ``datamaestro``, which may be interrupted as soon as it has been started.

Versions 1.x had no module of this name: an upgrade that removes their files leaves it.
"""

from __future__ import annotations

import sys
from typing import NoReturn

__all__ = ["main"]


def main() -> NoReturn:
    """Import the command line and run it."""
    try:
        from datamaestro.cli import main as run

        run()
    except KeyboardInterrupt:  # before it can tell so itself, or after it has ended
        sys.stderr.write("Interrupted.\n")
        sys.exit(130)
