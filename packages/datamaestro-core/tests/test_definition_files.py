"""Datasets that no plugin ships: in a file, a script, a session, a project."""

import importlib
import json
import os
import subprocess
import sys
import threading
import types
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import pytest

from datamaestro import identifiers
from datamaestro.cli import run
from datamaestro.context import Context
from datamaestro.errors import (
    AmbiguousDatasetError,
    DatasetNotFoundError,
    DefinitionError,
    PluginConflictError,
    QueryError,
    SettingsError,
)
from datamaestro.inventory.named import find_prepared
from datamaestro.testing import write_distribution

DEFINITIONS = """
from datamaestro.data import File
from datamaestro.definitions import Dataset, dataset
from datamaestro.download import FileResource

class Made(FileResource):
    def _download(self, destination):
        destination.write_text(TEXT)

TEXT = "made"

@dataset(id="org.example.corpus")
class Corpus(Dataset):
    '''A corpus'''
    DATA = Made("data.txt")

    def config(self) -> File:
        return File(path=self.DATA.path)

@Made("data.txt")
@dataset(File, id="org.example.letters")
def letters(data):
    '''Letters'''
    return {"path": data}
"""


@pytest.fixture(autouse=True)
def clean_interpreter(monkeypatch, tmp_path):
    """Forget what a test imports, and stand in an empty folder."""
    before = set(sys.modules)
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    yield
    for name in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def write(path, text=DEFINITIONS):
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path.resolve()


# --- files


@pytest.mark.parametrize("name", ["Corpus", "letters", "org.example.corpus"])
def test_a_dataset_is_named_by_its_file_and_name_or_id(context, name):
    write("mydata.py")
    assert context.prepare(f"./mydata.py:{name}").path.read_text() == "made"


@pytest.mark.skipif(sys.platform != "linux", reason="names are UTF-8 elsewhere")
def test_a_file_may_lie_in_a_folder_whose_name_is_not_utf_8(context):
    path = write(Path(os.fsdecode(b"caf\xe9"), "mydata.py"))
    assert context.prepare(f"{path}:Corpus").path.read_text() == "made"


def test_a_file_is_named_from_anywhere(context, monkeypatch, tmp_path):
    path = write("mydata.py")
    here = context.prepare("mydata.py:Corpus").path
    monkeypatch.chdir(tmp_path)
    assert context.prepare("work/mydata.py:Corpus").path == here
    assert context.prepare(f"{path}:Corpus").path == here


def test_files_of_one_name_do_not_share_their_data(context):
    write("one/mydata.py")
    write("two/mydata.py", DEFINITIONS.replace('"made"', '"made too"'))
    one = context.prepare("one/mydata.py:Corpus").path
    two = context.prepare("two/mydata.py:Corpus").path
    assert (one.read_text(), two.read_text()) == ("made", "made too")
    custom = context.datapath / "__custom__"
    assert sorted(path.name[:7] for path in custom.iterdir()) == ["mydata_", "mydata_"]


def test_relative_imports_work_in_a_package(context):
    write("pack/__init__.py", "")
    write("pack/words.py", "TEXT = 'from words'")
    write("pack/sub/__init__.py", "")
    write("pack/sub/mydata.py", DEFINITIONS.replace('TEXT = "made"', "from ..words import TEXT"))
    value = context.prepare("pack/sub/mydata.py:Corpus")
    assert value.path.read_text() == "from words"
    assert value.path.is_relative_to(context.datapath / "__custom__" / "pack")


def test_modules_beside_a_file_can_be_imported(context):
    write("words_beside.py", "TEXT = 'from beside'")
    write("mydata.py", DEFINITIONS.replace('TEXT = "made"', "from words_beside import TEXT"))
    assert context.prepare("mydata.py:Corpus").path.read_text() == "from beside"


def test_a_module_of_a_repository_is_imported_as_its_part(context):
    write("greek/__init__.py", "")
    write("greek/config/org/example.py", DEFINITIONS.replace('id="org.example.corpus"', ""))
    value = context.prepare("greek/config/org/example.py:Corpus")
    assert value.id == "org.example.corpus"


def test_two_packages_of_one_name_are_told_apart(context):
    write("one/pack/__init__.py", DEFINITIONS)
    write("two/pack/__init__.py", DEFINITIONS)
    context.prepare("one/pack/__init__.py:Corpus")
    with pytest.raises(DefinitionError, match="another module is imported as pack"):
        context.prepare("two/pack/__init__.py:Corpus")


def test_a_name_that_is_not_declared_is_an_error_that_lists_what_is(context):
    path = write("mydata.py")
    with pytest.raises(DatasetNotFoundError) as caught:
        context.prepare("mydata.py:Corpsu")
    assert str(caught.value) == (
        "mydata.py: no dataset 'Corpsu' is declared: expected Corpus, letters; did you mean Corpus?"
    )
    assert path.is_file()


def test_a_file_that_is_not_there_is_an_error(context):
    with pytest.raises(DatasetNotFoundError, match="no such file of definitions"):
        context.prepare("nowhere.py:Corpus")


def test_a_name_that_no_file_can_have_is_an_error_of_its_kind(context):
    with pytest.raises(DatasetNotFoundError, match="file of definitions"):
        context.prepare(f"{'x' * 300}.py:Corpus")


@pytest.mark.skipif(sys.platform == "win32", reason="few may make links there")
def test_a_link_to_itself_is_no_file_of_definitions(context):
    Path("circle.py").symlink_to("circle.py")
    with pytest.raises(DatasetNotFoundError, match="no such file of definitions"):
        context.prepare("circle.py:Corpus")


def test_a_class_that_nothing_declares_is_told_what_it_lacks(context):
    write("mydata.py", "from datamaestro.definitions import Dataset\nclass Corpus(Dataset): ...\n")
    with pytest.raises(DatasetNotFoundError, match=r"expected @dataset\(id='…'\) above a class"):
        context.dataset("mydata.py:Corpus")


@pytest.mark.parametrize("text", ["mydata.py:", "mydata.py", "./mydata.py", "a.py:image:Corpus"])
def test_a_file_without_a_name_is_no_dataset(context, text):
    write("mydata.py")
    with pytest.raises((QueryError, DatasetNotFoundError)):
        context.prepare(text)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("x = 1\nfrom nowhere import y\n", 2, "ModuleNotFoundError: No module named 'nowhere'"),
        ("x = 1\n\n1 / 0\n", 3, "ZeroDivisionError: division by zero"),
        ("def f(:\n    pass\n", 1, "SyntaxError: "),
        ("def f():\n    return x\n\nf()\n", 2, "NameError: name 'x' is not defined"),
        ("from .beside import y\n", 1, "expected an absolute import"),
        ("from datetime import timezone\ntimezone()\n", 2, "TypeError: timezone() missing"),
    ],
)
def test_a_mistake_is_told_with_its_file_and_line(context, text, line, message):
    path = write("mydata.py", text)
    with pytest.raises(DefinitionError) as caught:
        context.prepare("mydata.py:Corpus")
    assert str(caught.value).startswith(f"{path}:{line}: a file of definitions can't be imported")
    assert message in str(caught.value)


def test_a_wrong_definition_is_told_with_its_file_and_line(context):
    path = write("mydata.py", DEFINITIONS.replace('id="org', 'doi="none", id="org')).resolve()
    with pytest.raises(DefinitionError, match="doi is invalid") as caught:
        context.prepare("mydata.py:Corpus")
    assert caught.value.where == f"{path}:12"


def test_a_mistake_can_be_mended(context):
    write("mydata.py", "1 / 0")
    with pytest.raises(DefinitionError):
        context.prepare("mydata.py:Corpus")
    os.utime(write("mydata.py"), (0, 0))
    assert context.prepare("mydata.py:Corpus").path.is_file()


# --- files that change


def test_a_file_is_read_once_while_it_stays_as_it_is(context):
    write("mydata.py")
    assert context.dataset("mydata.py:Corpus") is context.dataset("mydata.py:Corpus")


def test_an_edited_file_is_read_again(context, another_context):
    write("mydata.py")
    assert context.prepare("mydata.py:Corpus").path.read_text() == "made"
    write("mydata.py", DEFINITIONS.replace('"made"', '"made anew"'))
    assert another_context.prepare("mydata.py:Corpus").path.read_text() == "made anew"


def test_an_edited_file_declares_what_it_says_now(context):
    write("mydata.py")
    context.dataset("mydata.py:Corpus")
    write("mydata.py", DEFINITIONS.replace("class Corpus(", "class Flowers("))
    assert context.dataset("mydata.py:Flowers").id == "org.example.corpus"
    with pytest.raises(DatasetNotFoundError, match="no dataset 'Corpus' is declared"):
        context.dataset("mydata.py:Corpus")


def test_an_edited_file_of_a_project_is_read_again(garden, context):
    assert context.dataset("org.example.corpus").name == "A corpus"
    text = DEFINITIONS.replace("A corpus", "A larger corpus")
    write("src/mydata.py", text.replace("org.example.letters", "org.example.words"))
    assert context.dataset("org.example.corpus").name == "A larger corpus"
    assert context.dataset("org.example.words").name == "Letters"


def test_an_edit_counts_that_keeps_the_second_and_the_size(context, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    os.utime(write("mydata.py"), ns=(0, 10**18))
    assert context.dataset("mydata.py:Corpus").name == "A corpus"
    os.utime(write("mydata.py", DEFINITIONS.replace("A corpus", "B corpus")), ns=(0, 10**18 + 1))
    assert context.dataset("mydata.py:Corpus").name == "B corpus"


def test_a_mistake_in_an_edited_file_is_told(context):
    write("mydata.py")
    context.dataset("mydata.py:Corpus")
    path = write("mydata.py", f"{DEFINITIONS}\n1 / 0")
    line = DEFINITIONS.count("\n") + 2
    for _ in range(2):
        with pytest.raises(DefinitionError, match="division by zero") as caught:
            context.dataset("mydata.py:Corpus")
        assert caught.value.where == f"{path}:{line}"


def test_the_module_of_a_file_can_be_reloaded(context):
    write("mydata.py")
    name = context.dataset("mydata.py:Corpus").target.__module__
    write("mydata.py", DEFINITIONS.replace("A corpus", "Another corpus"))
    assert importlib.reload(sys.modules[name]).Corpus.__dataset__.name == "Another corpus"


def test_a_file_may_have_dots_in_its_name(context):
    write("my.data.py")
    assert context.prepare("my.data.py:Corpus").path.read_text() == "made"


# --- threads


@pytest.fixture
def gates(monkeypatch):
    """Give events that files which are imported can set and wait for."""
    gates = types.SimpleNamespace(file=threading.Event(), module=threading.Event())
    monkeypatch.setitem(sys.modules, "gates_of_test", gates)
    return gates


def test_a_thread_waits_for_a_file_that_another_one_imports(context, gates):
    write("mydata.py", f"import gates_of_test as g\ng.file.set()\ng.module.wait()\n{DEFINITIONS}")
    with ThreadPoolExecutor() as threads:
        first = threads.submit(context.dataset, "mydata.py:Corpus")
        gates.file.wait()
        second = threads.submit(context.dataset, "mydata.py:letters")
        wait([second], timeout=0.1)
        gates.module.set()
    assert (first.result().name, second.result().name) == ("A corpus", "Letters")


def test_threads_that_ask_for_an_edited_file_at_once_all_get_what_it_says_now(context):
    write("mydata.py")
    context.dataset("mydata.py:Corpus")
    write("mydata.py", DEFINITIONS.replace("A corpus", "Another corpus"))
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(context.dataset, ["mydata.py:Corpus"] * 32))
    assert {item.name for item in found} == {"Another corpus"}
    assert len({id(item) for item in found}) == 1


def test_a_file_and_a_module_that_need_each_other_do_not_wait_forever(context, gates):
    write(
        "mydata.py",
        "import gates_of_test as g\ng.file.set()\ng.module.wait()\n"
        f"import needs_mydata\n{DEFINITIONS}",
    )
    write(
        "needs_mydata.py",
        "import gates_of_test as g\ng.module.set()\ng.file.wait()\n"
        "from pathlib import Path\nfrom datamaestro.definitions.files import import_file\n"
        "import_file(Path('mydata.py'))\n",
    )
    sys.path.append(str(Path.cwd()))
    with ThreadPoolExecutor() as threads:
        file = threads.submit(context.dataset, "mydata.py:Corpus")
        module = threads.submit(importlib.import_module, "needs_mydata")
        assert file.result(60).name == "A corpus"
        assert module.result(60).__name__ == "needs_mydata"


# --- whoever asks finds the same data


def python(*arguments, cwd=None):
    result = subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_a_script_and_the_command_line_share_data(context):
    script = """
from datamaestro import prepare_dataset
if __name__ == "__main__":
    print(prepare_dataset(Corpus).path, end="")
"""
    write("train.py", DEFINITIONS + script)
    path = python("train.py")
    value = json.loads(python("-m", "datamaestro", "prepare", "./train.py:Corpus"))
    assert value["path"] == path
    assert Path(path).parts[-5].startswith("train_")


def test_a_session_without_a_file_has_one_place(context):
    session = f"{DEFINITIONS}\nfrom datamaestro import prepare_dataset\n"
    path = Path(python("-c", f"{session}print(prepare_dataset(Corpus).path, end='')"))
    assert path.is_relative_to(context.datapath / "__custom__" / "__main__")


def test_a_class_of_an_installed_repository_finds_the_repository_s_data(site_packages, context):
    write_distribution(
        site_packages,
        "repository-greek",
        files={
            "greek/__init__.py": "from datamaestro import Repository\n"
            "class Greek(Repository):\n    NAMESPACE = 'greek'\n",
            "greek/config/org/example.py": DEFINITIONS.replace('id="org.example.corpus"', ""),
            "greek/config/org/other.py": "from datamaestro.data import File\n"
            "from datamaestro.definitions import Dataset, dataset\n"
            "from datamaestro.download import reference\n"
            "from greek.config.org.example import Corpus\n"
            "@dataset()\nclass Referring(Dataset):\n    CORPUS = reference(Corpus)\n"
            "    def config(self) -> File:\n        return self.CORPUS.config()\n",
        },
        entry_points={"datamaestro.repositories": {"greek": "greek:Greek"}},
    )
    expected = context.datapath / "greek" / "org" / "example" / "corpus" / "data.txt"
    assert context.prepare("org.other.referring").path == expected
    from greek.config.org.example import Corpus

    assert Context(context.path).prepare(Corpus).path == expected


def test_a_wrong_definition_hides_no_other_of_its_file(context):
    wrong = '@dataset(File, id="org.example.wrong")\ndef wrong(argument): ...\n'
    write("mydata.py", f"{DEFINITIONS}\n{wrong}")
    assert context.prepare("mydata.py:Corpus").path.read_text() == "made"
    with pytest.raises(DefinitionError, match="fills the argument 'argument'"):
        context.dataset("mydata.py:wrong")


# --- projects

PROJECT = """
[project]
name = "my.garden"

[tool.datamaestro]
datasets = ["src/mydata.py", "flowers.datasets"]
"""


@pytest.fixture
def garden():
    write("pyproject.toml", PROJECT)
    write("src/mydata.py")
    write("src/flowers/__init__.py", "")
    write("src/flowers/datasets.py", DEFINITIONS.replace("org.example", "org.flowers"))
    Path("deep/below").mkdir(parents=True)


def test_a_project_lists_its_datasets(garden, context, monkeypatch):
    monkeypatch.chdir("deep/below")
    ids = ["org.example.corpus", "org.example.letters", "org.flowers.corpus", "org.flowers.letters"]
    assert [item.id for item in context.repository("my-garden")] == ids
    assert [repository.id for repository in context.repositories()][-1] == "my-garden"
    assert context.prepare("org.flowers.corpus").id == "org.flowers.corpus"
    assert context.prepare("my-garden:org.example.corpus").path.read_text() == "made"


def test_two_files_of_a_project_have_no_dataset_of_one_id(garden, context):
    write("src/others.py")
    write("pyproject.toml", PROJECT.replace("flowers.datasets", "src/others.py"))
    message = r"others\.py:\d+: dataset .* two definitions have this id: .*mydata\.py:\d+"
    with pytest.raises(DefinitionError, match=message):
        context.prepare("org.example.corpus")


def test_a_wrong_definition_of_a_project_hides_no_other_and_tells_what_is_wrong(garden, context):
    wrong = '@dataset(File, id="org.example.wrong")\ndef wrong(argument): ...\n'
    write("src/mydata.py", f"{DEFINITIONS}\n{wrong}")
    assert "org.example.corpus" in context.catalog.ids()
    assert context.dataset("org.example.corpus").repository == "my-garden"
    with pytest.raises(DefinitionError, match="fills the argument 'argument'"):
        context.dataset("org.example.wrong")


def test_a_project_that_changes_is_read_again(garden, context):
    assert context.repository("my-garden").modules() != ["src/mydata.py"]
    write("pyproject.toml", '[tool.datamaestro]\nid = "field"\ndatasets = ["src/mydata.py"]')
    assert context.repository("field").modules() == ["src/mydata.py"]


def test_a_project_that_stays_as_it_is_is_read_once(garden, context):
    file = Path("pyproject.toml")
    os.utime(file, (1_000_000_000, 1_000_000_000))
    assert context.project_repository().id == "my-garden"
    file.write_text(PROJECT.replace("garden", "meadow"))
    os.utime(file, (1_000_000_000, 1_000_000_000))
    assert context.project_repository().id == "my-garden"


def test_a_project_has_one_place_for_its_data(garden, context, monkeypatch, tmp_path):
    path = context.prepare("org.example.corpus").path
    assert path.is_relative_to(context.datapath / "__custom__" / "my-garden")
    monkeypatch.chdir(tmp_path)
    assert Context(context.path).prepare("work/src/mydata.py:Corpus").path == path


def test_data_of_a_project_are_found_by_the_id_after_its_own(garden, context):
    path = context.prepare("org.example.corpus").path
    (found,) = find_prepared("my-garden:org.example.corpus", context)
    assert path.is_relative_to(found.folder)


def test_data_of_a_project_are_told_from_those_of_another_file_by_its_id(garden, context):
    write("../mydata.py")
    context.prepare("../mydata.py:Corpus")
    with pytest.raises(DatasetNotFoundError):
        find_prepared("my-garden:org.example.corpus", context)


def test_a_file_without_a_name_is_told_how_to_name_what_it_declares(context):
    write("mydata.py")
    with pytest.raises(DatasetNotFoundError, match=r"such as mydata\.py:Garden"):
        context.dataset("mydata.py")


def test_data_of_two_files_are_not_taken_for_one_dataset(context):
    for folder in ("one", "two"):
        write(f"{folder}/mydata.py")
        context.prepare(f"{folder}/mydata.py:Corpus")
    with pytest.raises(AmbiguousDatasetError, match=r"__custom__/mydata_\w+, __custom__/mydata_"):
        find_prepared("org.example.corpus", context)
    assert len(find_prepared("one/mydata.py:Corpus", context)) == 1


def test_what_is_installed_in_a_project_is_no_part_of_it(garden, context):
    write("venv/lib/site-packages/installed/__init__.py", "")
    write("venv/lib/site-packages/installed/datasets.py")
    path = context.prepare("venv/lib/site-packages/installed/datasets.py:Corpus").path
    assert path.is_relative_to(context.datapath / "__custom__" / "installed")


def test_outside_of_a_project_its_datasets_are_unknown(garden, context, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DatasetNotFoundError):
        context.prepare("org.flowers.corpus")


def test_the_commands_know_a_project(garden, context):
    run = lambda *arguments: python("-m", "datamaestro", *arguments)  # noqa: E731
    assert run("search", "repo:my-garden", "corpus").split() == [
        "org.example.corpus",
        "org.flowers.corpus",
    ]
    assert "my-garden: The datasets of " in run("repositories")
    assert "Repository: my-garden" in run("info", "org.flowers.letters")
    assert "A corpus" in run("info", "src/mydata.py:Corpus")
    run("download", "src/mydata.py:Corpus")
    assert "org.example.corpus" in run("prepare", "org.example.corpus", "--no-downloads")
    assert run("orphans") == ""


def test_what_is_prepared_of_a_file_is_looked_after_by_its_name_there(garden, home):
    run = lambda *arguments: python("-m", "datamaestro", *arguments)  # noqa: E731
    data = Path(json.loads(run("prepare", "src/mydata.py:letters"))["path"])
    data.write_text("ruin")
    assert run("verify", "--repair", "src/mydata.py:letters").startswith("repaired\t")
    assert data.read_text() == "made"
    command = ["remove", "src/mydata.py:letters", "--even-irreplaceable", "--yes"]
    assert "org.example.letters" in run(*command)
    assert not data.exists()


def test_what_is_prepared_of_a_project_is_repaired_and_cited_there(garden, home):
    run = lambda *arguments: python("-m", "datamaestro", *arguments)  # noqa: E731
    data = Path(json.loads(run("prepare", "org.example.corpus"))["path"])
    data.write_text("ruin")
    assert run("verify", "--repair", "--all").startswith("repaired\t")
    assert run("cite", "--prepared", "--format", "text").startswith("A corpus.")


def test_what_is_named_by_its_file_and_by_its_id_is_verified_once(context, capfd):
    write("mydata.py")
    context.prepare("mydata.py:Corpus")
    run(["--data", str(context.path), "verify", "mydata.py:Corpus", "org.example.corpus"])
    assert len(capfd.readouterr().out.splitlines()) == 1


@pytest.mark.parametrize(
    "text",
    [
        '[ tool . "datamaestro" ]\nid = "p"\ndatasets = ["mydata.py"]',
        '[tool]\ndatamaestro = { id = "p", datasets = ["mydata.py"] }',
        'tool.datamaestro.id = "p"\ntool.datamaestro.datasets = ["mydata.py"]',
        '\ufeff[tool.datamaestro]\nid = "p"\ndatasets = ["mydata.py"]',
    ],
)
def test_a_project_lists_its_datasets_in_any_way_of_toml(context, text):
    write("mydata.py")
    write("pyproject.toml", text)
    assert context.repository("p").modules() == ["mydata.py"]
    write("pyproject.toml", text.replace('["mydata.py"]', "3"))
    line = 1 + text.partition("datasets")[0].count("\n")
    with pytest.raises(
        SettingsError, match=rf"toml:{line}: tool\.datamaestro\.datasets is invalid"
    ):
        context.repository("p")


@pytest.mark.parametrize(
    "text", ['x = """\n[tool.datamaestro]\n"""', '[tool.x]\ny = ["datamaestro"', "datamaestro tool"]
)
def test_a_text_that_only_looks_like_the_table_is_none(context, text):
    write("pyproject.toml", text)
    assert context.project_repository() is None


def test_a_file_that_ends_the_program_is_left_out(garden, context):
    write("src/mydata.py", "raise SystemExit(3)")
    assert context.prepare("org.flowers.corpus").path.read_text() == "made"
    with pytest.raises(DefinitionError, match="found SystemExit: 3"):
        context.prepare("src/mydata.py:Corpus")


def test_a_project_that_says_nothing_about_datasets_is_none(context):
    write("pyproject.toml", '[project]\nname = "x"\n')
    assert context.catalog.ids() == sorted(item.id for item in context.datasets())
    assert "x" not in [repository.id for repository in context.repositories()]


@pytest.mark.skipif(
    sys.platform == "win32" or getattr(os, "geteuid", int)() == 0, reason="may read anything"
)
def test_a_project_that_may_not_be_read_is_none(context):
    write("pyproject.toml", "[tool.datamaestro]\nid = 'x'\n").chmod(0)
    assert context.project_repository() is None
    assert "x" not in [repository.id for repository in context.repositories()]


@pytest.mark.parametrize(
    ("table", "line", "message"),
    [
        ("id = 'a'\ndatasets = 'src/mydata.py'", 3, "expected a list of files and modules"),
        ("id = 'a'\ndatasets = [3]", 3, "expected a list of files and modules"),
        ("id = 'my garden'", 2, "expected a name without dots"),
        ("id = 3", 2, "expected a name without dots"),
        ("id = 'a'\ndataset = []", 3, "expected id or datasets"),
        ("datasets = []", 1, "tool.datamaestro.id is invalid"),
        ("id = 'a'\ndatasets = [", None, "not TOML"),
    ],
)
def test_a_mistake_in_a_project_is_told_with_its_file_and_line(context, table, line, message):
    path = write("pyproject.toml", f"[tool.datamaestro]\n{table}\n")
    with pytest.raises(SettingsError, match=message) as caught:
        context.prepare("org.example.corpus")
    assert caught.value.where == (str(path) if line is None else f"{path}:{line}")


@pytest.mark.parametrize("text", ["[tool]\ndatamaestro = 3", "[[tool.datamaestro]]\nid = 'a'"])
def test_what_stands_in_the_place_of_the_table_has_to_be_one(context, text):
    path = write("pyproject.toml", text)
    with pytest.raises(SettingsError, match=r"expected a table, \[tool\.datamaestro\]") as caught:
        context.prepare("org.example.corpus")
    assert caught.value.where.startswith(f"{path}:")


@pytest.mark.parametrize("text", ["tool = 'datamaestro'", "[project]\nname = 3 # tool.datamaestro"])
def test_what_is_wrong_with_other_tables_is_no_concern_of_ours(context, text):
    write("pyproject.toml", text)
    assert context.project_repository() is None


@pytest.mark.parametrize("text", ["project = 'x'\n", "[project]\nname = 3\n"])
def test_a_project_whose_name_is_no_text_needs_an_id(context, text):
    write("pyproject.toml", f"{text}[tool.datamaestro]\n")
    with pytest.raises(SettingsError, match=r"tool\.datamaestro\.id is invalid"):
        context.project_repository()
    write("pyproject.toml", f"{text}[tool.datamaestro]\nid = 'a'\n")
    assert context.project_repository().id == "a"


def test_what_a_project_lists_twice_is_there_once(context):
    write("flowers.py")
    write("pyproject.toml", '[tool.datamaestro]\nid = "a"\ndatasets = ["flowers.py", "flowers"]\n')
    assert [item.id for item in context.repository("a")].count("org.example.corpus") == 1


def test_datasets_are_found_where_the_current_directory_is_gone(context, tmp_path, monkeypatch):
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    try:
        folder.rmdir()
    except OSError:
        pytest.skip("this system keeps the current directory")
    with pytest.raises(DatasetNotFoundError):
        context.dataset("org.example.nowhere")
    with pytest.raises(SettingsError, match="this path leads nowhere"):
        context.dataset("mydata.py:Corpus")
    assert context.project_repository() is None


@pytest.mark.parametrize("entry", ["src/nowhere.py", "no.such.module"])
def test_what_a_project_lists_has_to_be_there(context, caplog, entry):
    path = write("pyproject.toml", f'[tool.datamaestro]\nid = "a"\ndatasets = ["{entry}"]\n')
    with pytest.raises(SettingsError, match=f"lists '{entry}', which isn't there") as caught:
        context.repository("a").declared_in(entry)
    assert caught.value.where == f"{path}:3"
    assert list(context.repository("a")) == []
    assert f"{path}:3" in caplog.text


def test_what_a_project_can_not_describe_hides_nothing_else(garden, context, caplog):
    failing = "class Failing(Made):\n    fingerprint = property(lambda self: 1 / 0)\n\n@dataset"
    text = DEFINITIONS.replace("@dataset", failing, 1).replace('= Made("data', '= Failing("data')
    write("src/mydata.py", text)
    assert "org.example.letters" in [entry.id for entry in context.catalog.entries()]
    assert "org.example.corpus" not in context.catalog.ids()
    assert "org.example.corpus can't be described: found ZeroDivisionError" in caplog.text


def test_a_project_lists_modules_that_are_installed(site_packages, context):
    write(site_packages / "installed_flowers.py")
    write("pyproject.toml", '[tool.datamaestro]\nid = "a"\ndatasets = ["installed_flowers"]\n')
    assert context.dataset("org.example.corpus").repository == "a"


@pytest.fixture
def corpus(site_packages):
    """Install a plugin with a dataset of the id that a file has too."""
    write_distribution(
        site_packages,
        "repository-corpus",
        files={
            "installed/__init__.py": "from datamaestro import Repository\n"
            "class Corpora(Repository):\n    NAMESPACE = 'corpora'\n",
            "installed/config/org/example.py": DEFINITIONS.replace("A corpus", "Another corpus"),
        },
        entry_points={"datamaestro.repositories": {"corpora": "installed:Corpora"}},
    )


@pytest.mark.usefixtures("garden", "corpus")
@pytest.mark.parametrize("indexed", [True, False])
def test_what_is_installed_goes_before_what_a_project_lists(context, indexed):
    if indexed:
        assert context.catalog.ids().count("org.example.corpus") == 2
    assert context.dataset("org.example.corpus").repository == "corpora"
    assert context.dataset("my-garden:org.example.corpus").repository == "my-garden"


@pytest.mark.usefixtures("corpus")
def test_the_entry_of_what_a_file_declares_is_not_that_of_an_installed_dataset(context):
    write("mydata.py")
    assert context.catalog.ids().count("org.example.corpus") == 1
    entry = context.catalog.entry(identifiers.parse("mydata.py:org.example.corpus"))
    assert (entry.name, entry.repository) == ("A corpus", None)


@pytest.fixture
def greek(site_packages):
    """Install a plugin with the repository ``greek``."""
    write_distribution(
        site_packages,
        "repository-greek",
        files={
            "greek.py": "from datamaestro import Repository\n"
            "class Greek(Repository):\n    NAMESPACE = 'greek'\n"
        },
        entry_points={"datamaestro.repositories": {"greek": "greek:Greek"}},
    )


@pytest.mark.usefixtures("greek")
def test_a_project_can_not_take_the_id_of_a_plugin(context, caplog):
    path = write("pyproject.toml", '[tool.datamaestro]\nid = "greek"\n')
    with pytest.raises(PluginConflictError, match=r"repository-greek .* and this project"):
        context.repository("greek")
    assert "greek" not in [item.id for item in context.repositories()]
    assert str(path) in caplog.text


@pytest.mark.usefixtures("greek")
def test_what_a_project_that_can_not_be_used_lists_is_not_found(context, caplog):
    write("flowers.py")
    table = '[tool.datamaestro]\nid = "greek"\ndatasets = ["flowers.py"]\n'
    path = write("pyproject.toml", table)
    assert "org.example.corpus" not in context.catalog.ids()
    assert str(path) in caplog.text


def test_the_shell_completes_files_and_names(garden, context):
    def completions(incomplete):
        environment = {
            **os.environ,
            "_DATAMAESTRO_COMPLETE": "bash_complete",
            "COMP_WORDS": f"datamaestro info {incomplete}",
            "COMP_CWORD": "2",
        }
        return subprocess.run(
            [Path(sys.executable).with_name("datamaestro"), "info"],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        ).stdout.split()

    assert completions("src/mydata.py:") == [
        "plain,src/mydata.py:Corpus",
        "plain,src/mydata.py:letters",
    ]
    assert completions("src/mydata.py:C") == ["plain,src/mydata.py:Corpus"]
    assert completions("./src") == ["file,./src"]
    assert completions("org.flowers.c") == ["plain,org.flowers.corpus"]


def test_a_file_that_is_named_as_a_built_in_module_is_told_as_such(context):
    path = write("package/time/__init__.py", DEFINITIONS)
    with pytest.raises(DefinitionError, match="another module is imported as time") as caught:
        context.prepare(f"{path}:Corpus")
    assert caught.value.where == str(path.resolve())
