"""Read-only data directories of a site, under the user's own."""

import os
import sys

import pytest

from datamaestro.context import Context, DatafolderPath
from datamaestro.data import File, Folder
from datamaestro.definitions import Dataset, dataset
from datamaestro.download import FileResource, FilesCopy, FolderResource, ValueResource, reference
from datamaestro.errors import DatasetNotFoundError
from datamaestro.inventory.named import find_prepared
from datamaestro.preparation.state import State


class Made(FileResource):
    """Writes a text, and counts how often."""

    def __init__(self, filename, **arguments):
        super().__init__(filename, **arguments)
        self.calls = []

    def _download(self, destination):
        self.calls.append(destination)
        destination.write_text("made")


def one_file(dataset_id="org.example.one"):
    data = Made("data.txt")

    @data
    @dataset(File, id=dataset_id)
    def one(data):
        """One"""
        return {"path": data}

    one.made = data
    return one


@pytest.fixture
def site(home):
    """Give a context whose directory is one of the site's."""
    return Context(home / "site", site=[])


@pytest.fixture
def user(home, site, monkeypatch):
    """Give the context of a user of the site."""
    monkeypatch.setenv("DATAMAESTRO_PATH", f"{home / 'first'}{os.pathsep}{site.path}")
    (home / "first").mkdir()
    return Context(home / "own")


def listed(folder):
    return {path: path.lstat().st_mtime_ns for path in [folder, *folder.rglob("*")]}


def test_what_the_site_has_is_used_from_there_and_nothing_is_written(site, user):
    definition = one_file()
    path = site.prepare(definition).path
    before = listed(site.path)
    assert user.prepare(definition).path == path
    assert listed(site.path) == before
    assert not user.path.exists()
    assert len(definition.made.calls) == 1


def test_who_asks_for_what_the_site_has_is_told_where_it_is(site, user, shelf):
    site.prepare("org.example.alpha")
    with pytest.raises(DatasetNotFoundError) as caught:
        find_prepared("org.example.alpha", user)
    assert caught.value.hint == (
        f"it is used from {site.path}: 'datamaestro --data {site.path} …' looks there"
    )


def test_all_ways_of_asking_agree(site, user):
    definition = one_file()
    path = site.prepare(definition).path
    assert user.missing(definition) == []
    assert user.folder(definition) == path.parent
    assert user.get(definition).path == path
    assert user.prepare(definition, download=False).path == path


def test_what_the_site_has_not_is_made_in_ones_own(site, user):
    definition = one_file()
    assert user.missing(definition) == ["data"]
    assert user.prepare(definition).path.is_relative_to(user.path)
    assert user.folder(definition).is_relative_to(user.path)
    assert not site.path.exists()


def test_what_the_site_has_in_part_is_made_in_ones_own(site, user):
    definition = one_file()
    site.prepare(definition).path.write_text("m")
    assert user.prepare(definition).path.is_relative_to(user.path)


def test_the_first_directory_that_has_it_wins(home, site, user):
    definition = one_file()
    site.prepare(definition)
    first = Context(home / "first", site=[]).prepare(definition).path
    assert user.prepare(definition).path == first


def test_the_site_comes_before_ones_own(site, user):
    definition = one_file()
    user.prepare(definition)
    path = site.prepare(definition).path
    assert user.prepare(definition).path == path


def test_files_that_cannot_be_proven_without_a_record_are_left_out(site, user):
    definition = one_file()
    path = site.prepare(definition).path
    (path.parent / ".state.json").write_text('{"resources": {"data": {"state": 2}}, "version": 1}')
    assert user.prepare(definition).path.is_relative_to(user.path)


def test_a_directory_that_is_not_there_is_warned_about_once(home, monkeypatch, caplog):
    monkeypatch.setenv("DATAMAESTRO_PATH", str(home / "nowhere"))
    user = Context(home / "own")
    for name in ("one", "two"):
        assert user.prepare(one_file(f"org.example.{name}")).path.read_text() == "made"
    assert caplog.text.count(f"the site directory {home / 'nowhere'} can't be read") == 1


def test_directories_may_be_named_in_the_settings(home, site):
    definition = one_file()
    path = site.prepare(definition).path
    user = Context(home / "own")
    with user.settings.edit() as settings:
        settings.site_directories.append(site.path)
    assert user.prepare(definition).path == path


def test_directories_may_be_given_to_a_context(home, site, monkeypatch):
    definition = one_file()
    path = site.prepare(definition).path
    assert Context(home / "own", site=[site.path]).prepare(definition).path == path
    monkeypatch.setenv("DATAMAESTRO_PATH", str(site.path))
    assert Context(home / "own", site=[]).site_directories == []


def test_a_directory_that_is_given_stays_the_same_wherever_one_goes(home, site, monkeypatch):
    monkeypatch.chdir(home)
    user = Context("own", site=[site.path.name])
    (home / "elsewhere").mkdir()
    site.prepare(one_file())
    monkeypatch.chdir(home / "elsewhere")
    assert user.site_directories == [site.path]


def test_a_directory_is_not_its_own_site(home, monkeypatch):
    site = Context(home / "site")
    monkeypatch.setenv("DATAMAESTRO_PATH", str(site.path))
    site.path.mkdir()
    assert site.site_directories == []
    assert site.prepare(one_file()).path.is_relative_to(site.path)


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_a_link_to_a_directory_is_not_its_own_site(home, monkeypatch):
    own = Context(home / "own")
    own.path.mkdir()
    (home / "link").symlink_to(own.path)
    monkeypatch.setenv("DATAMAESTRO_PATH", str(home / "link"))
    assert own.site_directories == []


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_a_link_that_leads_to_itself_is_left_out(home, monkeypatch, caplog):
    (home / "link").symlink_to(home / "link")
    monkeypatch.setenv("DATAMAESTRO_PATH", str(home / "link"))
    assert Context(home / "own").site_directories == []
    assert "can't be read: it is left out" in caplog.text


def test_nothing_is_written_to_a_site_in_ones_own_directory(home):
    definition = one_file()
    path = Context(home / "own" / "site", site=[]).prepare(definition).path
    before = listed(home / "own")
    assert Context(home / "own", site=[home / "own" / "site"]).prepare(definition).path == path
    assert listed(home / "own") == before


def test_a_reference_leads_to_what_the_site_has(site, user):
    target = one_file()
    path = site.prepare(target).path

    @dataset(id="org.example.referring")
    class Referring(Dataset):
        OTHER = reference(target)
        OWN = Made("own.txt")

        def config(self) -> File:
            return File(path=self.OTHER.prepare().path)

    before = listed(site.path)
    assert user.prepare(Referring).path == path
    assert listed(site.path) == before
    assert len(target.made.calls) == 1
    assert user.folder(Referring).is_relative_to(user.path)


def counted_loads(monkeypatch):
    """Give a list that gets the folder of each dataset whose state is read."""
    read, load = [], State.load

    def counted(folder, *arguments):
        read.append(folder)
        return load(folder, *arguments)

    monkeypatch.setattr(State, "load", counted)
    return read


def test_references_are_followed_once_however_many_there_are_one_below_the_other(
    site, user, monkeypatch
):
    first = one_file("org.example.first")
    depths = {}
    last = first
    for depth in range(1, 7):
        data = Made("data.txt")

        @reference(last, name="below")
        @data
        @dataset(File, id=f"org.example.depth{depth}")
        def next_one(below, data):
            """Refers to the one before"""
            return {"path": data}

        last = depths[depth] = next_one
    site.prepare(last)
    read = counted_loads(monkeypatch)
    looks = []
    for definition in (depths[2], depths[6]):
        read.clear()
        assert user.missing(definition) == []
        looks.append(read.count(site.folder(first)))
    assert looks[0] == looks[1] > 0


def test_a_dataset_that_many_ways_of_references_lead_to_is_looked_at_once(site, monkeypatch):
    first = one_file("org.example.first")
    depths = {}
    last = first

    def another_name(number, target):
        @reference(target, name="target")
        @dataset(File, id=f"{target.id}.by{number}")
        def by(target):
            """The same by another name"""
            return {"path": target.path}

        return by

    for depth in range(1, 5):

        @reference(another_name(1, last), name="one")
        @reference(another_name(2, last), name="two")
        @dataset(File, id=f"org.example.depth{depth}")
        def next_one(one, two):
            """Refers to the one before in two ways"""
            return {"path": one.path}

        last = depths[depth] = next_one
    read = counted_loads(monkeypatch)
    looks = []
    for definition in (depths[1], depths[4]):
        read.clear()
        assert site.missing(definition) == ["one", "two"]
        looks.append(read.count(site.folder(first)))
    assert looks[0] == looks[1] > 0


def test_what_the_site_has_may_refer_to_what_only_the_user_has(home, site, user):
    target = one_file()

    @dataset(id="org.example.referring")
    class Referring(Dataset):
        OTHER = reference(target)
        OWN = Made("own.txt")

        def config(self) -> Folder:
            return Folder(path=self.OWN.path.parent, id=str(self.OTHER.prepare().path))

    folder = site.prepare(Referring).path
    site.prepare(target).path.unlink()
    value = user.prepare(Referring)
    assert value.path == folder
    assert value.id.startswith(str(user.path))


def test_a_value_that_is_stored_nowhere_writes_nothing_anywhere(site, user):
    class Answer(ValueResource):
        def prepare(self):
            return self.context.path / "forty-two"

    @Answer("answer")
    @dataset(File, id="org.example.value")
    def value(answer):
        """Value"""
        return {"path": answer}

    assert user.prepare(value).path == user.path / "forty-two"
    assert not user.path.exists()


def test_data_folders_of_the_site_are_known(home, site, user):
    with site.settings.edit() as settings:
        settings.datafolders["corpora"] = home / "theirs"
    assert DatafolderPath("corpora", "x")(user) == home / "theirs" / "x"
    with user.settings.edit() as settings:
        settings.datafolders["corpora"] = home / "mine"
    assert DatafolderPath("corpora", "x")(user) == home / "mine" / "x"


def test_settings_of_a_site_that_cannot_be_read_are_left_out(site, user, caplog):
    site.path.mkdir()
    (site.path / "settings.json").write_text("{oops")
    assert user.datafolder("corpora") is None
    assert "not JSON" in caplog.text


def test_transient_resources_that_are_gone_are_not_missed(site, user):
    class Tree(FolderResource):
        def _download(self, destination):
            destination.mkdir()
            (destination / "a").write_text("1")

    archive = Tree(transient=True)

    @dataset(id="org.example.kept")
    class Kept(Dataset):
        ARCHIVE = archive
        KEPT = FilesCopy(archive, {"first": "a"})

        def config(self) -> Folder:
            return Folder(path=self.KEPT.path)

    path = site.prepare(Kept).path
    assert user.prepare(Kept).path == path
