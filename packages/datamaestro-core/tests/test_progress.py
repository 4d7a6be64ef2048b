"""Bars are shown where somebody watches, and lines of JSON where a program does."""

import errno
import io
import json
import os
import re
import subprocess
import sys
import time
from contextlib import redirect_stderr, suppress
from contextvars import copy_context

import pytest
from tqdm import tqdm

from datamaestro import progress
from datamaestro.progress import EVERY, Bars, JSONLines, NoProgress

if sys.platform != "win32":
    import termios

CHOICE = "from datamaestro.progress import automatic_progress as a; print(type(a()).__name__)"

posix = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are of POSIX")


def test_nothing_is_shown_where_the_error_stream_is_no_terminal():
    result = subprocess.run([sys.executable, "-c", CHOICE], capture_output=True, check=True)
    assert result.stdout.split() == [b"NoProgress"]


@posix
@pytest.mark.parametrize(("kind", "shown"), [("xterm", b"Bars"), ("dumb", b"NoProgress")])
def test_bars_are_shown_on_a_terminal_that_can_show_them(kind, shown):
    ours, theirs = os.openpty()
    try:
        result = subprocess.run(
            [sys.executable, "-c", CHOICE],
            stdout=subprocess.PIPE,
            stderr=theirs,
            check=True,
            env={**os.environ, "TERM": kind},
        )
    finally:
        os.close(ours)
        os.close(theirs)
    assert result.stdout.split() == [shown]


def test_a_bar_tells_what_is_transferred_and_how_much(capsys):
    with Bars().task("data.csv", 2048) as task:
        task.update(1024)
    shown = capsys.readouterr().err
    assert "data.csv" in shown
    assert "2.05k" in shown


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
    assert "100%" in shown or "4.10k" in shown


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
    assert "1.02k/2.05k" in capsys.readouterr().err


def test_bars_that_cannot_be_shown_stop_nothing(monkeypatch):
    class Gone(io.StringIO):
        def write(self, *_):
            raise OSError(errno.EIO, "the terminal is gone")

        flush = write

    monkeypatch.setattr(sys, "stderr", Gone())
    bars = Bars()
    with bars.all("org.example.files", 2), bars.task("data.csv", 2048) as task:
        task.update(1024)


class Terminal:
    """A terminal that is the error stream.

    :param columns: how wide it is
    """

    def __init__(self, columns):
        self.columns = columns

    def __enter__(self):
        self.ours, theirs = os.openpty()
        self.stream = os.fdopen(theirs, "w")
        self.led = redirect_stderr(self.stream)
        self.led.__enter__()
        self.resize(self.columns)
        return self

    def __exit__(self, *_):
        self.led.__exit__(*_)
        self.stream.close()
        os.close(self.ours)

    def resize(self, columns):
        termios.tcsetwinsize(self.stream.fileno(), (24, columns))

    def lines(self):
        """Give what was written since, cut where the cursor was led to another place."""
        self.stream.write("END")
        self.stream.flush()
        text = b""
        while not text.endswith(b"END"):
            text += os.read(self.ours, 65536)
        lines = re.split(r"[\r\n]|\x1b\[[AK]", text.decode().removesuffix("END"))
        return [line for line in lines if line]


@posix
def test_a_long_label_leaves_room_for_the_numbers():
    label = "the-first-of-the-files-of-a-large-corpus.txt"
    with Terminal(40) as terminal, Bars().task(label, 2000) as task:
        time.sleep(0.2)
        task.update(1200)
        last = terminal.lines()[-1]
    assert last.startswith("the-f....txt:  60%|")
    assert "1.20k/2.00k" in last


@posix
def test_a_bar_fits_a_terminal_that_has_become_narrower():
    with Terminal(120) as terminal, Bars().task("data.csv", 2000) as task:
        wide = terminal.lines()
        terminal.resize(50)
        time.sleep(0.2)
        task.update(1000)
        narrow = terminal.lines()
    assert max(map(len, wide)) > 100
    # Where the user interrupts it, two more letters are shown in that line.
    assert max(map(len, narrow)) < 48


@posix
def test_a_message_shows_no_bar_of_what_has_just_begun():
    bars = Bars()
    with Terminal(120) as terminal:
        with bars.all("org.example.corpus", 2, 4000), bars.task("a.csv", 2000):
            tqdm.write("a message", file=sys.stderr)
        assert not any("a.csv" in line for line in terminal.lines())


def test_what_is_fetched_again_counts_once():
    bars = Bars()
    with bars.all("org.example.corpus", 2, 4000) as whole:
        with suppress(ZeroDivisionError), bars.task("a.csv", 2000) as task:
            task.update(1500)
            raise ZeroDivisionError
        with bars.task("a.csv", 2000) as task:
            task.update(2000)
        assert whole.n == 2000
