"""How long the tests go on that kill processes and break locks; see ``nox -s soak``."""

from __future__ import annotations

import os
import random
import threading
from pathlib import Path
from typing import Self

from workspace import kinds

KILLS = int(os.environ.get("DATAMAESTRO_TEST_KILLS", "10"))
"""How many processes are killed for each kind of resource."""

SEED = int(os.environ.get("DATAMAESTRO_TEST_SEED", random.randrange(10**9)))
"""What the moments of the kills follow from; failures tell it."""


class Reader(threading.Thread):
    """Looks all the time, while its block runs, at what is in place.

    :ivar seen: what wasn't whole when it was looked at
    """

    def __init__(self, directory: Path, kind: str) -> None:
        super().__init__()
        self.directory = directory
        self.kind = kind
        self.seen: list[str] = []
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.wait(0.002):
            self.seen += kinds.wrong(self.directory, self.kind)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join()
