"""The loop: what it does, in which order, and what it leaves behind."""

import ast
import errno
import hashlib
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest

from datamaestro.context import Context
from datamaestro.data import Base, File, Folder, Param
from datamaestro.definitions import Dataset, dataset
from datamaestro.download import FileResource, FilesCopy, FolderResource, ValueResource, reference
from datamaestro.errors import (
    DataDirectoryError,
    DefinitionError,
    QueryError,
    VerificationError,
)
from datamaestro.inventory.prepared import prepared_datasets
from datamaestro.preparation.changes import tidy
from datamaestro.preparation.operations import remake
from datamaestro.preparation.places import graph_of_context
from datamaestro.preparation.state import State
from datamaestro.preparation.use import last_use
from datamaestro.state_files import recorded
from datamaestro.utils import GlobChecker, HashCheck


class Made(FileResource):
    """Writes a text, counts how often, and fails when it is told to."""

    def __init__(self, filename, text="made", *, recovers=False, version="1", **arguments):
        super().__init__(filename, **arguments)
        self.text = text
        self.recovers = recovers
        self.version = version
        self.calls = []
        self.fails_with = []

    @property
    def can_recover(self):
        return self.recovers

    @property
    def fingerprint(self):
        return f"{super().fingerprint} {self.version}"

    def _download(self, destination):
        self.calls.append(destination.read_text() if destination.exists() else None)
        destination.write_text(self.text[:2])
        if self.fails_with:
            raise self.fails_with.pop(0)
        destination.write_text(self.text)


class MadeFolder(FolderResource):
    def __init__(self, files, **arguments):
        super().__init__(**arguments)
        self.files = files
        self.calls = []

    def _download(self, destination):
        self.calls.append(destination)
        for name, text in self.files.items():
            (destination / name).parent.mkdir(parents=True, exist_ok=True)
            (destination / name).write_text(text)


def one_file(resource, dataset_id="org.example.one"):
    @resource
    @dataset(File, id=dataset_id)
    def one(data):
        """One"""
        return {"path": data}

    return one


def state_of(context, definition):
    return json.loads((context.folder(definition) / ".state.json").read_text())


def leftovers(folder: Path):
    """Everything in a dataset's folder that isn't data."""
    return sorted(item.name for item in folder.iterdir() if item.name.startswith("."))


def test_a_resource_is_made_once(context):
    data = Made("data.txt")
    definition = one_file(data)
    first, second = context.prepare(definition), context.prepare(definition)
    assert first == second
    assert first.path.read_text() == "made"
    assert len(data.calls) == 1


def test_what_is_complete_is_recorded(context):
    definition = one_file(Made("data.txt"))
    context.prepare(definition)
    document = state_of(context, definition)
    record = document["resources"]["data"]
    assert document["version"] == 2
    assert (record["state"], record["path"], record["size"]) == ("complete", "data.txt", 4)
    assert record["time"].endswith("+00:00")


def test_nothing_but_state_and_lock_stays_beside_the_data(context):
    definition = one_file(Made("data.txt"))
    context.prepare(definition)
    assert leftovers(context.folder(definition)) == [".state.json", ".state.lock", ".used"]


def contents(folder: Path):
    """The files and when each was written, but for the trace of the last use."""
    found = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    return {path: time for path, time in found.items() if path.name != ".used"}


def test_a_reader_of_complete_data_takes_no_lock_and_writes_nothing(context):
    definition = one_file(Made("data.txt"))
    context.prepare(definition)
    folder = context.folder(definition)
    (folder / ".state.lock").unlink()
    before = contents(folder)
    context.prepare(definition)
    assert contents(folder) == before


def test_every_use_of_a_dataset_is_noted(context):
    definition = one_file(Made("data.txt"))
    context.prepare(definition)
    marker = context.folder(definition) / ".used"
    os.utime(marker, (0, 0))
    context.prepare(definition)
    assert marker.stat().st_mtime > 0


def test_a_use_is_noted_of_all_that_a_dataset_refers_to(context):
    first = one_file(Made("data.txt"))
    context.prepare(referring(first))
    marker = context.folder(first) / ".used"
    os.utime(marker, (0, 0))
    context.prepare(referring(first))
    assert marker.stat().st_mtime > 0


def test_a_use_that_cant_be_noted_disturbs_nobody(context):
    definition = one_file(Made("data.txt"))
    context.prepare(definition)
    marker = context.folder(definition) / ".used"
    marker.unlink()
    marker.symlink_to(context.path / "nowhere" / "used")
    assert context.prepare(definition).path.read_text() == "made"
    assert last_use(context.folder(definition)) is None


def test_the_digest_of_a_finished_file_is_recorded(context):
    definition = one_file(Made("data.txt"))
    context.prepare(definition)
    record = state_of(context, definition)["resources"]["data"]
    assert record["sha256"] == hashlib.sha256(b"made").hexdigest()


def test_the_digest_of_a_folder_is_not(context):
    definition = one_file(MadeFolder({"a": "1"}, name="data"))
    context.prepare(definition)
    assert state_of(context, definition)["resources"]["data"]["sha256"] is None


def test_the_state_tells_which_dataset_it_is_of(context):
    definition = one_file(Made("data.txt"))
    context.prepare(definition)
    assert state_of(context, definition)["dataset"] == "org.example.one"


class Written(FileResource):
    """Writes its file through the kernel, and changes it afterwards if it is told to."""

    def __init__(self, filename, afterwards=b""):
        super().__init__(filename)
        self.afterwards = afterwards

    def _download(self, destination):
        with self.create(destination) as file:
            file.write(b"first ")
            file.write(bytearray(b"second"))
        with destination.open("ab") as file:
            file.write(self.afterwards)


@pytest.mark.parametrize("afterwards", [b"", b" third"])
def test_the_digest_of_a_file_that_was_hashed_beside_the_writing_is_right(context, afterwards):
    definition = one_file(Written("data.txt", afterwards))
    context.prepare(definition)
    record = state_of(context, definition)["resources"]["data"]
    assert record["sha256"] == hashlib.sha256(b"first second" + afterwards).hexdigest()


def backwards(file):
    file.write(b"00000 second")
    file.seek(0)
    file.write(b"first")


def shortened_and_lengthened(file):
    file.write(b"first second")
    file.truncate(5)
    file.write(b"the rest")


def past_the_python_file(file):
    file.write(b"first ")
    file.flush()
    os.write(file.fileno(), b"second")


def an_archive(file):
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("member", b"first second")


class WrittenInItsWay(FileResource):
    """Has a function write its file, which the kernel has opened."""

    def __init__(self, filename, write):
        super().__init__(filename)
        self.write = write

    def _download(self, destination):
        with self.create(destination) as file:
            self.write(file)


@pytest.mark.parametrize(
    "write", [backwards, shortened_and_lengthened, past_the_python_file, an_archive]
)
def test_the_digest_of_a_file_that_was_not_written_from_end_to_end_is_right(context, write):
    definition = one_file(WrittenInItsWay("data.bin", write))
    path = context.prepare(definition).path
    record = state_of(context, definition)["resources"]["data"]
    assert record["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_resource_is_made_anew_beside_what_lies_in_place(context):
    data = Made("data.txt")
    definition = one_file(data)
    path = context.prepare(definition).path
    path.write_text("ruin")
    remake(definition, context, ["data.txt"])
    assert path.read_text() == "made"


def test_a_resource_that_cant_be_made_anew_leaves_what_lies_in_place(context):
    data = Made("data.txt")
    definition = one_file(data)
    path = context.prepare(definition).path
    path.write_text("ruin")
    data.fails_with = [RuntimeError("broken")]
    with pytest.raises(RuntimeError):
        remake(definition, context, ["data.txt"])
    assert path.read_text() == "ruin"
    assert context.missing(definition) == []


READER_DEFINITIONS = """
from datamaestro.data import File
from datamaestro.definitions import dataset
from datamaestro.download import FileResource

class Written(FileResource):
    def _download(self, destination):
        destination.write_text("1 2 3")

@Written("data.txt")
@dataset(File, id="org.example.numbers")
def numbers(data):
    return {"path": data}
"""

OPENED = """
import sys
import zipfile
opened = []
sys.addaudithook(lambda event, values: opened.append(str(values[0])) if event == "open" else None)
from reader_definitions import numbers
from datamaestro import Context
context = Context(sys.argv[1])
context.prepare(numbers)
assert context.path.is_dir()
print([path for path in opened if path.startswith(sys.argv[1])])
"""


def test_a_reader_of_complete_data_opens_their_state_and_nothing_else(tmp_path, home):
    (tmp_path / "reader_definitions.py").write_text(READER_DEFINITIONS)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}

    def run():
        command = [sys.executable, "-c", OPENED, str(home / "data")]
        result = subprocess.run(command, env=environment, capture_output=True, check=True)
        return ast.literal_eval(result.stdout.decode())

    assert len(run()) > 1
    assert [Path(path).name for path in run()] == ["settings.json", ".state.json"]


def test_two_contexts_live_side_by_side(context, another_context):
    definition = one_file(Made("data.txt"))
    assert context.prepare(definition).path != another_context.prepare(definition).path
    assert context.prepare(definition).path.is_relative_to(context.path)
    assert another_context.prepare(definition).path.is_relative_to(another_context.path)


@pytest.mark.parametrize("error", [RuntimeError, VerificationError])
def test_a_resource_that_fails_leaves_nothing_in_place(context, error):
    data = Made("data.txt")
    data.fails_with = [error("broken")]
    definition = one_file(data)
    with pytest.raises(error):
        context.prepare(definition)
    folder = context.folder(definition)
    assert list(folder.rglob("*")) == [folder / ".state.lock"]


def test_a_resource_that_misses_a_file_of_its_own_is_made_once(context, tmp_path):
    data = Made("data.txt")
    missing = FileNotFoundError(errno.ENOENT, "No such file or directory", str(tmp_path / "mine"))
    data.fails_with = [missing] * 9
    with pytest.raises(FileNotFoundError) as caught:
        context.prepare(one_file(data))
    assert caught.value is missing
    assert data.calls == [None]


def test_failures_are_compared_with_what_others_have_made_all_at_once(context, monkeypatch):
    asked = []

    class Asked(ValueResource):
        def is_ready(self):
            asked.append(self.dataset.id)
            return True

        def prepare(self):
            return 1

    def failing(count):
        resources = {f"DATA{number}": Made(f"{number}.txt") for number in range(count)}
        for resource in resources.values():
            resource.fails_with = [VerificationError("broken")]
        members = {**resources, "ASKED": Asked(), "config": lambda self: File(path=self.ASKED)}
        return dataset(File, id=f"org.example.failing{count}")(type("Many", (Dataset,), members))

    monkeypatch.setattr("datamaestro.preparation.loop.INTERVAL", float("inf"))
    for count in (1, 20):
        with pytest.raises(VerificationError):
            context.prepare(failing(count))
    assert asked.count("org.example.failing20") == asked.count("org.example.failing1")


def test_the_more_resources_the_fewer_are_recorded_by_themselves(context, monkeypatch):
    recorded_at_once = []
    complete = State.complete

    def counted(state, records):
        recorded_at_once.append(len(records))
        complete(state, records)

    members = {f"DATA{number}": Made(f"{number}.txt") for number in range(20)}
    members["config"] = lambda self: File(path=self.DATA0.path)
    monkeypatch.setattr(State, "complete", counted)
    monkeypatch.setattr("datamaestro.preparation.loop.INTERVAL", 0)
    monkeypatch.setattr("datamaestro.preparation.loop.INTERVAL_PER_RESOURCE", float("inf"))
    context.prepare(dataset(File, id="org.example.many")(type("Many", (Dataset,), members)))
    assert recorded_at_once == [20]


def test_a_resource_that_failed_is_made_from_nothing(context):
    data = Made("data.txt")
    data.fails_with = [RuntimeError("broken")]
    definition = one_file(data)
    with pytest.raises(RuntimeError):
        context.prepare(definition)
    context.prepare(definition)
    assert data.calls == [None, None]


@pytest.mark.parametrize("name", ["data.txt", "part[1]/data.txt"])
def test_a_resource_that_can_recover_gets_what_it_left(context, name):
    data = Made(name, recovers=True)
    data.fails_with = [RuntimeError("broken")]
    definition = one_file(data)
    with pytest.raises(RuntimeError):
        context.prepare(definition)
    assert context.prepare(definition).path.read_text() == "made"
    assert data.calls == [None, "ma"]


def test_a_resource_that_the_disk_refuses_is_not_gone_on_from(context, monkeypatch):
    data = Made("data.txt", recovers=True)
    definition = one_file(data)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: refuse_quota())
        with pytest.raises(DataDirectoryError, match="quota"):
            context.prepare(definition)
    assert context.prepare(definition).path.read_text() == "made"
    assert data.calls == [None, None]


def refuse_quota():
    raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))


def test_an_interruption_is_no_error_of_ours(context):
    data = Made("data.txt")
    data.fails_with = [KeyboardInterrupt()]
    definition = one_file(data)
    with pytest.raises(KeyboardInterrupt):
        context.prepare(definition)
    assert context.prepare(definition).path.read_text() == "made"


def test_a_full_disk_is_an_error_about_the_folder(context):
    data = Made("data.txt")
    data.fails_with = [OSError(errno.ENOSPC, "No space left on device")]
    with pytest.raises(DataDirectoryError, match="No space left on device; free some space"):
        context.prepare(one_file(data))


@pytest.mark.parametrize("act", ["prepare", "missing"])
def test_a_state_that_cannot_be_read_at_this_moment_is_not_taken_for_an_empty_one(
    context, unreadable, act
):
    data = Made("data.txt")
    definition = one_file(data)
    context.prepare(definition)
    before = (context.folder(definition) / ".state.json").read_text()
    with unreadable(".state.json"), pytest.raises(DataDirectoryError, match=r"Input/.* run it ag"):
        getattr(context, act)(definition)
    assert (context.folder(definition) / ".state.json").read_text() == before
    assert len(data.calls) == 1


def test_a_resource_that_makes_nothing_is_an_error(context):
    class Nothing(FileResource):
        def _download(self, destination): ...

    with pytest.raises(
        DataDirectoryError, match=r"made nothing for the resource 'data': expected the file"
    ):
        context.prepare(one_file(Nothing("data.txt")))


def test_a_file_that_is_made_as_a_folder_is_an_error(context):
    class Folder(FileResource):
        def _download(self, destination):
            destination.mkdir()

    with pytest.raises(
        DataDirectoryError, match=r"made something else for the resource 'data': .* the file"
    ):
        context.prepare(one_file(Folder("data.txt")))


def test_a_finished_file_is_checked(context):
    right = HashCheck("cb6c66b8bbb8a10ae8ab3e6b4b0f2f4a", "md5")
    definition = one_file(Made("data.txt", checker=right))
    with pytest.raises(VerificationError, match=r"wrong md5: expected cb6c66b8.*, found"):
        context.prepare(definition)
    assert not (context.folder(definition) / "data.txt").exists()


@pytest.mark.parametrize("force", [False, True])
def test_a_wrong_file_is_set_aside(context, force):
    definition = one_file(Made("data.txt", checker=HashCheck("0" * 32)))
    with pytest.raises(VerificationError) as caught:
        context.prepare(definition, force=force)
    rejected = Path(caught.value.hint.rpartition(" ")[2])
    assert rejected.read_text() == "made"


@pytest.mark.parametrize(
    "resource",
    [
        Made("part/data.txt", checker=HashCheck("0" * 32)),
        MadeFolder({"data.txt": "made"}, name="data", checker=GlobChecker("*.csv")),
    ],
)
def test_of_what_is_wrong_time_and_again_the_last_alone_is_set_aside(context, resource):
    definition = one_file(resource)
    for _ in range(3):
        with pytest.raises(VerificationError, match="it is set aside in"):
            context.prepare(definition)
    assert len(list(context.folder(definition).rglob("data.txt*"))) == 1


def test_of_what_failing_runs_leave_to_go_on_from_two_copies_stay_at_the_most(context):
    data = Made("data.txt", recovers=True)
    data.fails_with = [RuntimeError("broken") for _ in range(5)]
    definition = one_file(data)
    for _ in range(5):
        with pytest.raises(RuntimeError):
            context.prepare(definition)
    assert len(list(context.folder(definition).rglob("data.txt"))) <= 2
    assert data.calls == [None, *["ma"] * 4]


def test_a_file_that_lost_bytes_is_made_again(context):
    data = Made("data.txt")
    definition = one_file(data)
    context.prepare(definition).path.write_text("m")
    assert context.prepare(definition).path.read_text() == "made"
    assert len(data.calls) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="links take a right there")
def test_a_file_that_is_a_link_is_made_once(context, tmp_path):
    class Linked(FileResource):
        calls = 0

        def _download(self, destination):
            type(self).calls += 1
            destination.symlink_to(tmp_path / "elsewhere")

    (tmp_path / "elsewhere").write_text("made")
    definition = one_file(Linked("data.txt"))
    context.prepare(definition)
    assert context.prepare(definition).path.read_text() == "made"
    assert (Linked.calls, context.missing(definition)) == (1, [])


def test_a_file_that_was_removed_is_made_again(context):
    definition = one_file(Made("data.txt"))
    context.prepare(definition).path.unlink()
    assert context.prepare(definition).path.read_text() == "made"


def test_a_resource_whose_declaration_changed_is_made_again(context):
    context.prepare(one_file(Made("data.txt", "old")))
    assert (
        context.prepare(one_file(Made("data.txt", "new!", version="2"))).path.read_text() == "new!"
    )


class JoinedParts(FileResource):
    """A file of others, as the documentation writes one."""

    def __init__(self, filename, parts):
        super().__init__(filename)
        self.parts = parts

    def _download(self, destination):
        destination.write_text("".join(part.path.read_text() for part in self.parts))


@pytest.mark.parametrize("transient", [False, True])
def test_a_resource_is_made_again_when_what_it_is_made_from_is_declared_otherwise(
    context, transient
):
    def joined(text, version):
        part = Made("part.txt", text, version=version, transient=transient, name="part")
        whole = JoinedParts("data.txt", [part])
        return one_file(whole)

    assert context.prepare(joined("old", "1")).path.read_text() == "old"
    assert context.prepare(joined("new", "2")).path.read_text() == "new"


def test_the_order_of_parts_counts_where_they_have_one():
    one, two = Made("1", version="1"), Made("2", version="2")

    def fingerprint(parts):
        return JoinedParts("data.txt", parts).fingerprint

    assert fingerprint([one, two]) != fingerprint([two, one])
    many = [Made(str(number), version=str(number)) for number in range(20)]
    assert fingerprint(set(many)) == fingerprint({Made("0", version=str(n)) for n in range(20)})


def test_a_folder_that_is_made_again_replaces_the_old_one(context):
    def folder_of(files, version):
        class Versioned(MadeFolder):
            fingerprint = version

        @Versioned(files, name="tree")
        @dataset(Folder, id="org.example.tree")
        def tree(tree):
            """Tree"""
            return {"path": tree}

        return tree

    context.prepare(folder_of({"a": "1", "b": "1"}, "1"))
    path = context.prepare(folder_of({"a": "2"}, "2")).path
    assert {item.name: item.read_text() for item in path.iterdir()} == {"a": "2"}
    assert leftovers(path.parent) == [".state.json", ".state.lock", ".used"]


def test_a_folder_that_an_earlier_program_left_stays_if_it_is_proven(context):
    tree = MadeFolder({"a": "1"}, name="tree", checker=GlobChecker("*", count=1, size=1))

    @tree
    @dataset(Folder, id="org.example.tree")
    def definition(tree):
        return {"path": tree}

    path = context.prepare(definition).path
    (path.parent / ".state.json").unlink()
    (path / "a").write_text("2")
    context.prepare(definition)
    assert {item.name: item.read_text() for item in path.iterdir()} == {"a": "2"}
    assert context.missing(definition) == []
    assert len(tree.calls) == 1


def test_who_cleans_up_makes_nothing(context):
    data = Made("data.txt")
    definition = one_file(data)
    context.prepare(definition).path.unlink()  # as another process does right before
    left = context.folder(definition) / ".downloads" / "12345678"
    left.mkdir(parents=True)
    tidy(graph_of_context(definition.__dataset__, context))
    assert (len(data.calls), left.exists()) == (1, True)


def test_what_an_interrupted_run_left_goes_though_there_is_no_cache(context):
    definition = one_file(Made("data.txt"))
    context.prepare(definition)
    (context.folder(definition) / ".downloads" / "12345678").mkdir(parents=True)
    assert not context.cachepath.exists()
    context.prepare(definition)
    assert leftovers(context.folder(definition)) == [".state.json", ".state.lock", ".used"]


def test_a_damaged_state_file_is_no_error(context, caplog):
    data = Made("data.txt")
    definition = one_file(data)
    context.prepare(definition)
    (context.folder(definition) / ".state.json").write_text("{oops")
    assert context.prepare(definition).path.read_text() == "made"
    assert "can't be read" in caplog.text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("size", "null"),
        ("size", '"lots"'),
        ("size", "-1"),
        ("size", "true"),
        ("time", "5"),
        ("time", '"yesterday"'),
        ("path", '"../elsewhere"'),
        ("path", r'"a\u0000b"'),
        ("path", "3"),
        ("time", '"0001-01-01T00:00:00+14:00"'),
        ("fingerprint", "3"),
        ("sha256", "3"),
        ("dataset", "3"),
        ("dataset", '["org.example.one"]'),
        ("dataset", r'"\u001b[2J"'),
        ("downloads", '[{"url": 3, "size": 4, "sha256": "a"}]'),
        ("downloads", '[{"url": "a", "size": null, "sha256": "a"}]'),
        ("downloads", '[{"url": "a", "size": 4, "sha256": null}]'),
        ("downloads", '[{"url": "a", "size": 4, "sha256": "a", "validator": 3}]'),
    ],
)
def test_a_state_that_cant_be_says_nothing(context, caplog, field, value):
    data = Made("data.txt")
    definition = one_file(data)
    context.prepare(definition)
    state = context.folder(definition) / ".state.json"
    found = re.compile(rf'("{field}": )[^\n]+?(,?\n)')
    text, count = found.subn(lambda match: f"{match[1]}{value}{match[2]}", state.read_text())
    assert count == 1
    state.write_text(text)
    assert list(prepared_datasets(context.datapath)) == []
    assert recorded(state.parent) == {}
    assert context.prepare(definition).path.read_text() == "made"
    assert "can't be read" in caplog.text
    assert [item.size for item in prepared_datasets(context.datapath)] == [4]


@pytest.mark.parametrize("resources", ["3", "[]", "null"])
def test_a_state_without_resources_says_nothing(context, caplog, resources):
    definition = one_file(Made("data.txt"))
    context.prepare(definition)
    state = context.folder(definition) / ".state.json"
    state.write_text(f'{{"version": 2, "resources": {resources}}}')
    assert list(prepared_datasets(context.datapath)) == []
    assert recorded(state.parent) == {}


def test_a_state_that_tells_of_impossible_downloads_says_nothing(context):
    definition = one_file(Made("data.txt"))
    context.prepare(definition)
    state = context.folder(definition) / ".state.json"
    document = json.loads(state.read_text())
    document["dropped"] = {"archive": [{"url": 3, "size": 4, "sha256": "a"}]}
    state.write_text(json.dumps(document))
    assert recorded(state.parent) == {}


@pytest.mark.parametrize("force", [False, True])
def test_what_a_later_version_has_written_is_left_as_it_is(context, force):
    resource = Made("data.txt")
    definition = one_file(resource)
    context.prepare(definition)
    state = context.folder(definition) / ".state.json"
    state.write_text('{"version": 3, "resources": {"data": "of a form that is unknown"}}')
    before = state.read_text()
    with pytest.raises(DataDirectoryError, match="by a later version") as caught:
        context.prepare(definition, force=force)
    assert (caught.value.expected, caught.value.found) == ("version 2, or an earlier one", "3")
    assert len(resource.calls) == 1
    assert state.read_text() == before


# --- what handlers give and raise


@pytest.mark.parametrize("given", ["lots", -1, 2, Path("data.txt"), True])
def test_what_the_handler_of_a_file_returns_is_not_its_size(context, given):
    class Returning(Made):
        def _download(self, destination):
            super()._download(destination)
            return given

    context.prepare(one_file(Returning("data.txt")))
    assert [item.size for item in prepared_datasets(context.datapath)] == [4]


@pytest.mark.parametrize(("given", "size"), [(2, 2), (-1, 3), (2.0, 3), ("lots", 3), (True, 3)])
def test_what_the_handler_of_a_folder_returns_is_its_size_if_it_can_be(context, given, size):
    class Returning(MadeFolder):
        def _download(self, destination):
            super()._download(destination)
            return given

    @Returning({"a": "1", "b": "12"}, name="tree")
    @dataset(Folder, id="org.example.tree")
    def tree(tree):
        """Tree"""
        return {"path": tree}

    context.prepare(tree)
    assert [item.size for item in prepared_datasets(context.datapath)] == [size]


@pytest.mark.parametrize("told", [3, "a\0b"])
def test_what_a_state_file_cant_tell_is_not_recorded(context, told):
    class Telling(Made):
        fingerprint = told

    definition = one_file(Telling("data.txt"))
    with pytest.raises(DefinitionError, match="impossible about 'data'") as caught:
        context.prepare(definition)
    assert caught.value.found == f"{told!r} isn't a text"
    assert not (context.folder(definition) / "data.txt").exists()


def test_what_a_handler_raises_tells_for_which_resource(context):
    data = Made("data.txt")
    data.fails_with = [ZeroDivisionError("a bug")]
    with pytest.raises(ZeroDivisionError, match="a bug") as caught:
        context.prepare(one_file(data))
    (note,) = caught.value.__notes__
    assert "the resource 'data' of dataset org.example.one, " in note
    assert f"{Path(__file__).name}:" in note


def test_a_handler_cant_end_the_program(context):
    data = Made("data.txt")
    data.fails_with = [SystemExit(4)]
    with pytest.raises(DefinitionError, match=r"org\.example\.one: .* found SystemExit: 4"):
        context.prepare(one_file(data))


def test_what_a_definition_raises_tells_of_which_dataset(context):
    @dataset(File, id="org.example.raising")
    def raising():
        return {}["path"]

    with pytest.raises(KeyError) as caught:
        context.prepare(raising)
    assert "the value of dataset org.example.raising" in caught.value.__notes__[0]


class Pair(NamedTuple):
    first: Path
    second: Path


class Paired(Base):
    pair: Param[Pair]


def test_named_tuples_stay_such(context):
    @dataset(Paired, id="org.example.paired")
    def paired():
        return {"pair": Pair(Path("a"), Path("b"))}

    assert context.prepare(paired).pair == Pair(Path("a"), Path("b"))
    assert isinstance(context.prepare(paired).pair, Pair)


# --- transient resources


def archive_and_copy(context):
    archive = MadeFolder({"a": "1", "b": "2"}, transient=True)

    @dataset(id="org.example.kept")
    class Kept(Dataset):
        ARCHIVE = archive
        KEPT = FilesCopy(archive, {"first": "a"})

        def config(self) -> Folder:
            return Folder(path=self.KEPT.path)

    return Kept, archive


def test_a_transient_resource_goes_once_all_that_depend_on_it_are_complete(context):
    kept, _ = archive_and_copy(context)
    path = context.prepare(kept).path
    assert (path / "first").read_text() == "1"
    assert not (path.parent / "ARCHIVE").exists()
    assert leftovers(path.parent) == [".state.json", ".state.lock", ".used"]


def test_a_transient_resource_that_went_is_not_made_again(context):
    kept, archive = archive_and_copy(context)
    context.prepare(kept)
    context.prepare(kept)
    assert len(archive.calls) == 1


def test_a_transient_resource_is_made_again_for_what_needs_it(context):
    kept, archive = archive_and_copy(context)
    path = context.prepare(kept).path
    (path / "first").unlink()
    path.rmdir()
    assert (context.prepare(kept).path / "first").read_text() == "1"
    assert len(archive.calls) == 2


def test_a_transient_resource_that_an_interrupted_run_left_goes_later(context):
    kept, _ = archive_and_copy(context)
    folder = context.prepare(kept).path.parent
    document = json.loads((folder / ".state.json").read_text())
    document["resources"]["ARCHIVE"] = {
        "state": "complete",
        "fingerprint": "MadeFolder",
        "path": "ARCHIVE",
        "size": 0,
        "downloads": [],
    }
    (folder / ".state.json").write_text(json.dumps(document))
    (folder / "ARCHIVE").mkdir()
    context.prepare(kept)
    assert not (folder / "ARCHIVE").exists()


@pytest.mark.parametrize("path", ["nowhere", "folder", "a/in a file"])
def test_a_copy_of_what_is_no_file_there_says_so(context, path):
    archive = MadeFolder({"a": "1", "folder/b": "2"}, name="archive")

    @dataset(id="org.example.missing")
    class Missing(Dataset):
        ARCHIVE = archive
        KEPT = FilesCopy(archive, {"x": path})

        def config(self) -> Folder: ...

    with pytest.raises(DataDirectoryError, match=f"archive holds no file '{path}' to copy"):
        context.prepare(Missing)


# --- values and references


def test_a_value_resource_gives_a_value_and_stores_nothing(context):
    class Answer(ValueResource):
        def prepare(self):
            return Path("/forty/two")

    @Answer("answer")
    @dataset(File, id="org.example.value")
    def value(answer):
        """Value"""
        return {"path": answer}

    assert context.prepare(value).path == Path("/forty/two")
    assert not context.folder(value).exists()


def referring(target):
    @dataset(id="org.example.referring")
    class Referring(Dataset):
        OTHER = reference(target)

        def config(self) -> File:
            return File(path=self.OTHER.prepare().path)

    return Referring


def test_a_reference_prepares_the_other_dataset_first(context):
    value = context.prepare(referring(one_file(Made("data.txt"))))
    assert value.path.read_text() == "made"


def test_a_reference_to_what_was_removed_prepares_it_again(context):
    definition = referring(one_file(Made("data.txt")))
    context.prepare(definition).path.unlink()
    assert context.prepare(definition).path.read_text() == "made"


def test_datasets_that_refer_to_one_another_in_a_circle_are_an_error(context):
    first = reference("placeholder")
    second = reference("placeholder")

    @dataset(id="org.example.first")
    class First(Dataset):
        OTHER = first

        def config(self) -> File: ...

    @dataset(id="org.example.second")
    class Second(Dataset):
        OTHER = second

        def config(self) -> File: ...

    first.target, second.target = Second, First
    with pytest.raises(DefinitionError, match=r"in a circle: org\.example\.first → "):
        context.prepare(First)


def test_parts_of_a_value_know_their_ids(context):
    from datamaestro.data.ml import Supervised

    @dataset(Supervised, id="org.example.parts")
    def parts():
        """Parts"""
        return {"train": File(path=Path("a")), "test": File(path=Path("b"), id="own")}

    value = context.prepare(parts)
    assert (value.id, value.train.id, value.test.id) == (
        "org.example.parts",
        "org.example.parts.train",
        "own",
    )


# --- asking for what isn't there


def test_without_download_the_value_is_given_and_nothing_is_made(context):
    data = Made("data.txt")
    value = context.prepare(one_file(data), download=False)
    assert value == context.get(one_file(data))
    assert not value.path.exists()
    assert data.calls == []


def test_what_is_missing_is_told_by_name(context):
    definition = one_file(Made("data.txt"))
    assert context.missing(definition) == ["data"]
    context.prepare(definition)
    assert context.missing(definition) == []


def test_something_else_than_a_dataset_is_refused(context):
    with pytest.raises(DefinitionError, match="not a dataset: expected an id"):
        context.prepare(3)


def test_a_variant_of_a_dataset_without_variants_is_refused(context):
    with pytest.raises(QueryError, match="has no variants"):
        context.prepare(one_file(Made("data.txt")), variant={"lang": "fr"})


def test_a_data_directory_that_is_a_file_says_so(home):
    (home / "file").write_text("")
    with pytest.raises(DataDirectoryError, match=r"file.*remove it, or choose another folder"):
        Context(home / "file").prepare(one_file(Made("data.txt")))


@pytest.mark.skipif(sys.platform == "win32", reason="permission bits are those of POSIX")
def test_a_data_directory_that_cannot_be_written_says_so(home, monkeypatch):
    def refuse(self, *_, **__):
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    # A root user may write anywhere, so the refusal itself has to be made.
    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(DataDirectoryError, match="Permission denied; choose another folder"):
        Context(home / "locked").prepare(one_file(Made("data.txt")))


# --- datasets in one another


@pytest.mark.parametrize("first", ["org.example.pets", "org.example.pets.cats"])
@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("force", [False, True], ids=["prepared", "made by force"])
def test_no_dataset_takes_the_place_of_another_ones_files(context, first, whole, force):
    @dataset(File, id="org.example.pets.cats")
    def cats(tom):
        return {"path": tom}

    @dataset(Base, id="org.example.pets")
    def pets():
        return Base()

    Made("tom.txt", "of cats", name="tom")(cats)
    (
        MadeFolder({"tim.txt": "of pets"}, name="cats")
        if whole
        else Made("cats/tom.txt", "of pets", name="pet")
    )(pets)
    definitions = {"org.example.pets": pets, "org.example.pets.cats": cats}
    context.prepare(definitions.pop(first), force=force)
    before = {path: path.read_bytes() for path in context.datapath.rglob("*.txt")}
    (second,) = definitions.values()
    with pytest.raises(DataDirectoryError, match=f"would take the place of files of {first}:"):
        context.prepare(second)
    with pytest.raises(DataDirectoryError, match=f"would take the place of files of {first}:"):
        context.prepare(second, force=True)
    assert {path: path.read_bytes() for path in context.datapath.rglob("*.txt")} == before


def test_datasets_of_which_one_lies_in_the_folder_of_another_go_together(context):
    pets = one_file(Made("data.txt"), "org.example.pets")
    cats = one_file(Made("data.txt", "cats"), "org.example.pets.cats")
    assert context.prepare(pets).path.read_text() != context.prepare(cats).path.read_text()
    assert context.missing(pets) == context.missing(cats) == []


# --- what lies in place already


def test_a_file_that_was_changed_since_is_made_again_and_that_is_told(context, caplog):
    definition = one_file(Made("data.txt"))
    path = context.prepare(definition).path
    path.write_text("notes of my own")
    context.prepare(definition)
    assert path.read_text() == "made"
    assert f"{path} isn't known to be what is declared; it is made again" in caplog.text


def test_a_file_that_nothing_proves_is_made_again_and_that_is_told(context, caplog):
    definition = one_file(Made("data.txt"))
    path = context.folder(definition) / "data.txt"
    path.parent.mkdir(parents=True)
    path.write_text("notes of my own")
    context.prepare(definition)
    assert f"{path} isn't known to be what is declared; it is made again" in caplog.text


def test_a_file_below_a_folder_that_cant_be_made_leaves_no_empty_folder(context):
    resource = Made("folder/data.txt")
    resource.fails_with = [VerificationError("wrong")]
    definition = one_file(resource)
    with pytest.raises(VerificationError):
        context.prepare(definition)
    assert not (context.folder(definition) / ".downloads").exists()
