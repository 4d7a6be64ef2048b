"""Resuming over HTTP: one version that the server had, or a named error, never a mixture.

``DATAMAESTRO_FUZZ=thorough`` tries many more examples.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from datetime import UTC, datetime
from email.utils import format_datetime
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from datamaestro.context import Context
from datamaestro.download import Source
from datamaestro.errors import DatamaestroError
from datamaestro.preparation.fetch import CacheFetcher
from datamaestro.testing import FileServer
from datamaestro.testing.faults import (
    Chunked,
    DropAfter,
    Encoded,
    Fault,
    IgnoreRange,
    IgnoreValidator,
    Page,
    Redirect,
    Replace,
    ShortBody,
    Status,
    Together,
    WeakValidator,
    WithoutLength,
    WithoutValidator,
    WrongLength,
    WrongRange,
)

COUNTS = {"short": 40, "thorough": 5_000}
fuzz = settings(
    max_examples=COUNTS[os.environ.get("DATAMAESTRO_FUZZ", "short")],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

SIZE = 3000
VERSIONS = [bytes([number]) * (SIZE + 7 * (number % 3)) for number in range(6)]
paths = (f"/{number}" for number in count())


class Modified(Fault):
    """The time of the last change, another one for each content, is all that identifies it."""

    def identify(self, answer):
        seconds = int.from_bytes(hashlib.md5(answer.content).digest()[:3])
        answer.etag = None
        answer.modified = format_datetime(datetime.fromtimestamp(seconds, UTC), usegmt=True)


identifying = st.sampled_from(
    [Fault(), Fault(), Fault(), Modified(), WeakValidator(), WithoutValidator(), IgnoreValidator()]
)
cuts = st.integers(0, SIZE + 20)
going_wrong = st.one_of(
    cuts.map(DropAfter),
    cuts.map(DropAfter),
    st.builds(Replace, cuts, st.sampled_from(VERSIONS)),
    st.builds(Replace, cuts, st.sampled_from(VERSIONS)),
    st.integers(1, SIZE // 2).map(ShortBody),
    st.integers(1, 100).map(WrongLength),
    st.sampled_from([Fault(), IgnoreRange(), WrongRange(), Encoded(), Chunked(), WithoutLength()]),
    st.sampled_from([Status(503, "0"), Status(416), Status(403), Page(), Redirect("/elsewhere")]),
)
answers = st.lists(st.builds(Together, identifying, going_wrong), max_size=10)


@pytest.fixture(scope="module")
def server():
    with FileServer() as server:
        server.files["/elsewhere"] = VERSIONS[0]
        yield server


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr("datamaestro.transfer.transfer.FIRST_WAIT", 0.0)


@fuzz
@given(runs=st.lists(st.tuples(st.sampled_from(VERSIONS), answers), min_size=1, max_size=3))
def test_what_comes_is_one_version_or_a_named_error(quick, server, runs):
    path = next(paths)
    source = Source((server.url(path),))
    with tempfile.TemporaryDirectory() as folder:
        for version, faults in [*runs, (VERSIONS[-1], [])]:
            server.files[path] = version
            server.faults[path] = list(faults)
            context = Context(Path(folder))
            try:
                found = CacheFetcher(context, context.path / "work").fetch(source).read_bytes()
            except DatamaestroError:
                assert faults, "a server in good health is enough"
                continue
            assert found in VERSIONS
            break
        else:
            raise AssertionError("the last run is against a server in good health")
