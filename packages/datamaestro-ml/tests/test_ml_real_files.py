"""Datasets of the repository ``ml`` with the bytes of the real files.

What values give is compared with what Python's ``csv`` reads from the same files.
"""

import csv
import hashlib
import json
from importlib.resources import files
from urllib.parse import urlsplit

import pytest

from datamaestro.catalog.entry import Entry

WHOLE = [
    "com.github.allisonhorst.palmerpenguins.raw",
    "com.github.mwaskom.seaborn-data.titanic",
    "edu.uci.forest-fires",
    "edu.uci.iris",
    "edu.uci.wine-quality",
]


@pytest.fixture
def read(mirror_folder):
    """Give a function that reads the rows of the real file that a URL names."""

    def rows(url, delimiter=","):
        parts = urlsplit(url)
        path = mirror_folder / f"{parts.netloc}{parts.path}"
        with path.open(newline="", encoding="utf-8") as file:
            return [row for row in csv.reader(file, delimiter=delimiter) if row]

    return rows


def urls(context, dataset_id):
    entry = Entry.of(context.dataset(dataset_id))
    return {file.resource: file.urls[0] for file in entry.files}


@pytest.mark.parametrize("dataset_id", WHOLE)
def test_a_second_preparation_opens_no_connection(site_mirror, loopback_context, dataset_id):
    first = loopback_context.prepare(dataset_id)
    asked = len(site_mirror.requests)
    assert loopback_context.prepare(dataset_id) == first
    assert len(site_mirror.requests) == asked
    remote = [url for url in urls(loopback_context, dataset_id).values() if "http" in url]
    assert asked == len(remote)


def test_every_dataset_whose_files_are_there_is_tested_here(mirror_folder, context):
    index = json.loads((mirror_folder / "index.json").read_text(encoding="utf-8"))
    there = {item["path"] for item in index}
    whole = [
        definition.id
        for definition in context.repository("ml")
        if all(
            any(f"{urlsplit(url).netloc}{urlsplit(url).path}" in there for url in file.urls)
            for file in Entry.of(definition).files
        )
    ]
    assert sorted(whole) == WHOLE


def test_iris_needs_no_network(loopback_context):
    fields, data, target = loopback_context.prepare("edu.uci.iris").data()
    content = files("datamaestro_ml").joinpath("files", "iris.data").read_bytes()
    rows = [line.split(",") for line in content.decode().splitlines() if line]
    assert fields == []
    assert data.tolist() == [[float(text) for text in row[:4]] for row in rows]
    assert target.tolist() == [row[4] for row in rows]


def test_iris_is_the_published_file(loopback_context, mirror_folder):
    published = "archive.ics.uci.edu/ml/machine-learning-databases/iris/iris.data"
    path = loopback_context.prepare("edu.uci.iris").path
    digests = [
        hashlib.sha256(file.read_bytes()).digest() for file in (path, mirror_folder / published)
    ]
    assert digests[0] == digests[1]


@pytest.mark.parametrize("colour", ["red", "white"])
def test_wines_are_the_measurements_and_the_quality(site_mirror, loopback_context, read, colour):
    wines = getattr(loopback_context.prepare("edu.uci.wine-quality"), colour)
    names, *rows = read(urls(loopback_context, "edu.uci.wine-quality")[colour], delimiter=";")
    fields, data, target = wines.data()
    assert fields == names
    assert names[-1] == "quality"
    assert data.tolist() == [[float(text) for text in row[:-1]] for row in rows]
    assert target.tolist() == [float(row[-1]) for row in rows]


@pytest.mark.parametrize(
    ("dataset_id", "missing"),
    [
        ("com.github.allisonhorst.palmerpenguins.raw", "NA"),
        ("com.github.mwaskom.seaborn-data.titanic", ""),
        ("edu.uci.forest-fires", None),
    ],
)
def test_a_table_holds_the_rows_of_the_file(
    site_mirror, loopback_context, read, dataset_id, missing
):
    table = loopback_context.prepare(dataset_id)
    (url,) = urls(loopback_context, dataset_id).values()
    names, *rows = read(url)
    known = [[None if text == missing else text for text in row] for row in rows]
    assert table.columns() == names
    assert [list(row.values()) for row in table] == known
    assert table.polars().shape == (len(rows), len(names))


def test_columns_of_numbers_are_numbers(site_mirror, loopback_context, read):
    fires = loopback_context.prepare("edu.uci.forest-fires").polars()
    (url,) = urls(loopback_context, "edu.uci.forest-fires").values()
    names, *rows = read(url)
    area = names.index("area")
    assert fires["area"].to_list() == [float(row[area]) for row in rows]
    assert fires["month"].to_list() == [row[names.index("month")] for row in rows]


def test_what_is_missing_in_a_column_of_numbers_is_null(site_mirror, loopback_context, read):
    titanic = loopback_context.prepare("com.github.mwaskom.seaborn-data.titanic").polars()
    (url,) = urls(loopback_context, "com.github.mwaskom.seaborn-data.titanic").values()
    names, *rows = read(url)
    ages = [row[names.index("age")] for row in rows]
    assert "" in ages
    assert titanic["age"].to_list() == [float(age) if age else None for age in ages]
