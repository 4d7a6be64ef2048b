"""How many connections a host gets at once."""

import os
import signal

import pytest

from datamaestro.context import Context
from datamaestro.errors import SettingsError, TransportError
from datamaestro.transfer.connections import Connections, host_of
from datamaestro.variables import CONNECTIONS

A = "https://a.example/data.csv"
B = "https://b.example/data.csv"


def test_each_host_gets_as_many_as_the_limit():
    connections = Connections(2)
    assert [connections.take_free(A) for _ in range(3)] == [True, True, False]
    assert connections.take_free(B)


def test_one_that_is_given_back_is_free():
    connections = Connections(1)
    connections.take(A)
    assert not connections.take_free(A)
    connections.give_back(A)
    assert connections.take_free(A)


def test_who_has_none_gets_one_whatever_is_used():
    connections = Connections(1)
    connections.take(A)
    connections.take(A)
    connections.give_back(A)
    assert not connections.take_free(A)


def test_a_host_that_is_asked_too_much_gets_one_less_but_one():
    connections = Connections(4)
    for _ in range(3):
        connections.take(A)
    connections.lower(A)
    for _ in range(3):
        connections.give_back(A)
    assert [connections.take_free(A) for _ in range(3)] == [True, True, False]
    for _ in range(9):
        connections.lower(A)
    connections.give_back(A)
    connections.give_back(A)
    assert [connections.take_free(A) for _ in range(2)] == [True, False]
    assert [connections.take_free(B) for _ in range(4)] == [True] * 4


def test_a_failure_lowers_the_limit_only_of_a_host_that_is_asked_too_much():
    connections = Connections(4)
    connections.note_failure(A, TransportError("away", unreachable=True))
    connections.note_failure(B, TransportError("busy", overloaded=True))
    assert (connections.limit_for(A), connections.limit_for(B)) == (4, 1)
    assert (connections.is_unreachable(A), connections.is_unreachable(B)) == (True, False)


def test_a_host_that_answers_can_be_reached_and_is_worth_patience_again():
    connections = Connections(4)
    for url in (A, B):
        connections.note_failure(url, TransportError("away", unreachable=True))
        connections.give_up(url)
    connections.note_answer(A)
    assert (connections.is_unreachable(A), connections.is_given_up(A)) == (False, False)
    assert (connections.is_unreachable(B), connections.is_given_up(B)) == (True, True)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://user:secret@Host.example:8443/x", "host.example:8443"),
        ("https://host.example/x", "host.example"),
        ("file:///data/x", ""),
    ],
)
def test_a_host_is_its_name_and_port(url, host):
    assert host_of(url) == host


def test_the_limit_is_a_setting(home, monkeypatch):
    (home / "data").mkdir()
    (home / "data" / "settings.json").write_text('{"connections": 7}')
    assert Context(home / "data").connections.limit == 7
    monkeypatch.setenv("DATAMAESTRO_CONNECTIONS", "2")
    assert Context(home / "data").connections.limit == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs forked processes")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of forking beside threads
def test_a_forked_process_counts_connections_of_its_own(home, monkeypatch):
    monkeypatch.setenv("DATAMAESTRO_CONNECTIONS", "1")
    context = Context(home / "data")
    with context.connections._lock:  # as another thread may while this one forks
        context.connections._used["a.example"] += 1
        if (child := os.fork()) == 0:
            signal.alarm(10)
            os._exit(not context.connections.take_free(A))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert not context.connections.take_free(A)


@pytest.mark.parametrize("text", ["0", "-1", "many", "1000"])
def test_a_limit_that_is_no_number_says_so(home, monkeypatch, text):
    monkeypatch.setenv("DATAMAESTRO_CONNECTIONS", text)
    with pytest.raises(SettingsError, match="DATAMAESTRO_CONNECTIONS: not a number of connections"):
        _ = Context(home / "data").connections


def test_an_empty_limit_is_none(home, monkeypatch):
    monkeypatch.setenv("DATAMAESTRO_CONNECTIONS", "")
    assert Context(home / "data").connections.limit == CONNECTIONS
