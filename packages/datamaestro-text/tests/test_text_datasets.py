"""The datasets of the repository ``text``, by what they declare."""

import copy
import io
import tarfile

import pytest

from datamaestro.catalog.entry import Entry
from datamaestro.data.text import TSV, JSONLines, Lines
from datamaestro.definitions.dataset_definition import DatasetDefinition
from datamaestro.download import Source
from datamaestro.errors import ParameterError
from datamaestro.testing import RepositoryContract
from datamaestro_text import Repository
from datamaestro_text.conllu import Treebank
from datamaestro_text.data import ClassifiedLines, ParallelLines, Retrieval, Translation

TYPES = {
    "com.github.karpathy.tinyshakespeare": Lines,
    "com.github.multi30k.dataset": Translation,
    "edu.cornell.cs.rotten-tomatoes": ClassifiedLines,
    "irds.beir.nfcorpus": Retrieval,
    "org.nltk.names": ClassifiedLines,
    "org.universaldependencies.french.partut": Treebank,
}
TASKS = {
    "com.github.karpathy.tinyshakespeare": {"language modeling"},
    "com.github.multi30k.dataset": {"machine translation", "image captioning"},
    "edu.cornell.cs.rotten-tomatoes": {"text classification"},
    "irds.beir.nfcorpus": {"information retrieval", "zero-shot retrieval"},
    "org.nltk.names": {"text classification", "natural language processing"},
    "org.universaldependencies.french.partut": {"POS tagging", "dependency parsing"},
}
LANGUAGES = {
    "com.github.karpathy.tinyshakespeare": {"en"},
    "com.github.multi30k.dataset": {"cs", "de", "en", "fr"},
    "edu.cornell.cs.rotten-tomatoes": {"en"},
    "irds.beir.nfcorpus": {"en"},
    "org.universaldependencies.french.partut": {"fr"},
}
UNKNOWN_LICENCE = {
    "com.github.karpathy.tinyshakespeare",
    "edu.cornell.cs.rotten-tomatoes",
    "irds.beir.nfcorpus",
}


class TestText(RepositoryContract):
    repository = Repository


@pytest.fixture
def repository(context):
    return context.repository("text")


def test_the_repository_holds_these_datasets_each_once(repository):
    assert sorted(definition.id for definition in repository) == sorted(TYPES)
    assert repository.broken == {}


def test_nfcorpus_is_found_by_the_id_of_its_repository_too(context):
    found = context.dataset("com.github.beir-cellar.beir.nfcorpus")
    assert found.id == "irds.beir.nfcorpus"


@pytest.mark.parametrize("dataset_id", TYPES)
def test_a_dataset_tells_what_it_is(context, dataset_id):
    entry = Entry.of(context.dataset(dataset_id))
    assert entry.name
    assert len(entry.description) > 40
    assert entry.url.startswith("http")
    assert "text" in entry.tags
    assert set(entry.tasks) == TASKS[dataset_id]


@pytest.mark.parametrize(("dataset_id", "languages"), LANGUAGES.items())
def test_a_text_is_found_by_its_languages(context, dataset_id, languages):
    assert context.dataset(dataset_id).languages == languages


@pytest.mark.parametrize("dataset_id", TYPES)
def test_a_licence_is_stated_where_it_is_known_and_not_guessed_elsewhere(context, dataset_id):
    licence = context.dataset(dataset_id).licence
    assert (licence is None) == (dataset_id in UNKNOWN_LICENCE)


@pytest.mark.parametrize(("dataset_id", "data_type"), TYPES.items())
def test_a_value_is_of_the_declared_type_and_knows_its_id(context, dataset_id, data_type):
    value = context.get(dataset_id)
    assert type(value) is context.dataset(dataset_id).type is data_type
    assert value.id == dataset_id


def test_splits_of_nfcorpus_are_not_exchanged(context):
    corpus = context.get("irds.beir.nfcorpus")
    names = [part.path.name for part in (corpus.train, corpus.validation, corpus.test)]
    assert names == ["train.tsv", "dev.tsv", "test.tsv"]


def test_splits_of_partut_are_not_exchanged(context):
    files = Entry.of(context.dataset("org.universaldependencies.french.partut")).files
    names = {file.resource: file.urls[0].rpartition("-")[2] for file in files}
    assert names == {
        "train": "train.conllu",
        "validation": "dev.conllu",
        "test": "test.conllu",
    }


def test_files_of_multi30k_are_where_their_split_and_language_say(context):
    value = context.get("com.github.multi30k.dataset")
    for prefix, part in {
        "train": value.train,
        "val": value.validation,
        **{f"test_{name}": part for name, part in value.tests.items()},
    }.items():
        for code, lines in part.languages.items():
            assert lines.path.name == f"{prefix}.{code}"
    for file in Entry.of(context.dataset("com.github.multi30k.dataset")).files:
        assert len(file.urls) == 2
    assert list(value.tests) == ["2016_flickr", "2017_flickr", "2017_mscoco", "2018_flickr"]


def test_sentences_of_films_come_from_an_archive_in_their_encoding(
    loopback_context, file_server, tmp_path
):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, text in {
            "rt-polaritydata.README.1.0.txt": "about the sentences",
            "rt-polaritydata/rt-polarity.neg": "a cliché , and long \n",
            "rt-polaritydata/rt-polarity.pos": "a cliché , but \nit works \n",
        }.items():
            content = text.encode("latin-1")
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    file_server.files["/rt.tar.gz"] = buffer.getvalue()
    declared = loopback_context.dataset("edu.cornell.cs.rotten-tomatoes")
    small = DatasetDefinition(
        declared.target, declared.location, id="edu.cornell.small", type=declared.type
    )
    resource = copy.copy(declared.resources["sentences"])
    resource.source = Source.of(file_server.url("/rt.tar.gz"))
    small.add_resource(resource)
    classes = loopback_context.prepare(small).classes
    assert [line.strip() for line in classes["positive"]] == ["a cliché , but", "it works"]
    assert [line.strip() for line in classes["negative"]] == ["a cliché , and long"]


def test_classes_that_are_no_lines_are_an_error():
    with pytest.raises(ParameterError, match=r"ClassifiedLines\.classes"):
        ClassifiedLines(classes={"positive": "rt-polarity.pos"})


def test_judgements_that_are_no_table_are_an_error():
    with pytest.raises(ParameterError, match=r"Retrieval\.test.*TSV"):
        Retrieval(
            documents=JSONLines(path="corpus.jsonl"),
            queries=JSONLines(path="queries.jsonl"),
            test=JSONLines(path="test.jsonl"),
        )


def test_a_collection_may_have_no_judgements():
    queries = JSONLines(path="queries.jsonl")
    collection = Retrieval(documents=JSONLines(path="corpus.jsonl"), queries=queries)
    assert (collection.train, collection.validation, collection.test) == (None, None, None)
    judged = Retrieval(documents=queries, queries=queries, test=TSV(path="test.tsv"))
    assert judged.test is not None


def test_languages_that_are_no_parallel_lines_are_an_error():
    lines = ParallelLines(languages={"en": Lines(path="a.en")})
    with pytest.raises(ParameterError, match=r"Translation\.tests"):
        Translation(train=lines, validation=lines, tests={"2016": Lines(path="b.en")})
