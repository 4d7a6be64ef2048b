"""Partial files: one transfer's own, until another takes them over."""

import errno
import json
import os
import shutil
from io import FileIO

import pytest

from datamaestro.errors import DataDirectoryError
from datamaestro.transfer import growing_file, partial as partials
from datamaestro.transfer.cache_entry import CacheEntry
from datamaestro.transfer.growing_file import GrowingFile
from datamaestro.transfer.notes import origin, received_bytes
from datamaestro.transfer.partial import Partial
from datamaestro.transfer.target import StartOver

URL = "https://example.org/x"


class Answer:
    """What a server tells about the content."""

    def __init__(self, validator="v1", size=10):
        self.validator = validator
        self.size = size


@pytest.fixture
def entry(tmp_path):
    return CacheEntry(tmp_path, "hash")


@pytest.fixture
def interrupted(entry):
    """Give a partial file with four bytes, whose process is gone."""
    partial = Partial(entry, URL)
    partial.begin(Answer())
    with partial.open() as file:
        file.write(b"four")
    return partial


def successor(entry, url=URL):
    partial = Partial(entry, url)
    partial.take_over()
    return partial


def test_what_another_transfer_left_is_taken_over(entry, interrupted):
    partial = successor(entry)
    assert partial.resumable() == (4, "v1", 10)
    assert partial.path.read_bytes() == b"four"
    assert not interrupted.path.exists()


def test_only_one_of_two_can_take_it(entry, interrupted):
    first, second = Partial(entry, URL), Partial(entry, URL)
    first.take_over()
    second.take_over()
    assert [partial.path.exists() for partial in (first, second)] == [False, True]
    assert first.resumable() == (0, None, None)


def test_the_one_whose_file_was_taken_starts_over(entry, interrupted, tmp_path):
    successor(entry)
    with pytest.raises(StartOver, match="taken by another process"):
        interrupted.finish(tmp_path / "hash.dl")
    with pytest.raises(StartOver, match="taken by another process"):
        interrupted.open()


def test_the_one_that_starts_over_leaves_the_other_alone(entry, interrupted, tmp_path):
    thief = successor(entry)
    fresh = Partial(entry, URL)  # which takes nothing over
    fresh.begin(Answer())
    thief.finish(tmp_path / "hash.dl")
    assert (tmp_path / "hash.dl").read_bytes() == b"four"


@pytest.mark.parametrize("answer", [Answer(validator=None), Answer(size=3)])
def test_what_cannot_be_identified_or_is_too_long_is_of_no_use(entry, answer):
    partial = Partial(entry, URL)
    partial.begin(answer)
    partial.path.write_bytes(b"four")
    assert successor(entry).resumable() == (0, None, None)


def test_what_came_from_elsewhere_stays_until_something_better_begins(entry, interrupted):
    partial = successor(entry, "https://example.org/other")
    assert partial.resumable() == (0, None, None)
    assert interrupted.path.read_bytes() == b"four"
    partial.begin(Answer())
    assert not interrupted.path.exists()


@pytest.mark.parametrize(
    "file", ["", "..", "../hash.0123abcd.part", "other.0123abcd.part", 5, None]
)
def test_a_note_that_cannot_be_one_says_nothing(entry, tmp_path, file):
    note = {"file": file, "url": URL, "validator": "v1", "size": 10}
    (tmp_path / "hash.json").write_text(json.dumps(note))
    (tmp_path / "other.0123abcd.part").write_bytes(b"another")
    partial = successor(entry)
    partial.begin(Answer())
    assert (tmp_path / "other.0123abcd.part").exists()
    assert (partial.resumable(), received_bytes(entry)) == ((0, "v1", 10), 0)


@pytest.mark.parametrize(
    "wrong", [{"url": 5}, {"validator": 5}, {"validator": ["v1"]}, {"size": "10"}, {"size": 1.5}]
)
def test_a_note_whose_facts_can_not_be_any_says_nothing(entry, interrupted, tmp_path, wrong):
    path = tmp_path / "hash.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | wrong))
    assert successor(entry).resumable() == (0, None, None)
    assert origin(entry) is None


def test_of_a_whole_file_the_last_byte_is_asked_for_again(entry):
    partial = Partial(entry, URL)
    partial.begin(Answer(size=4))
    partial.path.write_bytes(b"four")
    assert successor(entry).resumable() == (3, "v1", 4)


def test_what_can_not_be_taken_over_now_is_left_for_later(entry, interrupted, monkeypatch):
    def full(*_arguments):
        raise DataDirectoryError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(partials, "write_note", full)
        with pytest.raises(DataDirectoryError):
            successor(entry)
    assert successor(entry).resumable() == (4, "v1", 10)


@pytest.fixture
def read_only(monkeypatch):
    """Let partial files be a colleague's, whom root would play in vain: it may write them all."""
    monkeypatch.setattr(os, "access", lambda *_arguments: False)


def test_what_can_not_be_copied_now_is_left_whole(entry, interrupted, read_only, monkeypatch):
    def full(_source, destination):
        destination.write_bytes(b"f")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copyfile", full)
        with pytest.raises(OSError, match="No space left"):
            successor(entry)
    assert interrupted.path.read_bytes() == b"four"
    assert {path.name for path in entry.folder.iterdir()} == {interrupted.path.name, "hash.json"}


def test_a_copy_of_what_was_flushed_is_flushed(entry, interrupted, read_only, monkeypatch):
    flushed = []
    monkeypatch.setattr(partials, "flush_file", lambda path: flushed.append(path.stat().st_ino))
    assert successor(entry).path.stat().st_ino in flushed


def test_another_version_gets_another_file(entry, interrupted):
    with interrupted.open() as slow:
        interrupted.begin(Answer("v2"))
        slow.write(b"late")
    assert interrupted.path.read_bytes() == b""


@pytest.mark.parametrize("note", ["", "[]", '{"url": "x"}'])
def test_a_note_that_cannot_be_read_is_no_note(entry, interrupted, tmp_path, note):
    (tmp_path / "hash.json").write_text(note)
    assert successor(entry).resumable() == (0, None, None)
    assert origin(entry) is None


def test_the_note_tells_where_a_whole_download_came_from(entry, interrupted, tmp_path):
    interrupted.finish(tmp_path / "hash.dl")
    assert origin(entry) == (URL, "v1", 10)


def test_where_a_download_came_from_is_told_without_secrets(entry, tmp_path):
    partial = Partial(entry, "memory://host/two words?token=t")
    partial.begin(Answer())
    partial.finish(tmp_path / "hash.dl")
    assert origin(entry).url == "memory://host/two words?token=***"


def test_what_is_there_of_a_download_is_counted_whole_or_not(entry, tmp_path):
    assert received_bytes(entry) == 0
    partial = Partial(entry, URL)
    partial.begin(Answer())
    with partial.open() as file:
        file.write(b"four")
    assert received_bytes(entry) == 4
    partial.finish(tmp_path / "hash.dl")
    assert received_bytes(entry) == 4


def test_removing_takes_the_file_and_its_note(entry, interrupted, tmp_path):
    interrupted.remove()
    assert list(tmp_path.iterdir()) == []


def test_the_note_about_what_another_transfer_has_taken_stays(entry, interrupted):
    successor(entry)
    interrupted.remove()
    assert successor(entry).resumable() == (4, "v1", 10)


def test_the_note_tells_the_size_that_a_server_did_not_tell(entry, tmp_path):
    partial = Partial(entry, URL)
    partial.begin(Answer(size=None))
    partial.path.write_bytes(b"four")
    partial.finish(tmp_path / "hash.dl")
    assert origin(entry).size == 4


# --- what the disk has


def refused(number):
    def refuse(*_arguments):
        raise OSError(number, os.strerror(number))

    return refuse


@pytest.fixture
def another_boot(monkeypatch):
    """Give a function that lets the machine lose its power, and start again."""
    return lambda: monkeypatch.setattr(partials, "boot", lambda: os.urandom(4).hex())


@pytest.fixture
def two_of_six(entry, monkeypatch):
    """Give a partial file of six bytes, whose first two were flushed and noted."""
    partial = Partial(entry, URL)
    partial.begin(Answer())
    with partial.open() as file:
        monkeypatch.setattr(growing_file, "AT_A_TIME", 2)
        file.write(b"on")
        monkeypatch.setattr(growing_file, "AT_A_TIME", 100)
        file.write(b"late")
    return partial


def test_bytes_that_the_disk_refuses_at_the_end_do_not_count(entry, monkeypatch):
    partial = Partial(entry, URL)
    partial.begin(Answer())
    monkeypatch.setattr(os, "fsync", refused(errno.EDQUOT))
    with pytest.raises(OSError, match="quota"), partial.open() as file:
        file.write(b"four")
    assert partial.resumable().length == 0
    assert partial.path.read_bytes() == b""


def test_bytes_that_the_disk_refuses_later_do_not_count(two_of_six, monkeypatch):
    with two_of_six.open() as file:
        file.seek(6)
        monkeypatch.setattr(growing_file, "AT_A_TIME", 1)
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", refused(errno.EIO))
            with pytest.raises(OSError, match="Input/output"):
                file.write(b"more")
    assert two_of_six.path.read_bytes() == b"on"


@pytest.mark.parametrize(("number", "left"), [(errno.EDQUOT, 2), (errno.EIO, 2), (errno.ENOSPC, 6)])
def test_an_error_that_may_be_of_earlier_bytes_takes_those_that_are_not_on_disk(
    two_of_six, monkeypatch, number, left
):
    class Refusing(FileIO):
        write = refused(number)

    class Growing(GrowingFile, Refusing):
        """A file that its disk refuses to write."""

    monkeypatch.setattr(partials, "GrowingFile", Growing)
    with two_of_six.open() as file:
        file.seek(6)
        with pytest.raises(OSError, match=os.strerror(number)):
            file.write(b"more")
    assert two_of_six.resumable().length == left


def test_what_a_killed_process_wrote_counts_flushed_or_not(entry, two_of_six):
    assert successor(entry).resumable().length == 6


def test_after_a_loss_of_power_what_was_flushed_counts(entry, two_of_six, another_boot):
    another_boot()
    partial = successor(entry)
    assert partial.resumable() == (2, "v1", 10)
    assert partial.path.read_bytes() == b"on"


def test_what_another_machine_may_still_write_to_counts_no_more(entry, two_of_six, another_boot):
    with two_of_six.open() as slow:
        another_boot()
        successor(entry)
        slow.seek(6)
        slow.write(b"more")
    assert successor(entry).resumable().length == 2


def test_the_machine_that_may_still_write_to_it_trusts_it_no_more(entry, two_of_six, monkeypatch):
    with two_of_six.open() as slow, monkeypatch.context() as patch:
        patch.setattr(partials, "boot", lambda: "that of another machine")
        successor(entry)
        slow.seek(6)
        slow.write(b"more")
    assert successor(entry).resumable().length == 2


@pytest.mark.parametrize("flushed", ["2", None, 2.5])
def test_a_note_that_cannot_tell_what_was_flushed_says_nothing(entry, two_of_six, flushed):
    path = entry.note
    path.write_text(json.dumps(json.loads(path.read_text()) | {"flushed": flushed}))
    assert successor(entry).resumable() == (0, None, None)
