"""What was made from other bytes than what is made now: it may be of another version.

A server may have another version of a file by the time a second resource is made from it.
Resources of two versions don't belong together, though each of them is whole.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection
from typing import NamedTuple

from datamaestro.download.stored import StoredResource
from datamaestro.preparation.graph import Graph
from datamaestro.preparation.state import State
from datamaestro.state_files import Download
from datamaestro.urls import masked

__all__ = ["New", "outdated", "tell_differences"]

logger = logging.getLogger(__name__)


class New(NamedTuple):
    """A resource that has been made, and isn't recorded yet.

    :param resource: the resource
    :param downloads: what was fetched for it
    :param sha256: the digest of the file, if it is one
    """

    resource: StoredResource
    downloads: tuple[Download, ...]
    sha256: str | None


def outdated(graph: Graph, state: State, made: Collection[New]) -> list[StoredResource]:
    """Give the resources that don't belong with what was made, be they complete or not.

    They are those that were made from other bytes of the same URL, and those that depend on one
    of them, or on what was made, if that has come out in another way than it was recorded. Of
    several that were made from different bytes, the last counts.
    """
    digests = {id(new.resource): _digests(new.resource, new.downloads) for new in made}
    now = {url: sha256 for found in digests.values() for url, sha256 in found.items()}
    changed = {id(new.resource) for new in made if _is_another(new, state)}
    found = set()
    for resource in graph.stored:
        if id(resource) not in digests:
            downloads = state.downloads(resource.name, resource.relative_path)
            digests[id(resource)] = _digests(resource, downloads)
        differs = any(now.get(url, sha) != sha for url, sha in digests[id(resource)].items())
        if differs and not _is_declared(resource):
            found.add(id(resource))
    for item in graph.resources if found or changed else ():  # dependencies first
        if any(id(before) in found or id(before) in changed for before in item.dependencies):
            found.add(id(item))
    return [resource for resource in graph.stored if id(resource) in found]


def tell_differences(state: State, downloads: Collection[Download]) -> None:
    """Warn of every URL that gave other bytes than those that are recorded of it."""
    urls = {item.url for item in downloads}
    recorded: dict[str, dict[str, str]] = defaultdict(dict)
    for items in state.dropped.values():
        for item in items:
            recorded[item.url][item.sha256] = "before"
    for record in state.records.values():
        for item in record.downloads:
            if item.url in urls:
                recorded[item.url][item.sha256] = f"on {record.when}"
    for new in dict.fromkeys(downloads):
        before = recorded.get(new.url, {})
        if before and new.sha256 not in before:
            sha256, when = next(iter(before.items()))
            logger.warning(
                "%s gives other bytes than it did %s: sha256 %s, recorded %s",
                new.url,
                when,
                new.sha256,
                sha256,
            )


def _digests(resource: StoredResource, downloads: Collection[Download]) -> dict[str, str]:
    """Give what each URL gave; what a mirror gave counts as what its source's first URL gave."""
    found = {item.url: item.sha256 for item in downloads}
    if len(resource.sources) == len(found) == 1 and resource.sources[0].url not in found:
        found[masked(resource.sources[0].url)] = next(iter(found.values()))
    return found


def _is_another(new: New, state: State) -> bool:
    """Tell whether something has come out in another way than the last time, as far as known."""
    resource = new.resource
    record = state.at(resource.relative_path)
    if record is not None and record.sha256 is not None and new.sha256 is not None:
        return record.sha256 != new.sha256
    before = state.downloads(resource.name, resource.relative_path)
    if not before or not new.downloads:
        return False
    return {item.sha256 for item in before} != {item.sha256 for item in new.downloads}


def _is_declared(resource: StoredResource) -> bool:
    """Tell whether the definition itself says which bytes it is made from."""
    return bool(resource.sources) and all(source.digests for source in resource.sources)
