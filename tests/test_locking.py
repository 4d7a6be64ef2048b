"""Lock files: the same bytes elsewhere, with the plugin that declares them or without."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import subprocess
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from workspace.commandline import run

from datamaestro import Context
from datamaestro.errors import DownloadError, VerificationError
from datamaestro.lockfile import Lock, prepare_frozen
from datamaestro.plugins.manager import PluginManager
from datamaestro.testing import FileServer, write_distribution

DEFINITIONS = """
from datamaestro.data import File, Folder
from datamaestro.data.ml import Supervised
from datamaestro.definitions import Dataset, dataset
from datamaestro.download import FileResource, FilesCopy, reference
from datamaestro.download.archive import ZipDownloader
from datamaestro.download.links import linkfile
from datamaestro.download.single import ConcatDownloader, FileDownloader, filedownloader
from datamaestro.utils import HashCheck
from datamaestro.variants import AxesVariants, Axis


@filedownloader("{{lang}}.txt", "{base}/{{lang}}.txt.gz", name="texts")
@dataset(variants=AxesVariants(lang=Axis(["fr", "en"]), limit=Axis(type=int, default=None)))
def corpus(texts) -> File:
    return File(path=texts)


@dataset(id="org.example.all")
class All(Dataset):
    PLAIN = FileDownloader("plain.txt", "{base}/plain.txt", checker=HashCheck("{plain}", "md5"))
    ZIPPED = ZipDownloader("zipped", "{base}/zipped.zip", transient=True)
    KEPT = FilesCopy(ZIPPED, {{"b.txt": "a.txt"}})
    JOINED = ConcatDownloader("joined.txt", ["{base}/fr.txt.gz", "{base}/en.txt.gz"])
    OTHER = reference("org.example.corpus[lang=fr]")

    def config(self) -> Supervised:
        return Supervised(train=File(path=self.KEPT.path / "b.txt"), test=self.OTHER.config())


class Own(FileResource):
    def _download(self, destination):
        destination.write_text("own")


@Own("own.txt")
@dataset(id="org.example.own")
def own(own) -> File:
    return File(path=own)


@linkfile("file", proposals=[__file__])
@dataset(id="org.example.owned")
def owned(file) -> File:
    return File(path=file)
"""


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


def zipped(**files: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"{name}.txt", text)
    return buffer.getvalue()


class Site:
    """A machine where datamaestro is installed, perhaps with the repository ``words``.

    :param home: its home folder, where the lock file lies too
    :param installed: the folder of the repository's distribution, or None
    """

    def __init__(self, home: Path, installed: Path | None) -> None:
        self.home = home
        self.installed = installed
        home.mkdir(exist_ok=True)

    @property
    def lock_file(self) -> Path:
        return self.home / "datamaestro.lock"

    @property
    def data(self) -> Path:
        return self.home / "datamaestro" / "data"

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {} if self.installed is None else {"PYTHONPATH": str(self.installed)}
        return run(*arguments, home=self.home, environment=environment)

    def succeed(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def files(self) -> dict[str, str]:
        """Give the text of each file of data, by its path."""
        return {
            path.relative_to(self.data).as_posix(): path.read_text()
            for path in sorted(self.data.rglob("*"))
            if path.is_file() and not path.name.startswith(".")
        }


@pytest.fixture
def served(file_server: FileServer) -> dict[str, bytes]:
    """Give the files that a server on loopback has, by their path."""
    files: dict[str, Any] = file_server.files
    files["/fr.txt.gz"] = gzip.compress(b"un\n", mtime=0)
    files["/en.txt.gz"] = gzip.compress(b"one\n", mtime=0)
    files["/plain.txt"] = b"plain\n"
    files["/zipped.zip"] = zipped(a="a\n")
    return files


@pytest.fixture
def site(
    tmp_path: Path, home: Path, file_server: FileServer, served: dict[str, bytes]
) -> Callable[..., Site]:
    """Give a function that makes a machine, with the repository of some version or without."""

    def make(name: str, version: str | None = None) -> Site:
        if version is None:
            return Site(tmp_path / name, None)
        text = DEFINITIONS.format(base=file_server.url().rstrip("/"), plain=md5(b"plain\n"))
        folder = tmp_path / f"installed-{name}"
        write_distribution(
            folder,
            "words-datasets",
            version=version,
            files={
                "words/__init__.py": "from datamaestro import Repository\n"
                "class Words(Repository):\n    NAMESPACE = 'words'\n",
                "words/config/org/example.py": text,
            },
            entry_points={"datamaestro.repositories": {"words": "words:Words"}},
        )
        return Site(tmp_path / name, folder)

    return make


@pytest.fixture
def author(site: Callable[..., Site]) -> Site:
    """Give a machine with the repository, where all has been locked."""
    machine = site("author", "1.0")
    machine.succeed("lock", "org.example.all", "org.example.corpus[lang=en]")
    return machine


def locked(machine: Site) -> dict[str, dict[str, Any]]:
    document = tomllib.loads(machine.lock_file.read_text())
    return {dataset["id"]: dataset for dataset in document["dataset"]}


def test_a_lock_tells_datasets_variants_plugins_files_and_digests(author: Site) -> None:
    datasets = locked(author)
    assert list(datasets) == [
        "org.example.all",
        "org.example.corpus[lang=en,limit=null]",
        "org.example.corpus[lang=fr,limit=null]",
    ]
    english = datasets["org.example.corpus[lang=en,limit=null]"]
    assert english["variant"] == {"lang": "en"}
    assert (english["plugin"], english["plugin_version"]) == ("words-datasets", "1.0")
    (resource,) = english["resource"]
    (download,) = resource["download"]
    assert resource["path"] == "en.txt"
    assert resource["size"] == 4
    assert download["urls"][0].endswith("/en.txt.gz")
    assert (download["size"], len(download["sha256"])) == (len(gzip.compress(b"one\n")), 64)


def test_a_lock_has_what_others_need_and_what_was_fetched_for_transient_resources(
    author: Site,
) -> None:
    everything = locked(author)["org.example.all"]
    assert everything["needs"] == ["words:org.example.corpus[lang=fr,limit=null]"]
    assert "requested" not in locked(author)["org.example.corpus[lang=fr,limit=null]"]
    resources = {resource["name"]: resource for resource in everything["resource"]}
    assert list(resources) == ["PLAIN", "zipped", "KEPT", "JOINED"]
    assert "digest" not in resources["zipped"]
    assert len(resources["zipped"]["download"]) == 1
    assert resources["KEPT"]["digest"].startswith("tree:")


def test_to_lock_again_changes_nothing(author: Site) -> None:
    before = author.lock_file.stat().st_mtime_ns, author.lock_file.read_bytes()
    assert author.run("lock").stderr == "datamaestro.lock is up to date\n"
    author.succeed("lock", "org.example.corpus[lang=en]", "org.example.all")
    author.succeed("lock", "--check")
    assert (author.lock_file.stat().st_mtime_ns, author.lock_file.read_bytes()) == before


def test_the_lock_of_the_same_data_is_the_same_elsewhere(
    author: Site, site: Callable[..., Site]
) -> None:
    other = site("other", "1.0")
    other.succeed("lock", "org.example.all", "org.example.corpus[lang=en]")
    assert other.lock_file.read_bytes() == author.lock_file.read_bytes()


def test_check_tells_what_would_change_and_writes_nothing(
    author: Site, site: Callable[..., Site]
) -> None:
    before = author.lock_file.read_bytes()
    done = author.run("lock", "--check", "org.example.all")
    assert done.returncode == 1
    assert "found words:org.example.corpus[lang=en,limit=null] would go" in done.stderr
    later = site("later", "2.0")
    later.lock_file.write_bytes(before)
    done = later.run("lock", "--check")
    assert "is from words-datasets 1.0, now words-datasets 2.0" in done.stderr
    assert later.lock_file.read_bytes() == before


def test_locked_gives_the_same_bytes(author: Site, site: Callable[..., Site]) -> None:
    other = site("other", "1.0")
    other.lock_file.write_bytes(author.lock_file.read_bytes())
    value = json.loads(other.succeed("prepare", "--locked", "org.example.all"))
    assert value["id"] == "org.example.all"
    other.succeed("download", "--locked")
    assert other.files() == author.files()


def test_a_lock_file_may_have_another_name(author: Site, site: Callable[..., Site]) -> None:
    other = site("other", "1.0")
    (other.home / "corpora.lock").write_bytes(author.lock_file.read_bytes())
    other.succeed("prepare", "--locked", "org.example.all", "--lock-file", "corpora.lock")
    assert other.run("prepare", "--locked", "org.example.all").returncode == 3


@pytest.mark.parametrize("option", ["--locked", "--frozen"])
def test_changed_bytes_are_refused_before_they_are_in_place(
    author: Site, site: Callable[..., Site], served: dict[str, bytes], option: str
) -> None:
    served["/fr.txt.gz"] = gzip.compress(b"deux\n")
    other = site("other", "1.0" if option == "--locked" else None)
    other.lock_file.write_bytes(author.lock_file.read_bytes())
    done = other.run("download", option)
    assert done.returncode == 5
    assert "fr.txt.gz: wrong" in done.stderr
    assert not list(other.data.rglob("fr.txt"))


def test_other_data_that_are_there_already_are_refused(
    author: Site, site: Callable[..., Site], served: dict[str, bytes]
) -> None:
    served["/plain.txt"] = b"other\n"
    other = site("other", "1.0")
    text = (other.installed or Path()) / "words/config/org/example.py"
    text.write_text(text.read_text().replace(md5(b"plain\n"), md5(b"other\n")))
    other.succeed("download", "org.example.all")
    other.lock_file.write_bytes(author.lock_file.read_bytes())
    done = other.run("download", "--locked", "org.example.all")
    assert done.returncode == 5
    assert "plain.txt: not what the lock file has: expected" in done.stderr


def test_another_version_of_the_plugin_alone_is_a_warning(
    author: Site, site: Callable[..., Site]
) -> None:
    later = site("later", "2.0")
    later.lock_file.write_bytes(author.lock_file.read_bytes())
    done = later.run("download", "--locked", "org.example.corpus[lang=en]")
    assert done.returncode == 0, done.stderr
    assert "was locked with words-datasets 1.0, and this is words-datasets 2.0" in done.stderr


def test_a_definition_that_was_changed_is_refused(author: Site, site: Callable[..., Site]) -> None:
    later = site("later", "2.0")
    later.lock_file.write_bytes(author.lock_file.read_bytes())
    text = (later.installed or Path()) / "words/config/org/example.py"
    text.write_text(text.read_text().replace("/{lang}.txt.gz", "/{lang}2.txt.gz"))
    done = later.run("download", "--locked", "org.example.corpus[lang=en]")
    assert done.returncode == 5
    assert "fetches something that isn't in the lock file" in done.stderr


def test_what_was_not_locked_is_told(author: Site) -> None:
    done = author.run("prepare", "--locked", "org.example.own")
    assert done.returncode == 3
    assert "org.example.own isn't in the lock file" in done.stderr


def test_frozen_needs_no_plugin_that_declares_the_datasets(
    author: Site, site: Callable[..., Site]
) -> None:
    cluster = site("cluster")
    cluster.lock_file.write_bytes(author.lock_file.read_bytes())
    cluster.succeed("download", "--frozen")
    assert cluster.files() == author.files()
    value = json.loads(cluster.succeed("prepare", "--frozen", "org.example.all"))
    assert value == {
        "path": str(cluster.data / "words/org/example/all"),
        "id": "org.example.all",
    }


class WithoutHandlers(PluginManager):
    """The installed plugins, without the handlers that they provide."""

    handlers = ()  # type: ignore[assignment]


class WithoutHandlersAndTransports(WithoutHandlers):
    """No plugin that would make or open anything."""

    transports = ()  # type: ignore[assignment]


def context_with(home: Path, plugins: type[PluginManager]) -> Context:
    """Give the context of a machine that has some plugins only."""
    context = Context(home / "cluster" / "datamaestro")
    context.plugins = plugins()
    return context


@pytest.mark.parametrize("plugins", [WithoutHandlers, WithoutHandlersAndTransports])
def test_frozen_needs_no_plugin(author: Site, tmp_path: Path, plugins: type[PluginManager]) -> None:
    context = context_with(tmp_path, plugins)
    lock = Lock.load(author.lock_file)
    for dataset in lock.requested():
        prepare_frozen(dataset.reference, context, lock, author.lock_file)
    assert Site(context.path.parent, None).files() == author.files()


def test_what_needs_a_password_is_left_to_the_plugin(author: Site, tmp_path: Path) -> None:
    path, text = author.lock_file, author.lock_file.read_text()
    path.write_text(text.replace("http://", "http://me:opensesame@"))
    context = context_with(tmp_path, WithoutHandlersAndTransports)
    with pytest.raises(DownloadError, match="pip install datamaestro-transport-http") as caught:
        prepare_frozen("org.example.corpus[lang=en,limit=null]", context, Lock.load(path), path)
    assert "opensesame" not in str(caught.value)


def test_what_comes_out_otherwise_than_it_was_locked_is_refused(
    author: Site, tmp_path: Path
) -> None:
    path, text = author.lock_file, author.lock_file.read_text()
    path.write_text(text.replace('compressions = [\n    "gzip",', 'compressions = [\n    "",'))
    context = context_with(tmp_path, WithoutHandlers)
    message = "made with Python alone, and not what datamaestro.lock has"
    with pytest.raises(VerificationError, match=message):
        prepare_frozen("org.example.corpus[lang=en,limit=null]", context, Lock.load(path), path)
    assert not list(context.path.rglob("en.txt"))


def test_what_was_prepared_without_a_plugin_is_complete_for_it(
    author: Site, site: Callable[..., Site], served: dict[str, bytes]
) -> None:
    cluster = site("cluster")
    cluster.lock_file.write_bytes(author.lock_file.read_bytes())
    cluster.succeed("download", "--frozen")
    served.clear()
    cluster.installed = author.installed
    cluster.succeed("prepare", "--no-downloads", "org.example.all")
    cluster.succeed("prepare", "--no-downloads", "org.example.corpus[lang=en]")


def test_whoever_locks_the_secret_of_a_url_is_told(
    author: Site, file_server: FileServer, served: dict[str, bytes]
) -> None:
    assert "secrets" not in author.run("lock").stderr
    served["/plain.txt?token=opensesame"] = b"plain\n"
    url = file_server.url("/plain.txt?token=opensesame")
    (author.home / "own.py").write_text(
        "from datamaestro.data import File\n"
        "from datamaestro.definitions import dataset\n"
        "from datamaestro.download.single import filedownloader\n\n"
        f"@filedownloader('plain.txt', {url!r})\n"
        "@dataset(id='org.example.secret')\n"
        "def secret(plain) -> File:\n"
        "    return File(path=plain)\n"
    )
    done = author.run("lock", f"{author.home / 'own.py'}:secret")
    assert done.returncode == 0
    assert "datamaestro.lock holds the secrets in the URLs of org.example.secret\n" in done.stderr
    assert "opensesame" not in done.stderr
    assert "opensesame" in author.lock_file.read_text()


def test_a_resource_of_the_plugin_itself_can_not_be_frozen(
    author: Site, site: Callable[..., Site]
) -> None:
    done = author.run("lock", "org.example.own")
    told = "--frozen can't make 'own' of org.example.own: that takes the definition"
    assert told in done.stderr
    cluster = site("cluster")
    cluster.lock_file.write_bytes(author.lock_file.read_bytes())
    done = cluster.run("download", "--frozen")
    assert done.returncode == 1
    assert "'own' of org.example.own can't be made without its definition" in done.stderr
    assert "pip install words-datasets, and use --locked" in done.stderr


def test_what_its_user_has_already_can_not_be_frozen(
    author: Site, site: Callable[..., Site]
) -> None:
    done = author.run("lock", "org.example.owned")
    assert "--frozen can't make all of org.example.owned: that takes" in done.stderr
    cluster = site("cluster")
    cluster.lock_file.write_bytes(author.lock_file.read_bytes())
    done = cluster.run("prepare", "--frozen", "org.example.owned")
    assert done.returncode == 1
    assert "no file of org.example.owned is in the lock file" in done.stderr
    assert "pip install words-datasets, and use --locked" in done.stderr
    author.succeed("prepare", "--locked", "org.example.owned")


def test_a_part_is_not_locked(author: Site) -> None:
    done = author.run("lock", "org.example.all.train")
    assert (done.returncode, Lock.load(author.lock_file).datasets != ()) == (2, True)
    assert "only a whole dataset can be locked: expected org.example.all" in done.stderr


@pytest.mark.parametrize("option", ["--only=train", "--dry-run", "--no-downloads"])
def test_options_that_do_not_go_with_a_lock_file_are_told(author: Site, option: str) -> None:
    done = author.run("prepare", "--locked", "org.example.all", option)
    assert done.returncode == 2
    assert f"{option.partition('=')[0]} doesn't go with a lock file" in done.stderr


@pytest.mark.parametrize("command", ["prepare", "download"])
def test_a_lock_file_that_nothing_reads_is_told(author: Site, command: str) -> None:
    done = author.run(command, "org.example.all", "--lock-file", "datamaestro.lock")
    assert done.returncode == 2
    assert "--lock-file goes with --locked or --frozen" in done.stderr


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        (None, 3, "there is no lock file"),
        ("version = [", 1, "can't be read"),
        ("version = 2", 1, "of another version: expected 1, found 2"),
        ('version = 1\n[[dataset]]\nid = "x"\nfolder = "../up"', 1, "isn't a path below"),
        ('version = 1\n[[dataset]]\nname = "x"', 1, "isn't as 'datamaestro lock' writes it"),
    ],
)
def test_a_lock_file_that_can_not_be_used_is_one_line(
    site: Callable[..., Site], text: str | None, code: int, message: str
) -> None:
    machine = site("machine")
    if text is not None:
        machine.lock_file.write_text(text)
    done = machine.run("download", "--frozen")
    assert done.returncode == code
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
