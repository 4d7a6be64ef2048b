"""The definition of a dataset, from the URLs of its files."""

from __future__ import annotations

import itertools
import re
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from datamaestro import identifiers
from datamaestro.create.recognition import recognized_resource, recognized_value
from datamaestro.disk.digests import file_digests
from datamaestro.download import Source
from datamaestro.plugins.proposals import (
    Candidate,
    Certainty,
    ResourceProposal,
    ValueProposal,
)
from datamaestro.preparation.fetch import CacheFetcher

if TYPE_CHECKING:
    from datamaestro.context import Context

__all__ = ["FoundPart", "FoundResource", "dataset_id_of", "examine", "folder_of"]

MOST_PARTS = 8
"""An archive with more files than this is a folder, whatever they are."""


@dataclass(frozen=True)
class FoundPart:
    """A file or folder that a resource ends as, or that lies in it.

    :param name: what tells it from the others: its path without suffixes
    :param inside: where it lies in the resource; empty for the resource itself
    :param proposal: its data type
    """

    name: str
    inside: PurePosixPath
    proposal: ValueProposal


@dataclass(frozen=True)
class FoundResource:
    """What one URL serves.

    :param source: the URL, with size and digest
    :param proposal: the resource for it
    :param parts: what it ends as; one part unless it is a folder of several
    """

    source: Source
    proposal: ResourceProposal
    parts: tuple[FoundPart, ...]


def examine(urls: Iterable[str], context: Context) -> list[FoundResource]:
    """Fetch what lies at URLs, through the cache, and find out what it is.

    The downloads stay in the cache, so that the dataset's preparation finds them there.

    :raises DownloadError: if a URL can't be fetched
    :raises OfflineError: if it may not be
    """
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for number, given in enumerate(urls):
            # In a definition, braces stand for an axis.
            url = given.replace("{", "%7B").replace("}", "%7D")
            work = Path(folder, str(number))
            download = CacheFetcher(context, work).fetch(Source.of(url))
            source = Source.of(
                url,
                size=download.stat().st_size,
                sha256=file_digests(download, ["sha256"])["sha256"],
            )
            candidate = Candidate(download, source.filename or "data")
            proposal = recognized_resource(candidate, work / "made", context.plugins)
            found.append(FoundResource(source, proposal, tuple(_parts(proposal, context))))
    return found


def dataset_id_of(urls: Sequence[str]) -> str:
    """Propose an id for what lies at URLs: that of one, or of the folder of several."""
    return identifiers.from_url(urls[0] if len(urls) == 1 else folder_of(urls[0]))


def folder_of(url: str) -> str:
    """Give the URL of the folder that a file lies in."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rpartition("/")[0] + "/", "", ""))


def _parts(resource: ResourceProposal, context: Context) -> list[FoundPart]:
    """Give the parts of what a resource ends as: all of it, if it is of one kind."""
    plugins = context.plugins
    whole = recognized_value(Candidate(resource.path, resource.name), plugins)
    alone = [FoundPart(_stem(resource.name), PurePosixPath(), whole)]
    if not resource.path.is_dir() or whole.certainty > Certainty.POSSIBLE:
        return alone
    parts = []
    for path in itertools.islice(_files(resource.path), MOST_PARTS + 1):
        inside = PurePosixPath(path.relative_to(resource.path).as_posix())
        proposal = recognized_value(Candidate(path, inside.name), plugins)
        if proposal.certainty > Certainty.POSSIBLE:
            parts.append(FoundPart(_stem(str(inside)), inside, proposal))
    names = {part.name for part in parts}
    return parts if 0 < len(parts) == len(names) <= MOST_PARTS else alone


def _files(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file()
        and not any(part.startswith((".", "__")) for part in path.relative_to(folder).parts)
    )


def _stem(name: str) -> str:
    return re.sub(r"(?<=[^/])\.[^/]*$", "", name)
