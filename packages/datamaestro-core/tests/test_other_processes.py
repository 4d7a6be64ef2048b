"""Contexts, repositories and definitions that are handed to other processes, or copied."""

import copy
import multiprocessing
import pickle
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from textwrap import dedent

import pytest

from datamaestro.context import Context
from datamaestro.data import Generic
from datamaestro.definitions import dataset
from datamaestro.errors import DatasetNotFoundError
from datamaestro.progress import Bars
from datamaestro.testing import MockContext

DEFINITIONS = """
from datamaestro.data import Generic
from datamaestro.definitions import Dataset, dataset
from datamaestro.variants import AxesVariants, Axis

@dataset(id="org.example.function")
def function() -> Generic:
    return Generic(made_by="a function")

@dataset(id="org.example.varying", variants=AxesVariants(lang=Axis(["en", "fr"])))
def varying(lang) -> Generic:
    return Generic(lang=lang)

@dataset(id="org.example.class")
class Class(Dataset):
    def config(self) -> Generic:
        return Generic(made_by="a class")
"""


@pytest.fixture
def module(definitions):
    return definitions(DEFINITIONS)


@pytest.fixture
def process(site_packages):
    """Give a function that runs in a process which shares nothing with this one."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        # Its path, as this one's is, has what a test declares.
        pool.submit(sys.path.append, str(site_packages)).result()
        yield lambda function, *arguments: pool.submit(function, *arguments).result(60)


def again(value):
    return pickle.loads(pickle.dumps(value))


@pytest.fixture
def used(shelf, context):
    context.prepare("org.example.alpha")
    context.catalog.ids()
    return context


# --- contexts


def test_another_process_prepares_in_a_context_that_was_used(used, process, module):
    assert process(used.prepare, module.Class).made_by == "a class"


@pytest.mark.parametrize("copied", [again, copy.deepcopy])
def test_a_context_that_was_used_is_copied_with_what_it_was_given(shelf, home, copied):
    context = Context(home / "own", offline=False, keep_downloads=True, site=[home / "site"])
    context.prepare("org.example.alpha")
    other = copied(context)
    assert (other.path, other.offline, other.keep_downloads) == (home / "own", False, True)
    assert other.site_directories == context.site_directories
    assert other.missing("org.example.alpha") == []
    assert other.repository("shelf").context is other


def test_a_repository_is_copied_with_its_context(used):
    other = again(used.repository("shelf"))
    assert other.context.path == used.path
    assert [item.id for item in other] == [item.id for item in used.repository("shelf")]


def test_what_a_context_of_one_s_own_adds_is_copied(home):
    class Own(Context):
        pass

    own = Own(home)
    own.name = "mine"
    assert copy.deepcopy(own).name == "mine"


def test_a_context_of_mock_data_is_copied_with_its_seed(tmp_path, module):
    context = MockContext(tmp_path / "mock", seed=7)
    context.prepare(module.Class)
    other = again(context)
    assert (other.path, other._seed) == (context.path, 7)
    assert other.prepare(module.Class).made_by == "a class"


def test_bars_are_handed_over_while_they_are_shown(context):
    context.progress = Bars()
    with context.progress.all("several", 2):
        assert isinstance(again(context).progress, Bars)


# --- definitions


@pytest.mark.parametrize("name", ["function", "Class"])
def test_another_process_prepares_what_a_module_declares(context, process, module, name):
    expected = {"function": "a function", "Class": "a class"}[name]
    assert process(context.prepare, getattr(module, name)).made_by == expected
    assert process(context.prepare, getattr(module, name).__dataset__).made_by == expected


def test_another_process_prepares_a_variant(context, process, module):
    french = module.varying.for_variant({"lang": "fr"})
    assert process(context.prepare, french).lang == "fr"


def test_a_definition_stays_that_of_its_repository(shelf, context):
    alpha = context.dataset("org.example.alpha")
    data = pickle.dumps(alpha)
    alpha.repository = alpha.namespace = None
    other = pickle.loads(data)
    assert other.repository == "shelf"
    assert str(other.namespace) == "shelf"


def test_what_is_unpickled_here_is_what_was_pickled(module):
    assert again(module.function) is module.function


def test_another_process_prepares_what_a_file_declares(context, process, tmp_path):
    file = tmp_path / "elsewhere.py"
    file.write_text(DEFINITIONS)
    definition = context.dataset(f"{file}:function")
    assert process(context.prepare, definition).made_by == "a function"


SCRIPT = """
import multiprocessing, sys
from concurrent.futures import ProcessPoolExecutor
from datamaestro import prepare_dataset

def main(method):
    with ProcessPoolExecutor(1, multiprocessing.get_context(method)) as pool:
        for item in (function, Class, function.__dataset__):
            print(pool.submit(prepare_dataset, item).result().made_by)

if __name__ == "__main__":
    main(sys.argv[1])
"""


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_other_processes_prepare_what_a_script_declares(home, tmp_path, method):
    script = tmp_path / "script.py"
    script.write_text(DEFINITIONS + SCRIPT)
    done = subprocess.run(
        [sys.executable, str(script), method], capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines() == ["a function", "a class", "a function"], done.stderr


def test_a_script_s_definition_is_found_by_processes_that_run_another(home, tmp_path):
    script, pickled = tmp_path / "script.py", tmp_path / "pickled"
    text = f"""
        if __name__ == "__main__":
            import pickle
            open({str(pickled)!r}, "wb").write(pickle.dumps(function))
    """
    script.write_text(DEFINITIONS + dedent(text))
    subprocess.run([sys.executable, str(script)], check=True)
    assert pickle.loads(pickled.read_bytes()).id == "org.example.function"


def test_a_definition_that_is_gone_is_an_error(module):
    data = pickle.dumps(module.function)
    del module.function
    with pytest.raises(DatasetNotFoundError, match="no dataset 'function' is declared"):
        pickle.loads(data)


SESSION = f"{DEFINITIONS}\nimport pickle\npickle.dumps(function)"


@pytest.mark.parametrize("arguments", [["-c", SESSION], ["-"]])
def test_what_a_session_declares_is_not_found_by_name(home, arguments):
    done = subprocess.run(
        [sys.executable, *arguments], input=SESSION, capture_output=True, text=True, check=False
    )
    assert "PicklingError: Can't pickle <function function" in done.stderr


def test_what_no_other_process_finds_is_not_sent():
    @dataset(Generic, id="org.example.local")
    def local(): ...

    with pytest.raises((AttributeError, pickle.PicklingError), match=r"<locals>\.local"):
        pickle.dumps(local)
