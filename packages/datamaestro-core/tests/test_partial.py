"""Partial files: one transfer's own, until another takes them over."""

import json

import pytest

from datamaestro.transfer.partial import Partial, origin, received_bytes
from datamaestro.transfer.target import StartOver

URL = "https://example.org/x"


class Answer:
    """What a server tells about the content."""

    def __init__(self, validator="v1", size=10):
        self.validator = validator
        self.size = size


@pytest.fixture
def entry(tmp_path):
    return tmp_path / "hash"


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
