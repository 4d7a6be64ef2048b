"""Queries: how they are read, what they hold for, and that SQL and Python agree on it."""

import contextlib
import sqlite3

import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st

from datamaestro.catalog import Entry
from datamaestro.catalog.build import Writer
from datamaestro.catalog.database import copied
from datamaestro.catalog.entry import Named
from datamaestro.catalog.index import Index
from datamaestro.catalog.rows import facts_of
from datamaestro.data import File
from datamaestro.definitions import dataset
from datamaestro.errors import QueryError
from datamaestro.identifiers import closest
from datamaestro.search import (
    AndCondition,
    Condition,
    LanguageCondition,
    LicenceCondition,
    NotCondition,
    OrCondition,
    PhraseCondition,
    PreparedCondition,
    RepositoryCondition,
    SizeCondition,
    TagCondition,
    TaskCondition,
    TextCondition,
    TypeCondition,
    WordCondition,
)

# --- reading


@pytest.mark.parametrize(
    ("query", "condition"),
    [
        ("", AndCondition()),
        ("mnist", WordCondition("mnist")),
        ("com.lecun", WordCondition("com.lecun")),
        ('"hand written"', PhraseCondition("hand written")),
        ("^mn", TextCondition("^mn")),
        ("(a|b)c", TextCondition("(a|b)c")),
        ("(?:a|b)", TextCondition("(?:a|b)")),
        ("tag:a", TagCondition("a")),
        ('task:"a b"', TaskCondition("a b")),
        ("Tag:(a|b)", TagCondition("(a|b)")),
        ("license:MIT", LicenceCondition("MIT")),
        ("licence:MIT", LicenceCondition("MIT")),
        ("lang:fr", LanguageCondition("fr")),
        ("size:<1GB", SizeCondition("<", 10**9)),
        ("size:>=1.5KiB", SizeCondition(">=", 1536)),
        ("prepared:yes", PreparedCondition(True)),
        ("prepared:no", PreparedCondition(False)),
        ("https://example.org", WordCondition("https://example.org")),
        ("a b", AndCondition([WordCondition("a"), WordCondition("b")])),
        ("a AND b", AndCondition([WordCondition("a"), WordCondition("b")])),
        ("a OR b", OrCondition([WordCondition("a"), WordCondition("b")])),
        ("NOT a", NotCondition(WordCondition("a"))),
        ("b -a", AndCondition([WordCondition("b"), NotCondition(WordCondition("a"))])),
        ("(a)", WordCondition("a")),
        ("NOT(a)", NotCondition(WordCondition("a"))),
        ("a OR(b)", OrCondition([WordCondition("a"), WordCondition("b")])),
        ("ORa", WordCondition("ORa")),
        (
            "a (b OR tag:(c|d)) NOT (e f)",
            AndCondition(
                [
                    WordCondition("a"),
                    OrCondition([WordCondition("b"), TagCondition("(c|d)")]),
                    NotCondition(AndCondition([WordCondition("e"), WordCondition("f")])),
                ]
            ),
        ),
        (
            "a b OR c",
            OrCondition(
                [AndCondition([WordCondition("a"), WordCondition("b")]), WordCondition("c")]
            ),
        ),
    ],
)
def test_a_query_is_read(query, condition):
    assert Condition.parse(query) == condition


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("a color:red", "character 3, before 'color:red': no such field"),
        ("a (b c", r"character 3, before '\(b c': this parenthesis is never closed"),
        ("a OR", "after 'a OR': the query breaks off: expected a term"),
        ("OR a", "character 1, before 'OR a': this can't stand here"),
        ("a ()", "can't stand here"),
        ('tag:"a', "character 5, before .*: this quote is never closed"),
        ("a tag: b", "character 3, before 'tag: b': this field has no value"),
        ("a size:1GB", "character 3, before 'size:1GB': no size: expected <1GB"),
        ("size:<large", "no size"),
        ("prepared:maybe", "neither yes nor no"),
        ("a b[", "character 3, before 'b\\[': not a regular expression.*at character 2"),
        ("a{99999999999999}", "not a regular expression.*the repetition number is too large"),
        (f"b {'(' * 50_000}a{')' * 50_000}", "character 18, before .*: nested too deep"),
        ("NOT " * 5000 + "a", "nested too deep: expected 15 levels at the most"),
        ("caf\udce9", "character 4, .*: not a character"),
    ],
)
def test_a_query_that_cannot_be_read_is_an_error_that_points_at_the_place(query, message):
    with pytest.raises(QueryError, match=message) as raised:
        Condition.parse(query)
    assert "\n" not in str(raised.value)


@given(st.text(max_size=30))
def test_any_text_is_a_query_or_a_query_error(text):
    with contextlib.suppress(QueryError):
        Condition.parse(text).match(Entry("x"))


# --- holding


def test_a_condition_holds_for_a_definition_as_for_its_entry():
    @dataset(File, id="org.example.alpha", licence="MIT")
    def alpha():
        """The letter alpha"""

    assert Condition.parse("alpha license:mit type:File").match(alpha)
    assert Condition.parse("alpha license:mit type:File").match(Entry.of(alpha))
    assert not Condition.parse("NOT alpha").match(alpha)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("mnist", True),
        ("MNI", True),
        ("org-example", False),
        ("org.example", True),
        ("digits", True),  # in the description
        ("digi", True),
        ("igits", False),  # there, only the beginning of a word counts
        ("demode", True),  # accents don't
        ('"handwritten digits"', True),
        ('"digits handwritten"', False),
        ('"handwritten digi"', False),
        ("dialect", True),  # an axis
        ("minho", True),
        ('"dialect minho"', True),
        ("lang:pt", True),
        ("lang:pt-br", True),
        ("lang:p", False),
        ("size:<=10kB", True),
        ("size:<10kB", False),
        ("size:=10000", True),
        ("repo:ima", False),
        ("repo:ima.*", True),
    ],
)
def test_what_terms_hold_for(query, found):
    entry = Entry(
        id="org.example.fashion-mnist",
        repository="image",
        description="Handwritten digits, démodés",
        languages=("pt-BR",),
        axes={"dialect": ("minho", "beira")},
        download_size=10_000,
    )
    assert Condition.parse(query).match(entry) is found


def test_a_size_that_nobody_states_compares_to_nothing():
    entry = Entry(id="a")
    assert not Condition.parse("size:<1GB").match(entry)
    assert not Condition.parse("size:>=0B").match(entry)
    assert Condition.parse("NOT size:<1GB").match(entry)


def test_whether_data_are_prepared_needs_a_data_directory():
    with pytest.raises(QueryError, match="depends on where they lie"):
        Condition.parse("prepared:yes").match(Entry(id="a"))


def test_an_expression_that_would_take_for_ever_is_given_up(monkeypatch):
    monkeypatch.setattr("datamaestro.search.expressions.SECONDS", 0.1)
    endless = Condition.parse(r"(a|aa)+$")
    with pytest.raises(QueryError, match="takes too long"):
        endless.match(Entry(id="x", name="a" * 60 + "b"))


# --- in SQL as in Python

TEXTS = st.sampled_from(
    [
        "mnist",
        "Fashion-MNIST",
        "straße",
        "ÉMNIST",
        "a.b",
        "Kelvin \u212a",
        "\u0131i",
        "x",
        "",
        "é",
        "o'b\"c",
    ]
)
NAMES = st.lists(st.sampled_from(["a", "ab", "abc", "b-c", "été", "Image"]), max_size=3)
ENTRIES = st.builds(
    Entry,
    id=st.lists(st.sampled_from(["com", "lecun", "mnist", "kmnist", "x_1"]), min_size=1).map(
        ".".join
    ),
    repository=st.sampled_from(["image", "text"]),
    name=TEXTS,
    description=st.lists(TEXTS, max_size=3).map(" ".join),
    licence=st.sampled_from([None, "MIT", "CC-BY-4.0"]),
    languages=st.lists(st.sampled_from(["fr", "pt-BR", "pt"]), max_size=2).map(tuple),
    tags=NAMES.map(tuple),
    tasks=NAMES.map(tuple),
    types=NAMES.map(tuple),
    axes=st.dictionaries(st.sampled_from(["lang", "size"]), st.lists(TEXTS, max_size=2).map(tuple)),
    download_size=st.none() | st.integers(0, 3000),
    kept=st.just({}),
)
EXPRESSIONS = st.sampled_from(
    ["a", "^a", "b.c", "(ab|B)", "c$", "im[aá]ge", "é", "mnist", ".", "^c.*t$", "m+n?"]
)
LEAVES = st.one_of(
    st.builds(WordCondition, TEXTS | st.text("mnistéß.-", min_size=1, max_size=4)),
    st.builds(PhraseCondition, TEXTS),
    st.builds(TextCondition, EXPRESSIONS),
    st.builds(TagCondition, EXPRESSIONS),
    st.builds(TaskCondition, EXPRESSIONS),
    st.builds(TypeCondition, EXPRESSIONS),
    st.builds(LicenceCondition, EXPRESSIONS | st.just("cc-by")),
    st.builds(RepositoryCondition, st.sampled_from(["image", "ima", "im.*", "(text|image)"])),
    st.builds(LanguageCondition, st.sampled_from(["fr", "pt", "PT-br", "p"])),
    st.builds(
        SizeCondition, st.sampled_from(["<", "<=", ">", ">=", "="]), st.sampled_from([0, 7, 1000])
    ),
)


class _Custom(Condition):
    """A condition that SQL knows nothing of."""

    def holds(self, entry):
        return len(entry.tags) == 1


CONDITIONS = st.recursive(
    LEAVES | st.just(_Custom()),
    lambda inner: st.one_of(
        st.builds(AndCondition, st.lists(inner, max_size=3)),
        st.builds(OrCondition, st.lists(inner, max_size=3)),
        st.builds(NotCondition, inner),
    ),
    max_leaves=6,
)


def index_of(entries):
    """Give an index in memory."""
    connection = copied(None, ":memory:")
    rows = {}
    for repository in ("image", "text"):
        rows[repository] = connection.execute(
            "INSERT INTO repository (id, plugin) VALUES (?, ?)", [repository, '["", "", ""]']
        ).lastrowid
    writer = Writer(connection)
    for entry in entries:
        writer.add(rows[entry.repository], 1, [entry])
    writer.flush()
    return Index(connection, {})


def test_an_index_that_nothing_uses_any_more_is_closed():
    index = index_of([])
    connection = index.connection
    names = index.names(None)
    assert list(names) == []
    del index, names
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("SELECT 1")


def known(entry):
    return entry.repository, entry.id, entry.name, facts_of(entry)


@given(st.lists(ENTRIES, max_size=6), CONDITIONS)
@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@example([Entry("a", "image", name="\u0131i")], WordCondition("\u0131i"))
@example([Entry("a", "image", name="STRASSE")], WordCondition("straße"))
def test_the_index_finds_what_a_condition_holds_for(entries, condition):
    index = index_of(entries)
    found = list(index.search(condition))
    assert sorted(map(known, found)) == sorted(
        known(entry) for entry in entries if condition.match(entry)
    )
    assert list(index.names(condition)) == [Named.of(entry) for entry in found]


@given(st.lists(ENTRIES, max_size=8, unique_by=known), st.data())
@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_what_is_removed_from_the_index_is_gone_and_the_rest_is_found(entries, data):
    index = index_of(entries)
    removed = data.draw(st.sets(st.sampled_from(range(len(entries))))) if entries else set()
    writer = Writer(index.connection)
    for position in removed:
        writer.remove("rowid = ?", position + 1)
    left = [entry for position, entry in enumerate(entries) if position not in removed]
    for query in ("mnist", "é", "tag:a", "com"):
        condition = Condition.parse(query)
        found = [known(entry) for entry in index.search(condition)]
        assert sorted(found) == sorted(known(entry) for entry in left if condition.match(entry))


def test_an_entry_comes_out_of_the_index_as_it_went_in():
    entry = Entry(
        id="org.example.alpha",
        repository="image",
        name="Alpha",
        tags=("a", "b"),
        axes={"lang": ("fr", "en")},
        kept={"file": ("file.txt", "x")},
        size="1 GB",
    )
    assert list(index_of([entry]).search(None)) == [entry]


def test_the_best_come_first():
    entries = [
        Entry("org.example.letters", "image", description="not mnist"),
        Entry("org.example.emnist", "image"),
        Entry("org.example.images", "image", name="MNIST"),
        Entry("org.mnist.all", "image"),
        Entry("org.example.mnist", "image", name="The one"),
        Entry("com.lecun.mnist", "image", name="MNIST"),
    ]
    found = [entry.id for entry in index_of(entries).search(Condition.parse("mnist"))]
    assert found == [
        "com.lecun.mnist",
        "org.example.mnist",
        "org.mnist.all",
        "org.example.emnist",
        "org.example.images",
        "org.example.letters",
    ]


def test_a_limit_keeps_the_best():
    entries = [Entry("org.example.emnist", "image"), Entry("org.example.mnist", "image")]
    (found,) = index_of(entries).search(Condition.parse("mnist"), limit=1)
    assert found.id == "org.example.mnist"


def test_few_of_many_ids_are_compared_with_one_that_is_not_known():
    entries = [Entry(f"org.example.number-{number}", "image") for number in range(2500)]
    index = index_of([*entries, Entry("org.example.letters", "image")])
    assert index.similar_ids("".join(map(chr, range(0x4E00, 0x5200)))) == index.similar_ids("")
    similar = index.similar_ids("org.example.lettres")
    assert len(similar) < len(entries)
    assert closest("org.example.lettres", similar) == ["org.example.letters"]


def test_no_query_is_too_long_or_too_deep_for_the_index():
    index = index_of([Entry("word1999", "image"), Entry("other", "image")])
    words = " OR ".join(f"word{number}" for number in range(2000))
    nested = f"{'NOT ( x OR ' * 7}({words}){')' * 7}"
    assert [entry.id for entry in index.search(Condition.parse(words))] == ["word1999"]
    assert [entry.id for entry in index.search(Condition.parse(nested))] == ["other"]


@pytest.mark.parametrize(
    "query", ["demodes", "D\u00c9MOD\u00c9S", "de\u0301mode\u0301s", '"demodes"']
)
def test_accents_make_no_difference_wherever_a_word_stands(query):
    named, told = Entry("a", "image", name="Démodés"), Entry("b", "image", description="Démodés")
    found = index_of([named, told]).search(Condition.parse(query))
    assert [entry.id for entry in found] == ["a", "b"]


def test_what_a_later_python_may_read_otherwise_is_no_warning(recwarn):
    assert not Condition.parse("[[a]x").match(Entry("x"))
    assert not recwarn.list


def test_an_expression_is_given_up_in_the_index_too(monkeypatch):
    monkeypatch.setattr("datamaestro.search.expressions.SECONDS", 0.1)
    index = index_of([Entry("x", "image", name="a" * 60 + "b")])
    with pytest.raises(QueryError, match="takes too long"):
        list(index.search(Condition.parse(r"(a|aa)+$")))
