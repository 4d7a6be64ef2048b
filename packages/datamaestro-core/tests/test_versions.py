"""Two versions of a definition, in one data directory: each has its own data, and no others."""

import shutil
import sys

import pytest

from datamaestro.catalog.on_disk import kept_resources
from datamaestro.context import Context
from datamaestro.identifiers import parse
from datamaestro.inventory.garbage import remove_garbage, superseded_data
from datamaestro.inventory.named import find_prepared
from datamaestro.inventory.reachability import note_reachability
from datamaestro.inventory.removal import remove_dataset
from datamaestro.inventory.repair import repair
from datamaestro.inventory.superseded import find_superseded
from datamaestro.inventory.verification import verify
from datamaestro.locks.exclusive import locked
from datamaestro.preparation.state import State

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


def paths(context):
    return [dataset.path(name).name for dataset, name in find_superseded(context)]


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


OTHER = one_file("data.txt", "data").replace("host/a", "host/b")


@pytest.mark.parametrize("force", [False, True])
def test_where_another_version_is_interrupted_while_it_replaces_a_file_nothing_counts(
    install, shelf, monkeypatch, force
):
    mine = one_file("data.txt", "data")
    path = install(mine).prepare(ALPHA).path
    context = install(OTHER)
    with monkeypatch.context() as patch:
        patch.setattr(State, "complete", lambda *arguments: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            context.prepare(ALPHA, force=force)
    context = install(mine)
    assert (path.read_bytes() == b"a" * 1000) == (context.missing(ALPHA) == [])
    assert context.prepare(ALPHA).path.read_bytes() == b"a" * 1000


def test_a_folder_in_which_another_version_has_replaced_a_file_does_not_count(install, shelf):
    install(A_FOLDER).prepare(ALPHA)
    install(one_file("data/a", "inside").replace("host/a", "host/b")).prepare(ALPHA)
    context = install(A_FOLDER)
    assert context.missing(ALPHA) == ["data"]
    assert (context.prepare(ALPHA).path / "a").read_bytes() == b"a" * 1000


def test_a_file_in_a_folder_that_another_version_has_replaced_does_not_count(install, shelf):
    inside = one_file("data/a", "inside").replace("host/a", "host/b")
    install(inside).prepare(ALPHA)
    install(A_FOLDER).prepare(ALPHA)
    context = install(inside)
    assert context.missing(ALPHA) == ["inside"]
    assert list(found(context).records) == ["data"]


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


# --- what is superseded


def test_a_file_that_a_definition_has_no_more_can_go(install, shelf):
    install(TWO_FILES).prepare(ALPHA)
    context = install(one_file("first", "first"))
    (item,) = superseded_data(context)
    assert (item.kind, item.about, item.path.name, item.size) == (
        "superseded",
        ALPHA,
        "second",
        1000,
    )
    assert remove_garbage(item)
    assert list(found(context).records) == ["first"]
    own = {".state.json", ".state.lock", ".used"}
    assert {item.name for item in found(context).folder.iterdir()} == {*own, "first"}


def test_the_file_of_a_resource_that_lies_elsewhere_now_can_go(install, shelf):
    install(one_file("old.txt", "data")).prepare(ALPHA)
    context = install(one_file("new.txt", "data"))
    assert paths(context) == ["old.txt"]
    context.prepare(ALPHA)
    assert paths(context) == ["old.txt"]
    (item,) = superseded_data(context)
    assert remove_garbage(item)
    assert context.missing(ALPHA) == []


def test_what_nobody_recorded_stays(install, shelf):
    install(one_file("old.txt", "data")).prepare(ALPHA).path.with_name("mine.txt").write_text("x")
    assert paths(install(one_file("new.txt", "data"))) == ["old.txt"]


def test_what_was_not_fetched_stays(install, shelf):
    made = one_file("old.txt", "data").replace("Fetched", "Made").replace('"memory://host/a", ', "")
    install(made).prepare(ALPHA)
    assert paths(install(one_file("new.txt", "data"))) == []


def test_what_could_not_be_fetched_again_stays(install, shelf):
    install(TWO_FILES).prepare(ALPHA)
    context = install(one_file("first", "first"))
    note_reachability(context.path, {"memory://host/b": False})
    assert paths(context) == []


def test_what_lies_around_a_file_of_the_definition_stays(install, shelf):
    install(A_FOLDER).prepare(ALPHA)
    assert paths(install(one_file("data/a", "inside"))) == []


def test_what_another_variant_may_have_stays(install, shelf):
    install(TWO_FILES).prepare(ALPHA)
    text = one_file("first", "first").replace("alpha(first)", "alpha(first, fast)")
    axes = 'id="org.example.alpha", variants=AxesVariants(fast=Axis([1, 2], in_id=False))'
    text = text.replace('id="org.example.alpha"', axes)
    imports = "from datamaestro.variants import AxesVariants, Axis\n"
    assert paths(install(imports + text)) == []


def test_what_a_process_is_busy_with_stays(install, shelf):
    install(TWO_FILES).prepare(ALPHA)
    context = install(one_file("first", "first"))
    (item,) = superseded_data(context)
    with locked(found(context).folder / ".state.lock", "a test"):
        assert list(superseded_data(context)) == []
        assert not remove_garbage(item)
    assert item.path.exists()


def test_what_was_made_anew_meanwhile_stays(install, shelf):
    install(TWO_FILES).prepare(ALPHA)
    (item,) = superseded_data(install(one_file("first", "first")))
    shelf.CONTENT["memory://host/b"] = b"other"
    context = install(TWO_FILES)
    context.prepare(ALPHA, force=True)
    remove_garbage(item)
    assert context.missing(ALPHA) == []


def test_what_a_link_leads_to_stays(install, shelf, tmp_path):
    context = install(one_file("sub/old.txt", "data"))
    folder = context.prepare(ALPHA).path.parent
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    assert paths(install(one_file("new.txt", "data"))) == []
