import pytest
from hypothesis import given, strategies as st

from datamaestro import identifiers
from datamaestro.errors import QueryError


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("MNIST", "mnist"),
        ("ProcessedMNIST", "processed.mnist"),
        ("MyData", "my.data"),
        ("simple", "simple"),
        ("EMNISTLetters", "emnist.letters"),
        ("UTF8Text", "utf8.text"),
    ],
)
def test_a_class_name_becomes_dotted_words(name, expected):
    assert identifiers.from_class_name(name) == expected


def test_a_plain_id_has_no_repository_and_no_selector():
    assert identifiers.parse("com.lecun.mnist") == identifiers.Identifier("com.lecun.mnist")


def test_a_repository_may_stand_before_an_id():
    assert identifiers.parse("image:com.lecun.mnist").repository == "image"


def test_a_selector_is_read_as_text_values():
    assert identifiers.parse("a.b[lang=fr,size=small]").selector == {"lang": "fr", "size": "small"}


@pytest.mark.parametrize(
    "text", ["", ".", "a..b", "a.b[", "a.b[x]", "a.b[x=1,x=2]", "../x", "a/b", "a b", "-a", "a:b:c"]
)
def test_what_is_no_id_is_refused(text):
    with pytest.raises(QueryError, match="expected"):
        identifiers.parse(text)


@pytest.mark.parametrize("value", [None, 3, b"com.lecun.mnist", ["com.lecun.mnist"]])
def test_what_is_no_text_is_no_id(value):
    with pytest.raises(QueryError, match="not a dataset id") as caught:
        identifiers.parse(value)
    assert caught.value.found == repr(value)


WORDS = st.from_regex(r"[a-z][a-z0-9]{0,5}", fullmatch=True)


@given(
    name=st.lists(WORDS, min_size=1, max_size=4).map(".".join),
    repository=st.none() | WORDS,
    selector=st.dictionaries(WORDS, WORDS, max_size=3),
)
def test_writing_an_identifier_and_reading_it_gives_it_back(name, repository, selector):
    identifier = identifiers.Identifier(name, repository, selector)
    assert identifiers.parse(str(identifier)) == identifier


def test_the_keys_of_a_selector_are_written_in_alphabetical_order():
    assert identifiers.format_selector({"b": "2", "a": "1"}) == "[a=1,b=2]"


def test_a_url_proposes_its_reversed_host_and_path():
    url = "https://www.example.org/a/Some%20File.csv"
    assert identifiers.from_url(url) == "org.example.a.some-file"


@given(
    st.from_regex(
        r"https?://[a-z]{1,8}(\.[a-z]{1,5}){1,3}(/[a-zA-Z0-9_.-]{1,8}){1,3}", fullmatch=True
    )
)
def test_what_a_url_proposes_is_an_id(url):
    assert identifiers.is_dataset_id(identifiers.from_url(url))


def test_the_closest_ids_are_found_by_their_last_part():
    known = ["com.lecun.mnist", "edu.uci.iris", "com.github.zalandoresearch.fashion-mnist"]
    assert identifiers.closest("mnist", known)[0] == "com.lecun.mnist"


def test_the_closest_ids_are_found_by_the_whole():
    assert identifiers.closest("com.lecun.mnits", ["com.lecun.mnist", "x.y"]) == ["com.lecun.mnist"]


def test_nothing_is_close_to_something_else_entirely():
    assert identifiers.closest("zzz.qqq", ["com.lecun.mnist"]) == []
