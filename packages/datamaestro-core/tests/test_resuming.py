"""However transfers break off, and whatever changes meanwhile: never a mixture.

A server in memory keeps the contract of a transport, and does all that it allows. What
comes out is one version that some server had, or a named error. ``DATAMAESTRO_FUZZ=thorough``
tries many more examples.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, event, given, settings, strategies as st

from datamaestro.context import Context
from datamaestro.download import Response, Source, Transport, TransportRequest
from datamaestro.errors import DatamaestroError, TransportError
from datamaestro.preparation.fetch import CacheFetcher, NextUrl

COUNTS = {"short": 100, "thorough": 20_000}
fuzz = settings(
    max_examples=COUNTS[os.environ.get("DATAMAESTRO_FUZZ", "short")],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

HOST, MIRROR = "https://host/x", "https://mirror/x"


class Killed(BaseException):
    """The process ends here."""


@dataclass(frozen=True)
class Behaviour:
    """What a server does with one request.

    :param refuses: whether it answers not at all; and whether it may later
    :param publishes: whether it has the next version from this request on
    :param publishes_meanwhile: whether it has it once the answer has begun
    :param knows_ranges: whether it begins elsewhere than at the first byte
    :param tells_validator: whether it tells what identifies the content
    :param tells_size: whether it tells the size of the content
    :param lies: by how much more than is right that size is
    :param cut: after how many bytes the transfer breaks off
    :param kills: whether the process ends there, instead
    """

    refuses: str = "no"
    publishes: bool = False
    publishes_meanwhile: bool = False
    knows_ranges: bool = True
    tells_validator: bool = True
    tells_size: bool = True
    lies: int = 0
    cut: int | None = None
    kills: bool = False


HEALTHY = Behaviour()


def is_no_page(content):
    """Leave out what would be refused as a web page."""
    return not content.lstrip().lower().startswith((b"<html", b"<!"))


@dataclass
class Server:
    """What serves one URL.

    :param versions: its contents, one after the other; all are different
    :param script: what it does with the next requests
    """

    versions: list[bytes]
    script: list[Behaviour]
    now: int = 0
    had: set[bytes] = field(default_factory=set)

    @property
    def content(self) -> bytes:
        return self.versions[self.now]

    def publish(self) -> None:
        self.now = min(self.now + 1, len(self.versions) - 1)

    def open(self, request: TransportRequest) -> Response:
        behaviour = self.script.pop(0) if self.script else HEALTHY
        if behaviour.publishes:
            self.publish()
        if behaviour.refuses != "no":
            raise TransportError("busy", where=request.url, retry=behaviour.refuses == "for now")
        answer = Answer(self.content, behaviour, request)
        self.had.add(self.content)
        if behaviour.publishes_meanwhile:
            self.publish()
        return answer


class Answer(Response):
    """The version that there was when it was asked for."""

    def __init__(self, content: bytes, behaviour: Behaviour, request: TransportRequest) -> None:
        self.behaviour = behaviour
        self.content = content
        validator = hashlib.md5(content).hexdigest()
        same = request.validator in (None, validator)
        can = behaviour.knows_ranges and same and request.start < len(content)
        self.start = request.start if can else 0
        self.size = len(content) + behaviour.lies if behaviour.tells_size else None
        # A part is given only by who identifies the content, as a transport has to see to.
        self.validator = validator if behaviour.tells_validator or self.start else None
        self.position = self.start
        self.url = request.url

    def read(self, size: int) -> bytes:
        stop = min(self.position + min(size, 7), len(self.content))
        cut = self.behaviour.cut
        if cut is not None and stop > self.start + cut:
            if self.position >= self.start + cut:
                raise Killed if self.behaviour.kills else self._broken()
            stop = self.start + cut
        chunk = self.content[self.position : stop]
        self.position = stop
        return chunk

    def _broken(self) -> TransportError:
        return TransportError("cut off", where=self.url, retry=True)

    def close(self) -> None:
        pass


class InMemory(Transport):
    """Asks the servers of a test."""

    servers: dict[str, Server]
    network = True

    def open(self, request: TransportRequest) -> Response:
        return self.servers[request.url].open(request)


class ServedContext(Context):
    """A context whose URLs are served from memory."""

    def __init__(self, path: Path, servers: dict[str, Server]) -> None:
        super().__init__(path)
        self._memory = InMemory(self)
        self._memory.servers = servers

    def transport(self, url: str) -> Transport:
        return self._memory


def contents() -> st.SearchStrategy[list[bytes]]:
    return st.lists(
        st.binary(min_size=0, max_size=60).filter(is_no_page), min_size=1, max_size=4, unique=True
    )


def behaviours() -> st.SearchStrategy[list[Behaviour]]:
    one = st.builds(
        Behaviour,
        refuses=st.sampled_from(["no"] * 6 + ["for now", "for good"]),
        publishes=st.booleans(),
        publishes_meanwhile=st.booleans(),
        knows_ranges=st.sampled_from([True, True, False]),
        tells_validator=st.sampled_from([True, True, False]),
        tells_size=st.booleans(),
        lies=st.sampled_from([0, 0, 0, 0, 1, 20]),
        cut=st.none() | st.integers(0, 60),
        kills=st.booleans(),
    )
    return st.lists(one, max_size=8)


def servers() -> st.SearchStrategy[Server]:
    return st.builds(Server, contents(), behaviours())


def whole(fetcher: CacheFetcher, source: Source) -> bytes:
    return fetcher.fetch(source).read_bytes()


def streamed(fetcher: CacheFetcher, source: Source) -> bytes:
    while True:
        try:
            with fetcher.open(source) as stream:
                return stream.read()
        except NextUrl:
            continue


def run(context: Context, source: Source, read) -> bytes | None:
    """Fetch once, in a process of its own; None if it fails by name, or is killed."""
    try:
        return read(CacheFetcher(context, context.path / "work"), source)
    except (DatamaestroError, Killed) as error:
        event(f"a run ends in {type(error).__name__}")
        return None


def lose(context: Context, count: int) -> None:
    """Take bytes from the end of what is in the cache: they weren't on the disk yet."""
    for path in context.cachepath.glob("*.part"):
        os.truncate(path, max(0, path.stat().st_size - count))


@fuzz
@given(
    host=servers(),
    mirror=st.none() | servers(),
    declared=st.booleans(),
    lost=st.lists(st.sampled_from([0, 0, 0, 1, 30]), min_size=4, max_size=4),
    read=st.sampled_from([whole, streamed]),
)
def test_what_comes_is_one_version_or_a_named_error(quick, host, mirror, declared, lost, read):
    available = {HOST: host} if mirror is None else {HOST: host, MIRROR: mirror}
    wanted = host.versions[-1]
    digest = hashlib.sha256(wanted).hexdigest() if declared else None
    source = Source(tuple(available), sha256=digest)
    with tempfile.TemporaryDirectory() as folder:
        context = ServedContext(Path(folder), available)
        for count in lost:
            found = run(context, source, read)
            if found is not None:
                break
            lose(context, count)
        else:
            for server in available.values():
                server.script.clear()
            host.now = len(host.versions) - 1
            found = run(context, source, read)
            assert found is not None, "a server in good health is enough"
        if declared:
            assert found == wanted
        else:
            assert found in {version for server in available.values() for version in server.had}


@pytest.mark.parametrize("read", [whole, streamed])
@pytest.mark.parametrize("cut", range(0, 61, 6))
def test_every_cut_of_a_version_that_is_replaced_is_survived(quick, context, read, cut):
    old, new = b"o" * 60, b"n" * 60
    server = Server([old, new], [Behaviour(publishes_meanwhile=True, cut=cut)])
    served = ServedContext(context.path, {HOST: server})
    assert run(served, Source((HOST,)), read) == (old if cut == 60 else new)
