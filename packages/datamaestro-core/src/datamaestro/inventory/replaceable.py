"""Which data could be fetched again, and which couldn't."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from datamaestro.download.resource import Resource
from datamaestro.download.stored import StoredResource
from datamaestro.errors import DatamaestroError
from datamaestro.inventory.prepared import Prepared, definition_of
from datamaestro.inventory.reachability import dead_urls
from datamaestro.urls import masked, recognizable, shown

if TYPE_CHECKING:
    from datamaestro.context import Context

__all__ = ["SourceCheck", "irreplaceable"]


def irreplaceable(dataset: Prepared, context: Context) -> dict[str, str]:
    """Give the resources of a dataset that couldn't be fetched again, and why each couldn't.

    A resource can be if each of its sources has a URL that wasn't found dead when it
    was last checked, or if all that it is made from can be. What holds only links has
    nothing to lose.
    """
    sources = SourceCheck(context)
    definition = definition_of(dataset, context)
    declared = {} if definition is None else {r.name: r for r in definition.ordered_resources()}
    found = {}
    for name, record in dataset.records.items():
        if not _holds_files(dataset.path(name)):
            continue
        if name in declared:
            reason = sources.why_not(declared[name])
        elif record.downloads:
            reason = sources.why_not_from([(item.url,) for item in record.downloads])
        else:
            reason = "nothing tells where it came from"
        if reason is not None:
            found[name] = reason
    return found


class SourceCheck:
    """What is known about whether sources give their bytes, without asking the network."""

    def __init__(self, context: Context) -> None:
        self.context = context
        dead = dead_urls(context.path)
        self._dead = dead | set(map(shown, dead))  # records have URLs as they may be shown

    def why_not(self, resource: Resource) -> str | None:
        """Tell why a resource couldn't be made again, or None if it could."""
        if not isinstance(resource, StoredResource):
            return None
        if resource.sources:
            return self.why_not_from([source.urls for source in resource.sources])
        if not resource.dependencies:
            return f"{type(resource).__name__} made it from no source that is declared"
        reasons = (self.why_not(item) for item in resource.dependencies)
        return next(filter(None, reasons), None)

    def why_not_from(self, sources: Sequence[Sequence[str]]) -> str | None:
        """Tell why the bytes couldn't be had, or None if they could.

        :param sources: of each the URLs that give the same bytes
        """
        for urls in sources:
            if not any(self.gives(url) for url in urls):
                return f"its source gave nothing when it was last looked at: {masked(urls[0])}"
        return None

    def gives(self, url: str) -> bool:
        """Tell whether a URL is believed to give its bytes; what is local is looked at now."""
        try:
            transport = self.context.transport(url)
            if not transport.network:
                transport.check(url)
        except DatamaestroError:
            return False
        return recognizable(url) not in self._dead


def _holds_files(path: Path) -> bool:
    """Tell whether any file lies at a path or below, links not counted."""
    return any(item.is_file() and not item.is_symlink() for item in _all(path))


def _all(path: Path) -> Iterator[Path]:
    yield path
    if path.is_dir() and not path.is_symlink():
        for child in path.iterdir():
            yield from _all(child)
