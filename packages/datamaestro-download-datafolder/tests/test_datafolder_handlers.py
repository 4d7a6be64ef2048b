"""Files and folders that the user has already."""

import hashlib
from pathlib import Path

import pytest

from datamaestro.context import DatafolderPath
from datamaestro.data import File, Folder
from datamaestro.definitions import Dataset, dataset
from datamaestro.download import FileResource
from datamaestro.errors import DataDirectoryError, VerificationError
from datamaestro.utils import HashCheck
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


def test_a_file_is_no_folder(context, corpus):
    with pytest.raises(DataDirectoryError, match="no such folder"):
        context.prepare(dataset_of(linkfolder("data", [corpus / "train.txt"])))


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
