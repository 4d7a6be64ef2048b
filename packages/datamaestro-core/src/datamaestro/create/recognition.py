"""Finding out what a download is: plugins look at it, the most certain one is believed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from datamaestro.errors import DataFormatError, DatamaestroError, PluginError
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
        with suppress(PluginError):  # the manager has warned
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
        with suppress(DataFormatError, PluginError):
            proposals.append(recognize(candidate))
    kind = "Folder" if candidate.path.is_dir() else "File"
    general = ValueProposal(f"datamaestro.data:{kind}", certainty=Certainty.POSSIBLE)
    return _most_certain(proposals) or general


def _recognizers(
    plugins: PluginManager, provided: list[Provided[Any]]
) -> Iterator[Callable[..., Any]]:
    """Give the functions that propose something; one that is broken raises a PluginError."""
    for item in sorted(provided, key=lambda item: str(item.spec.target)):
        if item.spec.recognize:
            yield partial(_ask, plugins, item)


def _ask(plugins: PluginManager, item: Provided[Any], *arguments: Any) -> Any:
    recognize = plugins.load(item, "recognize")
    message = f"{item.spec.recognize}, which {item.plugin} provides, failed"
    with plugins.blamed(item.plugin, message, (DatamaestroError,)):
        return recognize(*arguments)


def _most_certain(proposals: list[Proposal | None]) -> Proposal | None:
    found = [item for item in proposals if item is not None]
    return max(found, key=lambda item: item.certainty, default=None)
