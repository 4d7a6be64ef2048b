"""Files and folders that the user has already."""

import errno
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest

from datamaestro.context import Context, DatafolderPath
from datamaestro.data import File, Folder
from datamaestro.definitions import Dataset, dataset
from datamaestro.disk.links import make_link
from datamaestro.download import FileResource
from datamaestro.errors import DataDirectoryError, DefinitionError, VerificationError
from datamaestro.utils import GlobChecker, HashCheck
from datamaestro_download_datafolder import linkfile, linkfolder, links


@pytest.fixture
def corpus(tmp_path):
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "train.txt").write_text("train")
    return folder


def dataset_of(resource, data_type=Folder):
    @resource
    @dataset(data_type, id="org.example.linked")
    def linked(data):
        """Linked"""
        return {"path": data}

    return linked


def test_a_folder_that_is_there_is_used_where_it_lies(context, corpus):
    assert context.prepare(dataset_of(linkfolder("data", [corpus]))).path == corpus


def test_a_file_that_is_there_is_used_where_it_lies(context, corpus):
    definition = dataset_of(linkfile("data", [corpus / "train.txt"]), File)
    assert context.prepare(definition).path == corpus / "train.txt"


def test_nothing_is_written(context, corpus):
    context.prepare(dataset_of(linkfolder("data", [corpus])))
    assert not context.path.exists()


def test_the_first_proposal_that_is_there_is_used(context, corpus, tmp_path):
    proposals = [tmp_path / "nowhere", DatafolderPath("unset", "x"), corpus]
    assert context.prepare(dataset_of(linkfolder("data", proposals))).path == corpus


def test_a_proposal_may_lie_in_a_data_folder(context, corpus):
    with context.settings.edit() as edited:
        edited.datafolders["mine"] = corpus.parent
    proposals = [DatafolderPath("mine", "corpus")]
    assert context.prepare(dataset_of(linkfolder("data", proposals))).path == corpus


def test_a_data_folder_that_is_set_later_is_used_then(context, corpus):
    definition = dataset_of(linkfolder("data", [DatafolderPath("mine", "corpus")]))
    with pytest.raises(DataDirectoryError):
        context.prepare(definition)
    with context.settings.edit() as edited:
        edited.datafolders["mine"] = corpus.parent
    assert context.prepare(definition).path == corpus


def test_when_nothing_is_there_the_error_tells_what_was_tried(context, tmp_path):
    proposals = [tmp_path / "nowhere", DatafolderPath("mine", "corpus")]
    with pytest.raises(DataDirectoryError) as caught:
        context.prepare(dataset_of(linkfolder("data", proposals)))
    assert f"{tmp_path / 'nowhere'}: no such folder" in str(caught.value)
    assert "datamaestro datafolders set mine PATH" in str(caught.value)


@pytest.mark.parametrize("path", ["corpus", "./corpus", Path("corpus"), ""])
def test_a_proposal_is_the_same_place_wherever_it_is_looked_up(path):
    with pytest.raises(DefinitionError, match="can't be there: expected absolute paths"):
        linkfolder("data", [path])


def test_a_file_is_no_folder(context, corpus):
    with pytest.raises(DataDirectoryError, match="no such folder"):
        context.prepare(dataset_of(linkfolder("data", [corpus / "train.txt"])))


def behind_a_closed_folder(folder):
    if sys.platform == "win32" or os.geteuid() == 0:
        pytest.skip("may look everywhere")
    closed = folder / "closed"
    closed.mkdir()
    (closed / "train.txt").touch()
    closed.chmod(0)
    return closed / "train.txt"


def of_a_name_that_is_too_long(folder):
    return folder / ("x" * 300) / "train.txt"


@pytest.mark.parametrize("kind", [linkfile, linkfolder])
@pytest.mark.parametrize("hidden", [behind_a_closed_folder, of_a_name_that_is_too_long])
def test_a_proposal_that_can_not_be_looked_at_is_passed_over(
    context, corpus, tmp_path, kind, hidden
):
    there = corpus / "train.txt" if kind is linkfile else corpus
    definition = dataset_of(kind("data", [hidden(tmp_path), there]), File)
    assert context.prepare(definition).path == there


def test_what_is_there_is_checked(context, corpus):
    right = HashCheck(hashlib.sha256(b"train").hexdigest(), "sha256")
    definition = dataset_of(linkfile("data", [corpus / "train.txt"], checker=right), File)
    assert context.prepare(definition).path.is_file()
    wrong = HashCheck("0" * 64, "sha256")
    with pytest.raises(VerificationError):
        context.prepare(dataset_of(linkfile("data", [corpus / "train.txt"], checker=wrong), File))


class Made(FileResource):
    def _download(self, destination):
        destination.write_text("made")


def test_links_lead_to_other_datasets_which_are_prepared_first(context, corpus):
    @Made("data.txt")
    @dataset(File, id="org.example.other")
    def other(data):
        """Other"""
        return {"path": data}

    @dataset(id="org.example.linking")
    class Linking(Dataset):
        LINKS = links("links", first=other, second=Path(corpus))

        def config(self) -> Folder:
            return Folder(path=self.LINKS.path)

    path = context.prepare(Linking).path
    assert (path / "first" / "data.txt").read_text() == "made"
    assert (path / "second" / "train.txt").read_text() == "train"


@pytest.fixture
def linking():
    """Give a folder of a link to another dataset, and that dataset."""

    @Made("data.txt")
    @dataset(File, id="org.example.other")
    def other(data):
        """Other"""
        return {"path": data}

    return dataset_of(links("data", first=other)), other


def test_links_are_made_again_in_a_data_directory_that_was_moved(context, linking, tmp_path):
    definition, _ = linking
    context.prepare(definition)
    context.path.rename(tmp_path / "moved")
    moved = Context(tmp_path / "moved")
    assert moved.missing(definition) == ["data"]
    assert (moved.prepare(definition).path / "first" / "data.txt").read_text() == "made"
    assert moved.missing(definition) == []


def test_links_are_made_again_with_the_dataset_that_they_lead_to(context, linking):
    definition, other = linking
    path = context.prepare(definition).path
    shutil.rmtree(context.folder(other))
    assert context.missing(definition) == ["data"]
    context.prepare(definition)
    assert (path / "first" / "data.txt").read_text() == "made"


def test_what_links_lead_to_is_looked_for_before_they_are_used(context, linking):
    definition, other = linking
    context.prepare(definition)
    (context.folder(other) / "data.txt").unlink()
    assert (context.prepare(definition).path / "first" / "data.txt").read_text() == "made"


def test_a_link_to_a_path_that_depends_on_where_it_is_read_is_a_mistake():
    with pytest.raises(DefinitionError, match="an absolute path, found"):
        links("links", first=Path("nowhere/at/all"))
    for whole in (PurePosixPath("/srv/a"), PureWindowsPath("D:/a"), Path("~/a")):
        links("links", first=whole)


def test_a_link_to_no_folder_is_an_error_and_leaves_nothing(context, corpus):
    definition = dataset_of(links("data", there=corpus, first=corpus / "train.txt"))
    with pytest.raises(DataDirectoryError, match=r"link 'first' .*train\.txt: no such folder"):
        context.prepare(definition)
    (corpus / "train.txt").unlink()
    (corpus / "train.txt").mkdir()
    assert (context.prepare(definition).path / "first").is_dir()


def test_a_link_to_a_folder_below_the_home(context, home):
    (home / "corpus").mkdir()
    path = context.prepare(dataset_of(links("data", mine=Path("~/corpus")))).path
    assert (path / "mine").samefile(home / "corpus")


@pytest.mark.parametrize("number", [errno.EPERM, errno.ENOSYS, errno.EINVAL])
def test_where_there_can_be_no_links_the_error_says_so(context, corpus, monkeypatch, number):
    def refuse(source, destination, *_arguments, **_options):
        raise OSError(number, os.strerror(number), source, None, destination)

    @dataset(id="org.example.linked")
    class Linked(Dataset):
        LINKS = links("links", corpus=Path(corpus))

        def config(self) -> Folder:
            return Folder(path=self.LINKS.path)

    monkeypatch.setattr(os, "symlink", refuse)
    with pytest.raises(DataDirectoryError, match="the link 'corpus' can't be made"):
        context.prepare(Linked)
    monkeypatch.undo()
    assert (context.prepare(Linked).path / "corpus" / "train.txt").is_file()


def test_the_name_of_a_data_folder_may_stand_alone(context, corpus):
    with context.settings.edit() as edited:
        edited.datafolders["mine"] = corpus
    assert context.prepare(dataset_of(linkfolder("data", "mine"))).path == corpus
    definition = dataset_of(linkfile("data", "mine", "train.txt"), File)
    assert context.prepare(definition).path == corpus / "train.txt"


def test_a_folder_is_checked_by_its_files(context, corpus):
    right = linkfolder("data", [corpus], checker=GlobChecker("*.txt", count=1))
    assert context.prepare(dataset_of(right)).path == corpus
    wrong = linkfolder("data", [corpus], checker=GlobChecker("*.txt", count=2))
    with pytest.raises(VerificationError, match="expected 2, found 1"):
        context.prepare(dataset_of(wrong))


def test_a_class_that_asks_for_the_path_alone_has_it_checked_too(context, corpus):
    @dataset(id="org.example.linked")
    class Linked(Dataset):
        """Linked"""

        DATA = linkfolder(proposals=[corpus], checker=GlobChecker("*.csv"))

        def config(self) -> Folder:
            return Folder(path=self.DATA.path)

    with pytest.raises(VerificationError, match="wrong number of files"):
        context.prepare(Linked)


class Counting:
    """Counts how often it is asked."""

    def __init__(self):
        self.times = 0

    def check(self, path):
        self.times += 1

    def __repr__(self):
        return "Counting()"


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_what_has_not_changed_is_checked_once(context, corpus, kind):
    checker = Counting()
    if kind == "folder":
        definition = dataset_of(linkfolder("data", [corpus], checker=checker))
    else:
        definition = dataset_of(linkfile("data", [corpus / "train.txt"], checker=checker), File)
    context.prepare(definition)
    context.prepare(definition)
    assert checker.times == 1
    (corpus / "train.txt").write_text("another text")
    context.prepare(definition)
    assert checker.times == 2


def test_what_has_changed_behind_a_link_is_checked_again(context, corpus, tmp_path):
    (tmp_path / "top").mkdir()
    make_link(tmp_path / "top" / "part", corpus)
    make_link(corpus / "up", tmp_path / "top")
    checker = Counting()
    definition = dataset_of(linkfolder("data", [tmp_path / "top"], checker=checker))
    context.prepare(definition)
    context.prepare(definition)
    assert checker.times == 1
    (corpus / "train.txt").write_text("another text")
    context.prepare(definition)
    assert checker.times == 2


def test_names_of_any_bytes_are_checked_once_too(context, tmp_path):
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    try:
        folder.mkdir()
    except OSError:
        pytest.skip("names are text on this file system")
    (folder / os.fsdecode(b"th\xe9.txt")).touch()
    checker = Counting()
    definition = dataset_of(linkfolder("data", [folder], checker=checker))
    context.prepare(definition)
    context.prepare(definition)
    assert checker.times == 1


def test_a_link_that_leads_to_nothing_is_there_as_such(context, corpus):
    make_link(corpus / "gone", corpus / "nowhere")
    checker = Counting()
    definition = dataset_of(linkfolder("data", [corpus], checker=checker))
    context.prepare(definition)
    context.prepare(definition)
    assert checker.times == 1
    (corpus / "nowhere").mkdir()
    context.prepare(definition)
    assert checker.times == 2


def damaged(stamp):
    stamp.write_bytes(b"\xff")


def unreadable(stamp):
    if sys.platform == "win32" or os.geteuid() == 0:
        pytest.skip("may read everything")
    stamp.chmod(0)


@pytest.mark.parametrize("spoil", [damaged, unreadable])
def test_a_check_that_nobody_can_know_of_is_made_again(context, corpus, spoil):
    checker = Counting()
    definition = dataset_of(linkfolder("data", [corpus], checker=checker))
    context.prepare(definition)
    spoil(context.folder(definition) / ".data.checked")
    assert context.prepare(definition).path == corpus
    assert checker.times > 1


def test_another_check_is_made_too(context, corpus):
    checked = linkfolder("data", [corpus], checker=GlobChecker("*.txt", count=1))
    context.prepare(dataset_of(checked))
    with pytest.raises(VerificationError):
        context.prepare(dataset_of(linkfolder("data", [corpus], checker=GlobChecker("*.csv"))))


def test_a_link_to_a_dataset_that_is_declared_as_a_class_knows_it(context):
    @dataset(id="org.example.other")
    class Other(Dataset):
        """Other"""

        DATA = Made("data.txt")

        def config(self) -> File:
            return File(path=self.DATA.path)

    resource = links("data", other=Other)
    assert "org.example.other" in resource.fingerprint
    assert resource.datasets == (Other,)
    assert (context.prepare(dataset_of(resource)).path / "other" / "data.txt").is_file()


# --- on a terminal

PROGRAM = """
import sys
from datamaestro import Context
from datamaestro.context import DatafolderPath
from datamaestro.data import Folder
from datamaestro.definitions import dataset
from datamaestro.errors import DataDirectoryError
from datamaestro_download_datafolder import linkfolder

@linkfolder("data", [DatafolderPath("mine", "corpus"), "/no/such/folder"])
@dataset(id="org.example.linked")
def linked(data) -> Folder:
    return Folder(path=data)

try:
    print(Context(sys.argv[1]).prepare(linked).path)
except DataDirectoryError as error:
    sys.exit(str(error))  # with its traceback it may be longer than what is read at once
"""


def on_a_terminal(context, answers):
    """Run the program with someone who answers, and give its end, output and terminal."""
    pty = pytest.importorskip("pty", reason="terminals are made otherwise here")
    ours, theirs = pty.openpty()
    os.write(ours, answers.encode())
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(context.path)],
        stdin=theirs,
        stderr=theirs,
        stdout=subprocess.PIPE,
        text=True,
    )
    output, _ = process.communicate()
    shown = os.read(ours, 100_000).decode().replace("\r\n", "\n")
    os.close(ours)
    os.close(theirs)
    return process.returncode, output, shown


def test_on_a_terminal_the_data_folder_is_asked_for_and_kept(context, corpus):
    code, output, shown = on_a_terminal(context, f"~nobody-here\n{corpus}\n{corpus.parent}\n")
    assert (code, output) == (0, f"{corpus}\n"), shown
    assert "this path leads nowhere" in shown
    assert "needs the folder 'corpus' in the data folder 'mine', which isn't set" in shown
    assert f"{corpus / 'corpus'}: no such folder" in shown
    assert context.settings.datafolders == {"mine": corpus.parent}


def test_on_a_terminal_no_answer_is_the_error_that_is_told_elsewhere(context):
    code, output, shown = on_a_terminal(context, "\n")
    assert (code, output) == (1, "")
    assert "run 'datamaestro datafolders set mine PATH'" in shown
    assert context.settings.datafolders == {}
