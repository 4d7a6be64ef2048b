"""Bars are shown where somebody watches, and lines of JSON where a program does."""

import errno
import io
import json
import os
import subprocess
import sys
import time
from contextvars import copy_context

import pytest

from datamaestro import progress
from datamaestro.progress import EVERY, Bars, JSONLines, NoProgress

CHOICE = "from datamaestro.progress import automatic_progress as a; print(type(a()).__name__)"


def test_nothing_is_shown_where_the_error_stream_is_no_terminal():
    result = subprocess.run([sys.executable, "-c", CHOICE], capture_output=True, check=True)
    assert result.stdout.split() == [b"NoProgress"]


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are of POSIX")
def test_bars_are_shown_on_a_terminal():
    ours, theirs = os.openpty()
    try:
        result = subprocess.run(
            [sys.executable, "-c", CHOICE], stdout=subprocess.PIPE, stderr=theirs, check=True
        )
    finally:
        os.close(ours)
        os.close(theirs)
    assert result.stdout.split() == [b"Bars"]


def test_a_bar_tells_what_is_transferred_and_how_much(capsys):
    with Bars().task("data.csv", 2048) as task:
        task.update(1024)
    shown = capsys.readouterr().err
    assert "data.csv" in shown
    assert "2.00k" in shown


def test_a_transfer_that_nobody_watches_shows_nothing(capsys):
    with NoProgress().task("data.csv", 2048) as task:
        task.update(1024)
    assert capsys.readouterr().err == ""


def test_several_transfers_have_a_bar_for_all(capsys):
    bars = Bars()
    with bars.all("org.example.corpus", 2, 4096):
        for name in ("a.csv", "b.csv"):
            with bars.task(name, 2048) as task:
                task.update(2048)
    shown = capsys.readouterr().err
    assert "org.example.corpus, 2 files" in shown
    assert "100%" in shown or "4.00k" in shown


def test_a_bar_for_all_counts_nothing_of_what_others_transfer():
    bars = Bars()
    elsewhere = copy_context()
    with bars.all("org.example.corpus", 2, 4096) as whole:
        elsewhere.run(transfer, bars, 1000)
        copy_context().run(transfer, bars, 10)
        transfer(bars, 1)
        assert whole.n == 11


def transfer(bars, count):
    with bars.task("data.csv") as task:
        task.update(count)


def test_one_transfer_has_one_bar(capsys):
    bars = Bars()
    with bars.all("org.example.corpus", 1, 2048), bars.task("a.csv", 2048) as task:
        task.update(2048)
    assert "org.example.corpus" not in capsys.readouterr().err


def events(stream):
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_program_is_told_of_the_beginning_the_progress_and_the_end(monkeypatch):
    monkeypatch.setattr(progress, "EVERY", 0.0)
    stream = io.StringIO()
    with JSONLines(stream).task("data.csv", 2048) as task:
        task.update(1024)
    begin, middle, end = events(stream)
    assert begin == {"event": "begin", "task": 1, "label": "data.csv", "total": 2048}
    assert middle["rate"] > 0
    middle.pop("rate")
    assert middle == {"event": "progress", "task": 1, "done": 1024, "total": 2048}
    assert end["event"] == "end"


def test_a_program_is_not_told_of_every_chunk():
    stream = io.StringIO()
    with JSONLines(stream).task("data.csv") as task:
        for _ in range(1000):
            task.update(1)
    assert len(events(stream)) < 100
    assert events(stream)[-1]["done"] == 1000


def test_a_program_is_told_what_transfers_belong_to():
    stream = io.StringIO()
    lines = JSONLines(stream)
    with lines.all("org.example.corpus", 2, 4096), lines.task("a.csv"):
        pass
    first, *_, last = events(stream)
    assert first == {
        "event": "begin",
        "task": 1,
        "label": "org.example.corpus",
        "count": 2,
        "total": 4096,
    }
    assert last == {"event": "end", "task": 1, "label": "org.example.corpus"}


def test_a_program_is_told_what_failed():
    stream = io.StringIO()
    lines = JSONLines(stream)
    with pytest.raises(ZeroDivisionError), lines.all("org.example.corpus", 2), lines.task("a"):
        raise ZeroDivisionError
    assert [(item["task"], item["failed"]) for item in events(stream) if "failed" in item] == [
        (2, True),
        (1, True),
    ]


def test_a_program_that_reads_no_more_stops_no_transfer():
    stream = io.StringIO()
    stream.close()
    with JSONLines(stream).task("a") as task:
        task.update(1)


def test_a_size_that_only_the_server_tells_is_shown_too(capsys):
    stream = io.StringIO()
    with JSONLines(stream).task("data.csv") as task, Bars().task("data.csv") as bar:
        for shown in (task, bar):
            shown.expect(2048)
        time.sleep(2 * EVERY)
        for shown in (task, bar):
            shown.update(1024)
    assert [item.get("total") for item in events(stream)] == [None, 2048, 2048]
    assert "1.00k/2.00k" in capsys.readouterr().err


def test_bars_that_cannot_be_shown_stop_nothing(monkeypatch):
    class Gone(io.StringIO):
        def write(self, *_):
            raise OSError(errno.EIO, "the terminal is gone")

        flush = write

    monkeypatch.setattr(sys, "stderr", Gone())
    bars = Bars()
    with bars.all("org.example.files", 2), bars.task("data.csv", 2048) as task:
        task.update(1024)
