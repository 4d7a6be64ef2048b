"""Documents on disk: what wasn't written by this program is an error that readers expect."""

import pytest

from datamaestro.disk.documents import read_json, read_toml
from datamaestro.errors import SettingsError
from datamaestro.inventory.cache import cached_files
from datamaestro.inventory.reachability import dead_urls
from datamaestro.locks.holder import Holder
from datamaestro.settings import Settings
from datamaestro.state_files import recorded
from datamaestro.transfer.cache_entry import CacheEntry
from datamaestro.transfer.notes import received_bytes

DEEP = "[" * 100_000


def test_a_document_gives_what_it_says(tmp_path):
    (tmp_path / "x.json").write_text('{"a": [1, "é"]}', encoding="utf-8")
    (tmp_path / "x.toml").write_text('\ufeffa = [1, "é"]', encoding="utf-8")
    assert read_json(tmp_path / "x.json") == read_toml(tmp_path / "x.toml") == {"a": [1, "é"]}


@pytest.mark.parametrize("read", [read_json, read_toml])
@pytest.mark.parametrize("content", [b"{oops", b"\xff", DEEP.encode(), b"a = " + DEEP.encode()])
def test_what_is_no_document_is_an_error_of_its_value(tmp_path, read, content):
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(ValueError):  # noqa: PT011  (which one is the parser's affair)
        read(tmp_path / "x")


def test_settings_that_are_nested_too_deeply_cannot_be_read(tmp_path):
    (tmp_path / "settings.json").write_text(DEEP)
    with pytest.raises(SettingsError, match=r"can't be read: it is nested too deeply"):
        Settings.load(tmp_path / "settings.json")


def test_what_is_nested_too_deeply_tells_as_little_as_what_is_missing(tmp_path):
    for name in ("x.holder", "x.json", ".state.json", "sources.json"):
        (tmp_path / name).write_text(DEEP)
    (tmp_path / "x.dl").touch()
    assert Holder.read(tmp_path / "x.lock") is None
    assert received_bytes(CacheEntry(tmp_path, "x")) == 0
    assert {entry.url for entry in cached_files(tmp_path)} == {None}
    assert recorded(tmp_path) == {}
    assert dead_urls(tmp_path) == set()
