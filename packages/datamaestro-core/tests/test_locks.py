"""Locks: for whom others wait, and what happens where there are none."""

import errno
import json
import logging
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from filelock import FileLock

from datamaestro.errors import DataDirectoryError
from datamaestro.locks import exclusive as locks
from datamaestro.locks.exclusive import is_busy, locked
from datamaestro.locks.file_locks import may_be_held
from datamaestro.locks.holder import Holder

HOLD = """
import sys
from pathlib import Path
from datamaestro.locks.exclusive import locked
with locked(Path(sys.argv[1]), "org.example.busy"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """Give a process that holds a lock until its input ends."""
    command = [sys.executable, "-c", HOLD, str(tmp_path / "x.lock")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


@pytest.fixture
def waiting(tmp_path, caplog):
    """Give a function that begins to wait for the lock, and gives the thread that does."""
    caplog.set_level(logging.INFO, "datamaestro")

    def wait():
        def hold():
            with locked(tmp_path / "x.lock", "org.example.waiting"):
                pass

        thread = threading.Thread(target=hold)
        thread.start()
        while "Waiting" not in caplog.text:
            assert thread.is_alive()
        return thread

    return wait


def test_those_who_wait_are_told_for_whom(holder, waiting, caplog):
    thread = waiting()
    noted = Holder.here("")
    assert (
        f"Waiting for {noted.user} on {noted.host} (process {holder.pid}, since 20" in caplog.text
    )
    assert "UTC), busy with org.example.busy" in caplog.text
    holder.communicate()
    thread.join()


def test_a_process_does_not_tell_that_it_waits_for_itself(tmp_path, caplog, monkeypatch):
    caplog.set_level(logging.INFO, "datamaestro")
    asked = threading.Event()
    original = Holder.read
    monkeypatch.setattr(locks, "NEWS", 0.01)
    monkeypatch.setattr(Holder, "read", lambda path: asked.set() or original(path))

    def wait():
        with locked(tmp_path / "x.lock", "org.example.waiting"):
            pass

    thread = threading.Thread(target=wait)
    with locked(tmp_path / "x.lock", "org.example.busy"):
        thread.start()
        assert asked.wait(60)
        asked.clear()
        assert asked.wait(60)  # the second time, what was found the first has been told
        assert "Waiting" not in caplog.text
    thread.join()


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is of POSIX")
def test_a_lock_whose_holder_is_killed_is_taken_over(holder, waiting):
    thread = waiting()
    holder.send_signal(signal.SIGKILL)
    thread.join(timeout=60)
    assert not thread.is_alive()


@pytest.mark.skipif(sys.platform == "win32", reason="the folder of a lock stays there")
def test_a_lock_whose_folder_is_removed_meanwhile_is_made_anew(holder, waiting, tmp_path):
    thread = waiting()
    tmp_path.rename(tmp_path.with_name("removed"))
    thread.join(timeout=60)
    assert not thread.is_alive()
    assert [path.name for path in tmp_path.iterdir()] == ["x.lock"]


@pytest.mark.parametrize(
    "note",
    [
        "",
        "{oops",
        "[]",
        '{"user": "someone"}',
        '{"user": "ada", "host": "node7", "process": 1, "since": 2026, "what": "a"}',
        '{"user": "ada", "host": "node7", "process": "\\u001b[2J", "since": "2026", "what": "a"}',
        '{"user": "\\u001b[2J", "host": "node7", "process": 1, "since": "2026", "what": "a"}',
    ],
)
def test_a_note_that_cannot_be_read_is_no_error(tmp_path, holder, waiting, caplog, note):
    (tmp_path / "x.holder").write_text(note)
    thread = waiting()
    assert "Waiting for another process, busy with org.example.waiting" in caplog.text
    holder.communicate()
    thread.join()


def test_a_note_goes_with_the_lock(tmp_path):
    with locked(tmp_path / "x.lock", "org.example.busy"):
        assert json.loads((tmp_path / "x.holder").read_text())["process"] == os.getpid()
    assert [path.name for path in tmp_path.iterdir()] == ["x.lock"]


def test_a_lock_can_be_had_in_the_place_of_an_outdated_note(tmp_path):
    (tmp_path / "x.holder").write_text('{"process": 1}')
    with locked(tmp_path / "x.lock", "org.example.busy"):
        assert Holder.read(tmp_path / "x.lock").what == "org.example.busy"


def test_the_note_of_one_that_was_killed_goes_with_a_lock_that_is_not_waited_for(tmp_path):
    (tmp_path / "x.holder").write_text('{"process": 1}')
    with locked(tmp_path / "x.lock", "", wait=False):
        pass
    assert not (tmp_path / "x.holder").exists()


def test_who_does_not_wait_for_a_lock_leaves_no_note(tmp_path):
    with locked(tmp_path / "x.lock", "", wait=False):
        assert [path.name for path in tmp_path.iterdir()] == ["x.lock"]


def test_to_look_for_a_lock_makes_none(tmp_path):
    assert not is_busy(tmp_path / "x.lock")
    assert list(tmp_path.iterdir()) == []


def test_a_lock_can_be_had_where_no_note_can_be_left(tmp_path):
    (tmp_path / "x.holder").mkdir()
    with locked(tmp_path / "x.lock", "org.example.busy"):
        assert is_busy(tmp_path / "x.lock")


def test_a_lock_that_is_not_waited_for_is_refused(tmp_path, holder):
    with pytest.raises(BlockingIOError), locked(tmp_path / "x.lock", "", wait=False):
        pass


class Unwritable:
    """A lock whose file a colleague has made, and nobody else may write."""

    def __init__(self, path):
        self.path = path

    def acquire(self, timeout):
        if self.path.exists():
            raise PermissionError(errno.EACCES, "Permission denied", str(self.path))
        self.path.touch()

    def release(self):
        pass


@pytest.fixture
def unwritable(tmp_path, monkeypatch):
    monkeypatch.setattr(locks, "new_lock", Unwritable)
    (tmp_path / "x.lock").write_text("a colleague's")
    return tmp_path / "x.lock"


def test_who_waits_for_no_lock_leaves_one_that_is_held_and_cannot_be_written(holder, unwritable):
    before = unwritable.stat().st_ino
    assert is_busy(unwritable)
    with pytest.raises(BlockingIOError), locked(unwritable, "", wait=False):
        pass
    assert unwritable.stat().st_ino == before


def test_who_waits_begins_a_lock_anew_that_cannot_be_written(unwritable):
    with locked(unwritable, "org.example.waiting"):
        assert unwritable.read_text() == ""


@pytest.mark.skipif(sys.platform == "win32", reason="locks can't be shared there")
def test_who_waits_for_no_lock_begins_one_anew_that_is_free_and_cannot_be_written(unwritable):
    assert not is_busy(unwritable)
    assert unwritable.read_text() == ""


@pytest.mark.skipif(
    sys.platform == "win32" or getattr(os, "geteuid", int)() == 0, reason="may write anywhere"
)
def test_who_may_only_read_takes_no_lock_for_held(unwritable):
    unwritable.parent.chmod(0o555)
    try:
        assert not is_busy(unwritable)
    finally:
        unwritable.parent.chmod(0o755)


class Refused:
    """A lock of a file system that has none."""

    def __init__(self, path):
        path.touch()

    def acquire(self, timeout):
        raise OSError(errno.ENOLCK, "No locks available")

    def release(self):
        pass


def test_where_there_are_no_locks_nothing_is_waited_for(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(locks, "new_lock", Refused)
    for name in ("x.lock", "y.lock"):
        with locked(tmp_path / name, "org.example.busy"), locked(tmp_path / name, "the same"):
            pass
    assert caplog.text.count(f"{tmp_path} has no locks (No locks available)") == 1


@pytest.fixture
def unasked(monkeypatch):
    """Let no file system have been asked yet for a lock, and have patience with none."""
    monkeypatch.setattr(locks, "_ANSWERING", set())
    monkeypatch.setattr(locks, "_SILENT", {})
    monkeypatch.setattr(locks, "PATIENCE", 0.01)


@pytest.fixture
def silent(unasked, monkeypatch):
    """Give the lock files that a file system was asked for, which doesn't answer."""
    over, asked_for = threading.Event(), []

    class Silent(Refused):
        def __init__(self, path):
            super().__init__(path)
            self.path = path

        def acquire(self, timeout):
            asked_for.append(self.path.name)
            over.wait()

    monkeypatch.setattr(locks, "new_lock", Silent)
    yield asked_for
    over.set()


def test_a_file_system_that_does_not_answer_has_no_locks(tmp_path, silent, caplog):
    with locked(tmp_path / "x.lock", "org.example.busy"):
        assert "the file system doesn't answer" in caplog.text


def test_a_file_system_that_does_not_answer_is_not_waited_for_again(tmp_path, silent):
    for name in ("a/x.lock", "a/y.lock", "b/x.lock"):
        with locked(tmp_path / name, "org.example.busy"):
            pass
    assert silent == ["x.lock"]


def test_a_file_system_that_did_not_answer_is_asked_again_later(tmp_path, silent, monkeypatch):
    monkeypatch.setattr(locks, "SILENCE", 0.0)
    for name in ("x.lock", "y.lock"):
        with locked(tmp_path / name, "org.example.busy"):
            pass
    assert silent == ["x.lock", "y.lock"]


def test_a_file_system_that_has_only_refused_a_file_may_not_answer(tmp_path, silent, monkeypatch):
    silent_lock = locks.new_lock
    monkeypatch.setattr(locks, "new_lock", Unwritable)
    (tmp_path / "x.lock").mkdir()  # a colleague's, which can't be replaced
    with pytest.raises(DataDirectoryError), locked(tmp_path / "x.lock", ""):
        pass
    monkeypatch.setattr(locks, "new_lock", silent_lock)
    with locked(tmp_path / "y.lock", "org.example.busy"):
        assert silent == ["y.lock"]


def test_a_lock_that_is_had_when_nobody_waits_for_it_any_more_is_given_up(
    tmp_path, unasked, monkeypatch
):
    over, asked_for = threading.Event(), []

    class Late(FileLock):
        def acquire(self, *arguments, **options):
            over.wait()
            return super().acquire(*arguments, **options)

    def make(path):
        asked_for.append(Late(path, thread_local=False))  # a lock that is forgotten is given up
        return asked_for[-1]

    monkeypatch.setattr(locks, "new_lock", make)
    with locked(tmp_path / "x.lock", "org.example.busy"):
        pass
    over.set()
    for thread in threading.enumerate():
        if thread.name == "datamaestro-lock":
            thread.join()
    with FileLock(tmp_path / "x.lock", timeout=0):
        pass


@pytest.fixture
def broken(monkeypatch):
    """Let the file system fail that is asked for a lock."""

    class Broken(Refused):
        def acquire(self, timeout):
            raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(locks, "new_lock", Broken)


def test_another_error_is_about_the_folder(tmp_path, broken):
    with (
        pytest.raises(DataDirectoryError, match="can't be used: Input/output error"),
        locked(tmp_path / "x.lock", ""),
    ):
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="locks can't be shared there")
def test_who_cannot_lock_sees_whether_another_process_does(tmp_path, broken, holder):
    assert is_busy(tmp_path / "x.lock")
    holder.communicate()
    assert not is_busy(tmp_path / "x.lock")


@pytest.mark.skipif(sys.platform == "win32", reason="locks can't be shared there")
def test_where_there_are_no_locks_none_is_held(unwritable, monkeypatch):
    import fcntl

    def refuse(*_arguments):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    assert not is_busy(unwritable)


@pytest.mark.skipif(sys.platform == "win32", reason="locks can't be shared there")
def test_a_lock_file_that_has_gone_is_not_held(tmp_path):
    assert not may_be_held(tmp_path / "x.lock")


def test_what_nobody_can_find_out_may_be_in_use(tmp_path, broken, monkeypatch):
    (tmp_path / "x.lock").touch()

    def lost(*_arguments):
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", lost)
        assert is_busy(tmp_path / "x.lock")
        patch.setattr(Path, "lstat", lost)
        assert is_busy(tmp_path / "x.lock")


@pytest.mark.skipif(sys.platform == "win32", reason="permission bits are those of POSIX")
@pytest.mark.parametrize(("folder", "lock"), [(0o755, 0o644), (0o775, 0o664), (0o700, 0o600)])
@pytest.mark.parametrize("mask", [0o022, 0o077])
def test_whoever_may_write_in_a_folder_may_take_its_locks(tmp_path, folder, lock, mask):
    tmp_path.chmod(folder)
    before = os.umask(mask)
    try:
        with locked(tmp_path / "x.lock", ""):
            pass
    finally:
        os.umask(before)
    assert (tmp_path / "x.lock").stat().st_mode & 0o777 == lock
