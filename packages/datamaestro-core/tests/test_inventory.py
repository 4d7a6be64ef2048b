"""What is on disk, as the state files tell of it."""

import json
import os
import shutil
import sys
from datetime import UTC, datetime

import pytest

from datamaestro.context import Context
from datamaestro.errors import AmbiguousDatasetError, DataDirectoryError, DatasetNotFoundError
from datamaestro.inventory.named import find_prepared
from datamaestro.inventory.prepared import (
    definition_of,
    distinct,
    prepared_datasets,
)
from datamaestro.inventory.removal import plan_removal
from datamaestro.inventory.usage import Meter, disk_usage


def state(folder, dataset=None, time="2026-01-02T03:04:05+00:00", **paths):
    """Write a state file of complete resources: their paths by name."""
    folder.mkdir(parents=True, exist_ok=True)
    about = {} if dataset is None else {"dataset": dataset}
    resources = {
        name: {
            "state": "complete",
            "fingerprint": "Made",
            "path": path,
            "size": 4,
            "downloads": [],
            "time": time,
        }
        for name, path in paths.items()
    }
    document = {"version": 2, **about, "resources": resources}
    (folder / ".state.json").write_text(json.dumps(document))
    return folder


def ids(context):
    return [item.id for item in prepared_datasets(context.datapath)]


def test_a_prepared_dataset_is_known_by_its_state_file(context, shelf):
    context.prepare("org.example.alpha")
    (found,) = prepared_datasets(context.datapath)
    assert (found.id, found.repository, found.size) == ("org.example.alpha", "shelf", 5000)
    assert found.folder == context.folder("org.example.alpha")


def test_data_have_their_definition_where_the_site_has_them_too(context, shelf, tmp_path):
    context.prepare("org.example.alpha")
    site = Context(tmp_path / "site")
    site.prepare("org.example.alpha")
    user = Context(context.path, site=[site.path])
    assert user.folder("org.example.alpha").is_relative_to(site.path)
    (found,) = prepared_datasets(user.datapath)
    definition = definition_of(found, user)
    assert definition is not None
    assert definition.id == "org.example.alpha"


def test_nothing_is_prepared_in_an_empty_directory(context):
    assert ids(context) == []


def test_the_id_follows_from_the_folder_where_the_state_file_does_not_tell(context):
    state(context.datapath / "shelf" / "org" / "example" / "old", data="data.txt")
    assert ids(context) == ["org.example.old"]


def test_a_state_file_tells_of_which_variant_its_folder_is(context):
    folder = context.datapath / "shelf" / "org" / "example" / "corpus" / "fr"
    state(folder, "org.example.corpus[lang=fr]", data="data.txt")
    assert ids(context) == ["org.example.corpus[lang=fr]"]


def test_a_dataset_may_lie_in_the_folder_of_another(context):
    folder = state(context.datapath / "shelf" / "org" / "example", data="data.txt")
    state(folder / "inner", data="data.txt")
    assert ids(context) == ["org.example", "org.example.inner"]


@pytest.mark.parametrize("path", ["tree", "deep/tree"])
def test_what_lies_in_a_resource_is_no_dataset(context, path):
    folder = state(context.datapath / "shelf" / "org" / "example", tree=path)
    state(folder / path, data="data.txt")
    assert ids(context) == ["org.example"]


def test_an_earlier_state_file_proves_nothing(context):
    folder = context.datapath / "shelf" / "org" / "example"
    folder.mkdir(parents=True)
    (folder / ".state.json").write_text('{"version": 1, "resources": {"data": {"state": "x"}}}')
    assert ids(context) == []


def test_a_dataset_of_no_repository_is_known_too(context, definitions, memory):
    module = definitions(
        "from datamaestro.data import File\n"
        "from datamaestro.definitions import dataset\n"
        "from datamaestro.download import FileResource\n"
        "class Made(FileResource):\n"
        "    def _download(self, destination): destination.write_text('x')\n"
        "@Made('data.txt')\n"
        "@dataset(File, id='org.example.own')\n"
        "def own(data): return {'path': data}\n"
    )
    context.prepare(module.own)
    (found,) = find_prepared("__custom__:org.example.own", context)
    assert (found.id, found.repository) == ("org.example.own", None)


def test_the_folder_of_a_file_is_told_only_where_two_files_have_one_id(context):
    for owner, name in (("one", "alone"), ("one", "both"), ("two", "both")):
        state(context.datapath / "__custom__" / owner / name, data="data.txt")
    assert distinct(prepared_datasets(context.datapath)) == [
        "__custom__:alone",
        "__custom__/one:both",
        "__custom__/two:both",
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_a_dataset_that_was_moved_to_another_disk_is_found_through_its_link(context, tmp_path):
    elsewhere = state(tmp_path / "disk", data="data.txt")
    parent = context.datapath / "shelf" / "org"
    parent.mkdir(parents=True)
    (parent / "example").symlink_to(elsewhere, target_is_directory=True)
    (parent / "circle").symlink_to(context.datapath, target_is_directory=True)
    assert ids(context) == ["org.example"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_links_that_lead_to_themselves_hide_no_dataset(context, shelf):
    context.prepare("org.example.alpha")
    for folder in (context.datapath, context.datapath / "shelf"):
        (folder / "circle").symlink_to("circle")
    assert ids(context) == ["org.example.alpha"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_a_data_directory_that_leads_to_itself_is_an_error_about_it(tmp_path):
    (tmp_path / "circle").symlink_to("circle")
    with pytest.raises(DataDirectoryError, match="leads to itself"):
        list(prepared_datasets(tmp_path / "circle"))


def test_the_last_use_is_the_last_time_that_it_was_prepared(context, shelf):
    context.prepare("org.example.alpha")
    marker = context.folder("org.example.alpha") / ".used"
    os.utime(marker, (86400, 86400))
    (found,) = prepared_datasets(context.datapath)
    assert found.last_use == datetime(1970, 1, 2, tzinfo=UTC)


def test_a_use_that_was_not_noted_is_not_known(context):
    state(context.datapath / "shelf" / "org" / "example", data="data.txt")
    (found,) = prepared_datasets(context.datapath)
    assert found.last_use is None
    assert found.to_json()["completed"] == "2026-01-02T03:04:05+00:00"


def test_times_with_and_without_a_zone_are_compared(context):
    for name, time in (("aware", "2026-01-02T03:04:05+00:00"), ("naive", "2025-01-02T03:04:05")):
        state(context.datapath / "shelf" / name, time=time, data="data.txt")
    found = sorted(prepared_datasets(context.datapath), key=lambda item: item.completed)
    assert [item.id for item in found] == ["naive", "aware"]


def test_a_definition_that_is_installed_is_found(context, shelf):
    context.prepare("org.example.alpha")
    (found,) = prepared_datasets(context.datapath)
    assert definition_of(found, context) is context.dataset("org.example.alpha")


def test_a_definition_that_is_not_installed_is_none(context):
    state(context.datapath / "gone" / "org" / "example", data="data.txt")
    (found,) = prepared_datasets(context.datapath)
    assert definition_of(found, context) is None


def test_a_folder_whose_name_no_id_has_hinders_nobody(context):
    state(context.datapath / "shelf" / "my data", data="data.txt")
    state(context.datapath / "shelf" / "alpha", data="data.txt")
    assert [item.id for item in find_prepared("alpha", context)] == ["alpha"]


# --- naming one


def test_an_id_that_is_not_prepared_names_the_closest(context):
    state(context.datapath / "shelf" / "org" / "example" / "alpha", data="data.txt")
    with pytest.raises(DatasetNotFoundError, match=r"did you mean org\.example\.alpha\?"):
        find_prepared("org.example.alhpa", context)


def test_what_a_file_has_made_isnt_preferred_to_what_a_repository_has(context):
    for folder in ("one", "__custom__/flowers", "__custom__/trees"):
        state(context.datapath / folder / "org" / "example", data="data.txt")
    with pytest.raises(AmbiguousDatasetError, match=r"write __custom__:org\.example or one:org"):
        find_prepared("org.example", context)
    assert find_prepared("one:org.example", context)[0].repository == "one"


def test_an_id_that_is_prepared_in_two_repositories_needs_its_repository(context):
    for repository in ("one", "two"):
        state(context.datapath / repository / "org" / "example", data="data.txt")
    with pytest.raises(AmbiguousDatasetError, match=r"found one:org\.example, two:org\.example"):
        find_prepared("org.example", context)
    (found,) = find_prepared("two:org.example", context)
    assert found.repository == "two"


def test_the_preferred_repository_wins(context):
    for repository in ("one", "two"):
        state(context.datapath / repository / "org" / "example", data="data.txt")
    context.user_settings.default_repository = "two"
    (found,) = find_prepared("org.example", context)
    assert found.repository == "two"


def test_an_id_without_a_selector_names_all_variants(context):
    for language in ("de", "fr"):
        folder = context.datapath / "shelf" / "corpus" / language
        state(folder, f"corpus[lang={language}]", data="data.txt")
    assert len(find_prepared("corpus", context)) == 2
    (found,) = find_prepared("corpus[lang=fr]", context)
    assert found.id == "corpus[lang=fr]"


# --- how much room it takes


def test_usage_counts_what_the_files_hold_and_what_the_disk_gives(tmp_path):
    (tmp_path / "a").write_bytes(b"x" * 5000)
    usage = Meter().measure(tmp_path / "a")
    assert (usage.size, usage.files) == (5000, 1)
    assert usage.disk >= 5000


@pytest.mark.skipif(sys.platform == "win32", reason="there are no blocks to count there")
def test_a_sparse_file_takes_less_than_it_holds(tmp_path):
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(10_000_000)
    usage = Meter().measure(tmp_path / "sparse")
    assert usage.size == 10_000_000
    assert usage.disk < 1_000_000


def test_a_file_with_two_names_counts_once(tmp_path):
    (tmp_path / "a").write_bytes(b"x" * 5000)
    os.link(tmp_path / "a", tmp_path / "b")
    usage = Meter().measure(tmp_path)
    assert (usage.size, usage.files) == (5000, 1)


def test_what_another_process_removes_meanwhile_does_not_count(tmp_path):
    folder = tmp_path / "folder"
    for name in ("a", "b", "c/d"):
        (folder / name).mkdir(parents=True)

    class Racing(Meter):
        def _usage(self, status):
            usage = super()._usage(status)
            if usage.files:
                shutil.rmtree(folder)
            return usage

    (folder / "a" / "file").write_bytes(b"x" * 5000)
    (folder / "c" / "file").write_bytes(b"x" * 5000)
    usage = Racing().measure(folder)
    assert (usage.size, usage.files) == (5000, 1)


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_a_link_counts_as_itself(tmp_path):
    (tmp_path / "large").write_bytes(b"x" * 5000)
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path / "large")
    assert Meter().measure(folder).size < 5000


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_a_folder_that_a_link_leads_to_counts_where_it_is_used_and_not_where_the_link_goes(
    context, shelf, tmp_path
):
    context.prepare("org.example.beta")
    (beta,) = find_prepared("org.example.beta", context)
    shutil.move(beta.path("tree"), tmp_path / "tree")
    beta.path("tree").symlink_to(tmp_path / "tree")
    assert plan_removal(beta, context).usage.size < 2000
    shutil.move(context.datapath / "shelf", tmp_path / "shelf")
    (context.datapath / "shelf").symlink_to(tmp_path / "shelf")
    (tmp_path / "shelf" / "more").write_bytes(b"x" * 5000)
    assert disk_usage(context).repositories["shelf"].size > 5000


def test_disk_usage_is_told_by_dataset_repository_and_cache(context, shelf):
    context.prepare("org.example.alpha")
    context.prepare("org.example.beta")
    (context.datapath / "shelf" / "stray").write_bytes(b"x" * 70)
    (context.cachepath / "kept.dl").write_bytes(b"x" * 300)
    found = disk_usage(context)
    sizes = {dataset.id: usage.size for dataset, usage in found.datasets}
    alpha, beta = sizes["org.example.alpha"], sizes["org.example.beta"]
    assert (alpha > 5000, beta > 2000) == (True, True)
    assert found.repositories["shelf"].size == alpha + beta + 70
    assert found.cache.size == 300
    assert found.total.size == alpha + beta + 70 + 300


def test_a_dataset_counts_for_its_own_repository_alone(context):
    for name, size in (("one", 4000), ("two", 70)):
        folder = state(context.datapath / name / "data", data="data.txt")
        (folder / "data.txt").write_bytes(b"x" * size)
    found = disk_usage(context)
    sizes = {item.repository: usage.size for item, usage in found.datasets}
    assert {name: usage.size for name, usage in found.repositories.items()} == sizes
    assert sizes["one"] - sizes["two"] == 3930


def test_a_dataset_in_the_folder_of_another_counts_as_its_own(context):
    folder = state(context.datapath / "shelf" / "outer", data="data.txt")
    inner = state(folder / "inner", data="data.txt")
    (inner / "data.txt").write_bytes(b"x" * 9000)
    found = disk_usage(context)
    sizes = {dataset.id: usage.size for dataset, usage in found.datasets}
    assert sizes["outer"] < 9000 < sizes["outer.inner"]
    assert found.repositories["shelf"].size == sizes["outer"] + sizes["outer.inner"]


def test_a_dataset_whose_state_cannot_be_read_at_this_moment_is_left_out(
    context, shelf, unreadable, caplog
):
    context.prepare("org.example.alpha")
    with unreadable(".state.json"):
        assert list(prepared_datasets(context.datapath)) == []
    assert f"left out: {context.folder('org.example.alpha')}: can't be used" in caplog.text
