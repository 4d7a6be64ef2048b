"""What fish completes."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

DEFINITIONS = '''
from datamaestro.data import File
from datamaestro.definitions import dataset
from datamaestro.download import FileResource
from datamaestro.variants import AxesVariants, Axis

class Made(FileResource):
    def _download(self, destination):
        destination.write_text("made")

SIZES = Axis(["small", "large"])

@Made("data.txt", name="data")
@dataset(File, id="org.example.corpus", variants=AxesVariants(lang=Axis(["fr", "en"]), size=SIZES))
def Corpus(data, lang, size):
    """Corpus"""
    return {"path": data}
'''


@pytest.fixture
def offered(home, monkeypatch):
    """Give a function that gives what is offered for a line, and what is said about it."""
    if not shutil.which("fish"):
        pytest.skip("there is no fish")
    (home / "made.py").write_text(DEFINITIONS)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")

    def offered(line):
        script = '_DATAMAESTRO_COMPLETE=fish_source datamaestro | source; complete -C "$LINE"'
        done = subprocess.run(
            ["fish", "--no-config", "-c", script],
            env={**os.environ, "LINE": line},
            cwd=home,
            capture_output=True,
            text=True,
            check=True,
        )
        return dict(item.partition("\t")[::2] for item in done.stdout.splitlines())

    return offered


def test_commands_are_offered_with_all_of_their_help(offered):
    told = offered("datamaestro --qui")
    assert told == {"--quiet": "Show only warnings and errors, and no bars."}


@pytest.mark.parametrize("quote", ["", "'"])
def test_every_axis_of_a_selector_is_completed(offered, quote):
    assert list(offered(f"datamaestro info {quote}./made.py:Corpus[lang=fr,s")) == [
        "./made.py:Corpus[lang=fr,size=large]",
        "./made.py:Corpus[lang=fr,size=small]",
    ]
