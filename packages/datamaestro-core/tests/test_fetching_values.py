"""Values that are made from what is fetched for them each time."""

import pytest
from fetched import Fetched

from datamaestro.data import Generic
from datamaestro.definitions import Dataset, dataset
from datamaestro.download import Source, ValueResource

URL, OTHER = "memory://host/words", "memory://host/file"


class Words(ValueResource):
    """The words of a text."""

    def __init__(self, url):
        super().__init__()
        self.source = Source.of(url)

    @property
    def sources(self):
        return (self.source,)

    def prepare(self):
        return self.fetch(self.source).read_text().split()


@dataset(id="org.example.words")
class WithWords(Dataset):
    FILE = Fetched("file", OTHER)
    WORDS = Words(URL)

    def config(self) -> Generic:
        return Generic(words=self.WORDS.prepare(), file=self.FILE.path)


class Unreadable(Words):
    """The words of a text that can't be read."""

    def prepare(self):
        super().prepare()
        raise ValueError("can't be read")


@dataset(id="org.example.unreadable")
class WithUnreadable(Dataset):
    WORDS = Unreadable(URL)

    def config(self) -> Generic:
        return Generic(words=self.WORDS.prepare())


@pytest.fixture(autouse=True)
def served(memory):
    memory.CONTENT.update({URL: b"a b c", OTHER: b"file"})


def test_a_value_is_fetched_after_files_and_without_them(context):
    assert context.prepare(WithWords).words == ["a", "b", "c"]
    assert context.prepare(WithWords).words == ["a", "b", "c"]


def test_nothing_is_left_of_what_a_value_was_made_from(context):
    context.prepare(WithWords)
    assert not (context.folder(WithWords) / ".downloads").exists()
    assert list(context.cachepath.glob("*.dl")) == []


def test_a_value_that_fails_leaves_its_download_for_the_next_time(context):
    with pytest.raises(ValueError, match="can't be read"):
        context.prepare(WithUnreadable)
    assert not (context.folder(WithUnreadable) / ".downloads").exists()
    assert len(list(context.cachepath.glob("*.dl"))) == 1
