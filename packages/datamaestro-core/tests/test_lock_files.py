"""What locks are made of: recipes, digests of folders, and the file itself."""

import errno
import gzip
import hashlib
import io
import json
import os
import sys
import zipfile
from dataclasses import replace
from pathlib import PurePosixPath

import pytest
from fetched import Fetched
from hypothesis import given, settings, strategies as st

from datamaestro import identifiers
from datamaestro.cli.by_lock import chosen
from datamaestro.context import Context
from datamaestro.data import File, Folder
from datamaestro.definitions import Dataset, dataset
from datamaestro.download import FileResource, FilesCopy, FolderResource, Source, reference
from datamaestro.download.derivation import derivation_of
from datamaestro.download.recipe import NotPortable, arguments_of, declared_again
from datamaestro.errors import (
    AgreementError,
    DataDirectoryError,
    LockError,
    NotFoundError,
    VerificationError,
)
from datamaestro.lockfile import (
    Lock,
    LockedDataset,
    LockedDownload,
    LockedResource,
    lock_datasets,
    prepare_frozen,
    prepare_locked,
)
from datamaestro.lockfile.differences import differences
from datamaestro.lockfile.writing import KERNEL_HANDLERS
from datamaestro.preparation.state import State
from datamaestro.utils import HashCheck, tree_digest
from datamaestro.variants import AxesVariants, Axis

URL = "memory://host/data"

quickly = settings(deadline=None, max_examples=60)


class Unpacked(FolderResource):
    def __init__(self, url, *, options=(), **arguments):
        super().__init__(**arguments)
        self.source = Source((url,))
        self.options = options

    @property
    def sources(self):
        return (self.source,)

    def _download(self, destination):
        destination.mkdir()
        (destination / "a").write_bytes(self.fetch(self.source).read_bytes())


# --- recipes


class Joined(FileResource):
    def __init__(self, filename, *parts, name=None):
        super().__init__(filename, name=name)
        self.parts = parts

    def _download(self, destination):
        destination.write_text("".join(self.parts))


def test_a_resource_of_any_number_of_arguments_can_be_declared_again():
    arguments = json.loads(json.dumps(arguments_of(Joined("all.txt", "a", "b", name="all"))))
    again = declared_again(Joined, arguments, {}.__getitem__)
    assert (again.name, again.filename, again.parts) == ("all", "all.txt", ("a", "b"))


def test_a_resource_can_be_declared_again_from_plain_data():
    source = Source((URL, f"{URL}2"), size=3, sha256="a" * 64)
    original = Fetched("data.txt", source, name="data", checker=HashCheck("0" * 32, "md5"))
    arguments = json.loads(json.dumps(arguments_of(original)))
    again = declared_again(Fetched, arguments, {}.__getitem__)
    assert (again.name, again.filename, again.source) == ("data", "data.txt", source)
    assert again.fingerprint == original.fingerprint
    assert again.checker is None


def test_a_resource_that_depends_on_another_names_it():
    unpacked = Unpacked(URL, name="ALL", options=["a", 1], transient=True)
    copied = FilesCopy(unpacked, {"b": "a"}, name="KEPT")
    arguments = arguments_of(copied)
    assert arguments == {"source": {"$resource": "ALL"}, "files": {"b": "a"}, "name": "KEPT"}
    again = declared_again(FilesCopy, arguments, {"ALL": unpacked}.__getitem__)
    assert again.source is unpacked
    assert arguments_of(unpacked)["options"] == ["a", 1]


@pytest.mark.parametrize("option", [print, [None], {1: 2}, object()])
def test_a_resource_that_plain_data_can_not_declare_is_told(option):
    with pytest.raises(NotPortable):
        arguments_of(Unpacked(URL, name="x", options=option))


def test_the_recipe_of_a_variant_has_its_values():
    @dataset(id="org.example.varied", variants=AxesVariants(lang=Axis(["fr"])))
    class Varied(Dataset):
        TEXTS = Unpacked(f"{URL}-{{lang}}")

        def config(self) -> Folder:
            return Folder(path=self.TEXTS.path)

    definition = Varied.__dataset__.for_variant({"lang": "fr"})
    arguments = arguments_of(definition.resources["TEXTS"])
    assert arguments == {"url": f"{URL}-fr", "name": "TEXTS"}


# --- digests of folders


def tree(folder, files):
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return tree_digest(folder)


def test_folders_of_the_same_files_have_the_same_digest(tmp_path):
    files = {"a": "1", "b/c": "2"}
    backwards = dict(reversed(files.items()))
    assert tree(tmp_path / "one", files) == tree(tmp_path / "two", backwards)


@pytest.mark.parametrize("files", [{"a": "1"}, {"a": "1", "b/c": "3"}, {"a": "1", "b/d": "2"}])
def test_folders_of_other_files_have_other_digests(tmp_path, files):
    assert tree(tmp_path / "one", {"a": "1", "b/c": "2"}) != tree(tmp_path / "two", files)


def test_folders_have_the_digest_that_lock_files_of_others_have(tmp_path):
    files = {"a": "1", "b/c": "2", "b/d/e": "", "\N{LATIN SMALL LETTER E WITH ACUTE}": "3"}
    assert tree(tmp_path / "one", files).startswith("0c16babb36cd0ec9")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere all names are Unicode")
def test_names_that_are_no_unicode_count_by_their_bytes(tmp_path):
    names = [os.fsdecode(b"caf\xe9"), os.fsdecode(b"caf\xe8")]
    digests = {tree(tmp_path / str(number), {name: ""}) for number, name in enumerate(names)}
    assert len(digests) == 2


def test_a_folder_that_cant_be_read_has_no_digest(tmp_path, monkeypatch):
    tree(tmp_path, {"a": "1", "closed/b": "2"})
    scandir = os.scandir

    def refused(path):
        if os.fspath(path).endswith("closed"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        return scandir(path)

    monkeypatch.setattr("os.scandir", refused)
    with pytest.raises(PermissionError):
        tree_digest(tmp_path)


def test_links_count_by_where_they_lead_unless_that_depends_on_the_machine(tmp_path):
    digests = []
    for name, target in (("one", "a"), ("two", "b"), ("three", tmp_path), ("four", tmp_path / "x")):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "link").symlink_to(target)
        digests.append(tree_digest(folder))
    assert len(set(digests)) == 3
    assert digests[2] == digests[3]


# --- the file

TEXT = st.text(min_size=1, max_size=8)
NAMES = st.text(st.characters(codec="utf-8", exclude_characters="./:\\"), max_size=8)
DOWNLOADS = st.builds(
    LockedDownload,
    urls=st.lists(TEXT, min_size=1, max_size=2).map(tuple),
    size=st.integers(0, 2**50),
    sha256=TEXT,
)
DERIVATIONS = st.one_of(
    st.fixed_dictionaries({"kind": st.just(kind), **fields})
    for kind, fields in {
        "joined": {"compressions": st.lists(TEXT, max_size=2)},
        "unpacked": {
            "subpath": NAMES,
            "files": st.lists(TEXT, max_size=2),
            "unwrap": st.booleans(),
        },
        "member": {"member": TEXT},
    }.items()
).map(derivation_of)
RESOURCES = st.builds(
    LockedResource,
    name=TEXT,
    fingerprint=TEXT,
    path=st.just("a/b"),
    size=st.none() | st.integers(0, 2**50),
    digest=st.none() | TEXT,
    transient=st.booleans(),
    handler=st.none() | TEXT,
    arguments=st.dictionaries(TEXT, TEXT | st.integers(-9, 9) | st.lists(TEXT), max_size=2),
    derivation=st.none() | DERIVATIONS,
    downloads=st.lists(DOWNLOADS, max_size=2).map(tuple),
)
DATASETS = st.builds(
    LockedDataset,
    id=TEXT,
    folder=st.just("words/a"),
    requested=st.booleans(),
    variant=st.dictionaries(TEXT, TEXT | st.booleans(), max_size=2),
    needs=st.lists(TEXT, max_size=2).map(tuple),
    resources=st.lists(RESOURCES, max_size=2).map(tuple),
)


@quickly
@given(datasets=st.lists(DATASETS, max_size=3, unique_by=lambda dataset: dataset.id))
def test_a_lock_is_read_as_it_was_written(tmp_path_factory, datasets):
    path = tmp_path_factory.getbasetemp() / "some.lock"
    lock = Lock(tuple(sorted(datasets, key=lambda dataset: dataset.id)))
    lock.write(path)
    assert Lock.load(path) == lock
    assert not lock.write(path)


RESOURCE = """
[[dataset]]
id = 'a'
folder = 'a'
[[dataset.resource]]
name = 'b'
fingerprint = ''
path = 'b'
"""


@pytest.mark.parametrize(
    "content",
    [
        "dataset = 3",
        "dataset = ['com.lecun.mnist']",
        "[[dataset]]\nid = 'a'",
        "[[dataset]]\nid = 'a'\nfolder = '../a'",
        "[[dataset]]\nid = 'a'\nfolder = '/a'",
        "[[dataset]]\nid = 'a'\nfolder = 'C:a'",
        "[[dataset]]\nid = 'a'\nfolder = '..\\a'",
        "[[dataset]]\nid = 'a'\nfolder = ''",
        "[[dataset]]\nid = 'a'\nfolder = 'a'\nresource = ['b']",
        RESOURCE.replace("'b'\n", "'../b'\n"),
        "[[dataset]]\nid = 'a'\nfolder = 'a'\ncolour = 'red'",
        "[[dataset]]\nid = 5\nfolder = 'a'",
        "[[dataset]]\nid = 'a'\nfolder = 'a'\nneeds = [5]",
        "[[dataset]]\nid = 'a'\nfolder = 'a'\nneeds = 'b'",
        "[[dataset]]\nid = 'a'\nfolder = 'a'\n[dataset.agreements]\nb = 5",
        f"{RESOURCE}arguments = ['q']",
        f"{RESOURCE}[dataset.resource.derivation]\nkind = 'member'\nmember = 5",
        f"{RESOURCE}[dataset.resource.derivation]\nkind = 'unpacked'\nsubpath = 'a/../..'",
        f"{RESOURCE}[dataset.resource.derivation]\nkind = 'unpacked'\nsubpath = '/home'",
        f"{RESOURCE}[dataset.resource.derivation]\nkind = 'unpacked'\nsubpath = 'C:a'",
        f"{RESOURCE}[[dataset.resource.download]]\nurls = []\nsize = 2\nsha256 = 'a'",
        f"{RESOURCE}[[dataset.resource.download]]\nurls = 'b'\nsize = 2\nsha256 = 'a'",
        f"{RESOURCE}[[dataset.resource.download]]\nurls = ['b']\nsize = '2'\nsha256 = 'a'",
    ],
)
def test_what_is_no_lock_file_is_refused_as_such(tmp_path, content):
    path = tmp_path / "some.lock"
    path.write_text(f"version = 1\n{content}")
    with pytest.raises(LockError, match="isn't as 'datamaestro lock' writes it") as raised:
        Lock.load(path)
    assert raised.value.where == str(path)


def test_a_lock_file_with_a_conflict_tells_what_to_do(tmp_path):
    path = tmp_path / "some.lock"
    path.write_text("version = 1\n<<<<<<< HEAD\n")
    with pytest.raises(LockError, match=r"can't be read: .*line 2") as raised:
        Lock.load(path)
    assert f"write it again with 'datamaestro lock -o {path} ID…'" in raised.value.hint


def test_a_lock_of_a_later_version_says_how_to_write_it_anew(tmp_path):
    path = tmp_path / "some.lock"
    path.write_text("version = 2\n")
    with pytest.raises(LockError, match="of another version: expected 1, found 2") as raised:
        Lock.load(path)
    assert "remove it, and write it again with 'datamaestro lock -o " in raised.value.hint


def test_the_ids_of_a_lock_are_read_once_for_however_many_questions(monkeypatch):
    datasets = [LockedDataset(f"org.example.n{number}", f"n{number}") for number in range(50)]
    lock = Lock(tuple(datasets))
    read = []
    parse = identifiers.parse
    monkeypatch.setattr(identifiers, "parse", lambda text: read.append(text) or parse(text))
    assert [lock.dataset(item.id) for item in datasets] == datasets
    assert len(read) == 100


def test_a_lock_file_is_read_once_for_all_that_it_decides(tmp_path):
    path = tmp_path / "some.lock"
    Lock((LockedDataset("org.example.one", "one", repository="shelf", requested=True),)).write(path)
    by_lock = chosen(locked=True, frozen=False, lock_file=path)
    path.unlink()
    assert by_lock.ids() == ["shelf:org.example.one"]


def test_what_differs_between_locks_is_told():
    resource, same = LockedResource("r", "", "r"), LockedResource("s", "", "s")
    before = Lock((LockedDataset("a", "a"), LockedDataset("b", "b", resources=(resource, same))))
    other = replace(resource, size=3)
    after = Lock((LockedDataset("b", "c", resources=(other, same)), LockedDataset("c", "c")))
    assert list(differences(before, after)) == [
        "a would go",
        "b is declared otherwise",
        "b: the resource 'r' differs",
        "c would be added",
    ]
    assert list(differences(before, before)) == []


# --- making and using locks


def one(source, filename="data.txt"):
    @Fetched(filename, source, name="data")
    @dataset(File, id="org.example.one")
    def definition(data):
        return {"path": data}

    return definition


class Signed(Fetched):
    """A file that is made from its download in a way of its own."""

    signature = b""

    def _download(self, destination):
        destination.write_bytes(self.fetch(self.source).read_bytes() + self.signature)


@pytest.fixture
def signed():
    @Signed("data.txt", URL, name="data")
    @dataset(File, id="org.example.signed")
    def definition(data):
        return {"path": data}

    return definition


@pytest.fixture
def lock_of_signed(signed, context, memory, monkeypatch):
    """Give a lock of what isn't made any more from the same download."""
    memory.CONTENT[URL] = b"data"
    lock = lock_datasets([signed], context)
    monkeypatch.setattr(Signed, "signature", b", signed")
    return lock


def test_something_else_made_from_the_locked_bytes_is_refused_however_often(
    another_context, signed, lock_of_signed
):
    for _ in range(2):
        with pytest.raises(VerificationError, match="not what the lock file has"):
            prepare_locked(signed, another_context, lock_of_signed)
        assert another_context.missing(signed) == ["data"]


def test_something_else_that_was_made_from_the_locked_bytes_before_is_refused(
    another_context, signed, lock_of_signed
):
    another_context.prepare(signed)
    with pytest.raises(VerificationError, match="not what the lock file has"):
        prepare_locked(signed, another_context, lock_of_signed)


def test_what_is_there_already_and_is_something_else_is_refused_without_its_definition(
    context, another_context, memory
):
    memory.CONTENT[URL] = b"data"
    lock = lock_datasets([one(Source((URL,)))], context)
    memory.CONTENT[URL] = b"DATA"
    another_context.prepare(one(Source((URL,))))
    with pytest.raises(VerificationError, match="not what the lock file has"):
        prepare_frozen("org.example.one", another_context, lock, context.path / "lock")


class Proven(Fetched):
    """A file that the end of its download proves."""

    def proves(self, path):
        return path.read_bytes()[-2:] == self.binding.fetcher.fetch_tail(self.source, 2)


@pytest.fixture
def proven(context, another_context, memory):
    """Give a definition whose file is there in another context, and a function to write it."""
    memory.CONTENT[URL] = b"data"

    @Proven("data.txt", URL, name="data")
    @dataset(File, id="org.example.proven")
    def definition(data):
        return {"path": data}

    place = another_context.folder(definition) / "data.txt"
    place.parent.mkdir(parents=True)
    return definition, place


def test_the_size_in_a_lock_is_enough_to_ask_for_the_end_of_a_download(
    context, another_context, memory, proven
):
    definition, place = proven
    lock = lock_datasets([definition], context)
    memory.REQUESTS.clear()
    place.write_bytes(b"data")
    assert prepare_locked(definition, another_context, lock).path == place
    assert [request.start for request in memory.REQUESTS] == [2]


def test_what_a_handler_takes_for_its_file_is_refused_if_it_is_not_the_locked_one(
    context, another_context, proven
):
    definition, place = proven
    lock = lock_datasets([definition], context)
    place.write_bytes(b"beta")
    with pytest.raises(VerificationError, match="not what the lock file has"):
        prepare_locked(definition, another_context, lock)


def test_the_mirror_that_served_the_bytes_is_not_in_the_lock(context, memory):
    memory.CONTENT["memory://near/data"] = b"data"
    with context.settings.edit() as edited:
        edited.mirrors["memory://host/"] = ["memory://near/"]
    (locked,) = lock_datasets([one(Source((URL,)))], context).datasets
    assert locked.resources[0].downloads[0].urls == (URL,)


def test_what_an_earlier_program_fetched_is_fetched_once_more_for_its_digest(context, memory):
    memory.CONTENT[URL] = b"data"
    definition = one(Source((URL,)))
    context.prepare(definition)
    state = context.folder(definition) / ".state.json"
    document = json.loads(state.read_text())
    document["resources"]["data"]["downloads"] = []
    state.write_text(json.dumps(document))
    (locked,) = lock_datasets([definition], context).datasets
    assert locked.resources[0].downloads[0].size == 4
    assert [request.url for request in memory.REQUESTS] == [URL, URL]


def test_the_state_tells_what_a_resource_that_has_gone_was_made_from(context, memory):
    memory.CONTENT[URL] = b"data"

    @dataset(id="org.example.kept")
    class Kept(Dataset):
        ALL = Unpacked(URL, transient=True)
        KEPT = FilesCopy(ALL, {"b": "a"})

        def config(self) -> File:
            return File(path=self.KEPT.path / "b")

    context.prepare(Kept)
    state = State.load(context.folder(Kept))
    assert state.get("ALL") is None
    assert [download.url for download in state.downloads("ALL", "ALL")] == [URL]


class Copied(FileResource):
    """A copy of what another resource has made.

    :param suffix: what is copied has to end with it
    """

    def __init__(self, filename, copied, suffix):
        super().__init__(filename)
        self.copied = copied
        self.suffix = suffix

    def _download(self, destination):
        content = self.copied.path.read_bytes()
        if not content.endswith(self.suffix):
            raise VerificationError("something else is copied")
        destination.write_bytes(content)


def test_what_had_gone_when_it_was_locked_may_be_there(context, another_context, memory):
    def copied(suffix):
        @dataset(id="org.example.copied")
        class FromTransient(Dataset):
            ALL = Fetched("all", URL, transient=True)
            COPIED = Copied("copied", ALL, suffix)

            def config(self) -> File:
                return File(path=self.COPIED.path)

        return FromTransient

    memory.CONTENT[URL] = b"data"
    lock = lock_datasets([copied(b"data")], context)
    with pytest.raises(VerificationError):
        another_context.prepare(copied(b"else"))
    assert another_context.missing(copied(b"data")) == ["COPIED"]
    value = prepare_locked(copied(b"data"), another_context, lock)
    assert value.path.read_bytes() == b"data"


def test_a_file_that_is_stored_as_it_comes_needs_no_handler(context, another_context, memory):
    memory.CONTENT[URL] = b"data"
    definition = one(Source((URL,)), "sub/data.txt")
    lock = lock_datasets([definition], context)
    assert lock.datasets[0].resources[0].handler is None
    folder = prepare_frozen("org.example.one", another_context, lock, context.path / "lock")
    assert folder.path == another_context.folder(definition)
    assert (folder.path / "sub/data.txt").read_bytes() == b"data"
    assert another_context.missing(definition) == []


def test_without_room_for_what_a_lock_file_tells_of_nothing_is_fetched(
    context, another_context, memory
):
    memory.CONTENT[URL] = b"data"
    lock = lock_datasets([one(Source((URL,)), "data.txt")], context)
    (locked,) = lock.datasets
    resources = [replace(item, size=1 << 60) for item in locked.resources]
    lock = Lock((replace(locked, resources=tuple(resources)),))
    memory.REQUESTS.clear()
    with pytest.raises(DataDirectoryError, match="not enough space for all files"):
        prepare_frozen("org.example.one", another_context, lock, context.path / "lock")
    assert memory.REQUESTS == []


def test_locked_datasets_that_need_one_another_are_refused(context):
    ids = ["org.example.one", "org.example.two"]
    pairs = zip(ids, reversed(ids), strict=True)
    lock = Lock(tuple(LockedDataset(one, one, needs=(other,)) for one, other in pairs))
    with pytest.raises(LockError, match=r"in a circle: org\.example\.one → org\.example\.two → "):
        prepare_frozen("org.example.one", context, lock, context.path / "lock")


def test_a_dataset_without_any_file_can_not_be_frozen(context):
    lock = Lock((LockedDataset("org.example.one", "one", plugin="some-plugin"),))
    with pytest.raises(LockError, match=r"no file of org\.example\.one is in the lock") as caught:
        prepare_frozen("org.example.one", context, lock, context.path / "lock")
    assert caught.value.hint == "pip install some-plugin, and use --locked"


DOWNLOAD = LockedDownload((URL,), 4, "a" * 64)
AS_IT_COMES = derivation_of({"kind": "joined", "compressions": [""]})
UNPACKED = derivation_of({"kind": "unpacked"})


@pytest.mark.parametrize(
    ("resource", "found"),
    [
        ({"downloads": (LockedDownload((URL,), 4, "5ha"),)}, "not the sha256 of a file: '5ha'"),
        ({"downloads": (LockedDownload((URL,), -4, "a" * 64),)}, "not the size of a file: -4"),
        ({"downloads": ()}, "it follows from 1 download: 0 in the lock file"),
        ({"handler": "FilesCopy", "arguments": {"colour": "red"}}, "unexpected keyword"),
        ({"handler": "FilesCopy", "arguments": {"source": {"$resource": "x"}}}, "KeyError('x')"),
        ({"handler": "FilesCopy", "arguments": {"source": {"$resource": "data"}}}, "KeyError("),
        ({"handler": "Fetched", "arguments": {"filename": "a", "source": URL}}, "has no name"),
        (
            {"handler": "Fetched", "arguments": {"filename": "a", "source": URL, "name": "other"}},
            "it has another name: 'other'",
        ),
        ({"path": ".state.json"}, "not a name in a dataset's folder: '.state.json'"),
    ],
)
def test_what_cant_be_declared_as_it_was_locked_is_an_error_of_the_lock(
    context, resource, found, monkeypatch
):
    monkeypatch.setitem(KERNEL_HANDLERS, "Fetched", Fetched)
    told = {"path": "data.txt", "downloads": (DOWNLOAD,), **resource}
    locked = LockedResource("data", "", derivation=AS_IT_COMES, **told)
    lock = Lock((LockedDataset("org.example.one", "one", resources=(locked,)),))
    with pytest.raises(LockError, match=r"'data' of org\.example\.one can't be declared") as raised:
        prepare_frozen("org.example.one", context, lock, context.path / "lock")
    assert raised.value.where == str(context.path / "lock")
    assert found in raised.value.found


@pytest.mark.parametrize("where", ["{}/outside", "../../../outside", "a/../../b"])
def test_nothing_is_put_where_the_name_of_a_locked_resource_leads_to(context, where):
    name = where.format(context.path.parent)
    resource = LockedResource(name, "", "data", derivation=UNPACKED, downloads=(DOWNLOAD,))
    lock = Lock((LockedDataset("org.example.one", "one", resources=(resource,)),))
    with pytest.raises(LockError, match="can't be declared here as it was locked") as raised:
        prepare_frozen("org.example.one", context, lock, context.path / "lock")
    assert "not a name in a dataset's folder" in raised.value.found


def zipped(*names):
    """Give a zip of files of these names."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in names:
            archive.writestr(name, "text")
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (zipped("a", "./a"), "FileExistsError"),
        (zipped("a", "a/b/c"), "NotADirectoryError: "),
        (zipped("../a"), "ValueError: '../a' leads out of the folder"),
        (zipped("é").replace("é".encode(), b"\xe9\xe9"), "UnicodeDecodeError: 'utf-8'"),
        (gzip.compress(bytes(10240), mtime=0)[:-20], "EOFError"),
        (b"neither", "ReadError"),
    ],
)
def test_an_archive_that_python_alone_cant_unpack_tells_what_can(context, memory, content, found):
    memory.CONTENT[URL] = content
    download = LockedDownload((URL,), len(content), hashlib.sha256(content).hexdigest())
    locked = LockedResource("data", "", "data", derivation=UNPACKED, downloads=(download,))
    lock = Lock((LockedDataset("org.example.one", "one", resources=(locked,)),))
    with pytest.raises(LockError, match="can't be made with Python alone") as raised:
        prepare_frozen("org.example.one", context, lock, context.path / "lock")
    assert raised.value.where == URL
    assert found in raised.value.found


@pytest.mark.parametrize("declared", [{"size": 5}, {"sha256": "0" * 64}])
def test_a_definition_that_wants_other_bytes_than_locked_is_refused(
    context, another_context, memory, declared
):
    memory.CONTENT[URL] = b"data"
    lock = lock_datasets([one(Source((URL,)))], context)
    memory.REQUESTS.clear()
    with pytest.raises(VerificationError, match="the definition wants other bytes"):
        prepare_locked(one(Source((URL,), **declared)), another_context, lock)
    assert memory.REQUESTS == []


def test_a_source_that_gives_other_bytes_than_locked_gives_way_to_the_next(
    context, another_context, memory
):
    memory.CONTENT[URL] = b"data"
    definition = one(Source((URL, f"{URL}-copy")))
    lock = lock_datasets([definition], context)
    memory.CONTENT.update({URL: b"DATA", f"{URL}-copy": b"data"})
    value = prepare_locked(definition, another_context, lock)
    assert value.path.read_bytes() == b"data"


def test_datasets_of_one_id_in_two_repositories_are_locked_both(context, memory):
    memory.CONTENT[URL] = b"data"
    definitions = [one(Source((URL,))), one(Source((URL,)))]
    for repository, definition in zip(("two", "one"), definitions, strict=True):
        definition.repository, definition.namespace = repository, PurePosixPath(repository)
    lock = lock_datasets(definitions, context)
    assert [item.reference for item in lock.requested()] == [
        "one:org.example.one",
        "two:org.example.one",
    ]
    assert lock.dataset("two:org.example.one").folder == "two/org/example/one"
    with pytest.raises(NotFoundError, match=r"expected one:org\.example\.one or two:"):
        lock.dataset("org.example.one")
    for definition in definitions:
        assert prepare_locked(definition, context, lock).path.read_bytes() == b"data"


def test_a_locked_variant_is_found_by_what_tells_it_from_others():
    ids = ["org.a[lang=fr,n=1]", "org.a[lang=fr,n=2]", "org.a[lang=en,n=1]", "org.b"]
    lock = Lock(tuple(LockedDataset(item, "folder") for item in ids))
    assert lock.dataset("org.a[lang=en]").id == "org.a[lang=en,n=1]"
    with pytest.raises(NotFoundError, match=r"is several datasets .*: expected org\.a"):
        lock.dataset("org.a[lang=fr]")


def referring_to(needed):
    @reference(needed, name="other")
    @dataset(id="org.example.referring")
    def referring(other) -> File:
        return other

    return referring


def test_what_a_locked_dataset_of_a_file_refers_to_is_found(context, another_context, memory):
    memory.CONTENT[URL] = b"data"
    referring = referring_to(one(Source((URL,))))
    lock = lock_datasets([referring], context)
    assert prepare_locked(referring, another_context, lock).path.read_bytes() == b"data"


def test_a_dataset_that_another_needs_is_locked_too(context, another_context, memory):
    memory.CONTENT[URL] = b"data"
    referring = referring_to(one(Source((URL,))))
    lock = lock_datasets([referring], context)
    assert [(item.id, item.requested, item.needs) for item in lock.datasets] == [
        ("org.example.one", False, ()),
        ("org.example.referring", True, ("org.example.one",)),
    ]
    memory.CONTENT.clear()
    with pytest.raises(NotFoundError, match="isn't in the lock file"):
        prepare_locked(referring, another_context, Lock(lock.datasets[1:]))


def test_a_dataset_without_files_of_its_own_is_frozen_with_what_it_needs(
    context, another_context, memory
):
    memory.CONTENT[URL] = b"data"
    needed = one(Source((URL,)))
    lock = lock_datasets([referring_to(needed)], context)
    prepare_frozen("org.example.referring", another_context, lock, context.path / "lock")
    assert another_context.missing(needed) == []


def on_terms():
    definition = one(Source((URL,)), "data.txt")
    definition.add_agreement("For research only.")
    return definition


def prepare_frozen_anywhere(definition, context, lock):
    return prepare_frozen(definition.id, context, lock, context.path / "lock")


@pytest.mark.parametrize("prepare", [prepare_locked, prepare_frozen_anywhere])
def test_who_prepares_by_a_lock_is_asked_for_agreements_too(
    context, another_context, memory, monkeypatch, prepare
):
    memory.CONTENT[URL] = b"data"
    definition = on_terms()
    monkeypatch.setenv("DATAMAESTRO_ACCEPT", definition.id)
    lock = lock_datasets([definition], context)
    monkeypatch.delenv("DATAMAESTRO_ACCEPT")
    memory.REQUESTS.clear()
    with pytest.raises(AgreementError, match="isn't accepted yet"):
        prepare(definition, another_context, lock)
    assert memory.REQUESTS == []


def test_what_is_frozen_is_not_said_to_be_accepted_by_a_command(context, memory, monkeypatch):
    memory.CONTENT[URL] = b"data"
    definition = on_terms()
    monkeypatch.setenv("DATAMAESTRO_ACCEPT", definition.id)
    lock = lock_datasets([definition], context)
    monkeypatch.delenv("DATAMAESTRO_ACCEPT")
    with pytest.raises(AgreementError) as caught:
        prepare_frozen(definition.id, context, lock, context.path / "lock")
    assert caught.value.hint == f"once you have read it, set DATAMAESTRO_ACCEPT={definition.id}"


def test_what_the_site_has_is_used_without_its_definition(context, another_context, memory):
    memory.CONTENT[URL] = b"data"
    definition = one(Source((URL,)))
    lock = lock_datasets([definition], context)
    user = Context(another_context.path, site=[context.path], offline=True)
    found = prepare_frozen(definition.id, user, lock, context.path / "lock")
    assert found.path == context.folder(definition)
    assert (found.path / "data.txt").read_bytes() == b"data"
    assert not user.path.exists()


def test_a_lock_holds_for_what_the_site_has(context, another_context, memory):
    memory.CONTENT[URL] = b"data"
    definition = one(Source((URL,)))
    lock = lock_datasets([definition], context)
    user = Context(another_context.path, site=[context.path])
    memory.CONTENT.clear()
    assert prepare_locked(definition, user, lock).path.is_relative_to(context.path)
    assert lock_datasets([definition], user) == lock
    (locked,) = lock.datasets
    (resource,) = locked.resources
    others = replace(resource.downloads[0], sha256="0" * 64)
    other = Lock((replace(locked, resources=(replace(resource, downloads=(others,)),)),))
    with pytest.raises(VerificationError, match="not what the lock file has") as caught:
        prepare_locked(definition, user, other)
    assert "DATAMAESTRO_PATH" in caught.value.hint
