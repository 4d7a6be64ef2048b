"""What bash completes, typed into one on a terminal."""

import os
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from datamaestro.testing import write_distribution

pty = pytest.importorskip("pty", reason="terminals are made otherwise here")

NEW_ENOUGH = "(( BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 404 ))"

pytestmark = pytest.mark.skipif(
    not shutil.which("bash") or subprocess.run(["bash", "-c", NEW_ENOUGH]).returncode != 0,
    reason="there is no bash that click completes for",
)

DEFINITIONS = '''
from datamaestro.data import File
from datamaestro.definitions import dataset
from datamaestro.download import FileResource
from datamaestro.variants import AxesVariants, Axis

class Made(FileResource):
    def _download(self, destination):
        destination.write_text("made")

@Made("data.txt", name="data")
@dataset(File, id="org.example.corpus", variants=AxesVariants(lang=Axis(["fr", "en"])))
def Corpus(data, lang):
    """Corpus"""
    return {"path": data}
'''

PACKAGE = "from datamaestro import Repository\nclass Words(Repository): NAMESPACE = 'words'\n"

START = """
PS1='ready> '
words() { printf '%s\\n' "$@" > words.txt; }
eval "$(_DATAMAESTRO_COMPLETE=bash_source datamaestro)"
"""

PATIENCE = 120
"""Seconds that are enough for bash to end, on any machine."""


@pytest.fixture
def typed(tmp_path, home, monkeypatch):
    """Give a function that types a line and a tab, and gives the words that there are then."""
    folder = tmp_path / "installed"
    write_distribution(
        folder,
        "repository-words",
        files={"words/__init__.py": PACKAGE, "words/config/org/example.py": DEFINITIONS},
        entry_points={"datamaestro.repositories": {"words": "words:Words"}},
    )
    (home / "made.py").write_text(DEFINITIONS)
    (home / "start.sh").write_text(START)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")

    def typed(line):
        _converse(home, "ready> ", f"{line}\t\x01words \nexit\n")
        return (home / "words.txt").read_text().splitlines()

    return typed


def _converse(folder, prompt, keys):
    """Run bash on a terminal, and press keys once it is ready."""
    ours, theirs = pty.openpty()
    command = ["bash", "--noprofile", "--rcfile", "start.sh", "-i"]
    with subprocess.Popen(command, cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs) as bash:
        os.close(theirs)
        end = time.monotonic() + PATIENCE
        said = ""
        try:
            while select.select([ours], [], [], max(0.0, end - time.monotonic()))[0]:
                try:
                    said += os.read(ours, 10_000).decode(errors="replace")
                except OSError:  # it has ended
                    return
                if keys and prompt in said:
                    os.write(ours, keys.encode())
                    keys = ""
            pytest.fail(f"bash still waits: {said}")
        finally:
            bash.kill()
            os.close(ours)


@pytest.mark.parametrize(
    ("line", "completed"),
    [
        ("info org.example.cor", "org.example.corpus"),
        ("info words:org.ex", "words:org.example.corpus"),
        ("info org.example.corpus[l", "org.example.corpus[lang="),
        ("info org.example.corpus[lang=f", "org.example.corpus[lang=fr]"),
        ("info ./made.py:Cor", "./made.py:Corpus"),
        ("info './made.py:Corpus[lang=f", "./made.py:Corpus[lang=fr]"),
        ("create-dataset --into=wor", "--into=words"),
        ("info ./mad", "./made.py"),
    ],
)
def test_a_word_is_completed_as_it_is_meant_whatever_bash_splits_it_at(typed, line, completed):
    assert typed(f"datamaestro {line}")[-1] == completed


def test_what_is_prepared_is_completed_after_its_repository(typed):
    command = [sys.executable, "-m", "datamaestro", "download", "org.example.corpus[lang=fr]"]
    subprocess.run(command, check=True)
    assert typed("datamaestro verify words:org")[-1] == "words:org.example.corpus[lang=fr]"


def test_what_stands_before_the_command_is_none_of_its_words(typed):
    assert typed("A=1 datamaestro --offline info org.ex")[-1] == "org.example.corpus"
