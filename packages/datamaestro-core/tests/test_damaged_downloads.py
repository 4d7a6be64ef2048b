"""Downloads that their reader finds damaged once they have come whole."""

import hashlib

import pytest
from fetched import Fetched

from datamaestro.data import File, Folder
from datamaestro.definitions import Dataset, dataset
from datamaestro.download import Source
from datamaestro.errors import DataFormatError, VerificationError

URL, MIRROR, OTHER = "memory://host/a", "memory://mirror/a", "memory://host/b"


class Picky(Fetched):
    """A file made from several downloads, each of which has to be good.

    :param sources: the downloads
    :param failure: the kind of error that a bad one raises
    """

    def __init__(self, filename, *sources, failure=DataFormatError, **arguments):
        super().__init__(filename, sources[0], **arguments)
        self.all_sources = sources
        self.failure = failure

    @property
    def sources(self):
        return self.all_sources

    def _download(self, destination):
        content = [self.fetch(source).read_bytes() for source in self.sources]
        for item in content:
            if not item.startswith(b"good"):
                raise self.failure(f"damaged: {item.decode()}")
        destination.write_bytes(b"".join(content))


def only(resource):
    return resource(dataset(File, id="org.example.picky")(lambda data: {"path": data}))


def asked(memory):
    return [request.url for request in memory.REQUESTS]


@pytest.fixture
def served(memory, quick):
    memory.CONTENT.update({URL: b"bad", MIRROR: b"good mirror", OTHER: b"good other"})
    return memory


@pytest.mark.parametrize("failure", [DataFormatError, ValueError, VerificationError])
def test_the_next_url_is_asked_for_what_its_reader_refuses(context, served, failure, caplog):
    definition = only(Picky("data", Source((URL, MIRROR)), failure=failure))
    assert context.prepare(definition).path.read_bytes() == b"good mirror"
    assert asked(served) == [URL, MIRROR]
    assert "damaged: bad" in caplog.text


def test_so_it_is_if_the_cache_has_it_from_an_earlier_run(context, served):
    definition = only(Picky("data", Source((URL, MIRROR))))
    served.CONTENT[MIRROR] = b"bad as well"
    with pytest.raises(DataFormatError, match="bad as well"):
        context.prepare(definition)
    assert asked(served) == [URL, MIRROR]
    served.CONTENT[MIRROR] = b"good mirror"
    assert context.prepare(definition).path.read_bytes() == b"good mirror"


def test_of_several_downloads_those_are_asked_for_again_that_can_be(context, served):
    definition = only(Picky("data", Source((URL, MIRROR)), Source((OTHER,))))
    assert context.prepare(definition).path.read_bytes() == b"good mirrorgood other"
    assert asked(served) == [URL, OTHER, MIRROR]


def test_no_download_is_asked_for_without_end(context, served):
    definition = only(Picky("data", Source((URL, MIRROR)), Source((OTHER,))))
    served.CONTENT.update({MIRROR: b"bad", OTHER: b"bad"})
    for _ in range(2):
        served.REQUESTS.clear()
        with pytest.raises(DataFormatError, match="damaged: bad"):
            context.prepare(definition)
        assert asked(served) == [URL, OTHER, MIRROR]


def test_a_download_that_its_digest_vouches_for_is_asked_for_once(context, served):
    sha256 = hashlib.sha256(b"bad").hexdigest()
    definition = only(Picky("data", Source((URL, MIRROR), sha256=sha256)))
    with pytest.raises(DataFormatError, match="damaged: bad"):
        context.prepare(definition)
    assert asked(served) == [URL]


def test_a_damaged_download_leaves_the_others_to_be_made(context, served):
    @dataset(id="org.example.three")
    class Three(Dataset):
        BAD = Picky("bad", Source((URL,)))
        GOOD = Fetched("good", OTHER)
        WORSE = Picky("worse", Source((URL,)))

        def config(self) -> Folder:
            return Folder(path=self.GOOD.path.parent)

    with pytest.raises(DataFormatError, match="2 resources can't be made"):
        context.prepare(Three)
    assert set(context.missing(Three)) == {"BAD", "WORSE"}
