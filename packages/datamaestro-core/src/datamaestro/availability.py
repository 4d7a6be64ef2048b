"""Whether the sources of datasets still give what is declared, without fetching it.

Each URL is asked once, whoever needs it; those of one host one after the other,
with a pause in between, and several hosts at the same time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from threading import Event
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from datamaestro import identifiers
from datamaestro.dataset_folders import pass_over
from datamaestro.definitions.dataset_definition import DatasetDefinition
from datamaestro.download.transport import SourceFacts
from datamaestro.errors import (
    DatamaestroError,
    OfflineError,
    PluginError,
    QueryError,
    SettingsError,
    TransportError,
)
from datamaestro.inventory.prepared import prepared_datasets
from datamaestro.inventory.reachability import note_reachability
from datamaestro.transfer.pages import PAGE_EXTENSIONS, PAGE_TYPES
from datamaestro.urls import masked, recognizable
from datamaestro.waiting import each_ended

if TYPE_CHECKING:
    from datamaestro.context import Context

__all__ = [
    "ALIVE",
    "CHANGED",
    "DEAD",
    "Finding",
    "all_to_check",
    "check_sources",
    "to_check",
]

ALIVE, CHANGED, DEAD = "alive", "changed", "dead"

HOSTS = 8
"""How many hosts are asked at the same time."""

PAUSE = 0.5
"""Seconds between two requests to one host."""


@dataclass(frozen=True)
class Finding:
    """What was found out about one URL of a dataset's source.

    :param dataset: the dataset's id
    :param repository: the id of its repository, or None
    :param resource: the resource that the source is for
    :param url: the URL, as it may be shown
    :param status: ``alive``; ``changed`` if it gives something else than is declared or
        was fetched; ``dead`` if it gives nothing
    :param problem: what is wrong, if anything is
    :param temporary: whether it may be alive again later, as its error suggests
    :param location: where it leads, if that is elsewhere, as it may be shown
    :param size: the bytes that it gives, if it tells
    :param declared_size: the bytes that it should give, if that is declared
    """

    dataset: str
    repository: str | None
    resource: str
    url: str
    status: str
    problem: str | None = None
    temporary: bool = False
    location: str | None = None
    size: int | None = None
    declared_size: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Give it as an object of JSON."""
        return {"id": self.dataset, **{k: v for k, v in vars(self).items() if k != "dataset"}}


def to_check(references: Iterable[str], context: Context) -> Iterator[DatasetDefinition]:
    """Give the definitions to check: for a dataset with variants, one for each.

    :param references: ids, or files and names; a selector chooses one variant
    :raises DatasetNotFoundError: if there is no such dataset
    """
    for reference in references:
        definition = context.dataset(reference)
        if identifiers.parse(reference).selector:
            yield definition
        else:
            yield from _each_variant(definition)


def all_to_check(context: Context) -> Iterator[DatasetDefinition]:
    """Give the definitions to check of all datasets, in the order of their ids."""
    for definition in sorted(context.datasets(), key=lambda item: item.id):
        yield from _each_variant(definition)


def _each_variant(definition: DatasetDefinition) -> Iterator[DatasetDefinition]:
    """Give a dataset's variants that can be listed, or itself if it has none."""
    if definition.variants is None:
        yield definition
        return
    for values in definition.variants.enumerate():
        with suppress(QueryError):  # axes without a default, or a combination left out
            yield definition.for_variant(values)


def check_sources(
    definitions: Iterable[DatasetDefinition], context: Context, *, pause: float = PAUSE
) -> list[Finding]:
    """Look at each URL that datasets declare, and note in the data directory what was found.

    Nothing is noted when no server answered: then the network itself may be down.

    It takes definitions, not entries of the catalog: these lack the secrets of URLs.

    :param definitions: the datasets, or variants of them
    :param pause: the seconds between two requests to one host
    :return: the findings, in the order of the datasets and their sources
    :raises OfflineError: if a URL needs a connection, and none may be opened
    :raises SettingsError: if a transport needs settings that can't be used
    """
    expected = [item for definition in definitions for item in _expected(definition)]
    answers = _ask_all(list(dict.fromkeys(url for url, _ in expected)), context, pause)
    if any(_is_final(answer) for url, answer in answers.items() if _needs_network(url, context)):
        alive = {
            recognizable(url): isinstance(answer, SourceFacts) for url, answer in answers.items()
        }
        note_reachability(context.path, alive)
    validators = _fetched_validators(context)
    return [_judge(finding, validators.get(finding.url), answers[url]) for url, finding in expected]


Answer = SourceFacts | DatamaestroError


def _expected(definition: DatasetDefinition) -> Iterator[tuple[str, Finding]]:
    """Give each URL that a dataset declares, with a finding to complete."""
    for resource in definition.ordered_resources():
        for source in resource.sources:
            for url in source.urls:
                yield (
                    url,
                    Finding(
                        definition.id,
                        definition.repository,
                        resource.name,
                        masked(url),
                        ALIVE,
                        declared_size=source.size,
                    ),
                )


def _fetched_validators(context: Context) -> dict[str, str]:
    """Give the validators that URLs had when what is prepared was fetched from them.

    The URLs are as they may be shown.
    """
    return {
        download.url: download.validator
        for dataset in prepared_datasets(context.datapath, pass_over)
        for record in dataset.records.values()
        for download in record.downloads
        if download.validator is not None
    }


def _ask_all(urls: list[str], context: Context, pause: float) -> dict[str, Answer]:
    by_host: dict[str, list[str]] = {}
    for url in urls:
        by_host.setdefault(urlsplit(url).netloc.rpartition("@")[2], []).append(url)
    answers: dict[str, Answer] = {}
    stopped = Event()

    def ask_host(urls: list[str]) -> None:
        for position, url in enumerate(urls):
            has_to_wait = position > 0 and _needs_network(url, context)
            if stopped.is_set() or (has_to_wait and stopped.wait(pause)):
                return
            answers[url] = _ask(url, context)

    with ThreadPoolExecutor(HOSTS) as threads:
        try:
            hosts = [threads.submit(ask_host, urls) for urls in by_host.values()]
            for host in each_ended(hosts):
                host.result()
        finally:
            stopped.set()
            threads.shutdown(cancel_futures=True)
    return answers


def _ask(url: str, context: Context) -> Answer:
    try:
        transport = context.transport(url)
        if transport.network and context.offline:
            raise OfflineError("not looked at while offline", where=url)
        return transport.check(url)
    except (OfflineError, SettingsError):  # which say nothing of the source
        raise
    except DatamaestroError as error:
        return error
    except Exception as error:  # one plugin's, which mustn't hide what others find
        scheme = urlsplit(url).scheme
        found = f"{type(error).__name__}: {error}"
        return PluginError(f"the transport for {scheme}: URLs fails", where=url, found=found)


def _needs_network(url: str, context: Context) -> bool:
    try:
        return context.transport(url).network
    except DatamaestroError:
        return False


def _is_final(answer: Answer) -> bool:
    """Tell whether an answer is about the URL, and not about the way to it."""
    if isinstance(answer, TransportError):
        return not answer.retry
    return not isinstance(answer, DatamaestroError)


def _judge(finding: Finding, validator: str | None, answer: Answer) -> Finding:
    if isinstance(answer, DatamaestroError):
        temporary = not _is_final(answer)
        return replace(finding, status=DEAD, problem=str(answer), temporary=temporary)
    problem = _difference(finding, validator, answer)
    location = masked(answer.url)
    return replace(
        finding,
        status=ALIVE if problem is None else CHANGED,
        problem=problem,
        location=None if location == finding.url else location,
        size=answer.size,
    )


def _difference(finding: Finding, validator: str | None, facts: SourceFacts) -> str | None:
    """Tell what is wrong with what a URL gives, or None."""
    extension = PurePosixPath(urlsplit(finding.url).path).suffix.lower()
    if (facts.media_type or "").lower() in PAGE_TYPES and extension not in PAGE_EXTENSIONS:
        return "it gives a web page"
    if None not in (facts.size, finding.declared_size) and facts.size != finding.declared_size:
        return f"expected {finding.declared_size} bytes, found {facts.size}"
    if validator is not None and facts.validator is not None and facts.validator != validator:
        return f"the content isn't the one that was fetched: {validator} is now {facts.validator}"
    return None
