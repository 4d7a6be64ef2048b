"""The commands for what is on disk, as real processes."""

import json
import os
import re
import subprocess
import sys

import pytest

from datamaestro.locks.exclusive import locked

FOLDER = "datamaestro/data/shelf/org/example"


@pytest.fixture
def run(shelf, site_packages, home):
    """Give a function that runs the command line with the repository ``shelf`` installed.

    What its transport gives is in the environment, since it is another process.
    """
    with (site_packages / "memory.py").open("a", encoding="utf-8") as file:
        file.write(
            "\nimport os\n"
            "for name in os.environ.get('ALIVE', 'alpha a b').split():\n"
            "    CONTENT[f'memory://host/{name}'] = name.encode() * 1000\n"
        )

    def run(*arguments, **environment):
        return subprocess.run(
            [sys.executable, "-m", "datamaestro", *arguments],
            env={**os.environ, "PYTHONPATH": str(site_packages), **environment},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )

    run.home = home
    return run


def value(result):
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def prepare(run, *names):
    for name in names:
        assert run("download", f"org.example.{name}").returncode == 0


# --- list and du


def test_list_prints_one_id_a_line(run):
    prepare(run, "alpha", "beta")
    assert run("list").stdout == "org.example.alpha\norg.example.beta\n"


@pytest.mark.parametrize(
    "command",
    ["list", "verify --all", "cite --prepared", "du", "orphans", "cache list", "gc"],
)
def test_a_file_in_the_place_of_the_data_directory_is_no_empty_one(run, command):
    (run.home / "file").touch()
    result = run("--data", str(run.home / "file"), *command.split())
    assert (result.returncode, result.stdout) == (1, "")
    assert "something on that path is a file" in result.stderr


def test_list_of_nothing_says_so_and_succeeds(run):
    result = run("list")
    assert (result.returncode, result.stdout) == (0, "")
    assert result.stderr == "No dataset is prepared.\n"


def test_list_prints_json_with_times_in_utc(run):
    prepare(run, "alpha")
    (found,) = value(run("list", "--json"))
    assert (found["id"], found["repository"], found["size"]) == ("org.example.alpha", "shelf", 5000)
    assert found["completed"].endswith("+00:00")
    assert found["last_use"].endswith("+00:00")
    assert found["resources"]["data"]["downloads"][0]["url"] == "memory://host/alpha"


def test_list_puts_the_largest_or_the_longest_unused_first(run):
    prepare(run, "beta", "alpha")
    os.utime(run.home / FOLDER / "alpha" / ".used", (0, 0))
    assert run("list", "--sort", "size").stdout.splitlines()[0] == "org.example.alpha"
    assert run("list", "--sort", "used").stdout.splitlines()[0] == "org.example.alpha"


def test_list_names_the_repository_where_an_id_is_prepared_twice(run):
    prepare(run, "alpha")
    (run.home / FOLDER).parents[1].rename(run.home / "datamaestro/data/gone")
    prepare(run, "alpha")
    assert run("list").stdout == "gone:org.example.alpha\nshelf:org.example.alpha\n"


def test_du_prints_disk_content_and_name(run):
    prepare(run, "alpha")
    rows = [line.split("\t") for line in run("du").stdout.splitlines()]
    assert [row[2] for row in rows] == ["shelf:org.example.alpha", "shelf:", "cache", "total"]
    assert int(rows[0][1]) > 5000
    assert value(run("du", "--json"))["datasets"][0]["id"] == "org.example.alpha"


def test_data_of_two_files_are_told_apart(run):
    text = """
from datamaestro.data import File
from datamaestro.definitions import dataset
from datamaestro.download import FileResource

class Made(FileResource):
    def _download(self, destination):
        destination.write_text("made")

@Made("data.txt")
@dataset(File, id="org.example.own")
def own(data):
    return {"path": data}
"""
    for folder in ("one", "two"):
        (run.home / folder).mkdir()
        (run.home / folder / "mydata.py").write_text(text)
        assert run("prepare", f"{run.home}/{folder}/mydata.py:own").returncode == 0
    names = run("list").stdout.splitlines()
    assert len(set(names)) == 2
    assert all(re.fullmatch(r"__custom__/mydata_\w{8}:org\.example\.own", name) for name in names)
    rows = [line.split("\t") for line in run("du").stdout.splitlines()]
    assert sorted(row[2] for row in rows[:2]) == names
    assert len({item["folder"] for item in value(run("du", "--json"))["datasets"]}) == 2


# --- remove


def test_remove_only_shows_what_would_go(run):
    prepare(run, "alpha")
    result = run("remove", "org.example.alpha")
    assert result.stdout == "shelf:org.example.alpha: 5.0 kB in 1 file\n"
    assert result.stderr == "Nothing was removed: --yes does it.\n"
    assert run("list").stdout == "org.example.alpha\n"


def test_remove_removes_when_it_is_told_to(run):
    prepare(run, "alpha", "beta")
    report = value(run("remove", "org.example.alpha", "org.example.beta", "--yes", "--json"))
    assert report["removed"]
    assert [item["size"] for item in report["datasets"]] == [5000, 2000]
    assert run("list").stdout == ""


def test_remove_removes_all_but_what_another_process_uses(run):
    prepare(run, "alpha", "beta", "both")
    busy = [run.home / FOLDER / name for name in ("alpha", "beta")]
    with locked(busy[0] / ".state.lock", "a test"), locked(busy[1] / ".state.lock", "a test"):
        names = [f"org.example.{name}" for name in ("alpha", "beta", "both")]
        result = run("remove", *names, "--yes")
    assert result.returncode == 1
    assert result.stdout == "shelf:org.example.both: 2.0 kB in 2 files\n"
    assert result.stderr.startswith(f"Error: {busy[0]}: another process is busy with the dataset")
    assert "(and 1 more can't be removed)" in result.stderr
    assert run("list").stdout == "org.example.alpha\norg.example.beta\n"


def test_remove_refuses_what_cant_be_fetched_again(run):
    prepare(run, "alpha", "gamma")
    shown = run("remove", "org.example.gamma")
    assert "can't be fetched again: data (Made made it from no source" in shown.stdout
    assert shown.stderr == "Nothing was removed: --yes --even-irreplaceable does it.\n"
    result = run("remove", "--yes", "org.example.alpha", "org.example.gamma")
    assert result.returncode == 1
    assert "data of org.example.gamma (Made made it" in result.stderr
    assert run("list").stdout == "org.example.alpha\norg.example.gamma\n"


def test_remove_loses_what_it_is_told_to_lose(run):
    prepare(run, "gamma")
    assert run("remove", "--yes", "--even-irreplaceable", "org.example.gamma").returncode == 0
    assert run("list").stdout == ""


def test_remove_keeps_what_comes_from_a_source_that_a_check_found_dead(run):
    prepare(run, "alpha")
    assert run("check", "org.example.alpha", "org.example.beta", ALIVE="a b").returncode == 4
    assert run("remove", "--yes", "org.example.alpha").returncode == 1


def test_remove_tells_what_goes_on_with_a_removal_that_was_interrupted(run):
    run("prepare", "org.example.alpha")
    folder = run.home / FOLDER / "alpha"
    (folder / ".downloads" / "removed").mkdir(parents=True)
    (folder / ".state.json").rename(folder / ".downloads" / "removed" / ".state.json")
    result = run("remove", "org.example.alpha", "--yes")
    assert result.returncode == 3
    assert "a removal was interrupted: 'datamaestro gc --yes' removes the rest" in result.stderr


def test_remove_of_what_is_not_prepared_exits_with_3(run):
    assert run("remove", "org.example.alpha").returncode == 3


# --- gc and cache


def test_the_cache_is_listed_with_where_things_come_from(run):
    run("--keep-downloads", "download", "org.example.alpha")
    assert run("cache", "list").stdout == "5000\twhole\tmemory://host/alpha\n"
    (entry,) = value(run("cache", "list", "--json"))
    assert (entry["state"], entry["url"]) == ("whole", "memory://host/alpha")


def test_the_cache_is_cleared_only_with_yes(run):
    run("--keep-downloads", "download", "org.example.alpha")
    shown = run("cache", "clear")
    assert shown.stdout.startswith("5000\tdownload\t")
    assert shown.stderr == "5.0 kB can be freed: --yes does it.\n"
    assert run("cache", "clear", "--yes").stderr == "5.0 kB freed.\n"
    assert run("cache", "list").stdout == ""


def test_few_bytes_are_written_as_elsewhere(run):
    cache = run.home / "datamaestro/cache"
    cache.mkdir(parents=True)
    (cache / f"{'0' * 64}.dl").write_bytes(b"12")
    assert run("cache", "clear").stderr == "2 bytes can be freed: --yes does it.\n"


def test_gc_removes_what_is_left_over_and_no_data(run):
    prepare(run, "alpha")
    work = run.home / FOLDER / "alpha" / ".downloads"
    work.mkdir()
    (work / "half").write_bytes(b"x" * 10)
    assert run("gc").stdout == ""
    assert run("gc", "--older-than", "0").stdout == f"10\tunfinished\t{work}\n"
    report = value(run("gc", "--older-than", "0", "--yes", "--json"))
    assert (report["removed"], report["garbage"][0]["kind"]) == (True, "unfinished")
    assert not work.exists()
    assert run("list").stdout == "org.example.alpha\n"


def test_gc_removes_orphans_only_when_it_is_told_to(run):
    gone = run.home / FOLDER / "gone"
    gone.mkdir(parents=True)
    assert run("gc", "--yes").stdout == ""
    assert run("gc", "--orphans", "--yes").stdout == f"0\torphan\t{gone}\n"
    assert not gone.exists()


def test_gc_removes_all_but_what_cant_be_removed(run):
    prepare(run, "alpha", "beta")
    works = [run.home / FOLDER / name / ".downloads" for name in ("alpha", "beta")]
    for work in works:
        work.mkdir()
    lock = works[0].parent / ".state.lock"
    lock.unlink()
    lock.mkdir()
    result = run("gc", "--older-than", "0", "--yes")
    assert result.returncode == 1
    assert result.stdout == f"0\tunfinished\t{works[1]}\n"
    assert result.stderr.startswith(f"0 bytes freed.\nError: {works[0].parent}: ")
    assert [work.exists() for work in works] == [True, False]


def test_gc_leaves_what_another_process_uses(run):
    run("--keep-downloads", "download", "org.example.alpha")
    (lock,) = (run.home / "datamaestro/cache").glob("*.lock")
    with locked(lock, "a test"):
        assert run("gc", "--yes").stdout == ""
    assert run("cache", "list").stdout != ""


# --- verify


def test_verify_tells_of_each_resource(run):
    prepare(run, "alpha", "beta")
    rows = [line.split("\t")[:3] for line in run("verify", "--all").stdout.splitlines()]
    assert rows == [
        ["ok", "org.example.alpha", "data"],
        ["unverifiable", "org.example.beta", "tree"],
    ]


def test_verify_exits_with_5_if_anything_is_wrong(run):
    prepare(run, "alpha")
    (run.home / FOLDER / "alpha/data.txt").write_text("x")
    result = run("verify", "org.example.alpha", "--json")
    assert result.returncode == 5
    (found,) = json.loads(result.stdout)
    assert (found["status"], found["files"]) == ("changed", [])
    assert "not all data are what was made: found 1 changed" in result.stderr


@pytest.mark.parametrize("repair", [False, True])
def test_verify_advises_a_repair_to_those_who_asked_for_none(run, repair):
    prepare(run, "alpha")
    (run.home / FOLDER / "alpha/data.txt").write_text("x")
    options = ["--repair"] if repair else []
    result = run("verify", "org.example.alpha", *options, ALIVE="b")
    assert result.returncode == 5
    assert ("'datamaestro verify --repair org.example.alpha'" in result.stderr) != repair


def test_verify_advises_a_repair_of_all_where_all_was_verified(run):
    prepare(run, "alpha")
    (run.home / FOLDER / "alpha/data.txt").write_text("x")
    assert "'datamaestro verify --repair --all'" in run("verify", "--all").stderr


def test_verify_repairs_when_it_is_told_to(run):
    prepare(run, "alpha")
    path = run.home / FOLDER / "alpha/data.txt"
    path.unlink()
    result = run("verify", "--all", "--repair")
    assert result.returncode == 0
    assert result.stdout.startswith("repaired\torg.example.alpha\tdata\t")
    assert path.read_text() == "alpha" * 1000


# --- cite and check


def test_cite_prints_bibtex_csl_json_or_text(run):
    assert run("cite", "org.example.alpha").stdout.startswith("@misc{org.example.alpha,\n")
    assert value(run("cite", "org.example.alpha", "--json"))[0]["title"] == "Alpha"
    text = run("cite", "org.example.alpha", "org.example.beta", "--format", "text").stdout
    assert text == "Alpha. Dataset org.example.alpha.\nBeta. Dataset org.example.beta.\n"


def test_cite_cites_what_is_prepared(run):
    prepare(run, "alpha", "gamma")
    assert [item["title"] for item in value(run("cite", "--prepared", "--json"))] == [
        "Alpha",
        "Gamma",
    ]


def test_what_is_prepared_and_not_installed_is_not_cited(run):
    prepare(run, "alpha")
    (run.home / FOLDER).parents[1].rename(run.home / "datamaestro/data/gone")
    result = run("cite", "--prepared", "--json")
    assert (result.returncode, json.loads(result.stdout)) == (0, [])
    told = "WARNING:datamaestro:not cited, as nothing declares them here: gone:org.example.alpha"
    assert told in result.stderr


def test_check_exits_with_4_if_a_source_is_dead(run):
    result = run("check", "org.example.beta", "--json", ALIVE="a")
    assert result.returncode == 4
    assert [item["status"] for item in json.loads(result.stdout)] == ["alive", "dead"]
    assert "not all sources are alive: found 1 dead of 2" in result.stderr


def test_check_exits_with_0_if_all_are_alive(run):
    result = run("check", "org.example.beta")
    assert result.returncode == 0
    assert result.stdout.splitlines()[0] == "alive\torg.example.beta\tmemory://host/a"


def test_check_exits_with_7_offline(run):
    assert run("--offline", "check", "org.example.beta").returncode == 7


# --- usage


@pytest.mark.parametrize("command", ["verify", "check", "cite"])
def test_a_command_that_is_told_neither_what_nor_all_exits_with_2(run, command):
    assert run(command).returncode == 2


def test_a_command_that_is_told_both_what_and_all_exits_with_2(run):
    result = run("verify", "org.example.alpha", "--all")
    assert result.returncode == 2
    assert "Give datasets or --all." in result.stderr


def test_the_shell_completes_what_is_prepared(run):
    prepare(run, "alpha")
    result = run(
        _DATAMAESTRO_COMPLETE="bash_complete",
        COMP_WORDS="datamaestro remove org.ex",
        COMP_CWORD="2",
    )
    assert result.stdout.splitlines() == ["plain,org.example.alpha"]


# --- on a terminal


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such terminals")
def test_a_terminal_gets_a_table_for_people(run, site_packages):
    import pty

    prepare(run, "alpha")
    terminal, other = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "datamaestro", "list"],
        env={**os.environ, "PYTHONPATH": str(site_packages), "TZ": "XYZ-3"},
        stdout=other,
    ) as process:
        os.close(other)
        assert process.wait() == 0
        lines = os.read(terminal, 10_000).decode().splitlines()
    os.close(terminal)
    assert lines[0].split() == ["DATASET", "SIZE", "COMPLETE", "LAST", "USED"]
    dataset, size, *times = lines[1].split("  ")
    assert (dataset, size.strip()) == ("org.example.alpha", "5.0 kB")
    assert [time[-6:] for time in times] == ["+03:00", "+03:00"]
