"""Two versions of a definition, in one data directory: each has its own data, and no others."""

import shutil
import sys

import pytest

from datamaestro.catalog.on_disk import kept_resources
from datamaestro.context import Context
from datamaestro.identifiers import parse
from datamaestro.inventory.prepared import find_prepared
from datamaestro.inventory.removal import remove_dataset
from datamaestro.inventory.repair import repair
from datamaestro.inventory.verification import verify

ALPHA = "org.example.alpha"
ONE_FILE = '''
@Fetched("{file}", "memory://host/a", name="{name}")
@dataset(File, id="org.example.alpha")
def alpha({name}):
    """Alpha"""
    return {{"path": {name}}}
'''
TWO_FILES = '''
@Fetched("second", "memory://host/b")
@Fetched("first", "memory://host/a")
@dataset(File, id="org.example.alpha")
def alpha(first, second):
    """Alpha"""
    return {"path": first}
'''
A_FOLDER = '''
@FetchedFolder("data", a="memory://host/a", b="memory://host/b")
@dataset(Folder, id="org.example.alpha")
def alpha(data):
    """Alpha"""
    return {"path": data}
'''


@pytest.fixture
def install(context, shelf, site_packages):
    """Give what installs a version of a definition, and gives the context of a new process."""

    def install(text):
        path = site_packages / "shelf" / "config" / "org" / "alpha.py"
        path.write_text(f"from shelf.resources import *\n{text}", encoding="utf-8")
        shutil.rmtree(path.parent / "__pycache__", ignore_errors=True)
        for name in [name for name in sys.modules if name.startswith("shelf.config")]:
            del sys.modules[name]
        return Context(context.path)

    return install


def one_file(file, name):
    return ONE_FILE.format(file=file, name=name)


def found(context):
    (dataset,) = find_prepared(ALPHA, context)
    return dataset


# --- what is complete


def test_a_file_whose_resource_has_another_name_is_not_fetched_again(install, shelf):
    first = install(one_file("data.txt", "data"))
    first.prepare(ALPHA)
    second = install(one_file("data.txt", "table"))
    shelf.REQUESTS.clear()
    assert second.missing(ALPHA) == []
    second.prepare(ALPHA)
    assert shelf.REQUESTS == []


def test_each_version_finds_its_own_file_of_a_resource(install, shelf):
    old, new = one_file("old.txt", "data"), one_file("new.txt", "data")
    install(old).prepare(ALPHA)
    assert install(new).prepare(ALPHA).path.name == "new.txt"
    for text in (old, new):
        assert install(text).missing(ALPHA) == []


def test_what_is_recorded_of_one_place_proves_nothing_of_another(install, shelf):
    prepared = install(one_file("old.txt", "data")).prepare(ALPHA)
    mine = prepared.path.with_name("new.txt")
    mine.write_bytes(b"x" * 1000)
    context = install(one_file("new.txt", "data"))
    assert context.missing(ALPHA) == ["data"]
    assert kept_resources(context.catalog.entry(parse(ALPHA)), context.datapath) == {}


def test_what_is_on_disk_is_known_by_its_place(install, shelf):
    install(one_file("data.txt", "data")).prepare(ALPHA)
    context = install(one_file("data.txt", "table"))
    assert list(kept_resources(context.catalog.entry(parse(ALPHA)), context.datapath)) == ["table"]


def test_the_files_of_both_versions_go_with_the_dataset(install, shelf):
    install(one_file("old.txt", "data")).prepare(ALPHA)
    context = install(one_file("new.txt", "data"))
    context.prepare(ALPHA)
    dataset = found(context)
    assert dataset.size == 2000
    remove_dataset(dataset)
    assert [item.name for item in dataset.folder.iterdir()] == [".state.lock"]


# --- what is verified


def test_a_definition_is_not_asked_about_what_another_version_of_it_has_made(install, shelf):
    install(A_FOLDER).prepare(ALPHA)
    checked = (
        one_file("data", "data").replace("Fetched", "HashChecked").replace(', name="data"', "")
    )
    context = install(checked)
    (verdict,) = verify([found(context)], context)
    assert verdict.status == "unverifiable"


def test_only_what_a_definition_has_is_made_anew(install, shelf):
    install(TWO_FILES).prepare(ALPHA)
    context = install(one_file("first", "data"))
    for name in ("first", "second"):
        found(context).path(name).unlink()
    verdicts = {item.path.name: item for item in repair(verify([found(context)], context), context)}
    assert (verdicts["first"].status, verdicts["first"].repaired) == ("ok", True)
    assert (verdicts["second"].status, verdicts["second"].repaired) == ("missing", False)
    assert verdicts["second"].reason.endswith("its definition has no such resource any more")
