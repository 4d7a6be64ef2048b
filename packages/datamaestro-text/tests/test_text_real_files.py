"""Datasets of the repository ``text`` with the bytes of the real files.

What values give is compared with what the standard library reads from the same files.
"""

import csv
import gzip
import io
import json
from urllib.parse import urlsplit
from zipfile import ZipFile

import pytest

from datamaestro.catalog.entry import Entry

WHOLE = [
    "com.github.karpathy.tinyshakespeare",
    "com.github.multi30k.dataset",
    "irds.beir.nfcorpus",
    "org.nltk.names",
    "org.universaldependencies.french.partut",
]


def place(url):
    parts = urlsplit(url)
    return f"{parts.netloc}{parts.path}"


@pytest.fixture
def real(mirror_folder, context):
    """Give a function that finds the real files of a dataset, by the name of the resource."""

    def find(dataset_id):
        files = Entry.of(context.dataset(dataset_id)).files
        return {file.resource: mirror_folder / place(file.urls[0]) for file in files}

    return find


@pytest.mark.parametrize("dataset_id", WHOLE)
def test_a_second_preparation_opens_no_connection(site_mirror, loopback_context, dataset_id, real):
    first = loopback_context.prepare(dataset_id)
    asked = len(site_mirror.requests)
    assert loopback_context.prepare(dataset_id) == first
    assert len(site_mirror.requests) == asked == len(real(dataset_id))


def test_every_dataset_whose_files_are_there_is_tested_here(mirror_folder, context):
    index = json.loads((mirror_folder / "index.json").read_text(encoding="utf-8"))
    there = {item["path"] for item in index}
    whole = [
        definition.id
        for definition in context.repository("text")
        if all(any(place(url) in there for url in file.urls) for file in Entry.of(definition).files)
    ]
    assert sorted(whole) == WHOLE


def test_tiny_shakespeare_is_one_text(site_mirror, loopback_context, real):
    lines = loopback_context.prepare("com.github.karpathy.tinyshakespeare")
    (path,) = real("com.github.karpathy.tinyshakespeare").values()
    text = path.read_text(encoding="utf-8")
    assert lines.path.read_bytes() == path.read_bytes()
    assert list(lines) == text.removesuffix("\n").split("\n")
    assert len(lines) == len(list(lines))


@pytest.fixture
def nfcorpus(real):
    """Give a function that reads a member of NFCorpus's archive."""

    def read(name):
        with ZipFile(real("irds.beir.nfcorpus")["collection"]) as archive:
            return archive.read(f"nfcorpus/{name}").decode()

    return read


def test_documents_and_queries_are_found_by_number_and_id(site_mirror, loopback_context, nfcorpus):
    corpus = loopback_context.prepare("irds.beir.nfcorpus")
    for part, name in ((corpus.documents, "corpus.jsonl"), (corpus.queries, "queries.jsonl")):
        objects = [json.loads(line) for line in nfcorpus(name).splitlines()]
        assert list(part) == objects
        assert len(part) == len(objects)
        assert part[-1] == objects[-1]
        assert part.get(objects[7]["_id"]) == objects[7]


@pytest.mark.parametrize(
    ("split", "file"), [("train", "train.tsv"), ("validation", "dev.tsv"), ("test", "test.tsv")]
)
def test_judgements_are_about_documents_and_queries_of_the_collection(
    site_mirror, loopback_context, nfcorpus, split, file
):
    corpus = loopback_context.prepare("irds.beir.nfcorpus")
    judgements = getattr(corpus, split)
    names, *rows = csv.reader(io.StringIO(nfcorpus(f"qrels/{file}")), delimiter="\t")
    assert judgements.columns() == names == ["query-id", "corpus-id", "score"]
    assert list(judgements) == rows
    queries = {query["_id"] for query in corpus.queries}
    documents = {document["_id"] for document in corpus.documents}
    assert {row[0] for row in rows} <= queries
    assert {row[1] for row in rows} <= documents


def test_no_query_of_nfcorpus_is_in_two_splits(site_mirror, loopback_context):
    corpus = loopback_context.prepare("irds.beir.nfcorpus")
    splits = [{row[0] for row in part} for part in (corpus.train, corpus.validation, corpus.test)]
    assert sum(map(len, splits)) == len(set.union(*splits))
    assert len(splits[0]) > len(splits[1])
    assert len(splits[0]) > len(splits[2])


def test_names_are_those_of_the_archive(site_mirror, loopback_context, real):
    value = loopback_context.prepare("org.nltk.names")
    with ZipFile(real("org.nltk.names")["lists"]) as archive:
        for name, lines in value.classes.items():
            assert list(lines) == archive.read(f"names/{name}.txt").decode().splitlines()
    assert list(value.classes) == ["female", "male"]


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_sentences_of_partut_are_those_of_the_file(site_mirror, loopback_context, real, split):
    treebank = loopback_context.prepare("org.universaldependencies.french.partut")
    sentences = list(getattr(treebank, split))
    path = real("org.universaldependencies.french.partut")[split]
    blocks = path.read_text(encoding="utf-8").strip("\n").split("\n\n")
    assert len(sentences) == len(blocks)
    for sentence, block in zip(sentences, blocks, strict=True):
        lines = block.split("\n")
        assert len(sentence.comments) + len(sentence.tokens) == len(lines)
        assert "\t".join(sentence.tokens[-1]) == lines[-1]
        assert f"# text = {sentence.metadata['text']}" in lines
        assert [word.id for word in sentence.words] == [
            str(number) for number in range(1, len(sentence.words) + 1)
        ]


def test_no_sentence_of_partut_is_in_two_splits(site_mirror, loopback_context):
    treebank = loopback_context.prepare("org.universaldependencies.french.partut")
    splits = [
        {sentence.metadata["sent_id"] for sentence in part}
        for part in (treebank.train, treebank.validation, treebank.test)
    ]
    assert sum(map(len, splits)) == len(set.union(*splits))
    assert len(splits[0]) > len(splits[1])
    assert len(splits[0]) > len(splits[2])


def test_languages_of_multi30k_are_parallel(site_mirror, loopback_context, real):
    value = loopback_context.prepare("com.github.multi30k.dataset")
    published = {path.name: path for path in real("com.github.multi30k.dataset").values()}
    parts = [value.train, value.validation, *value.tests.values()]
    for part in parts:
        lengths = set()
        for lines in part.languages.values():
            text = gzip.decompress(published[f"{lines.path.name}.gz"].read_bytes()).decode()
            assert list(lines) == text.removesuffix("\n").split("\n")
            lengths.add(len(lines))
        assert len(lengths) == 1
    assert sum(len(part.languages) for part in parts) == len(published)


def test_multi30k_says_what_is_published_about_its_size(site_mirror, loopback_context):
    value = loopback_context.prepare("com.github.multi30k.dataset")
    assert len(value.train.languages["en"]) == 29000
    assert len(value.validation.languages["en"]) == 1014
