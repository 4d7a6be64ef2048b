"""The index: never out of date, never in the way, and only as much read as has to be."""

import gc
import json
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path

import as_on_windows
import pluggy  # noqa: F401  (needed where only Python's own modules can be imported)
import pytest

from datamaestro.catalog import Entry
from datamaestro.catalog.database import copied, open_database
from datamaestro.context import Context
from datamaestro.errors import DatasetNotFoundError, DefinitionError, SettingsError
from datamaestro.identifiers import parse
from datamaestro.search import Condition, corrected
from datamaestro.testing import write_distribution
from datamaestro.variables import user_cache

PACKAGE = """
from pathlib import Path
from datamaestro import Repository
from datamaestro.catalog import Entry
from datamaestro.data import File
from datamaestro.definitions import dataset

LIST = Path(__file__).with_name("list.txt")


class Things(Repository):
    NAMESPACE = "counted"
    DESCRIPTION = "Things to count"

    def entry_files(self):
        return [LIST]

    def entries(self):
        if LIST.exists():
            for line in LIST.read_text().split():
                yield Entry(f"org.hub.{line}", name=line)

    def define(self, dataset_id):
        if dataset_id != "org.hub.oak":
            return None

        @dataset(File, id=dataset_id)
        def oak():
            return {"path": "oak"}

        return oak
"""

MODULE = """
import counted
with counted.LIST.with_name("read.txt").open("a") as log:
    log.write("{name} ")
from datamaestro.data import File
from datamaestro.definitions import dataset
from counted.words import TAGS
from datamaestro.definitions import datatags

@datatags(*TAGS)
@dataset(File)
def {name}():
    '''{title}'''
    return {{"path": "{name}"}}
"""


class Site:
    """A folder of installed distributions, with one repository in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def install(self, *names: str, version: str = "1.0", title: str = "A thing") -> None:
        modules = {
            f"counted/config/org/{name}.py": MODULE.format(name=name, title=title) for name in names
        }
        files = {"counted/__init__.py": PACKAGE, "counted/words.py": "TAGS = ['countable']\n"}
        write_distribution(
            self.folder,
            "counted",
            version=version,
            files={**files, **modules},
            entry_points={"datamaestro.repositories": {"counted": "counted:Things"}},
        )
        self.rest()

    def write(self, path: str, text: str) -> None:
        (self.folder / path).write_text(text, encoding="utf-8")

    def rest(self) -> None:
        """Let some time pass since the last change, but for files that were changed before."""
        self._times = getattr(self, "_times", 1_000_000_000) + 10
        for path in (self.folder, *self.folder.rglob("*")):
            if path.stat().st_mtime > 1_500_000_000:
                os.utime(path, (self._times, self._times))

    def read(self) -> list[str]:
        """Give the modules that were run since the last call."""
        log = self.folder / "counted" / "read.txt"
        names = log.read_text().split() if log.exists() else []
        log.unlink(missing_ok=True)
        self.rest()
        return sorted(names)


@pytest.fixture
def site(site_packages, home):
    found = Site(site_packages)
    found.install("one", "two")
    assert search() == ["org.one.one", "org.two.two"]
    assert found.read() == ["one", "two"]
    return found


def search(query="repo:counted"):
    """Search with a context of its own, which knows only what is on disk."""
    return [entry.id for entry in Context().catalog.search(Condition.parse(query))]


def entry(name):
    return Context().catalog.entry(parse(name))


def index_file(context):
    return context.index_folder / "catalog.sqlite"


# --- only what changed is read again


def test_what_was_read_once_is_not_read_again(site):
    assert search() == ["org.one.one", "org.two.two"]
    assert entry("org.one.one").name == "A thing"
    assert site.read() == []


def test_a_module_that_changed_is_read_again_and_no_other(site):
    site.write("counted/config/org/one.py", MODULE.format(name="one", title="Another thing"))
    assert entry("org.one.one").name == "Another thing"
    assert site.read() == ["one"]
    assert search("another") == ["org.one.one"]


def test_the_modules_that_the_process_has_stay_as_they_are(site):
    definition = Context().dataset("org.one.one")
    site.write("counted/config/org/one.py", MODULE.format(name="one", title="Another thing"))
    assert entry("org.one.one").name == "Another thing"
    assert Context().dataset("org.one.one") is definition


def test_a_new_module_is_found(site):
    site.write("counted/config/org/three.py", MODULE.format(name="three", title=""))
    assert search() == ["org.one.one", "org.three.three", "org.two.two"]
    assert site.read() == ["three"]


def test_a_module_that_is_gone_is_forgotten(site):
    (site.folder / "counted/config/org/one.py").unlink()
    assert search() == ["org.two.two"]
    assert search("repo:counted one") == []
    assert site.read() == []


def test_with_another_module_beside_the_definitions_all_are_read_again(site):
    site.write("counted/words.py", "TAGS = ['uncountable']\n")
    search()
    assert site.read() == ["one", "two"]


def test_a_file_that_changes_twice_in_one_moment_is_read_twice(site, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # bytecode would be taken for right
    path = site.folder / "counted/config/org/one.py"
    site.write("counted/config/org/one.py", MODULE.format(name="one", title="Thing 1"))
    moment = path.stat().st_mtime_ns
    assert entry("org.one.one").name == "Thing 1"
    site.write("counted/config/org/one.py", MODULE.format(name="one", title="Thing 2"))
    os.utime(path, ns=(moment, moment))
    assert entry("org.one.one").name == "Thing 2"


def test_a_look_up_does_not_make_an_index(site_packages, home):
    site = Site(site_packages)
    site.install("one", "two")
    context = Context()
    assert context.dataset("org.one.one").id == "org.one.one"
    assert site.read() == ["one"]
    assert not index_file(context).exists()


def test_a_look_up_imports_what_the_index_says(site):
    for name in [name for name in sys.modules if name.startswith("counted.config.org")]:
        del sys.modules[name]
    assert Context().dataset("org.two.two").repository == "counted"
    assert site.read() == ["two"]


# --- plugins come, change and go


@pytest.mark.parametrize("version", ["2.0", "0.5"])
def test_another_version_is_noticed(site, version):
    (site.folder / "counted-1.0.dist-info").rename(site.folder / "counted-0.dist-info")
    for path in (site.folder / "counted-0.dist-info").iterdir():
        path.unlink()
    (site.folder / "counted-0.dist-info").rmdir()
    site.install("one", "two", version=version)
    assert entry("org.one.one").version == version
    assert entry("org.one.one").distribution == "counted"


def test_a_plugin_that_is_removed_is_forgotten(site):
    information = site.folder / "counted-1.0.dist-info"
    for path in information.iterdir():
        path.unlink()
    information.rmdir()
    assert search() == []
    assert "counted" not in [name for name, _ in Context().catalog.repositories()]


def test_a_plugin_that_is_installed_is_noticed(site):
    write_distribution(
        site.folder,
        "others",
        files={
            "others/__init__.py": PACKAGE.replace('"counted"', '"others"'),
            "others/list.txt": "ash",
        },
        entry_points={"datamaestro.repositories": {"others": "others:Things"}},
    )
    assert search("repo:others") == ["org.hub.ash"]
    assert site.read() == []


def test_an_entry_point_that_is_edited_is_noticed(site):
    site.write("counted-1.0.dist-info/entry_points.txt", "[datamaestro.repositories]\n")
    assert search() == []


def test_another_import_path_has_other_plugins(site, monkeypatch):
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path != str(site.folder)])
    assert search() == []
    monkeypatch.syspath_prepend(site.folder)
    assert search() == ["org.one.one", "org.two.two"]


def test_a_folder_without_plugins_on_the_import_path_changes_nothing(site, monkeypatch, tmp_path):
    (tmp_path / "tools").mkdir()
    monkeypatch.syspath_prepend(tmp_path / "tools")
    assert search() == ["org.one.one", "org.two.two"]
    assert site.read() == []


# --- datasets that no module declares


def test_entries_are_streamed_into_the_index(site):
    site.write("counted/list.txt", "oak birch")
    assert search("repo:counted hub") == ["org.hub.birch", "org.hub.oak"]
    assert entry("org.hub.oak") == Entry(
        "org.hub.oak", "counted", name="oak", distribution="counted", version="1.0"
    )


def test_entries_are_asked_for_again_when_their_file_changes(site):
    site.write("counted/list.txt", "oak")
    assert search("repo:counted hub") == ["org.hub.oak"]
    site.write("counted/list.txt", "elm")
    assert search("repo:counted hub") == ["org.hub.elm"]


def test_the_definition_of_a_streamed_dataset_is_made_when_it_is_asked_for(site):
    site.write("counted/list.txt", "oak")
    search()
    assert Context().dataset("org.hub.oak").repository == "counted"
    assert Context().prepare("counted:org.hub.oak").path == Path("oak")


def test_a_dataset_that_is_in_no_list_is_found_if_it_can_be_made(site):
    assert search("repo:counted hub") == []
    assert Context().dataset("org.hub.oak").id == "org.hub.oak"


def test_what_streams_the_entries_may_fail_without_harm(site, caplog):
    site.write("counted/__init__.py", PACKAGE.replace("LIST.exists()", "nothing_of_the_kind"))
    sys.modules.pop("counted")
    assert search() == ["org.one.one", "org.two.two"]
    assert "NameError" in caplog.text


@pytest.mark.skipif(sys.platform != "linux", reason="names are UTF-8 elsewhere")
def test_distributions_may_lie_in_a_folder_whose_name_is_not_utf_8(
    site_packages, home, monkeypatch
):
    folder = site_packages / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    site = Site(folder)
    site.install("one", "two")
    site.write("counted/config/org/two.py", "import nowhere")
    site.rest()
    assert search() == ["org.one.one"]
    (warning,) = Context().catalog.left_out()
    assert "nowhere" in warning


# --- broken modules


@pytest.fixture
def broken(site, monkeypatch):
    """Break one module among fifty."""
    # It is tried again once something changes on the import path, and other folders there get
    # bytecode while tests run: only this repository and Python's own modules are on it.
    own = [path for path in sys.path if Path(path).is_relative_to(sys.base_prefix)]
    own = [path for path in own if "site-packages" not in path]
    monkeypatch.setattr(sys, "path", [str(site.folder), *own])
    for number in range(48):
        site.write(f"counted/config/org/n{number}.py", MODULE.format(name=f"n{number}", title=""))
    site.write("counted/config/org/one.py", MODULE.format(name="one", title="") + "import nowhere")
    return site


def test_a_broken_module_hides_only_its_own_datasets(broken, caplog):
    assert len(search()) == 49
    (warning,) = [record.message for record in caplog.records]
    assert "left out of repository counted" in warning
    assert "one.py" in warning
    assert "nowhere" in warning
    assert "\n" not in warning


def test_broken_modules_are_listed(broken):
    (line,) = Context().catalog.left_out()
    assert "one.py" in line
    assert "nowhere" in line


def test_a_broken_module_is_told_of_but_not_tried_again(broken, caplog):
    search()
    broken.read()
    search()
    broken.read()
    caplog.clear()
    assert len(search()) == 49
    assert len(caplog.records) == 1
    assert broken.read() == []


def test_a_broken_module_is_tried_again_when_it_changed(broken, caplog):
    search()
    broken.read()
    broken.write("counted/config/org/one.py", MODULE.format(name="one", title="mended"))
    caplog.clear()
    assert len(search()) == 50
    assert caplog.records == []


def test_asking_for_what_a_broken_module_should_hold_raises_its_error(broken):
    search()
    del sys.modules["counted.config.org.one"]
    with pytest.raises(DefinitionError, match="nowhere"):
        entry("org.one.one")


# --- nothing about the index is ever an error


@pytest.mark.parametrize("name", ["with spaces", "what?mode=rw", "#1", "50%20", "hé", "a&b;c"])
def test_its_folder_has_any_name(tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()
    copied(None, str(folder / "index.sqlite")).close()
    connection = open_database(folder / "index.sqlite")
    assert connection is not None
    connection.close()


def test_searches_that_race_to_build_all_succeed(site_packages, home):
    Site(site_packages).install(*(f"n{number}" for number in range(20)))
    index = {"DATAMAESTRO_INDEX_DIR": str(home / "index")}
    environment = {**os.environ, "PYTHONPATH": str(site_packages), **index}
    command = [sys.executable, "-m", "datamaestro", "search", "repo:counted"]
    running = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    outputs = {process.communicate(timeout=120)[0] for process in running}
    assert [process.returncode for process in running] == [0, 0, 0, 0]
    assert len(outputs) == 1
    assert len(outputs.pop().split()) == 20
    left = [path.name for path in (home / "index").rglob("*") if path.is_file()]
    assert sorted(left) == ["catalog.sqlite", "installed.json"]


THREADS = """
import gc, threading
from datamaestro.context import Context
from datamaestro.identifiers import parse
from datamaestro.search import Condition

threshold, context, found = gc.get_threshold(), Context(), []

def search():
    for _ in range(50):
        found.append(len([*context.catalog.search(Condition.parse("repo:counted thing"))]))
        for name in ("org.one.one", "org.two.two"):
            assert context.catalog.entry(parse(name)).id == name

threads = [threading.Thread(target=search) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(len(found), *set(found), gc.get_threshold() == threshold)
"""


@pytest.mark.parametrize("in_memory", [False, True])
def test_threads_search_one_index_at_once(site, in_memory):
    paths = [str(site.folder), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    if in_memory:
        (site.folder / "file").touch()
        environment["DATAMAESTRO_INDEX_DIR"] = str(site.folder / "file")
    done = subprocess.run(
        [sys.executable, "-c", THREADS],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == "200 2 True\n", done.stderr


def test_a_folder_that_cannot_be_written_is_done_without(site, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("DATAMAESTRO_INDEX_DIR", str(tmp_path / "file"))
    assert search() == ["org.one.one", "org.two.two"]
    assert search("irrelevant") == []


@pytest.mark.skipif(sys.platform == "win32", reason="users have other folders there")
def test_a_folder_that_leads_nowhere_is_told(site, monkeypatch):
    monkeypatch.setenv("DATAMAESTRO_INDEX_DIR", "~nobody-of-that-name/index")
    with pytest.raises(SettingsError, match=r"leads nowhere.*found ~nobody-of-that-name/index"):
        search()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="may write anywhere")
def test_a_folder_that_may_only_be_read_is_used(site, monkeypatch):
    folder = Context().index_folder
    folder.chmod(0o500)
    assert search() == ["org.one.one", "org.two.two"]
    assert site.read() == []
    folder.chmod(0o700)


def test_a_full_disk_is_done_without(site, monkeypatch):
    index_file(Context()).unlink()

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("datamaestro.catalog.database.os.fsync", full)
    assert search() == ["org.one.one", "org.two.two"]
    assert list(Context().index_folder.glob("*.sqlite*")) == []


def test_what_killed_processes_left_of_it_goes_after_an_hour(site, monkeypatch):
    class Killed(BaseException):
        """The process ends here."""

    def killed(*_arguments):
        raise Killed

    folder = index_file(Context()).parent
    before = set(folder.iterdir())
    for _ in range(2):
        index_file(Context()).unlink(missing_ok=True)
        with monkeypatch.context() as patch, suppress(Killed):
            patch.setattr("datamaestro.catalog.refresh.refresh", killed)
            patch.setattr(Path, "unlink", killed)  # as nothing is tidied up
            search()
    old, new = set(folder.iterdir()) - before
    os.utime(old, (0, 0))
    assert search() == ["org.one.one", "org.two.two"]
    assert set(folder.iterdir()) == {*before, new}


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open files are listed elsewhere")
def test_it_is_renewed_where_no_open_file_can_be_replaced(site, monkeypatch):
    gc.collect()  # what other contexts have open
    replace = Path.replace

    def as_on_windows(path, target):
        opened = [os.path.realpath(item) for item in Path("/proc/self/fd").iterdir()]
        if os.path.realpath(target) in opened:
            raise PermissionError(13, "The process cannot access the file", str(target))
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", as_on_windows)
    context = Context()
    assert context.catalog.ids()
    site.write("counted/config/org/one.py", MODULE.format(name="one", title="Another thing"))
    site.rest()
    assert context.catalog.entry(parse("org.one.one")).name == "Another thing"
    assert site.read() == ["one"]
    assert entry("org.one.one").name == "Another thing"
    assert site.read() == []


@pytest.mark.parametrize("content", [b"", b"garbage" * 1000, b"SQLite format 3\0" + bytes(5000)])
def test_a_damaged_database_is_made_anew(site, content):
    index_file(Context()).write_bytes(content)
    assert search() == ["org.one.one", "org.two.two"]
    assert search() == ["org.one.one", "org.two.two"]
    assert site.read() == ["one", "two"]


def damage(file):
    """Damage a database inside, and give its content."""
    content = bytearray(file.read_bytes())
    middle = slice(4096 * 12, len(content))
    content[middle] = b"\xff" * len(content[middle])
    file.write_bytes(content)
    return content


def test_a_database_that_is_damaged_inside_is_made_anew(site):
    damage(index_file(Context()))
    assert search("thing repo:counted") == ["org.one.one", "org.two.two"]
    assert search("thing repo:counted") == ["org.one.one", "org.two.two"]


def test_a_damaged_database_is_closed_before_it_is_replaced(site, monkeypatch):
    catalog = Context().catalog
    assert "org.one.one" in catalog.ids()
    file = index_file(Context())
    damaged = damage(file)
    gc.collect()
    as_on_windows.refuse(monkeypatch)
    found = catalog.search(Condition.parse("thing repo:counted"))
    assert [item.id for item in found] == ["org.one.one", "org.two.two"]
    assert file.read_bytes() != damaged


@pytest.mark.parametrize("table", ["unit", "entry", "facts", "repository", "watched", "alias"])
def test_whichever_table_is_damaged_it_is_made_anew(site, table):
    file = index_file(Context())
    with closing(sqlite3.connect(file)) as connection:
        (page_size,) = connection.execute("PRAGMA page_size").fetchone()
        root = "SELECT rootpage FROM sqlite_master WHERE name = ?"
        (page,) = connection.execute(root, [table]).fetchone()
    content = bytearray(file.read_bytes())
    content[(page - 1) * page_size : page * page_size] = b"\xff" * page_size
    file.write_bytes(content)
    assert ("counted", "Things to count") in Context().catalog.repositories()
    assert search() == ["org.one.one", "org.two.two"]


def test_a_project_that_claims_the_id_of_a_repository_hides_it_from_nobody_else(
    site, tmp_path, monkeypatch
):
    project = tmp_path / "project"
    project.mkdir()
    (project / "data.py").touch()
    (project / "pyproject.toml").write_text(
        '[tool.datamaestro]\nid = "counted"\ndatasets = ["data.py"]\n'
    )
    index_file(Context()).unlink()
    with monkeypatch.context() as inside:
        inside.chdir(project)
        assert search() == ["org.one.one", "org.two.two"]
    assert search() == ["org.one.one", "org.two.two"]


@pytest.mark.parametrize("version", [0, 999_999])
def test_a_database_of_another_version_is_made_anew(site, version):
    with sqlite3.connect(index_file(Context())) as connection:
        connection.execute(f"PRAGMA user_version = {version}")
    connection.close()
    assert search() == ["org.one.one", "org.two.two"]


@pytest.mark.parametrize("content", ["", "[]", '{"format": 1}', "garbage"])
def test_damaged_memories_of_plugins_are_made_anew(site, content):
    file = Context().index_folder / "installed.json"
    file.write_text(content, encoding="utf-8")
    assert search() == ["org.one.one", "org.two.two"]
    assert json.loads(file.read_text(encoding="utf-8"))["provided"]["repositories"]


def test_without_full_text_search_the_repositories_are_read(site, monkeypatch):
    index_file(Context()).unlink()
    site.write("counted/list.txt", "oak")
    monkeypatch.setattr("datamaestro.catalog.index.can_index", lambda: False)
    assert search() == ["org.hub.oak", "org.one.one", "org.two.two"]
    assert search("repo:counted oak") == ["org.hub.oak"]
    assert entry("org.one.one").version == "1.0"
    assert "org.hub.oak" in Context().catalog.ids()
    _, replaced = corrected(Condition.parse("uncountabel repo:counted"), Context().catalog)
    assert replaced == {"uncountabel": "countable"}
    assert not index_file(Context()).exists()


def test_the_cache_folder_is_that_of_platformdirs(monkeypatch):
    from platformdirs import user_cache_path

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert user_cache() == user_cache_path("datamaestro", appauthor=False)


# --- broken repositories


BROKEN = [
    ("    def entry_files(self):", "    def __init__(self, context):\n        {}\n"),
    ("        return [LIST]", "        {}"),
    ("        if LIST.exists():", "        {}\n        if LIST.exists():"),
]


@pytest.mark.parametrize("error", ["raise OSError('no licence')", "raise SystemExit(9)"])
@pytest.mark.parametrize(("place", "text"), BROKEN, ids=["init", "files", "entries"])
def test_a_repository_that_fails_takes_no_other_down(site, caplog, place, text, error):
    broken = text.format(error) + ("\n" + place if place.startswith("    def") else "")
    site.write("counted/__init__.py", PACKAGE.replace(place, broken))
    sys.modules.pop("counted")
    write_distribution(
        site.folder,
        "sound",
        files={
            "sound/__init__.py": PACKAGE.replace('"counted"', '"sound"'),
            "sound/list.txt": "elm",
        },
        entry_points={"datamaestro.repositories": {"sound": "sound:Things"}},
    )
    assert search("elm") == ["org.hub.elm"]
    assert ("no licence" if "licence" in error else "SystemExit: 9") in caplog.text


def test_a_repository_that_fails_takes_no_other_down_without_full_text_search(
    site, caplog, monkeypatch
):
    place, text = BROKEN[2]
    site.write("counted/__init__.py", PACKAGE.replace(place, text.format("raise OSError('lost')")))
    sys.modules.pop("counted")
    monkeypatch.setattr("datamaestro.catalog.index.can_index", lambda: False)
    assert search() == ["org.one.one", "org.two.two"]
    assert "left out of repository counted" in caplog.text
    assert "the entries can't be told: found OSError: lost" in caplog.text


def test_an_entry_that_no_database_holds_hides_only_its_own_repository(site, caplog):
    site.write("counted/__init__.py", PACKAGE.replace("name=line", "name=['a', 'list']"))
    site.write("counted/list.txt", "oak")
    sys.modules.pop("counted")
    assert search() == ["org.one.one", "org.two.two"]
    assert "left out of repository counted" in caplog.text


def test_a_name_that_is_no_text_hides_only_its_own_module(site, caplog):
    site.write("counted/config/org/one.py", MODULE.format(name="one", title=r"caf\udce9"))
    assert search() == ["org.two.two"]
    told = r"not a text in UTF-8: 'org\.one\.one caf|UnicodeEncodeError"  # Python 3.13's own
    assert re.search(f"left out of repository counted: .*({told})", caplog.text)


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        (
            "tags=[line]",
            r"Entry\.tags has the wrong type: expected .*, found list",
        ),
        ("description=b'x'", r"Entry\.description has the wrong type: expected str, found bytes"),
        ("download_size='1 GB'", r"Entry\.download_size has the wrong type: expected int \| None"),
        (r"name='caf\udce9'", r"not a text in UTF-8: 'org\.hub\.oak caf"),
    ],
)
def test_an_entry_that_is_wrong_hides_only_its_own_repository(site, caplog, facts, told):
    site.write("counted/__init__.py", PACKAGE.replace("name=line", facts))
    site.write("counted/list.txt", "oak")
    sys.modules.pop("counted")
    assert search() == ["org.one.one", "org.two.two"]
    assert re.search(f"left out of repository counted: .*{told}", caplog.text)


# --- datasets that no module declares


def test_a_dataset_that_no_module_declares_lies_in_its_repositorys_folder(site):
    site.write("counted/list.txt", "oak")
    context = Context()
    definition = context.dataset("org.hub.oak")
    assert context.folder(definition) == context.datapath / "counted/org/hub/oak"
    assert definition.repository == "counted"


def test_a_repository_that_cant_define_a_dataset_takes_no_other_down(site, caplog):
    text = PACKAGE.replace('if dataset_id != "org.hub.oak":', "if 1 / 0:")
    site.write("counted/__init__.py", text)
    site.write("counted/list.txt", "oak")
    sys.modules.pop("counted")
    context = Context()
    with pytest.raises(DatasetNotFoundError):
        context.dataset("org.hub.unknown")
    assert "org.hub.unknown can't be defined" in caplog.text
    with pytest.raises(DefinitionError, match=r"org\.hub\.oak can't be defined.*ZeroDivisionError"):
        context.dataset("org.hub.oak")


def test_nobody_is_told_that_they_mean_what_they_have_written(site):
    site.write("counted/list.txt", "oak oaks")
    context = Context()
    assert "org.hub.oaks" in context.catalog.ids()
    with pytest.raises(DatasetNotFoundError) as caught:
        context.dataset("org.hub.oaks")
    assert caught.value.hint == "did you mean org.hub.oak?"


def test_another_dataset_than_was_asked_for_is_never_given(site):
    text = PACKAGE.replace('if dataset_id != "org.hub.oak":', 'if "hub" not in dataset_id:')
    site.write("counted/__init__.py", text.replace("id=dataset_id", 'id="org.hub.oak"'))
    site.write("counted/list.txt", "oak elm")
    sys.modules.pop("counted")
    context = Context()
    assert context.catalog.entry(parse("org.hub.elm")).id == "org.hub.elm"
    assert context.dataset("org.hub.oak").id == "org.hub.oak"
    with pytest.raises(DefinitionError, match=r"expected org\.hub\.elm, found org\.hub\.oak"):
        context.dataset("org.hub.elm")


# --- optimized bytecode


def test_an_index_that_was_made_without_docstrings_is_no_other_processs(site):
    code = (
        "from datamaestro.context import Context; from datamaestro.identifiers import parse;"
        "print(Context().catalog.entry(parse('org.one.one')).name)"
    )
    environment = {**os.environ, "PYTHONPATH": str(site.folder)}
    for option, name in (("-OO", "org.one.one"), ("-B", "A thing")):
        command = [sys.executable, option, "-c", code]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        assert (done.stdout.strip() or "org.one.one") == name


# --- typing errors


def test_a_word_that_nothing_matches_is_replaced_by_the_one_most_like_it(site):
    site.write("counted/list.txt", "mnist birch")
    catalog = Context().catalog
    condition, replaced = corrected(Condition.parse("mnsit repo:counted"), catalog)
    assert replaced == {"mnsit": "mnist"}
    assert [item.id for item in catalog.search(condition)] == ["org.hub.mnist"]


def test_a_word_like_no_other_stays(site):
    assert corrected(Condition.parse("qqqqqq"), Context().catalog)[1] == {}


# --- what is on disk


def test_prepared_datasets_are_found(site):
    context = Context()
    folder = context.datapath / "counted/org/hub/oak"
    folder.mkdir(parents=True)
    (folder / "oak.csv").write_bytes(b"12")
    record = {"fingerprint": "F", "path": "oak.csv", "size": 2, "downloads": []}
    state = {"version": 2, "resources": {"oak": record}}
    (folder / ".state.json").write_text(json.dumps(state), encoding="utf-8")
    site.write("counted/list.txt", "oak elm")
    kept = PACKAGE.replace("name=line)", 'name=line, kept={"oak": ("oak.csv", "F")})')
    site.write("counted/__init__.py", kept)
    sys.modules.pop("counted")
    assert search("prepared:yes") == ["org.hub.oak"]
    assert search("prepared:no repo:counted hub") == ["org.hub.elm"]
    (folder / "oak.csv").write_bytes(b"1")
    assert search("prepared:yes") == []


@pytest.mark.parametrize(
    ("folder", "found"),
    [
        ("oak/size=0.5", ["org.hub.oak"]),
        ("oak", ["org.hub.oak"]),
        ("oak/leaf", []),
    ],
)
def test_a_dataset_is_prepared_with_one_of_its_variants_and_not_with_one_below_it(
    site, folder, found
):
    site.write("counted/list.txt", "oak elm")
    facts = 'name=line, axes={"size": ("0.5",)}, kept={"a": ("a", "F")})'
    with_axes = PACKAGE.replace("name=line)", facts)
    site.write("counted/__init__.py", with_axes)
    sys.modules.pop("counted")
    context = Context()
    place = context.datapath / "counted/org/hub" / folder
    place.mkdir(parents=True)
    record = {"fingerprint": "of a variant", "path": "a", "size": 2, "downloads": []}
    state = {"version": 2, "resources": {"a": record}}
    (place / ".state.json").write_text(json.dumps(state), encoding="utf-8")
    condition = Condition.parse("prepared:yes")
    assert search("prepared:yes") == found
    entries = context.catalog.entries()
    assert [item.id for item in entries if condition.within(context).match(item)] == found
