"""Resources of one dataset that are fetched beside one another."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from fetched import Fetched

from datamaestro.data import Base, File
from datamaestro.definitions import Param, dataset
from datamaestro.download import FileResource, FolderResource, Source, ValueResource
from datamaestro.errors import DownloadError, OfflineError, TransportError, VerificationError


class Files(Base):
    paths: Param[list]


class Meeting(Fetched):
    """Is made only when as many others are being made."""

    meeting = threading.Barrier(1)

    def _download(self, destination):
        self.meeting.wait(timeout=30)
        super()._download(destination)


def declared(*resources):
    """Declare a dataset of some files."""
    names = ", ".join(resource.filename for resource in resources)
    scope = {}
    exec(f"def files({names}): return {{'paths': [{names}]}}", {"__name__": "files"}, scope)
    definition = dataset(Files, id="org.example.files")(scope["files"])
    for resource in resources:
        definition = resource(definition)
    return definition


def urls(memory, count):
    found = [f"memory://host/{number}" for number in range(count)]
    for url in found:
        memory.CONTENT[url] = url.encode() * 100
    return found


def test_all_files_come(context, memory):
    found = urls(memory, 20)
    definition = declared(*(Fetched(f"f{n}", url) for n, url in enumerate(found)))
    paths = context.prepare(definition).paths
    assert [path.read_bytes() for path in paths] == [memory.CONTENT[url] for url in found]


def test_several_are_made_at_once(context, memory, monkeypatch):
    monkeypatch.setattr(Meeting, "meeting", threading.Barrier(4))
    found = urls(memory, 4)
    context.prepare(declared(*(Meeting(f"f{n}", url) for n, url in enumerate(found))))


class Pair(FileResource):
    """Is made of two downloads, the second opened while the first is."""

    meeting = threading.Barrier(1)

    def __init__(self, filename, *urls):
        super().__init__(filename)
        self.both = tuple(Source((url,)) for url in urls)

    @property
    def sources(self):
        return self.both

    @property
    def fingerprint(self):
        return f"{super().fingerprint} {self.both}"

    def _download(self, destination):
        with self.open(self.both[0]) as first:
            with suppress(threading.BrokenBarrierError):
                self.meeting.wait(timeout=2)  # those that begin anew meet nobody
            with self.open(self.both[1]) as second:
                destination.write_bytes(first.read() + second.read())


def test_two_that_open_the_same_downloads_in_another_order_do_not_wait_for_ever(
    context, memory, monkeypatch
):
    monkeypatch.setattr(Pair, "meeting", threading.Barrier(2))
    one, two = urls(memory, 2)
    paths = context.prepare(declared(Pair("a", one, two), Pair("b", two, one))).paths
    first, second = memory.CONTENT[one], memory.CONTENT[two]
    assert [path.read_bytes() for path in paths] == [first + second, second + first]


def test_one_that_opens_a_download_twice_does_not_wait_for_itself(context, memory):
    (url,) = urls(memory, 1)
    (path,) = context.prepare(declared(Pair("a", url, url))).paths
    assert path.read_bytes() == memory.CONTENT[url] * 2


class Twice(FileResource):
    """Is made of one download that two threads fetch, as often as they find it at once."""

    def __init__(self, filename, url):
        super().__init__(filename)
        self.source = Source((url,))

    @property
    def sources(self):
        return (self.source,)

    @property
    def fingerprint(self):
        return f"{super().fingerprint} {self.source}"

    def _download(self, destination):
        with ThreadPoolExecutor(2) as threads:
            for _ in range(20):
                first, second = threads.map(self.fetch, [self.source] * 2)
                assert first == second
        destination.write_bytes(first.read_bytes())


def test_two_threads_of_one_resource_may_fetch_the_same(context, memory):
    (url,) = urls(memory, 1)
    (path,) = context.prepare(declared(Twice("a", url))).paths
    assert path.read_bytes() == memory.CONTENT[url]


@pytest.fixture
def at_once(context, monkeypatch):
    """Give a function that fetches files, and tells how many were fetched at once."""
    monkeypatch.setenv("DATAMAESTRO_CONNECTIONS", "2")
    now, most, lock, pair = [0], [0], threading.Lock(), threading.Barrier(2)

    class Counted(Fetched):
        def _download(self, destination):
            with lock:
                now[0] += 1
                most[0] = max(most[0], now[0])
            pair.wait(timeout=30)
            super()._download(destination)
            with lock:
                now[0] -= 1

    def at_once(urls):
        context.prepare(declared(*(Counted(f"f{n}", url) for n, url in enumerate(urls))))
        return most[0]

    return at_once


def test_no_more_are_made_at_once_than_the_host_gets(at_once, memory):
    assert at_once(urls(memory, 12)) == 2


def test_a_mirror_of_several_hosts_gets_no_more_at_once(at_once, memory, context):
    found = [f"memory://host{number % 6}/{number}" for number in range(12)]
    for number, url in enumerate(found):
        memory.CONTENT[f"memory://near/{number}"] = url.encode()
        context.settings.mirrors[f"memory://host{number % 6}/"] = ["memory://near/"]
    assert at_once(found) == 2


def test_a_file_that_fails_keeps_no_other_from_coming(context, memory):
    first, second, third = urls(memory, 3)
    memory.REFUSED[second] = TransportError("refused", where=second)
    definition = declared(Fetched("a", first), Fetched("b", second), Fetched("c", third))
    with pytest.raises(DownloadError, match="refused"):
        context.prepare(definition)
    assert context.missing(definition) == ["b"]


def test_several_failures_are_one_error_that_tells_of_each(context, memory):
    first, second, third = urls(memory, 3)
    memory.REFUSED[first] = TransportError("refused", where=first)
    memory.REFUSED[third] = TransportError("gone", where=third)
    definition = declared(Fetched("a", first), Fetched("b", second), Fetched("c", third))
    with pytest.raises(DownloadError, match=r"files: 2 resources can't be made") as caught:
        context.prepare(definition)
    assert f"{first}: refused" in str(caught.value)
    assert f"{third}: gone" in str(caught.value)


def test_an_error_of_many_failures_tells_of_the_first_and_how_many_there_are(context, memory):
    many = urls(memory, 25)
    for url in many:
        memory.REFUSED[url] = TransportError("refused", where=url)
    definition = declared(*(Fetched(f"f{number}", url) for number, url in enumerate(many)))
    with pytest.raises(DownloadError, match="25 resources can't be made") as caught:
        context.prepare(definition)
    assert str(caught.value).count("refused") == 10
    assert "and 15 more" in str(caught.value)


def test_wrong_bytes_outweigh_other_failures(context, memory):
    first, second = urls(memory, 2)
    memory.REFUSED[first] = TransportError("refused", where=first)
    with pytest.raises(VerificationError, match="2 resources"):
        context.prepare(
            declared(Fetched("a", first), Fetched("b", Source.of(second, sha256="0" * 64)))
        )


def test_wrong_bytes_of_one_file_keep_no_other_from_coming(context, memory):
    first, second = urls(memory, 2)
    definition = declared(Fetched("a", Source.of(first, sha256="0" * 64)), Fetched("b", second))
    with pytest.raises(VerificationError):
        context.prepare(definition)
    assert context.missing(definition) == ["a"]


def test_offline_all_that_is_missing_is_told(home, memory):
    from datamaestro import Context

    offline = Context(home / "offline", offline=True)
    first, second = urls(memory, 2)
    with pytest.raises(OfflineError) as caught:
        offline.prepare(declared(Fetched("a", first), Fetched("b", second)))
    assert first in str(caught.value)
    assert second in str(caught.value)
    assert str(caught.value).count("prepare it once with a network") == 1


def test_hints_that_differ_stay_with_their_failures(context, memory):
    first, second = urls(memory, 2)
    memory.REFUSED[first] = TransportError("refused", where=first, hint="log in")
    memory.REFUSED[second] = TransportError("gone", where=second, hint="look elsewhere")
    with pytest.raises(DownloadError, match="refused; log in") as caught:
        context.prepare(declared(Fetched("a", first), Fetched("b", second)))
    assert "gone; look elsewhere" in str(caught.value)


def test_what_depends_on_a_file_that_failed_is_not_made(context, memory):
    (url,) = urls(memory, 1)
    memory.REFUSED[url] = TransportError("refused", where=url)
    made = []

    class Unpacked(FolderResource):
        def __init__(self, source, name):
            super().__init__(name)
            self.source = source

        def _download(self, destination):
            made.append(self.name)

    source = Fetched("a", url)

    @Unpacked(source, "folder")
    @source
    @dataset(File, id="org.example.unpacked")
    def definition(folder, a):
        return {"path": a}

    with pytest.raises(DownloadError):
        context.prepare(definition)
    assert made == []


def test_a_mistake_in_a_resource_ends_the_run_and_is_raised(context, memory):
    class Wrong(Fetched):
        def _download(self, destination):
            raise ZeroDivisionError("a bug")

    first, second = urls(memory, 2)
    with pytest.raises(ZeroDivisionError):
        context.prepare(declared(Wrong("a", first), Fetched("b", second)))


def test_a_source_that_two_files_need_is_fetched_once(context, memory):
    (url,) = urls(memory, 1)
    context.prepare(declared(Fetched("a", url), Fetched("b", url)))
    assert len(memory.REQUESTS) == 1
    assert [path.suffix for path in context.cachepath.iterdir()] == [".lock"]


def test_what_is_made_of_fetched_files_is_made_after_them(context, memory):
    found = urls(memory, 3)
    order = []

    class Noted(Fetched):
        def _download(self, destination):
            super()._download(destination)
            order.append(self.name)

    class Joined(FileResource):
        def __init__(self, filename, *parts):
            super().__init__(filename)
            self.first, self.second, self.third = parts

        def _download(self, destination):
            order.append(self.name)
            texts = [part.path.read_text() for part in (self.first, self.second, self.third)]
            destination.write_text("".join(texts))

    parts = [Noted(f"f{n}", url) for n, url in enumerate(found)]
    definition = declared(Joined("joined", *parts), *parts)
    joined, *_ = context.prepare(definition).paths
    assert joined.read_text() == "".join(memory.CONTENT[url].decode() for url in found)
    assert order[-1] == "joined"


def test_a_reference_is_prepared_while_files_are_fetched(context, memory, monkeypatch):
    (url,) = urls(memory, 1)
    monkeypatch.setattr(Meeting, "meeting", threading.Barrier(2))

    class Beside(ValueResource):
        def is_ready(self):
            return False

        def make(self):
            Meeting.meeting.wait(timeout=30)

        def prepare(self):
            return "value"

    @Beside("beside")
    @Meeting("a", url)
    @dataset(File, id="org.example.beside")
    def definition(beside, a):
        return {"path": a}

    assert context.prepare(definition).path.read_bytes() == memory.CONTENT[url]
