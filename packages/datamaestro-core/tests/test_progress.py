"""Bars are shown where somebody watches, and nowhere else."""

import os
import subprocess
import sys

import pytest

from datamaestro.progress import Bars, NoProgress

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
