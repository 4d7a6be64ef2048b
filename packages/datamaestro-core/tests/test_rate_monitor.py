"""Transfers that are stalled, or that break off in whatever way."""

import errno
import time

import pytest

from datamaestro.data import File
from datamaestro.definitions import dataset
from datamaestro.download import FileResource, Response, Source, Transport, TransportRequest
from datamaestro.errors import DataDirectoryError, PluginError, TransportError
from datamaestro.transfer import rate_monitor
from datamaestro.transfer.rate_monitor import RateMonitor, opened

URL = "https://host.example/data.csv"


class Dripping(Response):
    """Gives a byte at a time, and waits before each."""

    def __init__(self, seconds):
        self.seconds = seconds

    def read(self, size):
        time.sleep(self.seconds)
        return b"x"

    def close(self):
        pass


class Broken(Dripping):
    def read(self, size):
        raise ConnectionResetError("reset by peer")


def test_a_transfer_below_the_minimal_rate_is_given_up_and_may_be_tried_again(monkeypatch):
    monkeypatch.setattr(rate_monitor, "STALLED_AFTER", 0.02)
    watched, dripping = RateMonitor(URL), Dripping(0.005)
    with pytest.raises(TransportError, match="the transfer is stalled") as caught:
        b"".join(iter(lambda: watched.read(dripping, 1000), b""))
    assert caught.value.retry
    assert caught.value.expected == "1,000 bytes a second"


def test_a_transfer_that_is_slow_but_not_that_slow_goes_on(monkeypatch):
    monkeypatch.setattr(rate_monitor, "STALLED_AFTER", 0.01)
    monkeypatch.setattr(rate_monitor, "MINIMAL_RATE", 1.0)
    watched = RateMonitor(URL)
    for _ in range(20):
        watched.read(Dripping(0.002), 1000)
    assert watched.received == 20


def test_a_transfer_that_was_fast_is_given_up_once_it_is_stalled():
    watched = RateMonitor(URL)
    watched.waited, watched.received = 30.0, 1_000_000
    watched.read(Dripping(0.0), 1000)  # from now on, what comes is measured anew
    watched.waited += 29.0
    watched.read(Dripping(0.0), 1000)
    watched.waited += 1.0
    with pytest.raises(TransportError, match="found 2 bytes in 30 s"):
        watched.read(Dripping(0.0), 1000)


def test_the_time_that_a_reader_needs_is_not_waiting():
    watched = RateMonitor(URL)
    for _ in range(5):
        watched.read(Dripping(0.0), 1000)
        time.sleep(0.01)
    assert watched.waited <= watched.elapsed - 5 * 0.01


def test_an_error_of_the_system_is_a_transfer_that_broke_off():
    with pytest.raises(TransportError, match="broke off: reset by peer") as caught:
        RateMonitor(URL).read(Broken(0.0), 1000)
    assert caught.value.retry


class Full(Dripping, Transport):
    """Finds no room on a disk, where what it reads passes through."""

    def read(self, size):
        raise DataDirectoryError("no room", where="/tmp")

    open = read


def test_an_error_that_is_told_already_is_told_as_it_is():
    for use in (
        lambda: RateMonitor(URL).read(Full(0.0), 1000),
        lambda: opened(Full(0.0), TransportRequest(URL)),
    ):
        with pytest.raises(DataDirectoryError, match=r"^/tmp: no room$"):
            use()


class Unreachable(Transport):
    def open(self, request):
        raise ConnectionResetError(errno.ECONNRESET, "reset by peer")


@pytest.mark.usefixtures("quick")
def test_an_error_of_the_system_at_the_beginning_is_none_of_the_disk(context):
    @Fetched("a.txt")
    @dataset(File, id="org.example.reset")
    def reset(a):
        return {"path": a}

    context.transport = lambda url: Unreachable(context)
    with pytest.raises(TransportError, match=r"data\.csv: the transfer can't begin: .*reset"):
        context.prepare(reset)


class Forgetful(Transport):
    def open(self, request):
        Dripping(0)  # and no return


def test_a_transport_that_gives_no_response_is_told_so(context):
    line = Forgetful.open.__code__.co_firstlineno
    with pytest.raises(PluginError, match=rf":{line}: Forgetful\.open gave .* found None"):
        opened(Forgetful(context), TransportRequest("https://host/data.csv"))


class Fetched(FileResource):
    @property
    def sources(self):
        return (Source.of(URL),)

    def _download(self, destination):
        self.fetch_to(self.sources[0], destination)
