"""Fetches beside one another."""

import threading
import time
from types import SimpleNamespace

from datamaestro.preparation.fetch_pool import FetchPool
from datamaestro.transfer.connections import Connections

PATIENCE = 30
URL = "memory://host/file"


class Choosing:
    """Three fetches from one host; a thread that takes the next one waits before it does."""

    def __init__(self):
        self.left = [SimpleNamespace() for _ in range(3)]
        self.chooses, self.chosen = threading.Event(), threading.Event()

    def next_to_fetch(self, take_connection):
        if threading.current_thread() is not threading.main_thread():
            self.chooses.set()
            self.chosen.wait(0.5)
        return (self.left.pop(), URL) if self.left and take_connection(URL) else None


def test_a_host_gets_no_more_where_two_threads_choose_at_once(monkeypatch):
    monkeypatch.setattr("datamaestro.preparation.fetch_pool.SPACING", 0.0)
    schedule, go_on, under_way = Choosing(), threading.Event(), []

    def make(resource):
        under_way.append(resource)
        if len(under_way) > 1:
            go_on.wait(PATIENCE)

    with FetchPool(schedule, Connections(1), make, threading.Event()) as pool:
        pool.begin()
        assert schedule.chooses.wait(PATIENCE)
        pool.begin()
        schedule.chosen.set()
        while len(under_way) < 2:
            pool.collect()
        time.sleep(0.1)
        assert len(under_way) == 2  # the first, and one of the two others
        go_on.set()
