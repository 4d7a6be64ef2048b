import os
import sys
from pathlib import Path

import pytest

import datamaestro
from datamaestro.context import Context, DatafolderPath, ResolvablePath
from datamaestro.disk import latest
from datamaestro.disk.freshness import stamp
from datamaestro.errors import DataDirectoryError, SettingsError


def test_the_default_data_directory_is_in_the_home_folder(home):
    assert Context.instance().path == home / "datamaestro"


def test_the_environment_names_the_data_directory(home, monkeypatch, tmp_path):
    monkeypatch.setenv("DATAMAESTRO_DIR", str(tmp_path / "elsewhere"))
    assert Context.instance().datapath == tmp_path / "elsewhere" / "data"


def test_the_environment_is_read_when_it_is_asked_for(home, monkeypatch, tmp_path):
    before = Context.instance()
    monkeypatch.setenv("DATAMAESTRO_DIR", str(tmp_path / "elsewhere"))
    assert Context.instance().path != before.path


def test_the_instance_of_a_data_directory_is_always_the_same(home):
    assert Context.instance() is Context.instance()


def test_paths_follow_from_the_data_directory(home):
    context = Context("~/somewhere")
    assert context.datapath == home / "somewhere" / "data"
    assert context.cachepath == home / "somewhere" / "cache"


def test_a_relative_path_does_not_follow_the_working_folder(home, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    context = Context("here")
    monkeypatch.chdir(home)
    assert context.path == tmp_path / "here"


def test_making_a_context_makes_no_folder(home):
    Context(home / "new")
    assert not (home / "new").exists()


def test_settings_are_those_of_the_data_directory(context, another_context):
    with context.settings.edit() as edited:
        edited.datafolders["x"] = Path("/x")
    assert context.settings.datafolders == {"x": Path("/x")}
    assert another_context.settings.datafolders == {}


def test_a_session_sees_settings_that_are_made_while_it_runs(context):
    assert context.settings.datafolders == {}
    with Context(context.path).settings.edit() as edited:
        edited.datafolders["x"] = Path("/x")
    assert context.settings.datafolders == {"x": Path("/x")}


def test_a_session_sees_settings_that_change_while_it_runs(context):
    for name in ("one", "two"):
        with Context(context.path).user_settings.edit() as edited:
            edited.default_repository = name
        assert context.user_settings.default_repository == name


def test_settings_that_stay_as_they_are_are_read_once(context):
    with context.settings.edit() as edited:
        edited.datafolders["x"] = Path("/x")
    os.utime(context.settings.path, (0, 0))  # at rest: it can't change without another time
    assert context.settings is context.settings


def test_a_preparation_looks_at_settings_once_and_not_for_each_file(shelf, context, monkeypatch):
    looks = []
    monkeypatch.setattr(latest, "stamp", lambda path: looks.append(path) or stamp(path))
    shelf.CONTENT.update({f"memory://host/{n}": b"x" for n in range(250)})
    context.prepare("org.example.many")
    assert looks.count(str(context.path / "settings.json")) < 10


def test_a_session_sees_how_many_connections_a_host_gets_now(context, monkeypatch):
    connections = context.connections
    monkeypatch.setenv("DATAMAESTRO_CONNECTIONS", "2")
    assert context.connections is connections
    assert connections.limit == 2


def test_a_data_folder_path_follows_the_settings(context, tmp_path):
    with context.settings.edit() as edited:
        edited.datafolders["large"] = tmp_path
    path = DatafolderPath("large", "corpus/train.txt")
    assert ResolvablePath.resolve(context, path) == tmp_path / "corpus" / "train.txt"


def test_a_plain_path_stands_for_itself(context, home):
    assert ResolvablePath.resolve(context, "~/x") == home / "x"


def test_a_data_folder_that_is_not_set_tells_how_to_set_it(context):
    with pytest.raises(DataDirectoryError, match="datamaestro datafolders set large PATH"):
        DatafolderPath("large", "x")(context)


def test_the_package_gives_its_version():
    assert datamaestro.__version__.count(".") == 2


def test_the_package_names_what_it_has():
    assert set(datamaestro.__all__) <= set(dir(datamaestro))
    assert all(getattr(datamaestro, name) for name in datamaestro.__all__)


def test_the_package_has_nothing_else():
    with pytest.raises(AttributeError, match="no attribute 'prepare_datasets'"):
        datamaestro.prepare_datasets  # noqa: B018


@pytest.mark.parametrize("word", ["0", "false", "No", "OFF", ""])
def test_words_for_no_switch_nothing_on(home, monkeypatch, word):
    for variable in ("DATAMAESTRO_OFFLINE", "DATAMAESTRO_WAYBACK"):
        monkeypatch.setenv(variable, word)
    context = Context()
    assert not context.offline
    assert context.wayback is None


@pytest.mark.skipif(sys.platform == "win32", reason="users have other folders there")
def test_a_data_directory_that_leads_nowhere_is_told(home, monkeypatch):
    monkeypatch.setenv("DATAMAESTRO_DIR", "~nobody-of-that-name/data")
    with pytest.raises(SettingsError, match=r"leads nowhere.*found ~nobody-of-that-name/data"):
        Context()


@pytest.mark.skipif(sys.platform == "win32", reason="there is a home without HOME")
def test_who_has_no_home_is_told_what_to_set(home, monkeypatch):
    def nobody(_uid):
        raise KeyError("no such user")

    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", nobody)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    for ask in (Context, lambda: Context(home / "data").user_settings):
        with pytest.raises(SettingsError, match="leads nowhere") as caught:
            ask()
        assert caught.value.hint.startswith("set HOME, or else DATAMAESTRO_DIR, ")


def test_an_empty_text_is_no_data_directory(home):
    with pytest.raises(SettingsError, match="it is empty: expected one that is there"):
        Context("")


@pytest.mark.skipif(sys.platform == "win32", reason="users have other folders there")
def test_a_path_of_a_user_who_is_not_there_is_told(context):
    nowhere = "~nobody-of-that-name/data"
    with context.settings.edit() as edited:
        edited.datafolders["large"] = Path(nowhere)
    for ask in (
        lambda: ResolvablePath.resolve(context, nowhere),
        lambda: DatafolderPath("large", "x")(context),
        lambda: context.prepare(f"{nowhere}/corpora.py:Letters"),
    ):
        with pytest.raises(SettingsError, match=f"leads nowhere.*found {nowhere}"):
            ask()
