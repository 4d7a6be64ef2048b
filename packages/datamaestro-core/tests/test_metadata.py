"""Facts about datasets: checked where they are declared, and inherited."""

from datetime import date

import pytest
from hypothesis import given, strategies as st

from datamaestro.annotations.agreement import useragreement
from datamaestro.data import File
from datamaestro.definitions import Dataset, dataset, datatags, datatasks, metadataset
from datamaestro.definitions.metadata import Metadata
from datamaestro.errors import DefinitionError, QueryError
from datamaestro.utils import parse_size


def declared(base=File, **facts):
    @dataset(base, id="org.example.facts", **facts)
    def facts_of():
        """Facts"""

    return facts_of


# --- checked


@pytest.mark.parametrize(
    ("name", "stated", "kept"),
    [
        ("url", "https://example.org/a?b=c", "https://example.org/a?b=c"),
        ("doi", "10.18653/v1/W16-3210", "10.18653/v1/W16-3210"),
        ("doi", "https://doi.org/10.48550/arXiv.2010.04898", "10.48550/arXiv.2010.04898"),
        ("doi", "doi:10.1016/0095-0696(78)90006-2", "10.1016/0095-0696(78)90006-2"),
        ("licence", " CC-BY-4.0 ", "CC-BY-4.0"),
        ("citation", "\n    @misc{a,\n      title = {A}}", "@misc{a,\n  title = {A}}"),
        ("languages", ["FR", "pt-br", "fr"], {"fr", "pt-BR"}),
        ("languages", ("zh-hant-tw", "sl-ROZAJ-biske"), {"zh-Hant-TW", "sl-rozaj-biske"}),
        ("timestamp", "2026-11-20", "2026-11-20"),
        ("timestamp", "20261120", "2026-11-20"),
        ("timestamp", "2026-11", "2026-11"),
        ("timestamp", "2026", "2026"),
        ("timestamp", date(2026, 11, 20), "2026-11-20"),
        ("timestamp", True, True),
        ("timestamp", False, None),
        ("size", 4551, 4551),
        ("size", "1.2 GB", 1_200_000_000),
        ("size", "2.3T", 2_300_000_000_000),
        ("size", "12 KiB", 12_288),
        ("aliases", ["org.example.x", "org.example.y"], {"org.example.x", "org.example.y"}),
    ],
)
def test_a_fact_is_kept_in_one_form(name, stated, kept):
    assert getattr(declared(**{name: stated}), name) == kept


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("url", "example.org"),
        ("url", "https:// example.org"),
        ("url", 3),
        ("doi", "11.1000/182"),
        ("doi", "10.1000/with space"),
        ("doi", "https://example.org/10.1000/182"),
        ("licence", ""),
        ("licence", ["MIT"]),
        ("citation", "A. Author: A book"),
        ("citation", "@misc{a, title = {A}"),
        ("agreement", "   "),
        ("languages", "fr"),
        ("languages", ["français"]),
        ("languages", ["f"]),
        ("languages", ["fr_FR"]),
        ("timestamp", "2026-13"),
        ("timestamp", "2026-02-30"),
        ("timestamp", "yesterday"),
        ("timestamp", 20261120),
        ("size", "big"),
        ("size", "1.2 GiGs"),
        ("size", -1),
        ("size", True),
        ("aliases", "org.example.x"),
        ("aliases", ["org example"]),
    ],
)
def test_a_wrong_fact_is_an_error_that_tells_file_and_line(name, wrong):
    with pytest.raises(DefinitionError, match=f"{name} is invalid: expected ") as caught:
        declared(**{name: wrong})
    assert caught.value.where.startswith(f"{__file__}:")


def test_the_error_quotes_what_was_found():
    with pytest.raises(DefinitionError) as caught:
        declared(doi="11.1000/182")
    assert caught.value.expected == "a DOI, such as '10.1000/182'"
    assert caught.value.found == "'11.1000/182'"


@pytest.mark.parametrize("words", [("",), (3,), ("images", None)])
@pytest.mark.parametrize("decorator", [datatags, datatasks])
def test_tags_and_tasks_are_texts(decorator, words):
    with pytest.raises(DefinitionError, match="expected texts that aren't empty"):
        decorator(*words)


# --- sizes


@pytest.mark.parametrize("text", ["", "GB", "1,5 GB", "1 GB of text", "1e9", "-1"])
def test_what_is_no_size_is_an_error(text):
    with pytest.raises(QueryError, match="not a size"):
        parse_size(text)


@given(st.integers(0, 10**18))
def test_a_number_without_a_unit_is_bytes(count):
    assert parse_size(str(count)) == count


@pytest.mark.parametrize("text", ["10000 PB", "9" * 400])
def test_a_size_that_no_file_system_counts_up_to_is_an_error(text):
    with pytest.raises(QueryError, match="no file is that large"):
        parse_size(text)


@given(st.integers(0, 999), st.sampled_from("kMGTP"), st.sampled_from(["", " "]))
def test_a_unit_is_a_power_of_1000_or_with_an_i_of_1024(count, unit, space):
    power = "kMGTP".index(unit) + 1
    assert parse_size(f"{count}{space}{unit}B") == count * 1000**power
    assert parse_size(f"{count}{space}{unit}iB") == count * 1024**power
    assert parse_size(f"{count}{space}{unit}") == count * 1000**power


# --- inherited


@useragreement("Be kind.", id="org.example.kindness")
@datatags("flowers")
@datatasks("classification")
@metadataset(
    File,
    url="https://example.org",
    licence="CC0-1.0",
    citation="@misc{flowers}",
    languages=["fr"],
)
class Flowers:
    """Flowers, whoever measured them"""


@datatags("petals")
@metadataset(licence="MIT")
class Petals(Flowers):
    """Petals, on other terms"""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("type", File),
        ("tags", {"flowers"}),
        ("tasks", {"classification"}),
        ("url", "https://example.org"),
        ("licence", "CC0-1.0"),
        ("citation", "@misc{flowers}"),
        ("languages", {"fr"}),
        ("agreement", "Be kind."),
    ],
)
def test_a_dataset_has_what_its_metadataset_declares(name, value):
    assert getattr(declared(Flowers), name) == value


def test_what_a_dataset_states_itself_wins():
    definition = declared(Flowers, licence="MIT", languages=["el"])
    assert (definition.licence, definition.languages) == ("MIT", {"el"})


def test_a_metadataset_inherits_from_another():
    definition = declared(Petals)
    assert definition.type is File
    assert definition.licence == "MIT"
    assert definition.citation == "@misc{flowers}"
    assert definition.tags == {"flowers", "petals"}
    assert [item.id for item in definition.agreements] == ["org.example.kindness"]


def test_a_metadataset_without_a_data_type_leaves_it_to_each_dataset():
    @metadataset(licence="MIT")
    class Shared:
        """Terms that datasets of several types share"""

    @dataset(Shared, id="org.example.own.type")
    class OwnType(Dataset):
        """A dataset that has a type of its own"""

        def config(self) -> File:
            return File(path="x")

    assert OwnType.__dataset__.type is File
    assert OwnType.__dataset__.licence == "MIT"


def test_a_wrong_fact_of_a_metadataset_is_an_error_where_it_stands():
    with pytest.raises(DefinitionError, match="doi is invalid") as caught:

        @metadataset(File, doi="none")
        class Wrong:
            pass

    assert caught.value.where.startswith(f"{__file__}:")


def test_a_dataset_has_the_tags_and_tasks_of_its_data_type():
    @datatags("letters")
    @datatasks("reading")
    class Letters(File):
        """Letters"""

    class Vowels(Letters):
        """Some of them"""

    definition = declared(datatags("open")(Vowels))
    assert definition.tags == {"letters", "open"}
    assert definition.tasks == {"reading"}


@given(st.builds(Metadata, licence=st.none() | st.just("MIT"), size=st.none() | st.just(5)))
def test_what_is_stated_wins_over_what_is_inherited(stated):
    inherited = Metadata(licence="CC0-1.0", doi="10.1000/182")
    merged = stated.over(inherited)
    assert merged.licence == (stated.licence or "CC0-1.0")
    assert (merged.size, merged.doi) == (stated.size, "10.1000/182")
