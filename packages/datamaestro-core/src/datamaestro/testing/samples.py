"""Small synthetic files: from a value alone, what its data type reads.

A data type tells how to make them: its ``DataTypeSpec`` names a function
``sample(value, sampling)``, which writes what lies at ``value.path``, with the
value's parameters respected::

    def sample(value: Pairs, sampling: Sampling) -> None:
        lines = (f"key{n}{value.separator}{n}" for n in range(sampling.rows))
        value.path.write_text("\\n".join(lines), encoding="utf-8")

The function of a type that holds others may say more about them than they know
themselves, such as the shape of a tensor, with :meth:`Sampling.write`.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from datamaestro.data import Base, File, Folder
from datamaestro.data.ml import FolderBased
from datamaestro.plugins.manager import PluginManager

__all__ = ["Sampler", "Sampling", "samplers", "values_in"]

ROWS = 12
WORDS = [
    *("amber", "birch", "cedar", "dune", "ember", "fjord"),
    *("grove", "heath", "islet", "jetty", "knoll", "lake"),
]


class Sampling:
    """How to write samples; what is the same for all files of one value.

    :param samplers: the functions that write them, by data type
    :param seed: another seed gives other samples
    :ivar rows: how many rows, lines or images a file has: the same for all, so that
        files that belong together fit
    :ivar shape: the shape that the value's owner wants it to have, if any
    """

    def __init__(
        self,
        samplers: Mapping[type[Base], Sampler],
        *,
        seed: int = 0,
        rows: int = ROWS,
        shape: tuple[int, ...] | None = None,
    ) -> None:
        self.samplers = samplers
        self.seed = seed
        self.rows = rows
        self.shape = shape

    def write(self, value: Base, shape: tuple[int, ...] | None = None) -> None:
        """Write the files of a value and of all that it holds.

        What is there already stays: so whoever knows more about a file writes it first.

        :param shape: what a tensor is to have
        """
        path = getattr(value, "path", None)
        sampler = next(self.samplers[cls] for cls in type(value).__mro__ if cls in self.samplers)
        if not isinstance(path, Path):
            sampler(value, self._with(shape))
        elif not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            sampler(value, self._with(shape))
        for part in _parts(value._parameters()):
            self.write(part)

    def random(self, value: Any) -> random.Random:
        """Give a source of numbers for a file, the same at each run.

        :param value: the value whose ``path`` names the file
        """
        return random.Random(self.seed + zlib.crc32(value.path.name.encode()))

    def words(self, value: Any, count: int = 5) -> list[str]:
        """Give a text for each row, of `count` words between spaces."""
        source = self.random(value)
        return [" ".join(source.choices(WORDS, k=count)) for _ in range(self.rows)]

    def _with(self, shape: tuple[int, ...] | None) -> Sampling:
        return Sampling(self.samplers, seed=self.seed, rows=self.rows, shape=shape)


Sampler = Callable[[Any, Sampling], None]
"""A function that writes the sample of a value."""


def samplers(
    plugins: PluginManager, own: Mapping[type[Base], Sampler] | None = None
) -> dict[type[Base], Sampler]:
    """Give all functions that write samples, by data type.

    :param own: further ones, which go before those of plugins
    :raises PluginError: if one that a plugin names can't be imported
    """
    found: dict[type[Base], Sampler] = {
        Base: _nothing,
        File: _file,
        Folder: _folder,
        FolderBased: _folder_of_classes,
    }
    for item in plugins.data_types:
        if item.spec.sample:
            found[plugins.load(item)] = plugins.load(item, "sample")
    return found | dict(own or {})


def values_in(value: Any) -> Iterator[Base]:
    """Give the values of data types in a value, itself included, owners before their parts."""
    for part in _parts(value):
        yield part
        yield from values_in(part._parameters())


def _parts(value: Any) -> Iterator[Base]:
    if isinstance(value, Base):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _parts(item)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from _parts(item)


def _nothing(value: Base, sampling: Sampling) -> None:
    """A value that isn't a file: its parts have their own samples."""


def _file(value: File, sampling: Sampling) -> None:
    value.path.write_text("\n".join(sampling.words(value)) + "\n", encoding="utf-8")


def _folder(value: Folder, sampling: Sampling) -> None:
    value.path.mkdir()
    for number, text in enumerate(sampling.words(value)):
        (value.path / f"{number}.txt").write_text(text, encoding="utf-8")


def _folder_of_classes(value: FolderBased, sampling: Sampling) -> None:
    for name in value.classes:
        (value.path / name).mkdir(parents=True)
        for number, text in enumerate(sampling.words(value)):
            (value.path / name / f"{number}.txt").write_text(text, encoding="utf-8")
