"""A transport for the kernel's own tests, which must not need any plugin.

It is a real plugin, in a distribution on disk: ``memory:`` URLs give what a test
puts into ``memory.CONTENT``, and fail as a test wants it.
"""

import importlib
import sys

import pytest

from datamaestro.context import Context
from datamaestro.testing import write_distribution

MEMORY = """
import hashlib

from datamaestro.download import Response, Transport
from datamaestro.errors import TransportError

CONTENT = {}     # URL to bytes
CUT_AFTER = {}   # URL to the offsets at which the next transfers break off
REFUSED = {}     # URL to the error that opening it raises
NO_VALIDATOR = set()
REQUESTS = []


class MemoryResponse(Response):
    def __init__(self, url, content, start, cut):
        self.url, self.content, self.start, self.cut = url, content, start, cut
        self.position = start
        self.size = len(content)
        self.validator = None if url in NO_VALIDATOR else hashlib.md5(content).hexdigest()

    def read(self, size):
        stop = min(self.position + min(size, 1000), len(self.content))
        if self.cut is not None and stop > self.cut:
            if self.position >= self.cut:
                raise TransportError("cut off", where=self.url, retry=True)
            stop = self.cut
        chunk = self.content[self.position:stop]
        self.position = stop
        return chunk

    def close(self):
        pass


class MemoryTransport(Transport):
    def open(self, request):
        REQUESTS.append(request)
        url = request.url
        if url in REFUSED:
            raise REFUSED[url]
        if url not in CONTENT:
            raise TransportError("not in memory", where=url)
        content = CONTENT[url]
        cuts = CUT_AFTER.get(url, [])
        cut = cuts.pop(0) if cuts else None
        response = MemoryResponse(url, content, 0, cut)
        if request.validator in (None, response.validator):
            response = MemoryResponse(url, content, request.start, cut)
        return response
"""

PLUGIN = """
from datamaestro.plugins import TransportSpec, hookimpl

@hookimpl
def datamaestro_transports():
    yield TransportSpec(("memory",), "memory:MemoryTransport")
"""


@pytest.fixture
def memory(site_packages):
    """Give the module of the ``memory:`` transport, installed as a plugin."""
    write_distribution(
        site_packages,
        "memory-transport",
        files={"memory.py": MEMORY, "memory_plugin.py": PLUGIN},
        entry_points={"datamaestro": {"memory": "memory_plugin"}},
    )
    return importlib.import_module("memory")


@pytest.fixture
def definitions(site_packages):
    """Give a function that makes a module from text; its datasets belong to no repository."""

    def make(text, name="example_definitions"):
        sys.modules.pop(name, None)
        (site_packages / f"{name}.py").write_text(text, encoding="utf-8")
        importlib.invalidate_caches()
        return importlib.import_module(name)

    return make


@pytest.fixture
def quick(monkeypatch):
    """Make transfers wait no time before they try again."""
    monkeypatch.setattr("datamaestro.preparation.transfer.FIRST_WAIT", 0.0)
    monkeypatch.setattr("datamaestro.preparation.transfer.LONGEST_WAIT", 0.0)


@pytest.fixture
def another_context(home):
    """Give a second context, with a data directory of its own."""
    return Context(home / "another")
