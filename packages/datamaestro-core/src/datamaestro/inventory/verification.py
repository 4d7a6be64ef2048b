"""Whether what lies in place is still what was made: by hashing all of it again.

What can be proven, and by what, in this order:

1. A digest was recorded: of a file when it was complete, of a folder at its first
   verification. The bytes are the same as then, or they aren't.
2. None was, but the definition can prove the resource: by its checker, the declared
   digests, or for gzip the end of the compressed file, which is fetched.
3. Nothing can: it is ``unverifiable``. A wrong total size still shows.

In the last two cases the digests are kept, so that the next time there is something
to compare with.
"""

from __future__ import annotations

import errno
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from datamaestro.disk.digests import file_digests
from datamaestro.disk.files import is_there, size_on_disk
from datamaestro.errors import VerificationError
from datamaestro.inventory.manifest import Manifest, manifest_of_record, stored_files
from datamaestro.inventory.prepared import Prepared, definition_of
from datamaestro.locks.exclusive import is_busy
from datamaestro.preparation.operations import proves
from datamaestro.preparation.places import LOCK
from datamaestro.preparation.state import State
from datamaestro.waiting import each_ended

if TYPE_CHECKING:
    from datamaestro.context import Context

__all__ = ["CHANGED", "MISSING", "OK", "UNVERIFIABLE", "Verdict", "verify"]

Watch = Callable[[int], object]

OK, CHANGED, MISSING, UNVERIFIABLE = "ok", "changed", "missing", "unverifiable"

_OF_THE_DATA = frozenset({errno.EIO, errno.ENOENT, errno.ENOTDIR, errno.EISDIR})
"""Errors of reading that tell of what lies there; others are of the system, or of the moment."""

AHEAD = 16
"""How many resources are being hashed at once, so that small ones keep all processors busy."""

BATCH = 16 << 20
"""How many bytes a thread hashes at a time; a hundred small files count as that many."""


@dataclass(frozen=True)
class Verdict:
    """What was found out about one resource.

    :param dataset: the dataset that it belongs to
    :param resource: its name
    :param status: ``ok``, ``changed``, ``missing`` or ``unverifiable``
    :param reason: what proves that, or why nothing does
    :param files: those that differ, by their paths in the resource
    :param repaired: whether it was made anew, and is right since
    """

    dataset: Prepared
    resource: str
    status: str
    reason: str
    files: tuple[str, ...] = ()
    repaired: bool = False

    @property
    def is_wrong(self) -> bool:
        """Whether it certainly isn't what was made."""
        return self.status in (CHANGED, MISSING)

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self.dataset.path(self.resource)

    def to_json(self) -> dict[str, Any]:
        """Give it as an object of JSON."""
        return {
            "id": self.dataset.id,
            "repository": self.dataset.repository,
            "resource": self.resource,
            "path": str(self.path),
            "status": self.status,
            "reason": self.reason,
            "files": list(self.files),
            "repaired": self.repaired,
        }


def verify(datasets: Iterable[Prepared], context: Context) -> Iterator[Verdict]:
    """Hash all files of prepared datasets again, and give a verdict for each resource.

    Files are hashed in as many threads as there are processors: hashlib gives up the
    interpreter's lock. Verdicts come in the order of the datasets; there is none for what
    another process removes meanwhile.
    """
    chosen = list(datasets)
    stopped = Event()
    with (
        ThreadPoolExecutor(os.cpu_count()) as threads,
        context.progress.task("verifying", sum(item.size for item in chosen)) as task,
    ):

        def watch(count: int) -> None:
            if stopped.is_set():
                raise CancelledError  # nobody waits for the rest of a large file
            task.update(count)

        begun: deque[_Reading] = deque()
        try:
            for dataset in chosen:
                for name in dataset.records:
                    begun.append(_Reading.begin(dataset, name, threads, watch))
                    if len(begun) > AHEAD:
                        yield from _verdicts(begun.popleft(), threads, watch, context)
            while begun:
                yield from _verdicts(begun.popleft(), threads, watch, context)
        finally:
            stopped.set()
            threads.shutdown(cancel_futures=True)


@dataclass(frozen=True)
class _Reading:
    """A resource whose files are being hashed.

    :param files: what is there: sizes of files, targets of links; None if nothing is
    :param digests: those that are being computed
    """

    dataset: Prepared
    resource: str
    files: dict[str, int | str] | None
    digests: list[Future[dict[str, str]]]

    @classmethod
    def begin(
        cls, dataset: Prepared, resource: str, threads: ThreadPoolExecutor, watch: Watch
    ) -> _Reading:
        path = dataset.path(resource)
        try:
            if not is_there(path):
                return cls(dataset, resource, None, [])
            files = stored_files(path)
        except OSError as error:
            failed: Future[dict[str, str]] = Future()
            failed.set_exception(error)
            return cls(dataset, resource, {}, [failed])
        digests = [threads.submit(_digests, path, batch, watch) for batch in _batches(files)]
        return cls(dataset, resource, files, digests)

    def found(self) -> dict[str, str]:
        """Wait for the digests, and give what a manifest would say."""
        files = self.files or {}
        links = {name: target for name, target in files.items() if isinstance(target, str)}
        ended = each_ended(self.digests)
        digests = {name: text for batch in ended for name, text in batch.result().items()}
        return links | digests


def _verdicts(
    reading: _Reading, threads: ThreadPoolExecutor, watch: Watch, context: Context
) -> Iterator[Verdict]:
    """Give the verdict on a resource, unless another process removes it meanwhile.

    What differs from its record may have been read while another process replaced it: so
    it is only wrong if nobody is busy with it, and the record is still the same.
    """
    dataset, name = reading.dataset, reading.resource
    verdict = _verdict(reading, context)
    if verdict.is_wrong and is_busy(dataset.folder / LOCK):
        reason = "another process is busy with the dataset"
        verdict = replace(verdict, status=UNVERIFIABLE, reason=reason, files=())
    if verdict.is_wrong:
        record = State.load(dataset.folder).get(name)
        if record is None:
            return
        if record != dataset.records[name]:
            renewed = replace(dataset, records={**dataset.records, name: record})
            again = _Reading.begin(renewed, name, threads, watch)
            yield from _verdicts(again, threads, watch, context)
            return
    yield verdict


def _verdict(reading: _Reading, context: Context) -> Verdict:
    if reading.files is None:
        return Verdict(reading.dataset, reading.resource, MISSING, "nothing is there")
    try:
        found = reading.found()
    except OSError as error:
        status = CHANGED if error.errno in _OF_THE_DATA else UNVERIFIABLE
        return Verdict(reading.dataset, reading.resource, status, f"it can't be read: {error}")
    try:
        return _compared(reading.dataset, reading.resource, found, context)
    except OSError as error:
        reason = f"what is known of it can't be read: {error}"
        return Verdict(reading.dataset, reading.resource, UNVERIFIABLE, reason)


def _compared(dataset: Prepared, name: str, found: dict[str, str], context: Context) -> Verdict:
    """Compare what was read with what is known; raises `OSError` if that can't be read."""
    record = dataset.records[name]
    known = manifest_of_record(record) or Manifest.load(dataset.folder, name, record)
    if known is not None:
        different = _different(known.files, found)
        if different:
            reason = f"other bytes than on {known.since}"
            # A resource that is a file itself has no path in the resource.
            return Verdict(dataset, name, CHANGED, reason, tuple(filter(None, different)))
        return Verdict(dataset, name, OK, f"the same bytes as on {known.since}")
    size = size_on_disk(dataset.path(name))
    if size != record.size:
        reason = f"expected {record.size} bytes, found {size}"
        return Verdict(dataset, name, CHANGED, reason)
    verdict = _proven(dataset, name, context)
    if not verdict.is_wrong and Manifest.now(found).save(dataset.folder, name, record):
        kept = "its digests are kept from now on"
        return replace(verdict, reason=f"{verdict.reason}; {kept}")
    return verdict


def _proven(dataset: Prepared, name: str, context: Context) -> Verdict:
    """Ask the definition about a resource of which no digest is known."""
    definition = definition_of(dataset, context)
    try:
        if definition is not None and proves(definition, context, dataset.records[name]):
            return Verdict(dataset, name, OK, "what the definition declares proves it")
    except VerificationError as error:
        return Verdict(dataset, name, CHANGED, str(error))
    return Verdict(dataset, name, UNVERIFIABLE, "no digest of it was recorded or declared")


def _different(expected: dict[str, str], found: dict[str, str]) -> tuple[str, ...]:
    names = sorted(expected.keys() | found.keys())
    return tuple(name for name in names if expected.get(name) != found.get(name))


def _batches(files: Mapping[str, int | str]) -> Iterator[list[str]]:
    """Give the names of the files, many small ones or a large one at a time."""
    batch: list[str] = []
    room = BATCH
    for name, size in files.items():
        if isinstance(size, int):
            batch.append(name)
            room -= size + BATCH // 100
            if room <= 0:
                yield batch
                batch, room = [], BATCH
    if batch:
        yield batch


def _digests(path: Path, names: list[str], watch: Watch) -> dict[str, str]:
    return {name: file_digests(path / name, ["sha256"], watch)["sha256"] for name in names}
