"""The datasets of the repository ``ml``, by what they declare."""

import pytest

from datamaestro.catalog.entry import Entry
from datamaestro.data.csv import Generic, Matrix
from datamaestro.errors import DataFormatError, ParameterError
from datamaestro.testing import RepositoryContract
from datamaestro_ml import Repository
from datamaestro_ml.data import WineQuality

TYPES = {
    "com.github.allisonhorst.palmerpenguins": Generic,
    "com.github.allisonhorst.palmerpenguins.raw": Generic,
    "com.github.mwaskom.seaborn-data.titanic": Generic,
    "edu.uci.boston": Matrix,
    "edu.uci.forest-fires": Generic,
    "edu.uci.iris": Matrix,
    "edu.uci.wine-quality": WineQuality,
    "org.openml.titanic": Generic,
}
LICENCES = {
    "com.github.allisonhorst.palmerpenguins": "CC0-1.0",
    "com.github.allisonhorst.palmerpenguins.raw": "CC0-1.0",
    "com.github.mwaskom.seaborn-data.titanic": None,
    "edu.uci.boston": "CC-BY-4.0",
    "edu.uci.forest-fires": "CC-BY-4.0",
    "edu.uci.iris": "CC-BY-4.0",
    "edu.uci.wine-quality": "CC-BY-4.0",
    "org.openml.titanic": "public domain",
}
BOSTON_COLUMNS = [
    *["CRIM", "ZN", "INDUS", "CHAS", "NOX", "RM", "AGE"],
    *["DIS", "RAD", "TAX", "PTRATIO", "B", "LSTAT", "MEDV"],
]


class TestMl(RepositoryContract):
    repository = Repository


@pytest.fixture
def repository(context):
    return context.repository("ml")


def test_the_repository_holds_these_datasets_each_once(repository):
    assert sorted(definition.id for definition in repository) == sorted(TYPES)
    assert repository.broken == {}


@pytest.mark.parametrize("dataset_id", TYPES)
def test_a_dataset_tells_what_it_is(context, dataset_id):
    entry = Entry.of(context.dataset(dataset_id))
    assert entry.name
    assert len(entry.description) > 40
    assert entry.url.startswith("http")
    assert "tabular" in entry.tags
    assert {"classification", "regression"} & set(entry.tasks)


@pytest.mark.parametrize(("dataset_id", "licence"), LICENCES.items())
def test_the_licence_is_the_one_that_the_publisher_gives(context, dataset_id, licence):
    assert context.dataset(dataset_id).licence == licence


@pytest.mark.parametrize(("dataset_id", "data_type"), TYPES.items())
def test_a_value_is_of_the_declared_type_and_knows_its_id(context, dataset_id, data_type):
    value = context.get(dataset_id)
    assert type(value) is context.dataset(dataset_id).type is data_type
    assert value.id == dataset_id


def test_boston_is_taken_from_a_release_that_still_has_it(context):
    (file,) = Entry.of(context.dataset("edu.uci.boston")).files
    assert "/1.1.3/" in file.urls[0]


def write_boston(context, rows, stated):
    """Write a file in the form of Boston where the dataset expects it."""
    boston = context.get("edu.uci.boston")
    boston.path.parent.mkdir(parents=True)
    lines = [f"{stated},13{',' * 12}", ",".join(f'"{name}"' for name in BOSTON_COLUMNS)]
    lines += [",".join(str(100 * row + column) for column in range(14)) for row in range(rows)]
    boston.path.write_text("\n".join(lines) + "\n", encoding="ascii")
    return boston


def test_boston_tells_the_price_apart_from_the_thirteen_facts(context):
    fields, data, target = write_boston(context, rows=3, stated=3).data()
    assert fields == BOSTON_COLUMNS
    assert data.shape == (3, 13)
    assert data[2].tolist() == [200 + column for column in range(13)]
    assert target.tolist() == [13, 113, 213]


def test_a_file_of_boston_with_fewer_rows_than_it_states_is_an_error(context):
    with pytest.raises(DataFormatError, match="506"):
        write_boston(context, rows=3, stated=506).data()


def test_what_openml_does_not_know_about_a_passenger_is_missing(context):
    titanic = context.get("org.openml.titanic")
    titanic.path.parent.mkdir(parents=True)
    titanic.path.write_text('"pclass","name","age"\n1,"Doe, Mr. J",?\n2,"Roe, Ms. R",0.5\n')
    assert [row["age"] for row in titanic] == [None, "0.5"]
    assert titanic.polars()["age"].to_list() == [None, 0.5]
    assert titanic.polars()["name"].to_list() == ["Doe, Mr. J", "Roe, Ms. R"]


def test_what_is_not_known_about_a_penguin_is_missing(context):
    penguins = context.get("com.github.allisonhorst.palmerpenguins")
    penguins.path.parent.mkdir(parents=True)
    penguins.path.write_text("species,bill_length_mm,sex\nGentoo,NA,NA\nAdelie,39.1,male\n")
    assert penguins.polars()["bill_length_mm"].to_list() == [None, 39.1]
    assert penguins.polars()["sex"].to_list() == [None, "male"]


def test_red_and_white_wines_are_parts_of_one_value(context):
    wines = context.get("edu.uci.wine-quality")
    assert wines.red.id == "edu.uci.wine-quality.red"
    assert wines.white.path.name == "white.csv"
    sources = {
        file.resource: file.urls[0]
        for file in Entry.of(context.dataset("edu.uci.wine-quality")).files
    }
    assert sources["red"].endswith("winequality-red.csv")
    assert sources["white"].endswith("winequality-white.csv")


def test_wines_that_are_no_matrix_are_an_error():
    with pytest.raises(ParameterError, match=r"WineQuality\.white.*Matrix"):
        WineQuality(red=Matrix(path="red.csv"), white=Generic(path="white.csv"))
