"""Names: which are safe, where, and what they mean."""

from __future__ import annotations

import tracemalloc

import pytest
from archive_builders import Entry, tar, tar_file, zipped
from archive_corpus import UNSAFE_NAMES
from archive_routes import make, stored
from hypothesis import given, strategies as st

from datamaestro_download_archive import TarDownloader, UnsafeArchiveError, ZipDownloader
from datamaestro_download_archive.names import fold, resolve_below, resolve_link, safe_name
from datamaestro_download_archive.plain_names import are_all_plain, folders_above, with_folders


@pytest.mark.parametrize(
    "name", ["a", "a/b.c", "a b/c-d_e (1).txt", ".hidden", "a..b", "...", "é", "10:30.txt"]
)
def test_ordinary_names_stay_as_they_are(name, monkeypatch):
    monkeypatch.setattr("datamaestro_download_archive.names.WINDOWS", False)
    assert safe_name(name, "x") == name


@pytest.mark.parametrize(
    "name",
    ["con", "NUL.txt", "a/com1", "a ", "a.", "ab:c", "what?", "a|b", "a\\b", "aux .c", "CONIN$"],
)
def test_names_that_windows_can_not_hold_are_refused_there(name, monkeypatch):
    monkeypatch.setattr("datamaestro_download_archive.names.WINDOWS", True)
    with pytest.raises(UnsafeArchiveError, match="Windows"):
        safe_name(name, "x")


@pytest.mark.parametrize("encoding", ["gbk", "shift_jis", "big5"])
def test_a_name_in_another_encoding_is_as_long_as_its_bytes(encoding, monkeypatch):
    monkeypatch.setattr("datamaestro_download_archive.names.WINDOWS", False)
    name = ("文" * 127).encode(encoding).decode("utf-8", "surrogateescape")
    assert safe_name(f"{name}x", "x") == f"{name}x"
    with pytest.raises(UnsafeArchiveError, match="too long"):
        safe_name(f"{name}xx", "x")


@pytest.mark.parametrize("name", ["console", "a.b.c", "com10", "nullable/x", "a b"])
def test_names_that_only_look_like_it_are_not(name, monkeypatch):
    monkeypatch.setattr("datamaestro_download_archive.names.WINDOWS", True)
    assert safe_name(name, "x") == name


@given(st.lists(st.text("ab./\\:\n\x7f\0é~ ", max_size=8).map(str.encode), max_size=4))
def test_the_quick_look_at_all_names_never_misses_one_that_is_not_plain(names):
    if are_all_plain(names):
        for name in names:
            assert safe_name(name.decode(), "x").rstrip("/") == name.decode().rstrip("/")


@pytest.mark.parametrize("name", [name for name, _ in UNSAFE_NAMES.values()])
def test_no_unsafe_name_is_plain(name):
    encoded = name.encode()
    assert not are_all_plain([b"a", encoded, b"b"]) or name.count("/") > 100


@given(st.lists(st.lists(st.sampled_from("abc"), min_size=1).map("/".join)))
def test_folders_above_names_are_those_at_all_heights(names):
    parents = {name.rpartition("/")[0] for name in names}
    assert set().union(*folders_above(names)) == with_folders(parents)


def test_where_links_lead_takes_little_more_memory_than_their_texts():
    target = f"{'a long name of a folder/' * 127}file"
    tracemalloc.start()
    links = [resolve_link(f"d/{number}", target, "x") for number in range(100)]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2 * len(links) * len(target)
    assert len(list(links[0].through())) == 128


def test_what_a_link_passes_outside_of_the_wanted_folder_is_no_path_in_it():
    target = resolve_below("wanted/link", "../another/../wanted/d/file", "x", "wanted")
    assert target.place == "d/file"
    assert list(target.through()) == ["d", "d/file"]


def test_forms_and_cases_fold_to_one():
    assert fold("STRASSE/É") == fold("straße/e\u0301")


@pytest.mark.parametrize(
    ("one", "other"), [("File.txt", "file.TXT"), ("\u00e9", "e\u0301"), ("D/x", "d/y")]
)
@pytest.mark.parametrize("handler", [ZipDownloader, TarDownloader])
def test_names_that_are_one_for_the_file_system_are_refused_and_others_kept(
    handler, one, other, tmp_path
):
    """What the file system of the tests does decides which of the two is tested."""
    probe = tmp_path / "probe"
    probe.mkdir()
    (probe / one.split("/")[0]).touch()
    clash = (probe / other.split("/")[0]).exists()
    if handler is ZipDownloader:
        data = zipped(Entry(one), Entry(other))
    else:
        data = tar(tar_file(one), tar_file(other))
    resource = handler("data", stored(data, tmp_path).as_uri())
    if clash:
        with pytest.raises(UnsafeArchiveError, match="same name"):
            make(resource, tmp_path / "work")
    else:
        made = make(resource, tmp_path / "work")
        assert {
            path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file()
        } == {
            one,
            other,
        }
