"""The resources of the kernel, and those that users write."""

import gzip
import hashlib
import shutil
import sys
from functools import partial
from pathlib import Path

import as_on_windows
import pytest

from datamaestro.context import Context
from datamaestro.data import File, Folder, Generic
from datamaestro.definitions import Dataset, dataset
from datamaestro.download import (
    FileResource,
    FilesCopy,
    FolderResource,
    Member,
    Source,
    ValueResource,
    reference,
)
from datamaestro.download.custom import custom_download
from datamaestro.errors import DefinitionError, VerificationError
from datamaestro.preparation.state import State
from datamaestro.utils import GlobChecker, HashCheck
from datamaestro.variants import AxesVariants, Axis

URL = "memory://host/data.bin"


class Made(FileResource):
    """Writes a text."""

    def __init__(self, filename, text="made", **options):
        super().__init__(filename, **options)
        self.text = text

    def _download(self, destination):
        destination.write_text(self.text)


class Tree(FolderResource):
    """Makes a folder of two files."""

    def _download(self, destination):
        (destination / "below").mkdir(parents=True)
        (destination / "a.txt").write_text("a")
        (destination / "below" / "b.txt").write_text("bb")


class Fetched(FileResource):
    """Downloads one file."""

    def __init__(self, filename, url=URL, **options):
        super().__init__(filename, **options)
        self.source = Source((url,))

    @property
    def sources(self):
        return (self.source,)

    def _download(self, destination):
        shutil.copyfile(self.fetch(self.source), destination)


def folder_dataset(resource):
    @dataset(id="org.example.folder")
    class Holder(Dataset):
        """A folder"""

        DATA = resource

        def config(self) -> Folder:
            return Folder(path=self.DATA.path)

    return Holder


def error_of(call):
    with pytest.raises(DefinitionError) as caught:
        call()
    assert caught.value.where.startswith(f"{__file__}:")
    return str(caught.value)


# --- resources that users write


def test_a_class_that_makes_a_file_in_its_own_way_inherits_no_derivation():
    class Unpacked(Made):
        derivation = Member("a.txt")

    class Named(Unpacked):
        pass

    class Signed(Unpacked):
        def _download(self, destination):
            super()._download(destination)
            destination.write_text(destination.read_text() + "signature")

    assert Named("a.txt").derivation == Member("a.txt")
    assert Signed("a.txt").derivation is None


def test_a_resource_may_hold_several_others(context):
    class Joined(FileResource):
        def __init__(self, filename, parts, by_name):
            super().__init__(filename)
            self.parts, self.by_name = parts, by_name

        def _download(self, destination):
            used = [*self.parts, *self.by_name.values()]
            destination.write_text("".join(part.path.read_text() for part in used))

    @dataset(id="org.example.joined")
    class All(Dataset):
        """Parts, joined"""

        A = Made("a.txt", "a", transient=True)
        B = Made("b.txt", "b", transient=True)
        C = Made("c.txt", "c", transient=True)
        WHOLE = Joined("whole.txt", [A, B], {"c": C})

        def config(self) -> File:
            return File(path=self.WHOLE.path)

    value = context.prepare(All)
    assert value.path.read_text() == "abc"
    assert [path.name for path in value.path.parent.iterdir() if path.name[0] != "."] == [
        "whole.txt"
    ]


def test_others_may_be_held_in_slots_and_sets(context):
    class Joined(FileResource):
        __slots__ = ("one", "several")

        def __init__(self, filename, one, several):
            super().__init__(filename)
            self.one = one
            self.several = frozenset(several)

        def _download(self, destination):
            paths = [item.path for item in (self.one, *self.several)]
            destination.write_text(" ".join(sorted(path.read_text() for path in paths)))

    @dataset(id="org.example.joined", variants=AxesVariants(lang=Axis(["fr"])))
    class Words(Dataset):
        FIRST = Made("{lang}/1.txt", "a")
        SECOND = Made("{lang}/2.txt", "b")
        ALL = Joined("all.txt", FIRST, [SECOND])

        def config(self) -> File:
            return File(path=self.ALL.path)

    value = context.prepare(Words, variant={"lang": "fr"})
    assert value.path.read_text() == "a b"
    assert (value.path.parent / "fr" / "2.txt").is_file()


def test_dependencies_may_be_kept_as_version_1_keeps_them(context):
    class Upper(FileResource):
        def __init__(self, filename, source, **options):
            super().__init__(filename, **options)
            self._dependencies = [source]

        @classmethod
        def of(cls, source):
            return cls("upper.txt", source)

        def _download(self, destination):
            destination.write_text(self.dependencies[0].path.read_text().upper())

    @dataset(id="org.example.upper")
    class Capitals(Dataset):
        """In capitals"""

        RAW = Made("raw.txt", "words", transient=True)
        DONE = Upper.of(RAW)

        def config(self) -> File:
            return File(path=self.DONE.path)

    assert context.prepare(Capitals).path.read_text() == "WORDS"


def test_a_value_resource_may_need_others(context):
    class Words(ValueResource):
        def __init__(self, file):
            super().__init__()
            self.file = file

        def prepare(self):
            return self.file.path.read_text().split()

    @dataset(id="org.example.words")
    class Listed(Dataset):
        """Words in memory"""

        FILE = Made("words.txt", "one two")
        WORDS = Words(FILE)

        def config(self) -> Generic:
            return Generic(words=self.WORDS.prepare())

    assert context.prepare(Listed).words == ["one", "two"]


def test_a_resource_may_be_applied(context):
    resource = Made.apply("data.txt", "applied")
    assert isinstance(resource, Made)

    @dataset(id="org.example.applied")
    class Applied(Dataset):
        """Applied"""

        DATA = resource

        def config(self) -> File:
            return File(path=self.DATA.path)

    assert context.prepare(Applied).path.read_text() == "applied"


def test_varname_is_another_spelling_of_name(context):
    @Made("words.txt", varname="data")
    @dataset(File, id="org.example.named")
    def named(data):
        """Named"""
        return {"path": data}

    assert context.prepare(named).path.name == "words.txt"


# --- copies


def test_a_copy_keeps_files_under_new_names(context):
    @dataset(id="org.example.copied")
    class Copied(Dataset):
        """Some of the files"""

        ALL = Tree(transient=True)
        KEPT = FilesCopy(ALL, {"x/one.txt": "a.txt", "two.txt": "below/b.txt"})

        def config(self) -> Folder:
            return Folder(path=self.KEPT.path)

    path = context.prepare(Copied).path
    assert (path / "x" / "one.txt").read_text() == "a"
    assert (path / "two.txt").read_text() == "bb"
    assert not (path.parent / "ALL").exists()


def test_a_copy_of_nothing_is_an_empty_folder(context):
    @dataset(id="org.example.nothing")
    class Nothing(Dataset):
        """None of the files"""

        ALL = Tree()
        KEPT = FilesCopy(ALL, {})

        def config(self) -> Folder:
            return Folder(path=self.KEPT.path)

    assert list(context.prepare(Nothing).path.iterdir()) == []


def test_files_of_a_value_can_not_be_copied():
    with pytest.raises(DefinitionError, match="there is no folder to copy files from"):
        FilesCopy(reference("org.example.other"), {"a": "a"})


def test_a_copy_is_checked(context):
    @dataset(id="org.example.checked")
    class Checked(Dataset):
        """Too few files"""

        ALL = Tree()
        KEPT = FilesCopy(ALL, {"a.txt": "a.txt"}, checker=GlobChecker("*", count=2))

        def config(self) -> Folder:
            return Folder(path=self.KEPT.path)

    with pytest.raises(VerificationError, match="expected 2, found 1"):
        context.prepare(Checked)


def test_a_source_of_a_bare_text_is_told_how_it_is_made():
    message = error_of(lambda: Source("https://host/a.csv"))
    assert "expected Source.of('https://host/a.csv', …)" in message


@pytest.mark.parametrize(
    "files", [{"../a": "a.txt"}, {"a": "../a.txt"}, {"/a": "a.txt"}, {"": "a"}]
)
def test_a_copy_does_not_leave_its_folders(files):
    message = error_of(lambda: FilesCopy(Tree("all"), files))
    assert "expected a relative path without '..'" in message


# --- references


@dataset(id="org.example.letters")
class Letters(Dataset):
    """Letters"""

    DATA = Made("letters.txt", "abc")

    def config(self) -> File:
        return File(path=self.DATA.path)


@Made("digits.txt", "123")
@dataset(File, id="org.example.digits")
def digits(digits):
    """Digits"""
    return {"path": digits}


@pytest.mark.parametrize(
    "resource",
    [
        lambda: reference(Letters),
        lambda: reference(digits),
        lambda: reference(dataset=Letters, name="other"),
        lambda: reference(reference=Letters),
        lambda: reference(varname="other", reference=Letters),
        lambda: reference("other", reference=digits),
    ],
)
def test_a_reference_is_spelled_in_several_ways(context, resource):
    @dataset(id="org.example.referring")
    class Referring(Dataset):
        """Refers to another dataset"""

        OTHER = resource()

        def config(self) -> Generic:
            assert self.OTHER.prepare() == self.OTHER.config()
            return Generic(other=self.OTHER.config())

    value = context.prepare(Referring)
    assert value.other.path.read_text() in ("abc", "123")
    assert value.other.id in ("org.example.letters", "org.example.digits")


@pytest.mark.parametrize("wrong", [None, 3, File, "no id at all", lambda: None])
def test_a_reference_to_something_else_is_an_error_at_once(wrong):
    assert "a reference leads to no dataset" in error_of(lambda: reference(wrong))


def test_a_reference_may_be_to_a_file(context, tmp_path, monkeypatch):
    (tmp_path / "other.py").write_text(
        "from datamaestro.data import File\nfrom datamaestro.definitions import dataset\n"
        "@dataset(File, id='org.example.other')\ndef other():\n    return {'path': 'x'}\n"
    )
    monkeypatch.chdir(tmp_path)

    @dataset(id="org.example.far")
    class Far(Dataset):
        """Refers to a file"""

        OTHER = reference("other.py:other")

        def config(self) -> File:
            return self.OTHER.config()

    assert context.prepare(Far).id == "org.example.other"


# --- functions that fill folders


def test_a_function_fills_a_folder(context):
    calls = []

    def fill(context, root, *, force=False):
        calls.append((context, list(root.iterdir())))
        (root / "a.txt").write_text("filled")

    @custom_download("data", fill)
    @dataset(id="org.example.custom")
    def custom(data) -> Folder:
        """Filled by a function"""
        return Folder(path=data)

    path = context.prepare(custom).path
    assert (path / "a.txt").read_text() == "filled"
    assert path == context.folder(custom) / "data"
    context.prepare(custom)
    assert calls == [(context, [])]


def test_a_function_that_fails_leaves_nothing(context):
    def fill(context, root, *, force=False):
        (root / "a.txt").write_text("half")
        raise OSError("the service is down")

    @dataset(id="org.example.failing")
    class Failing(Dataset):
        """Filled by half"""

        DATA = custom_download("data", downloader=fill)

        def config(self) -> Folder:
            return Folder(path=self.DATA.path)

    with pytest.raises(OSError, match="the service is down"):
        context.prepare(Failing)
    assert not (context.folder(Failing) / "data").exists()
    assert not list(context.folder(Failing).rglob("a.txt"))


def counting(context, root, *, force=False, upto=3, step=1):
    (root / "n.txt").write_text(" ".join(map(str, range(0, upto, step))))


def counted(context, *arguments, **keywords):
    @custom_download("numbers", *arguments, **keywords)
    @dataset(id="org.example.counted")
    def numbers(numbers) -> Folder:
        """Filled by a function"""
        return Folder(path=numbers)

    return (context.prepare(numbers).path / "n.txt").read_text()


def test_a_function_with_other_arguments_fills_a_folder_anew(context):
    assert counted(context, partial(counting, upto=3)) == "0 1 2"
    assert counted(context, partial(counting, upto=5)) == "0 1 2 3 4"
    assert counted(context, partial(partial(counting, upto=5), step=2)) == "0 2 4"


def test_a_function_of_another_version_fills_a_folder_anew(context):
    assert counted(context, partial(counting), version="1") == "0 1 2"
    fill = lambda context, root, force: (root / "n.txt").write_text("seven")  # noqa: E731
    assert counted(context, fill, version="2") == "seven"


def test_a_plain_function_is_told_by_its_name_alone():
    assert custom_download("numbers", counting).fingerprint == "custom_download counting"


def test_arguments_are_told_alike_in_each_process():
    fill = partial(counting, upto=[Path("a"), {"c", "b"}, {1: (None, 2.5)}], step=object())
    assert custom_download("numbers", fill).fingerprint == (
        "custom_download counting(step=object, upto=['a', {'b', 'c'}, {1: [None, 2.5]}])"
    )


def test_a_version_is_a_text():
    with pytest.raises(DefinitionError, match="the version of 'numbers' isn't a text"):
        custom_download("numbers", counting, version=2)


# --- checks


@pytest.mark.parametrize("algorithm", sorted(hashlib.algorithms_guaranteed))
def test_a_hash_may_be_of_any_algorithm(context, tmp_path, algorithm):
    hasher = hashlib.new(algorithm, b"made")
    digest = hasher.hexdigest() if hasher.digest_size else hasher.hexdigest(20)
    path = tmp_path / "data.txt"
    path.write_text("made")
    HashCheck(digest.upper(), algorithm).check(path)
    path.write_text("mode")
    with pytest.raises(VerificationError, match=f"wrong {algorithm}"):
        HashCheck(digest, algorithm).check(path)


def test_a_hash_may_be_given_by_its_constructor():
    assert HashCheck("0" * 40, hashlib.sha1).algorithm == "sha1"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("0" * 32, "md17"), "there is no hash algorithm 'md17'"),
        (("sha256", "0" * 64), "expected HashCheck(digest, algorithm) with one of"),
        (("0" * 31,), "not a digest of md5: expected 32 hexadecimal digits"),
        (("x" * 64, "sha256"), "not a digest of sha256"),
        (("", "shake_128"), "expected some hexadecimal digits"),
    ],
)
def test_a_wrong_hash_is_an_error_where_it_is_declared(arguments, message):
    assert message in error_of(lambda: HashCheck(*arguments))


def test_a_folder_has_no_hash(tmp_path):
    with pytest.raises(VerificationError, match="not a file"):
        HashCheck("0" * 32).check(tmp_path)


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "folder"
    (path / "below").mkdir(parents=True)
    (path / "b.xml").write_bytes(b"bb")
    (path / "a.xml").write_bytes(b"a")
    (path / "c.xml.gz").write_bytes(gzip.compress(b"ccc"))
    (path / "below" / "d.xml").write_bytes(b"dddd")
    return path


def combined(*contents):
    digests = "".join(hashlib.md5(content).hexdigest() for content in contents)
    return hashlib.md5(digests.encode()).hexdigest()


@pytest.mark.parametrize(
    ("glob", "contents"),
    [
        ("*.xml", [b"a", b"bb"]),
        ("*.xml*", [b"a", b"bb", b"ccc"]),
        ("**/*.xml", [b"a", b"bb", b"dddd"]),
    ],
)
def test_the_files_of_a_folder_have_a_combined_md5(folder, glob, contents):
    GlobChecker(glob, combined(*contents)).check(folder)
    with pytest.raises(VerificationError, match=f"wrong md5: expected {'0' * 32}, found "):
        GlobChecker(glob, "0" * 32).check(folder)


def test_it_is_the_same_where_paths_are_compared_without_case(folder, monkeypatch):
    (folder / "Z.xml").write_bytes(b"z")
    as_on_windows.compare_without_case(monkeypatch)
    GlobChecker("*.xml", combined(b"z", b"a", b"bb")).check(folder)


@pytest.mark.parametrize("glob", ["", "/a", "a/../b", "**.xml", "./a", "a/", "a//b"])
def test_a_pattern_that_means_nothing_everywhere_is_an_error(glob):
    with pytest.raises(DefinitionError, match="not a pattern of files in a folder"):
        GlobChecker(glob)


def test_the_files_of_a_folder_are_counted_and_measured(folder):
    GlobChecker("*.xml", count=2, size=3).check(folder)
    with pytest.raises(VerificationError, match="wrong number of files: expected 3, found 2"):
        GlobChecker("*.xml", count=3).check(folder)
    with pytest.raises(VerificationError, match="wrong size: expected 4 bytes, found 3 bytes"):
        GlobChecker("*.xml", size=4).check(folder)


def test_files_of_the_right_number_and_size_have_to_have_the_md5_too(folder):
    GlobChecker("*.xml", combined(b"a", b"bb"), count=2, size=3).check(folder)
    with pytest.raises(VerificationError, match="wrong md5"):
        GlobChecker("*.xml", "0" * 32, count=2, size=3).check(folder)


def test_a_folder_without_any_file_of_a_pattern_is_wrong(folder):
    with pytest.raises(VerificationError, match="expected one or more, found 0"):
        GlobChecker("*.csv").check(folder)


def test_a_combined_md5_that_is_not_known_yet_is_told(folder, caplog):
    caplog.set_level("INFO", logger="datamaestro")
    GlobChecker("*.xml").check(folder)
    assert combined(b"a", b"bb") in caplog.text


def test_a_damaged_file_of_a_folder_is_told(folder):
    (folder / "c.xml.gz").write_bytes(gzip.compress(b"ccc")[:-4])
    with pytest.raises(VerificationError, match=r"c\.xml\.gz: the gzip stream is damaged"):
        GlobChecker("*.gz", "0" * 32).check(folder)


def test_a_folder_that_a_resource_makes_is_checked(context):
    right = Tree(checker=GlobChecker("**/*.txt", count=2, size=3))
    assert context.prepare(folder_dataset(right)).path.is_dir()


def test_a_wrong_folder_is_set_aside(context):
    holder = folder_dataset(Tree(checker=GlobChecker("*.csv")))
    with pytest.raises(VerificationError, match="it is set aside in"):
        context.prepare(holder)
    assert not (context.folder(holder) / "DATA").exists()


# --- several datasets that share a download

SHARING = """
from datamaestro.data import File, Generic
from datamaestro.definitions import Dataset, dataset
from datamaestro.download import FileResource, Source, reference
from test_resources_fetched import Fetched

SHARED = Fetched("shared.bin")

@dataset(id="org.example.one")
class One(Dataset):
    DATA = SHARED
    def config(self) -> File:
        return File(path=self.DATA.path)

@dataset(id="org.example.two")
class Two(Dataset):
    DATA = SHARED
    def config(self) -> File:
        return File(path=self.DATA.path)

@dataset(id="org.example.three")
class Three(Dataset):
    DATA = Fetched("three.bin")
    AGAIN = Fetched("again.bin")
    def config(self) -> File:
        return File(path=self.DATA.path)
"""


@pytest.fixture(autouse=True)
def fetched_is_importable(monkeypatch):
    monkeypatch.setitem(sys.modules, "test_resources_fetched", sys.modules[__name__])


@pytest.fixture
def sharing(definitions, memory, quick):
    memory.CONTENT[URL] = b"shared"
    return definitions(SHARING)


def cached(context):
    return [path for path in context.cachepath.iterdir() if path.suffix == ".dl"]


def test_datasets_of_one_module_share_a_download(sharing, context, memory):
    for item in (sharing.One, sharing.Two, sharing.Three):
        assert context.prepare(item).path.read_bytes() == b"shared"
    assert len(memory.REQUESTS) == 1
    assert cached(context) == []


def test_a_shared_download_stays_until_the_last_has_used_it(sharing, context, memory):
    context.prepare(sharing.One)
    context.prepare(sharing.Three)
    (download,) = cached(context)
    assert download.read_bytes() == b"shared"
    context.prepare(sharing.Two)
    assert cached(context) == []


def test_resources_of_one_dataset_share_a_download(sharing, context, memory):
    context.prepare(sharing.Three)
    assert len(memory.REQUESTS) == 1


def test_datasets_that_are_prepared_in_one_go_share_a_download(context, memory, quick):
    memory.CONTENT[URL] = b"shared"

    def one(number):
        @dataset(id=f"org.example.part{number}")
        class Part(Dataset):
            """A part"""

            DATA = Fetched(f"{number}.bin")

            def config(self) -> File:
                return File(path=self.DATA.path)

        return Part

    @dataset(id="org.example.whole")
    class Whole(Dataset):
        """Two parts"""

        FIRST = reference(one(1))
        SECOND = reference(one(2))

        def config(self) -> Generic:
            return Generic(parts=[self.FIRST.config(), self.SECOND.config()])

    value = context.prepare(Whole)
    assert [part.path.read_bytes() for part in value.parts] == [b"shared", b"shared"]
    assert len(memory.REQUESTS) == 1
    assert cached(context) == []


@pytest.mark.parametrize(
    "other",
    [
        "@dataset(id='org.example.other')\nclass Other(Dataset):\n    DATA = SHARED\n"
        "    REST = reference('no.such')\n    def config(self) -> File: ...\n",
        "@SHARED\n@dataset(File, id='org.example.other')\ndef other(unknown): ...\n",
    ],
)
def test_what_is_wrong_with_another_dataset_keeps_no_download(
    context, memory, quick, definitions, other
):
    memory.CONTENT[URL] = b"shared"
    module = definitions(
        "from datamaestro.data import File\n"
        "from datamaestro.definitions import Dataset, dataset\n"
        "from datamaestro.download import reference\n"
        "import test_resources_fetched\n"
        "SHARED = test_resources_fetched.Fetched('shared.bin')\n"
        "@SHARED\n@dataset(File, id='org.example.right')\n"
        f"def right(shared):\n    return {{'path': shared}}\n{other}"
    )
    assert context.prepare(module.right).path.read_bytes() == b"shared"
    assert cached(context) == []


def test_what_another_dataset_misses_is_read_once_however_many_downloads_it_shares(
    context, memory, quick, definitions, monkeypatch
):
    module = definitions(
        "from datamaestro.data import Generic\n"
        "from datamaestro.definitions import Dataset, dataset\n"
        "from test_resources_fetched import Fetched\n"
        "def make(name, count):\n"
        "    urls = {f'DATA{n}': f'memory://host/{count}/{n}' for n in range(count)}\n"
        "    members = {key: Fetched(f'{key}.bin', url) for key, url in urls.items()}\n"
        "    members |= {'config': lambda self: Generic(), '__module__': __name__}\n"
        "    return dataset(Generic, id=f'org.example.{name}')(type(name, (Dataset,), members))\n"
        "Few, FewToo, Many, ManyToo = (\n"
        "    make('Few', 1), make('FewToo', 1), make('Many', 20), make('ManyToo', 20)\n"
        ")\n"
    )
    memory.CONTENT.update({f"memory://host/{n}/{i}": b"x" for n in (1, 20) for i in range(n)})
    read = []
    load = State.load

    def counted(folder, *arguments):
        read.append(folder)
        return load(folder, *arguments)

    monkeypatch.setattr(State, "load", counted)
    context.prepare(module.Few)
    context.prepare(module.Many)
    few, many = context.folder(module.FewToo), context.folder(module.ManyToo)
    assert read.count(many) == read.count(few) > 0
    assert len(cached(context)) == 21


REFERRING = """
from datamaestro.data import File
from datamaestro.definitions import Dataset, dataset
from datamaestro.download import reference
from test_resources_fetched import Fetched

@dataset(id="org.example.one")
class One(Dataset):
    DATA = Fetched("one.bin")
    def config(self) -> File:
        return File(path=self.DATA.path)

@dataset(id="org.example.referring")
class Referring(Dataset):
    ONE = reference(One)
    DATA = Fetched("referring.bin")
    def config(self) -> File:
        return File(path=self.DATA.path)
"""


@pytest.fixture
def referring(definitions, memory, quick):
    memory.CONTENT[URL] = b"shared"
    return definitions(REFERRING)


def test_a_download_is_shared_with_a_dataset_that_refers_to_its_own(referring, context, memory):
    context.prepare(referring.One)
    context.prepare(referring.Referring)
    assert len(memory.REQUESTS) == 1
    assert cached(context) == []


def test_a_download_is_shared_with_a_dataset_that_a_site_has_in_part(referring, home, memory):
    site = Context(home / "site", site=[])
    site.prepare(referring.Referring).path.unlink()
    (site.folder(referring.One) / "one.bin").unlink()
    memory.REQUESTS.clear()
    user = Context(home / "own", site=[site.path])
    user.prepare(referring.One)
    user.prepare(referring.Referring)
    assert len(memory.REQUESTS) == 1


def test_a_download_is_not_kept_for_a_dataset_that_a_site_has(referring, home):
    site = Context(home / "site", site=[])
    site.prepare(referring.Referring)
    (site.folder(referring.One) / "one.bin").unlink()
    user = Context(home / "own", site=[site.path])
    user.prepare(referring.One)
    assert cached(user) == []


def test_what_another_dataset_needs_for_its_values_stops_none(context, memory, quick, definitions):
    memory.CONTENT[URL] = b"shared"
    module = definitions(
        "from datamaestro.data import File\n"
        "from datamaestro.definitions import Dataset, dataset\n"
        "from datamaestro.download import ValueResource\n"
        "import test_resources_fetched\n"
        "SHARED = test_resources_fetched.Fetched('shared.bin')\n"
        "class Service(ValueResource):\n"
        "    def is_ready(self):\n"
        "        raise ConnectionRefusedError('the service is down')\n"
        "    def prepare(self): ...\n"
        "@SHARED\n@dataset(File, id='org.example.right')\n"
        "def right(shared):\n    return {'path': shared}\n"
        "@dataset(id='org.example.other')\n"
        "class Other(Dataset):\n    SERVICE = Service()\n    DATA = SHARED\n"
        "    def config(self) -> File: ...\n"
    )
    assert context.prepare(module.right).path.read_bytes() == b"shared"
    assert len(cached(context)) == 1
