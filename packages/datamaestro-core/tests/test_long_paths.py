"""Windows says of a path that is too long that it isn't there: nobody waits for it to appear."""

import os

import as_on_windows
import pytest
from fetched import Fetched

from datamaestro.context import Context
from datamaestro.data import File
from datamaestro.definitions import dataset
from datamaestro.download import FileResource
from datamaestro.errors import DataDirectoryError

URL = "memory://host/data"

CACHED = len("/cache/") + 64 + len(".0123abcd.part")
"""How much longer the path of a download is than that of the data directory."""


def context_of_length(tmp_path, length):
    """Give a context whose data directory has a path of so many characters."""
    filler = "d" * (length - len(str(tmp_path)) - 1)
    folders = [filler[start : start + 40] for start in range(0, len(filler), 41)]
    path = tmp_path.joinpath(*folders)
    path.mkdir(parents=True)
    return Context(path)


def prepare(context, resource):
    @resource
    @dataset(File, id="org.example.long")
    def long(data):
        return {"path": data}

    return context.prepare(long)


def test_a_file_whose_path_is_too_long_is_an_error_at_once(tmp_path, memory, monkeypatch):
    memory.CONTENT[URL] = b"abc"
    context = context_of_length(tmp_path, 120)
    as_on_windows.refuse_long_paths(monkeypatch)
    with pytest.raises(DataDirectoryError, match="too long for Windows") as caught:
        prepare(context, Fetched(f"{'n' * 150}.txt", URL, name="data"))
    assert "n" * 150 in str(caught.value)


def test_a_cache_whose_path_is_too_long_is_taken_by_no_process(tmp_path, memory, monkeypatch):
    memory.CONTENT[URL] = b"abc"
    context = context_of_length(tmp_path, as_on_windows.LONGEST + 1 - CACHED)
    as_on_windows.refuse_long_paths(monkeypatch)
    with pytest.raises(DataDirectoryError, match="too long for Windows"):
        prepare(context, Fetched("data.txt", URL, name="data"))


def test_a_handler_that_makes_too_long_a_path_needs_no_error_of_its_own(tmp_path, monkeypatch):
    class Long(FileResource):
        def _download(self, destination):
            os.close(os.open(destination.with_name("n" * 200), os.O_CREAT | os.O_WRONLY))

    context = context_of_length(tmp_path, 100)
    as_on_windows.refuse_long_paths(monkeypatch)
    with pytest.raises(DataDirectoryError, match="too long for Windows"):
        prepare(context, Long("data.txt"))
