import json
import logging
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from datamaestro.context import Context
from datamaestro.errors import DataDirectoryError, SettingsError
from datamaestro.settings import Settings, UserSettings, user_settings_path


def test_settings_without_a_file_are_the_defaults(tmp_path):
    settings = Settings.load(tmp_path / "settings.json")
    assert (settings.datafolders, settings.mirrors, settings.keys) == ({}, {}, {})


def test_data_folders_are_read_as_paths(tmp_path):
    path = tmp_path / "settings.json"
    path.write_text('{"datafolders": {"large": "/mnt/data"}}')
    assert Settings.load(path).datafolders == {"large": Path("/mnt/data")}


@pytest.mark.parametrize(
    "text",
    ['{"datafolders": {"x": ""}}', '{"datafolders": {"x": "a"}}', '{"site_directories": [""]}'],
)
def test_a_path_that_depends_on_where_one_works_is_refused(tmp_path, text):
    path = tmp_path / "settings.json"
    path.write_text(text)
    with pytest.raises(SettingsError, match="expected an absolute one, or one that begins with ~"):
        Settings.load(path)


def test_unknown_keys_survive_a_save(tmp_path):
    path = tmp_path / "settings.json"
    path.write_text('{"future": {"a": [1]}, "keys": {"k": "v"}}')
    settings = Settings.load(path)
    settings.datafolders["x"] = Path("/x")
    settings.save()
    assert json.loads(path.read_text()) == {
        "future": {"a": [1]},
        "keys": {"k": "v"},
        "datafolders": {"x": os.fspath(Path("/x"))},
    }


def test_a_damaged_file_is_named_with_line_and_column_and_left_alone(tmp_path):
    path = tmp_path / "settings.json"
    path.write_text('{\n  "datafolders": {,}\n}')
    with pytest.raises(SettingsError) as caught:
        Settings.load(path)
    assert caught.value.where == f"{path}:2:19"
    assert path.read_text() == '{\n  "datafolders": {,}\n}'


def test_a_damaged_file_is_not_overwritten_by_an_edit(tmp_path):
    path = tmp_path / "settings.json"
    settings = Settings.load(path)
    path.write_text("{oops")
    with pytest.raises(SettingsError), settings.edit() as edited:
        edited.datafolders["x"] = Path("/x")
    assert path.read_text() == "{oops"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[]", "wrong settings: expected a JSON object, found []"),
        (
            '{"datafolders": 3}',
            "datafolders has the wrong type: expected an object with text for each key, found 3",
        ),
        ('{"datafolders": {"a": null}}', 'for each key, found {"a": null}'),
        (
            '{"mirrors": {"a": "b"}}',
            "expected an object with a list with text for each item for each key",
        ),
        (
            '{"mirrors": {"https://example.org/": ["file:///srv/", "/srv/mirror"]}}',
            "mirrors has something that isn't a URL: expected http://mirror.example.org/all/, or "
            "file:///folder/, found '/srv/mirror'",
        ),
        ('{"connections": "4"}', 'expected a number or null, found "4"'),
        ('{"wayback": 1}', "expected true or false or text, found 1"),
    ],
)
def test_a_value_that_cannot_be_used_is_told_in_the_words_of_json(tmp_path, text, told):
    path = tmp_path / "settings.json"
    path.write_text(text)
    with pytest.raises(SettingsError, match="expected") as caught:
        Settings.load(path)
    assert caught.value.where == str(path)
    assert told in str(caught.value)


def test_a_file_that_is_no_text_is_an_error(tmp_path):
    path = tmp_path / "settings.json"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="can't be read"):
        Settings.load(path)


def test_an_edit_sees_what_another_process_saved_meanwhile(tmp_path):
    path = tmp_path / "settings.json"
    mine = Settings.load(path)
    with Settings.load(path).edit() as others:
        others.datafolders["theirs"] = Path("/theirs")
    with mine.edit() as edited:
        edited.datafolders["mine"] = Path("/mine")
    assert set(Settings.load(path).datafolders) == {"mine", "theirs"}


def test_edits_of_many_processes_lose_nothing(tmp_path):
    path = tmp_path / "settings.json"
    program = (
        "import sys; from pathlib import Path; from datamaestro.settings import Settings\n"
        "for i in range(5):\n"
        "    with Settings.load(Path(sys.argv[1])).edit() as s:\n"
        "        s.datafolders[f'{sys.argv[2]}-{i}'] = Path('/x')\n"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", program, str(path), str(number)])
        for number in range(4)
    ]
    assert [process.wait() for process in processes] == [0] * 4
    assert len(Settings.load(path).datafolders) == 20


def test_who_waits_to_edit_is_told_for_whom(tmp_path, caplog):
    caplog.set_level(logging.INFO, "datamaestro")
    program = (
        "import sys; from pathlib import Path; from datamaestro.settings import Settings\n"
        "with Settings.load(Path(sys.argv[1])).edit() as settings:\n"
        "    settings.datafolders['theirs'] = Path('/theirs')\n"
        "    print('begun', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    path = tmp_path / "settings.json"
    command = [sys.executable, "-c", program, str(path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as process, ThreadPoolExecutor() as threads:
        assert process.stdout.readline() == "begun\n"
        edited = threads.submit(edit, path, "mine")
        for _ in range(1000):
            if "Waiting" in caplog.text:
                break
            time.sleep(0.01)
        process.communicate()
        edited.result()
    assert f"(process {process.pid}, " in caplog.text
    assert "busy with settings.json" in caplog.text
    assert set(Settings.load(path).datafolders) == {"mine", "theirs"}


def edit(path, name):
    with Settings.load(path).edit() as settings:
        settings.datafolders[name] = Path("/x")


def test_a_save_into_a_folder_that_is_a_file_says_so(tmp_path):
    (tmp_path / "file").touch()
    settings = Settings.load(tmp_path / "file" / "settings.json")
    with pytest.raises(DataDirectoryError, match="file"):
        settings.save()


def test_a_save_leaves_no_other_file_behind(tmp_path):
    Settings(tmp_path / "settings.json", keys={"a": "b"}).save()
    assert [item.name for item in tmp_path.iterdir()] == ["settings.json"]


@pytest.mark.skipif(sys.platform == "win32", reason="permission bits are those of POSIX")
def test_new_settings_can_be_read_by_whom_the_mask_allows(tmp_path):
    before = os.umask(0o022)
    try:
        Settings(tmp_path / "settings.json").save()
    finally:
        os.umask(before)
    assert (tmp_path / "settings.json").stat().st_mode & 0o777 == 0o644


@pytest.mark.skipif(sys.platform == "win32", reason="permission bits are those of POSIX")
def test_settings_that_only_their_owner_may_read_stay_so(tmp_path):
    settings = Settings(tmp_path / "settings.json")
    settings.save()
    settings.path.chmod(0o600)
    settings.save()
    assert settings.path.stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")
def test_settings_behind_a_link_are_saved_there(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "settings.json").symlink_to(tmp_path / "real" / "settings.json")
    Settings(tmp_path / "settings.json", keys={"a": "b"}).save()
    assert (tmp_path / "settings.json").is_symlink()
    assert Settings.load(tmp_path / "real" / "settings.json").keys == {"a": "b"}


def test_user_settings_are_in_the_home_folder(home):
    assert user_settings_path() == home / ".config" / "datamaestro" / "user.json"


def test_user_settings_follow_xdg_config_home(home, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "configuration"))
    path = tmp_path / "configuration" / "datamaestro" / "user.json"
    UserSettings(path, default_repository="text").save()
    assert Context().user_settings.default_repository == "text"


def test_keys_are_not_shown(tmp_path):
    assert "secret" not in repr(Settings(tmp_path, keys={"a": "secret"}))


def test_settings_may_begin_with_the_mark_of_an_editor(tmp_path):
    (tmp_path / "settings.json").write_text('{"connections": 3}', encoding="utf-8-sig")
    assert Settings.load(tmp_path / "settings.json").connections == 3
