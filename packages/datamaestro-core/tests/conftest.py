"""A transport for the kernel's own tests, which must not need any plugin.

It is a real plugin, in a distribution on disk: ``memory:`` URLs give what a test
puts into ``memory.CONTENT``, and fail as a test wants it.
"""

import errno
import importlib
import os
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from datamaestro.context import Context
from datamaestro.testing import write_distribution

# The modules beside this file are tools of these tests, and no package.
sys.path.insert(0, str(Path(__file__).parent))

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
def folder(tmp_path):
    """Give a folder with a file, a folder and a link in it."""
    folder = tmp_path / "folder"
    (folder / "deep").mkdir(parents=True)
    (folder / "a").write_text("12345")
    (folder / "deep" / "b").write_text("1")
    if sys.platform != "win32":
        (folder / "link").symlink_to("nowhere")
    return folder


@pytest.fixture
def unreadable():
    """Give a block in which files of some name can't be read, as while a disk or network fails."""

    @contextmanager
    def unreadable(name, number=errno.EIO):
        def read(path, *arguments, read_text=Path.read_text, **options):
            if path.name == name:
                raise OSError(number, os.strerror(number), str(path))
            return read_text(path, *arguments, **options)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Path, "read_text", read)
            yield

    return unreadable


@pytest.fixture
def quick(monkeypatch):
    """Make transfers wait no time before they try again."""
    monkeypatch.setattr("datamaestro.transfer.transfer.FIRST_WAIT", 0.0)
    monkeypatch.setattr("datamaestro.transfer.transfer.LONGEST_WAIT", 0.0)


@pytest.fixture
def small_pieces(monkeypatch):
    """Make pieces so small that little content has many."""
    monkeypatch.setattr("datamaestro.transfer.ranges.BUFFER", 16_000)
    monkeypatch.setattr("datamaestro.transfer.ranges.SMALLEST_PIECE", 1)
    monkeypatch.setattr("datamaestro.transfer.ranges.LARGEST_PIECE", 4_000)


@pytest.fixture
def another_context(home):
    """Give a second context, with a data directory of its own."""
    return Context(home / "another")


SHELF = """
from datamaestro import Repository

class Shelf(Repository):
    NAMESPACE = "shelf"
    DESCRIPTION = "What the tests declare"
"""

SHELF_RESOURCES = '''
import hashlib

from datamaestro.data import Base, File, Folder
from datamaestro.definitions import Dataset, dataset
from datamaestro.download import FileResource, FilesCopy, FolderResource, Source
from datamaestro.utils import HashCheck


class Fetched(FileResource):
    """A file that comes from a URL."""

    def __init__(self, filename, *urls, name=None, transient=False, **facts):
        super().__init__(filename, name=name, transient=transient)
        self.source = Source(urls, **facts)

    @property
    def sources(self):
        return (self.source,)

    def _download(self, destination):
        self.fetch_to(self.source, destination)


class HashChecked(Fetched):
    """A file that comes from a URL, and is checked when it is finished."""

    checker = HashCheck(hashlib.sha256(b"alpha" * 1000).hexdigest(), "sha256")

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.checker = type(self).checker


class FetchedFolder(FolderResource):
    """A folder of files that come from URLs, by their names."""

    def __init__(self, name=None, *, transient=False, **urls):
        super().__init__(name, transient=transient)
        self.by_name = {name: Source((url,)) for name, url in urls.items()}

    @property
    def sources(self):
        return tuple(self.by_name.values())

    def _download(self, destination):
        for name, source in self.by_name.items():
            (destination / name).parent.mkdir(parents=True, exist_ok=True)
            self.fetch_to(source, destination / name)


class Made(FileResource):
    """A file that comes from nowhere."""

    def _download(self, destination):
        destination.write_text("made")
'''

SHELF_DEFINITIONS = {
    "alpha": '''
@Fetched("data.txt", "memory://host/alpha")
@dataset(File, id="org.example.alpha")
def alpha(data):
    """Alpha"""
    return {"path": data}
''',
    "omega": '''
@Fetched("data.txt", "memory://host/alpha", sha256="0" * 64)
@dataset(File, id="org.example.omega")
def omega(data):
    """Omega, whose digest is another"""
    return {"path": data}
''',
    "theta": '''
@HashChecked("data.txt", "memory://host/alpha")
@dataset(File, id="org.example.theta")
def theta(data):
    """Theta, whose finished file has a checker"""
    return {"path": data}
''',
    "zeta": '''
@Fetched("data.txt", "memory://host/zeta", "memory://mirror/zeta", size=4)
@dataset(File, id="org.example.zeta")
def zeta(data):
    """Zeta, which has a mirror"""
    return {"path": data}
''',
    "both": '''
@Fetched("second", "memory://host/b")
@Fetched("first", "memory://host/a")
@dataset(File, id="org.example.both")
def both(first, second):
    """Two files"""
    return {"path": first}
''',
    "many": '''
@FetchedFolder("tree", **{f"n{n}": f"memory://host/{n}" for n in range(250)})
@dataset(Folder, id="org.example.many")
def many(tree):
    """Many small files"""
    return {"path": tree}
''',
    "beta": '''
@FetchedFolder("tree", a="memory://host/a", b="memory://host/b")
@dataset(Folder, id="org.example.beta")
def beta(tree):
    """Beta"""
    return {"path": tree}
''',
    "gamma": '''
@Made("data.txt")
@dataset(File, id="org.example.gamma")
def gamma(data):
    """Gamma"""
    return {"path": data}
''',
    "delta": '''
@dataset(Folder, id="org.example.delta")
class Delta(Dataset):
    """Delta"""

    ALL = FetchedFolder(transient=True, a="memory://host/a", b="memory://host/b")
    FEW = FilesCopy(ALL, {"only": "a"})

    def config(self):
        return Folder(path=self.FEW.path)
''',
}
"""Each in a module of its own: those of one module would share their downloads."""


@pytest.fixture
def shelf(site_packages, memory):
    """Install a repository ``shelf`` with a few datasets, and give the ``memory:`` transport."""
    write_distribution(
        site_packages,
        "repository-shelf",
        files={
            "shelf/__init__.py": SHELF,
            "shelf/config/__init__.py": "",
            "shelf/config/org/__init__.py": "",
            "shelf/resources.py": SHELF_RESOURCES,
            **{
                f"shelf/config/org/{name}.py": f"from shelf.resources import *\n{text}"
                for name, text in SHELF_DEFINITIONS.items()
            },
        },
        entry_points={"datamaestro.repositories": {"shelf": "shelf:Shelf"}},
    )
    for name in ("alpha", "a", "b"):
        memory.CONTENT[f"memory://host/{name}"] = name.encode() * 1000
    return memory
