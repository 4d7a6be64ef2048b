"""What is asked about all datasets of a repository together."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import PurePosixPath

from datamaestro.definitions.dataset_definition import DatasetDefinition
from datamaestro.download import StoredResource
from datamaestro.identifiers import relative_path
from datamaestro.repository import Repository

__all__ = ["places_in", "printed", "some"]

UNDECLARED = 5
"""How many of the datasets that no module declares are tested: there may be a million."""


def some(repository: Repository) -> Iterator[DatasetDefinition]:
    """Give the datasets that modules declare, and the first of those that none does."""
    yield from repository
    with suppress(Exception):  # tests of their own tell what is wrong with these
        for entry in islice(repository.entries(), UNDECLARED):
            found = repository.find_undeclared(entry.id)
            if found is not None:
                yield found


def places_in(repository: Repository) -> Iterator[tuple[str, list[PurePosixPath]]]:
    """Give where the files of each dataset lie, as disks compare places, by its id."""
    for definition in some(repository):
        folder = relative_path(definition.id)
        resources = definition.ordered_resources()
        stored = [item.relative_path for item in resources if isinstance(item, StoredResource)]
        yield definition.id, [PurePosixPath(str(folder / item).casefold()) for item in stored]


def printed(repository: Repository, expression: str) -> str:
    """Import all modules of definitions in a process of their own, and give what it prints.

    Those that can't be imported are left out; another test is about them.

    :param expression: what is printed at the end; ``connections`` are the addresses of those
        that were tried
    """
    code = (
        "import contextlib, importlib, sys\n"
        "connections = []\n"
        "sys.addaudithook(lambda event, what: connections.append(what[-1])"
        " if event == 'socket.connect' else None)\n"
        f"for name in {repository.modules()!r}:\n"
        "    with contextlib.suppress(Exception): importlib.import_module(name)\n"
        f"print({expression})"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return done.stdout.strip()
