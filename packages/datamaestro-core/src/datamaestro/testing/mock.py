"""A context that makes up small synthetic data where others download.

From a definition alone: its function builds the value, which opens nothing; each file
that the value names is written by its data type (`datamaestro.testing.samples`); what
would have been downloaded is packed from these files, and the definition's own
handlers make the dataset of it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from datamaestro.context import Context
from datamaestro.data import Base
from datamaestro.errors import DataDirectoryError
from datamaestro.plugins.manager import PluginManager
from datamaestro.plugins.request import PrepareRequest
from datamaestro.preparation.hooks import already_in_use
from datamaestro.preparation.parts import part_of
from datamaestro.preparation.references import with_referred
from datamaestro.testing.mock_preparation import MockPreparation
from datamaestro.testing.samples import Sampler, samplers

__all__ = ["MockContext"]

MARK = ".mock"


class MockContext(Context):
    """A context whose datasets are small, synthetic, and need no network.

    >>> from datamaestro.testing import MockContext
    >>> iris = MockContext("mocked").prepare("edu.uci.iris")
    >>> fields, data, target = iris.data()
    >>> len(data) == len(target) == 12
    True

    :param path: the data directory, which holds nothing but mock data
    :param samples: functions that write samples, for data types whose plugin names none
    :param seed: another seed gives other data
    :raises DataDirectoryError: if there are real data at `path`
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        samples: Mapping[type[Base], Sampler] | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(path, offline=True, site=())
        self._samples = samples
        self._seed = seed
        _claim(self.path)

    @cached_property
    def plugins(self) -> PluginManager:
        """The installed plugins; none of them takes over a preparation but this context."""
        return _MockingPlugins(self)

    def mock(self, request: PrepareRequest) -> Any:
        """Make up what is missing of a dataset, and give its value, or the part that is wanted.

        :raises DefinitionError: if its value reads a file that none of its resources makes
        :raises NotFoundError: if there is no such part
        """
        found = samplers(self.plugins, self._samples)
        value = MockPreparation(request.dataset, self, found, self._seed).run()
        for part in request.only:
            part_of(value, part.split("."))
        return part_of(value, request.part)


class _MockingPlugins(PluginManager):
    """Takes over all preparations."""

    def __init__(self, context: MockContext) -> None:
        super().__init__(context.index_folder)
        self._context = context

    def prepare(self, request: PrepareRequest) -> Any:
        # Nothing is used that its owner asks consent for.
        with already_in_use(with_referred(request.dataset, self._context)):
            return request.build() if request.download is False else self._context.mock(request)


def _claim(path: Path) -> None:
    """Mark a data directory as one of mock data."""
    if not (path / MARK).exists():
        if (path / "data").exists():
            raise DataDirectoryError(
                "a mock context doesn't mix with real data",
                where=path,
                expected="a folder of its own",
            )
        path.mkdir(parents=True, exist_ok=True)
        (path / MARK).touch()
