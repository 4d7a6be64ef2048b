"""Variants, parts and plans on the command line, as real processes."""

import json
import os
import socket
import subprocess
import sys

import pytest

from datamaestro.testing import write_distribution

REPOSITORY = """
from datamaestro import Repository

class Greek(Repository):
    NAMESPACE = "greek"
"""

DEFINITIONS = '''
from datamaestro.data import File
from datamaestro.data.ml import Supervised
from datamaestro.definitions import dataset
from datamaestro.download import FileResource, Source
from datamaestro.variants import AxesVariants, Axis

class Made(FileResource):
    def __init__(self, filename, url="memory://host/x"):
        super().__init__(filename)
        self.source = Source((url,), size=1234)

    @property
    def sources(self):
        return (self.source,)

    def _download(self, destination):
        destination.write_text(self.source.url)

@Made("train.txt")
@Made("test.txt")
@dataset(Supervised)
def split(train, test):
    """Two files"""
    return {"train": File(path=train), "test": File(path=test)}

LANGUAGES = Axis(["fr", "en"], description="the language")

@Made("texts.txt", "memory://host/{lang}.txt")
@dataset(variants=AxesVariants(lang=LANGUAGES, size=Axis(type=int, default=1)))
def corpus(texts) -> File:
    """Texts in two languages"""
    return File(path=texts)
'''


@pytest.fixture
def run(tmp_path, home):
    """Give a function that runs the command line with a repository ``greek`` installed."""
    folder = tmp_path / "installed"
    files = {"greek/__init__.py": REPOSITORY, "greek/config/org/example.py": DEFINITIONS}
    entry_points = {"datamaestro.repositories": {"greek": "greek:Greek"}}
    write_distribution(folder, "repository-greek", files=files, entry_points=entry_points)

    def run(*arguments, **environment):
        return subprocess.run(
            [sys.executable, "-m", "datamaestro", *arguments],
            env={**os.environ, "PYTHONPATH": str(folder), **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    run.data = home / "datamaestro/data/greek/org/example"
    return run


def value(result):
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_prepare_takes_a_selector(run):
    found = value(run("prepare", "org.example.corpus[lang=fr]"))
    path = run.data / "corpus" / "lang=fr,size=1" / "texts.txt"
    assert found == {"path": str(path), "id": "org.example.corpus[lang=fr,size=1]"}
    assert path.read_text() == "memory://host/fr.txt"


@pytest.mark.parametrize(
    ("selector", "message"),
    [
        ("[lang=de]", "the axis 'lang' has another value: expected fr, en, found de"),
        ("[size=x,lang=fr]", "the axis 'size' has another value: expected int, found x"),
        ("[tongue=fr]", "there is no axis 'tongue': expected lang, size, found tongue"),
        ("", "a variant has to be chosen by lang: expected lang: fr, en, found no value"),
    ],
)
def test_a_selector_that_chooses_nothing_is_one_line_and_exit_code_2(run, selector, message):
    result = run("prepare", f"org.example.corpus{selector}")
    assert result.stderr == f"Error: dataset org.example.corpus: {message}\n"
    assert result.returncode == 2


def test_info_tells_what_a_variant_downloads(run):
    told = value(run("info", "org.example.corpus[lang=en]", "--json"))
    assert told["id"] == "org.example.corpus[lang=en,size=1]"
    assert told["files"][0]["urls"] == ["memory://host/en.txt"]


def test_variants_on_disk_are_told_and_found(run):
    assert run("search", "prepared:yes").stdout == ""
    run("prepare", "org.example.corpus[lang=fr]")
    assert "\nOn disk: lang=fr,size=1\n" in run("info", "org.example.corpus").stdout
    told = value(run("info", "org.example.corpus", "--json"))
    assert told["on_disk"]["variants"] == ["lang=fr,size=1"]
    assert run("search", "prepared:yes").stdout == "org.example.corpus\n"


@pytest.mark.parametrize(
    ("wanted", "languages"),
    [("org.example.corpus", ["fr", "en"]), ("org.example.corpus[lang=en]", ["en"])],
)
def test_the_sources_of_each_variant_are_checked(run, wanted, languages):
    found = json.loads(run("check", "--pause", "0", wanted, "--json").stdout)
    assert [item["url"] for item in found] == [f"memory://host/{lang}.txt" for lang in languages]


@pytest.fixture
def dead_proxy():
    """Give variables that send whatever is asked of other hosts to a port that refuses it."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        yield {"http_proxy": url, "https_proxy": url, "no_proxy": ""}


def test_all_datasets_are_checked_with_each_of_their_variants(run, dead_proxy):
    # Those of other installed repositories too, which are on hosts of the internet.
    done = run("check", "--pause", "0", "--all", "--json", **dead_proxy)
    found = {(item["id"], item["url"]) for item in json.loads(done.stdout)}
    corpus = {item for item in found if item[0].startswith("org.example.corpus")}
    assert {url for _, url in corpus} == {f"memory://host/{lang}.txt" for lang in ("fr", "en")}
    assert {name for name, _ in found - corpus} >= {"org.example.split"}


def test_info_of_a_part_tells_of_its_dataset(run):
    told = value(run("info", "org.example.split.test", "--json"))
    assert told == value(run("info", "org.example.split", "--json"))


def test_info_tells_of_no_other_dataset_than_was_asked_for(run):
    done = run("info", "org.example.split.tset")
    assert done.returncode == 3
    assert done.stdout == ""
    assert "org.example.split has no part 'tset': expected train, test" in done.stderr


def test_orphans_and_search_know_datasets_with_variants(run):
    run("prepare", "org.example.corpus[lang=fr]")
    assert run("orphans").stdout == ""
    assert run("search", "repo:greek", "corpus").stdout == "org.example.corpus\n"


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("org.example.corpus[", ["lang=fr]", "lang=en]", "size="]),
        ("org.example.corpus[lang=e", ["lang=en]"]),
        ("org.example.corpus[size=3,", ["lang=fr]", "lang=en]"]),
        ("org.example.split[", []),
    ],
)
def test_the_shell_completes_selectors(run, typed, offered):
    result = run(
        _DATAMAESTRO_COMPLETE="zsh_complete",
        COMP_WORDS=f"datamaestro prepare {typed}",
        COMP_CWORD="2",
    )
    start = typed[: max(typed.rfind("["), typed.rfind(",")) + 1]
    lines = [line for line in result.stdout.splitlines() if line.startswith("org.")]
    assert lines == [f"{start}{item}" for item in offered]


def test_only_the_wanted_part_is_made_ready(run):
    found = value(run("prepare", "org.example.split", "--only", "test"))
    assert found["id"] == "org.example.split"
    assert [path.name for path in run.data.glob("split/*.txt")] == ["test.txt"]


def test_the_id_of_a_part_gives_that_part(run):
    found = value(run("prepare", "org.example.split.test"))
    assert found == {"path": str(run.data / "split/test.txt"), "id": "org.example.split.test"}
    assert [path.name for path in run.data.glob("split/*.txt")] == ["test.txt"]


def test_a_part_that_is_not_there_is_exit_code_3(run):
    result = run("download", "org.example.split", "--only", "tset")
    assert (result.returncode, run.data.exists()) == (3, False)
    assert "no part 'tset': expected train, test" in result.stderr


def test_no_downloads_counts_the_wanted_part_alone(run):
    assert run("download", "org.example.split", "--only", "test").returncode == 0
    assert run("prepare", "org.example.split", "--only", "test", "--no-downloads").returncode == 0
    assert run("prepare", "org.example.split", "--no-downloads").returncode == 7


def test_no_downloads_tells_the_command_that_fetches(run):
    told = run("prepare", "org.example.corpus[lang=fr]", "--no-downloads").stderr
    assert "'datamaestro prepare 'org.example.corpus[lang=fr]'' fetches it" in told


def test_no_downloads_takes_what_is_there_and_not_recorded(run):
    run("download", "org.example.split")
    (run.data / "split/.state.json").unlink()
    done = run("prepare", "org.example.split", "--no-downloads")
    assert done.returncode == 0
    assert "Verifying" in done.stderr


@pytest.mark.parametrize("command", ["prepare", "download"])
def test_a_dry_run_tells_what_it_would_do_and_does_nothing(run, command):
    result = run(command, "--dry-run", "org.example.split", "--only", "test")
    assert result.stdout == (
        f"org.example.split, in {run.data / 'split'}\n"
        "  train: not needed\n"
        "  test: to be made, size unknown\n"
        "    fetch 1,234 bytes from\n"
        "      memory://host/x\n"
        "To download: 1,234 bytes in 1 file\n"
        "Disk peak: at least 1,234 bytes\n"
        "Sizes that aren't declared: 1\n"
    )
    assert not run.data.exists()


@pytest.mark.parametrize("command", ["prepare", "download"])
def test_a_dry_run_prints_json_when_it_is_asked_to(run, command):
    told = value(run(command, "--dry-run", "--json", "org.example.split"))
    assert [step["status"] for step in told["steps"]] == ["missing", "missing"]
    assert told["download_size"] == 1234  # of one URL
