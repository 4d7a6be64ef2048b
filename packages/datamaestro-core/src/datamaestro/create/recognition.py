"""Finding out what a download is: plugins look at it, the most certain one is believed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from datamaestro.errors import DataFormatError, PluginError
from datamaestro.plugins.manager import PluginManager, Provided
from datamaestro.plugins.proposals import (
    Candidate,
    Certainty,
    ResourceProposal,
    ValueProposal,
)

__all__ = ["recognized_resource", "recognized_value"]

Proposal = TypeVar("Proposal", ResourceProposal, ValueProposal)


def recognized_resource(
    download: Candidate, folder: Path, plugins: PluginManager
) -> ResourceProposal:
    """Give the resource that makes the most of a download.

    :param folder: where it may make something of it
    :raises PluginError: if no installed handler takes it
    :raises DatamaestroError: if it is damaged, as its handler finds
    """
    proposals: list[ResourceProposal | None] = []
    for number, recognize in enumerate(_recognizers(plugins, plugins.handlers)):
        own = folder / str(number)
        own.mkdir(parents=True)
        proposals.append(recognize(download, own))
    found = _most_certain(proposals)
    if found is None:
        raise PluginError(
            "no installed handler takes this file",
            where=download.name,
            hint="pip install datamaestro, which brings the standard ones",
        )
    return found


def recognized_value(candidate: Candidate, plugins: PluginManager) -> ValueProposal:
    """Give the data type that fits a file or folder; the most general one if none does."""
    proposals: list[ValueProposal | None] = []
    for recognize in _recognizers(plugins, plugins.data_types):
        with suppress(DataFormatError):
            proposals.append(recognize(candidate))
    kind = "Folder" if candidate.path.is_dir() else "File"
    general = ValueProposal(f"datamaestro.data:{kind}", certainty=Certainty.POSSIBLE)
    return _most_certain(proposals) or general


def _recognizers(plugins: PluginManager, provided: list[Provided[Any]]) -> Iterator[Any]:
    for item in sorted(provided, key=lambda item: str(item.spec.target)):
        if item.spec.recognize:
            with suppress(PluginError):  # the manager warned when it failed to load
                yield plugins.load(item, "recognize")


def _most_certain(proposals: list[Proposal | None]) -> Proposal | None:
    found = [item for item in proposals if item is not None]
    return max(found, key=lambda item: item.certainty, default=None)
