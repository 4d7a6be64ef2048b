"""Axes, selectors, and the definitions of variants."""

import enum
import math
from collections.abc import Iterator
from typing import Optional

import pytest
from hypothesis import given, settings, strategies as st

from datamaestro import find_dataset
from datamaestro.data import File, Folder
from datamaestro.data.encoding import to_json
from datamaestro.definitions import Dataset, dataset
from datamaestro.download import FileResource, FilesCopy, FolderResource, byvariant, reference
from datamaestro.errors import DatasetNotFoundError, DefinitionError, QueryError
from datamaestro.inventory.named import find_prepared
from datamaestro.selector import folder_name, format_selector, parse_selector, quoted, unquoted
from datamaestro.variants import AxesVariants, Axis, Variants

quickly = settings(deadline=None, max_examples=60)


class Size(enum.Enum):
    SMALL = "small"
    LARGE = "large"


class CorpusVariants(AxesVariants):
    lang = Axis(["fr", "en"], description="the language")
    size = Axis(["small", "large"], default="small")


class Text(FileResource):
    """Writes the URL that it was declared with."""

    def __init__(self, filename, url="", **arguments):
        super().__init__(filename, **arguments)
        self.url = url

    @property
    def fingerprint(self):
        return f"{super().fingerprint} {self.url}"

    def _download(self, destination):
        destination.write_text(self.url)


class TextFolder(FolderResource):
    def _download(self, destination):
        destination.mkdir()
        (destination / "fr.txt").write_text("un")
        (destination / "en.txt").write_text("one")


@Text("{lang}/texts.txt", "memory://host/{lang}/{size}.txt", name="texts")
@dataset(id="org.example.corpus", variants=CorpusVariants)
def corpus(texts, lang, size) -> File:
    """A corpus"""
    assert isinstance(lang, str)
    assert isinstance(size, str)
    return File(path=texts)


# --- selectors


@quickly
@given(st.text())
def test_a_text_is_read_from_its_token_as_it_was(text):
    assert unquoted(quoted(text)) == text


KEYS = st.from_regex(r"[a-z_][a-z0-9_]{0,5}", fullmatch=True)


@quickly
@given(st.dictionaries(KEYS, st.text(), max_size=4))
def test_a_selector_is_read_as_it_was_written(values):
    tokens = {key: quoted(text) for key, text in values.items()}
    assert parse_selector(format_selector(tokens)[1:-1]) == tokens


@pytest.mark.parametrize(
    "text",
    ["fr", "=fr", "lang=a=b", 'lang="a', 'lang=a"b', "lang=[a]", "lang=", "a b=c", "a=1,a=2"],
)
def test_a_selector_that_can_be_misread_is_refused(text):
    with pytest.raises(QueryError, match=r"selector .* can't be read: expected key=value"):
        parse_selector(text)


def test_a_quoted_value_with_a_wrong_escape_is_refused():
    with pytest.raises(QueryError, match="a quoted value can't be read"):
        unquoted('"\\x"')


# --- the folders of variants


def test_the_folder_of_a_plain_variant_tells_which_it_is():
    assert folder_name("[lang=fr,size=small]") == "lang=fr,size=small"


@quickly
@given(st.lists(st.text(min_size=1).map(quoted), min_size=2, max_size=2, unique=True))
def test_no_file_system_takes_the_folders_of_two_variants_for_the_same(tokens):
    first, second = (folder_name(format_selector({"name": token})) for token in tokens)
    assert first.casefold() != second.casefold()


@quickly
@given(st.text().map(quoted))
def test_the_name_of_a_folder_can_be_used_everywhere(token):
    name = folder_name(format_selector({"name": token}))
    assert len(name) <= 80
    assert not set(name) & set("<>:\"/\\|?*[]'` \0")
    assert name.isascii()
    assert not name.endswith(".")


# --- axes


@pytest.mark.parametrize(
    ("axis", "token", "value"),
    [
        (Axis(["a", "b"]), "a", "a"),
        (Axis([1, 2]), "2", 2),
        (Axis([0.5, 1]), "1", 1.0),
        (Axis(type=float), "1e3", 1000.0),
        (Axis([False, True]), "Yes", True),
        (Axis([False, True]), "false", False),
        (Axis(type=int, default=None), "null", None),
        (Axis(type=Optional[int]), "None", None),  # noqa: UP045  (the earlier spelling)
        (Axis(type=int | None), "3", 3),
        (Axis(type=str | None), "null", None),
        (Axis(type=str | None), '"null"', "null"),
        (Axis(type=str), "null", "null"),
        (Axis(Size), "large", Size.LARGE),
        (Axis(), "anything", "anything"),
        (Axis(), '"a, b"', "a, b"),
    ],
)
def test_a_token_is_read_as_a_value_of_the_axis(axis, token, value):
    read = axis.read(token)
    assert (read, type(read)) == (value, type(value))
    assert axis.read(axis.write(value)) == value


@pytest.mark.parametrize(
    ("axis", "token"),
    [
        (Axis(["a", "b"]), "c"),
        (Axis(type=int), "1.5"),
        (Axis(type=int), "null"),
        (Axis(type=float), "nan"),
        (Axis(type=bool), "maybe"),
        (Axis(Size), "SMALL"),
    ],
)
def test_a_token_that_the_axis_has_no_value_for_is_refused(axis, token):
    with pytest.raises(QueryError) as raised:
        AxesVariants(x=axis).parse_selector(f"[x={token}]")
    assert raised.value.message == "the axis 'x' has another value"
    assert (raised.value.expected, raised.value.found) == (axis.allowed, token)


class Fold(enum.IntEnum):
    TWO = 2


class Language(enum.StrEnum):
    FRENCH = "fr"


class Share(float):
    """As those of other libraries, it is written otherwise than Python's own."""

    def __repr__(self):
        return f"library.{super().__repr__()}"

    __str__ = float.__repr__


@pytest.mark.parametrize(
    ("axis", "value", "plain"),
    [
        (Axis([1, 2]), Fold.TWO, 2),
        (Axis(["fr", "en"]), Language.FRENCH, "fr"),
        (Axis([0.5, 1.0]), Share(0.5), 0.5),
    ],
)
def test_a_member_of_an_enumeration_or_another_class_stands_for_its_value(axis, value, plain):
    variants = AxesVariants(x=axis)
    assert repr(variants.resolve(x=value)["x"]) == repr(plain)
    assert variants.format_selector({"x": value}) == f"[x={plain}]"


@pytest.mark.parametrize("value", [True, 1.5, [1]])
def test_a_value_of_another_type_is_refused(value):
    with pytest.raises(QueryError, match="expected int"):
        AxesVariants(x=Axis(type=int)).resolve(x=value)


@pytest.mark.parametrize("value", [10**400, math.inf, "1e999"])
def test_a_number_that_is_not_finite_is_refused(value):
    with pytest.raises(QueryError, match="expected float"):
        AxesVariants(x=Axis(type=float)).resolve(x=value)


@pytest.mark.parametrize(
    "declare",
    [
        lambda: Axis("abc"),
        lambda: Axis([]),
        lambda: Axis(["a", "a"]),
        lambda: Axis(["1", 1], type=int),
        lambda: Axis([True, "yes"], type=bool),
        lambda: Axis(["a", 1]),
        lambda: Axis(["a"], default="b"),
        lambda: Axis(["a"], elide_default=True),
        lambda: Axis(["a"], type=int),
        lambda: Axis(type=list),
        lambda: Axis([math.nan]),
        lambda: Axis(type=enum.Enum("Alike", {"A": "B", "B": 1})),
        lambda: Axis(list(enum.Enum("Alike", {"A": "B", "B": 1}))),
        lambda: Axis(type=enum.Enum("Nothing", {"NULL": 1}) | None),
        lambda: AxesVariants(lang=["fr", "en"]),
    ],
)
def test_an_axis_that_can_not_be_is_an_error_with_its_file_and_line(declare):
    with pytest.raises(DefinitionError) as raised:
        declare()
    assert raised.value.where.startswith(f"{__file__}:")


VALUES = {
    "word": st.text(),
    "number": st.integers(),
    "real": st.floats(allow_nan=False, allow_infinity=False),
    "flag": st.booleans(),
    "perhaps": st.none() | st.text(),
    "size": st.sampled_from(Size),
}
OPEN = AxesVariants(
    word=Axis(),
    number=Axis(type=int),
    real=Axis(type=float),
    flag=Axis(type=bool),
    perhaps=Axis(type=str | None),
    size=Axis(Size),
)


@quickly
@given(st.fixed_dictionaries(VALUES))
def test_the_canonical_selector_of_a_variant_chooses_it(variant):
    assert OPEN.parse_selector(OPEN.format_selector(variant)) == variant


def test_the_canonical_selector_names_defaults_too_in_alphabetical_order():
    assert CorpusVariants().format_selector({"lang": "fr"}) == "[lang=fr,size=small]"


def test_definitions_of_version_1_have_the_ids_that_they_had():
    class EmbeddingsVariants(AxesVariants):
        name = Axis(["agnews", "squad"])
        streaming = Axis([False, True], default=True, type=bool)
        min_similarity = Axis(type=float, default=None)

    variants = EmbeddingsVariants()
    chosen = variants.resolve(**variants.parse_selector("[name=agnews]"))
    assert chosen == {"name": "agnews", "streaming": True, "min_similarity": None}
    canonical = "[min_similarity=null,name=agnews,streaming=true]"
    assert variants.format_selector(chosen) == canonical
    assert variants.parse_selector(canonical) == chosen


def test_a_default_can_be_elided_and_an_axis_left_out_of_the_id():
    variants = AxesVariants(
        lang=Axis(["fr", "en"]),
        clean=Axis([True, False], default=True, elide_default=True),
        threads=Axis(type=int, default=1, in_id=False),
    )
    assert variants.format_selector({"lang": "fr", "threads": 4}) == "[lang=fr]"
    assert variants.format_selector({"lang": "fr", "clean": False}) == "[clean=false,lang=fr]"


def test_axes_may_be_attributes_inherited_and_arguments():
    class More(CorpusVariants):
        clean = Axis([True, False])

    assert list(More(size=Axis(["huge"])).axes) == ["lang", "size", "clean"]
    assert More(size=Axis(["huge"])).axes["size"].domain == ["huge"]


def test_an_axis_does_not_hide_what_variants_can_do():
    with pytest.raises(DefinitionError, match="can't be an attribute named 'names'"):

        class Hiding(AxesVariants):
            names = Axis(["a"])

    assert AxesVariants(names=Axis(["a"])).names == {"names"}


def test_axes_of_several_classes_are_joined():
    class Limited(AxesVariants):
        limit = Axis(type=int, default=1)

    class Both(CorpusVariants, Limited):
        pass

    assert list(Both().axes) == ["limit", "lang", "size"]


def test_the_variants_that_can_be_listed_are_all_combinations():
    variants = AxesVariants(a=Axis(["x", "y"]), b=Axis(type=int, default=3), c=Axis(type=int))
    assert list(variants.enumerate()) == [{"a": "x", "b": 3}, {"a": "y", "b": 3}]
    assert list(AxesVariants().enumerate()) == []


def test_a_query_matches_the_values_of_axes():
    assert CorpusVariants().matches("LARG")
    assert not CorpusVariants().matches("medium")


def test_axes_can_be_told_in_json():
    assert AxesVariants(size=Axis(Size, default=Size.SMALL)).to_json() == {
        "size": {"type": "Size", "values": ["small", "large"], "default": "small"}
    }
    assert CorpusVariants().to_json()["lang"]["description"] == "the language"


# --- datasets with variants


def test_a_variant_has_its_own_id_url_path_and_folder(context):
    value = context.prepare(corpus, variant={"lang": "fr"})
    assert value.id == "org.example.corpus[lang=fr,size=small]"
    assert value.path.read_text() == "memory://host/fr/small.txt"
    assert value.path == context.folder(corpus, variant={"lang": "fr"}) / "fr" / "texts.txt"
    assert context.folder(corpus, variant={"lang": "fr"}).name == "lang=fr,size=small"


def test_the_names_of_copies_may_have_axes(context):
    @dataset(id="org.example.copies", variants=AxesVariants(lang=Axis(["fr", "en"])))
    class Copies(Dataset):
        ALL = TextFolder(transient=True)
        ONE = FilesCopy(ALL, {"{lang}-copy.txt": "{lang}.txt"})

        def config(self) -> Folder:
            return Folder(path=self.ONE.path)

    value = context.prepare(Copies, variant={"lang": "fr"})
    assert [path.name for path in value.path.iterdir()] == ["fr-copy.txt"]


@pytest.mark.parametrize("selector", ["flag=yes", 'flag="true"', "lang=fr", "lang=fr,flag=true"])
def test_a_prepared_variant_is_found_by_each_way_to_write_it(context, definitions, selector):
    made = definitions(
        "from datamaestro.data import Folder\n"
        "from datamaestro.definitions import Dataset, dataset\n"
        "from datamaestro.download.custom import custom_download\n"
        "from datamaestro.variants import AxesVariants, Axis\n"
        "LANG = Axis(['fr', 'en'], default='fr', elide_default=True)\n"
        "AXES = AxesVariants(flag=Axis([False, True]), lang=LANG)\n"
        "@dataset(id='org.example.ways', variants=AXES)\n"
        "class Ways(Dataset):\n"
        "    ALL = custom_download('all', lambda context, root, force: None)\n"
        "    def config(self) -> Folder: return Folder(path=self.ALL.path)\n"
    )
    context.prepare(made.Ways, variant={"flag": True})
    (found,) = find_prepared(f"{made.__file__}:Ways[{selector}]", context)
    assert found.id == "org.example.ways[flag=true]"


WAYS = """
from datamaestro.data import Folder
from datamaestro.definitions import Dataset, dataset
from datamaestro.download.custom import custom_download
from datamaestro.variants import AxesVariants, Axis

AXES = AxesVariants(lang=Axis(["fr", "en"]), size=Axis(["small", "large"], default="small"))

@dataset(id="org.example.ways", variants=AXES)
class Ways(Dataset):
    ALL = custom_download("all", lambda context, root, force: None)
    def config(self) -> Folder: return Folder(path=self.ALL.path)
"""


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        ("", ["en,size=small", "fr,size=large", "fr,size=small"]),
        ("[lang=fr]", ["fr,size=small"]),
        ("[lang=fr,size=large]", ["fr,size=large"]),
        ("[size=small]", ["en,size=small", "fr,size=small"]),  # the language is left open
    ],
)
def test_a_selector_means_the_prepared_variant_that_a_preparation_makes_of_it(
    context, definitions, selector, found
):
    made = definitions(WAYS)
    for lang, size in (("fr", "small"), ("fr", "large"), ("en", "small")):
        context.prepare(made.Ways, variant={"lang": lang, "size": size})
    variants = find_prepared(f"{made.__file__}:Ways{selector}", context)
    assert [item.id for item in variants] == [f"org.example.ways[lang={item}]" for item in found]


def test_a_variant_that_is_not_prepared_is_not_another_one(context, definitions):
    made = definitions(WAYS)
    context.prepare(made.Ways, variant={"lang": "fr", "size": "large"})
    with pytest.raises(
        DatasetNotFoundError, match=r"prepared are org.example.ways\[lang=fr,size=large\]"
    ):
        find_prepared(f"{made.__file__}:Ways[lang=fr]", context)


def test_variants_are_prepared_one_by_one(context):
    context.prepare(corpus, variant={"lang": "fr"})
    assert context.missing(corpus, variant={"lang": "fr", "size": "small"}) == []
    assert context.missing(corpus, variant={"lang": "en"}) == ["texts"]


def test_the_canonical_id_is_in_the_value_as_json(context):
    value = context.get(corpus, variant={"lang": "en"})
    assert to_json(value)["id"] == "org.example.corpus[lang=en,size=small]"


def test_the_parts_of_a_variant_have_ids_below_its_own(context):
    @dataset(id="org.example.nested", variants=AxesVariants(lang=Axis(["fr"], default="fr")))
    def nested(lang) -> File:
        return Nested(path="x", inner=File(path=lang))

    assert context.get(nested).inner.id == "org.example.nested[lang=fr].inner"


class Nested(File):
    inner: File


@pytest.mark.parametrize(
    ("variant", "message"),
    [
        ({"lang": "de"}, "the axis 'lang' has another value: expected fr, en, found 'de'"),
        ({"tongue": "fr"}, "there is no axis 'tongue': expected lang, size, found tongue"),
        ({}, "a variant has to be chosen by lang: expected lang: fr, en, found no value"),
        (
            {"size": 2},
            "a variant has to be chosen by lang: expected lang: fr, en, found a value for size "
            "alone",
        ),
    ],
)
def test_a_variant_that_is_not_there_is_refused_with_what_is_allowed(context, variant, message):
    with pytest.raises(QueryError) as raised:
        context.prepare(corpus, variant=variant)
    assert str(raised.value) == f"dataset org.example.corpus: {message}"
    assert raised.value.exit_code == 2


@pytest.mark.parametrize(
    ("name", "message"),
    [("self", "there is no axis 'self'"), (1, "axes have names: expected texts, found 1")],
)
def test_an_axis_is_chosen_by_its_name(context, name, message):
    with pytest.raises(QueryError, match=message):
        context.get(corpus, variant={name: "fr"})


def test_the_variant_of_a_variant_is_refused(context):
    chosen = corpus.for_variant({"lang": "fr"})
    assert context.get(chosen) == context.get(corpus, variant={"lang": "fr"})
    with pytest.raises(QueryError, match="is a variant already"):
        context.get(chosen, variant={"lang": "en"})


def test_a_class_takes_the_axes_that_its_config_names(context):
    @dataset(id="org.example.classy", variants=CorpusVariants)
    class Classy(Dataset):
        TEXTS = Text("texts-{lang}.txt", "memory://host/{lang}.txt")

        def config(self, size) -> File:
            return File(path=self.TEXTS.path.with_suffix(f".{size}"))

    path = context.prepare(Classy, variant={"lang": "fr", "size": "large"}).path
    assert path.name == "texts-fr.large"
    assert path.with_suffix(".txt").read_text() == "memory://host/fr.txt"


def test_a_function_makes_the_resource_of_each_variant(context):
    @dataset(id="org.example.made", variants=CorpusVariants)
    class Made(Dataset):
        ALL = TextFolder(transient=True)
        KEPT = byvariant(lambda lang: FilesCopy(Made.ALL, {"kept.txt": f"{lang}.txt"}))

        def config(self) -> File:
            return File(path=self.KEPT.path / "kept.txt")

    assert context.prepare(Made, variant={"lang": "en"}).path.read_text() == "one"
    assert context.prepare(Made, variant={"lang": "fr"}).path.read_text() == "un"


def test_a_function_without_a_resource_for_a_variant_is_told(context):
    urls = {"fr": "memory://host/fr"}

    @byvariant(lambda lang: Text("texts.txt", urls[lang]), name="texts")
    @dataset(id="org.example.some", variants=CorpusVariants)
    def some(texts) -> File:
        return File(path=texts)

    assert context.prepare(some, variant={"lang": "fr"}).path.read_text() == "memory://host/fr"
    with pytest.raises(QueryError, match="'texts' isn't defined for this variant: found lang=en"):
        context.prepare(some, variant={"lang": "en"})


@pytest.mark.parametrize("name", ["../up", "a/b", "..", "a?b", "a b"])
def test_a_value_that_would_change_a_url_or_path_is_refused(context, name):
    @Text("{name}.txt", name="texts")
    @dataset(id="org.example.open", variants=AxesVariants(name=Axis()))
    def opened(texts) -> File:
        return File(path=texts)

    with pytest.raises(QueryError, match="'name' can't stand in a URL or path"):
        context.prepare(opened, variant={"name": name})


def test_a_reference_chooses_a_variant(context):
    @reference(corpus.for_variant({"lang": "fr"}), name="texts")
    @dataset(id="org.example.referring")
    def referring(texts) -> File:
        return texts

    value = context.prepare(referring)
    assert value.id == "org.example.corpus[lang=fr,size=small]"
    assert value.path.is_file()


def test_a_placeholder_that_is_no_axis_is_an_error_at_once():
    with pytest.raises(DefinitionError, match=r"expected lang, size, found lnag"):

        @dataset(id="org.example.misspelt", variants=CorpusVariants)
        class Misspelt(Dataset):
            TEXTS = Text("{lnag}.txt")

            def config(self) -> File:
                return File(path=self.TEXTS.path)


def test_a_parameter_of_config_that_is_no_axis_is_an_error_at_once():
    with pytest.raises(DefinitionError, match="no axis fills the argument 'tongue'"):

        @dataset(id="org.example.misspelt", variants=CorpusVariants)
        class Misspelt(Dataset):
            def config(self, tongue) -> File:
                return File(path=tongue)


def test_an_axis_named_as_a_resource_is_an_error():
    @Text("lang.txt")
    @dataset(id="org.example.twice", variants=CorpusVariants)
    def twice(lang) -> File:
        return File(path=lang)

    with pytest.raises(DefinitionError, match="an axis and a resource are both named 'lang'"):
        twice.validate()


def test_what_is_no_variants_is_refused():
    with pytest.raises(DefinitionError, match="can't be the variants of a dataset"):
        dataset(id="org.example.none", variants=["fr"])


class Presets(Variants):
    """Another scheme than axes: each preset has a name."""

    def __init__(self):
        self.presets = {"small": 8, "large": 64}

    def resolve(self, preset: str = "small") -> dict:
        if preset not in self.presets:
            raise ValueError(f"unknown preset: {preset!r}")
        return {"preset": preset, "batch": self.presets[preset]}

    def parse_selector(self, selector: str) -> dict:
        return parse_selector(selector[1:-1])

    def format_selector(self, values) -> str:
        return f"[preset={values['preset']}]"

    def enumerate(self) -> Iterator[dict]:
        return iter([{"preset": name} for name in self.presets])


def test_variants_need_not_be_axes(context):
    @dataset(id="org.example.preset", variants=Presets)
    def preset(preset, batch) -> File:
        return File(path=f"{preset}-{batch}")

    value = context.get(preset, variant={"preset": "large"})
    assert (value.id, value.path.name) == ("org.example.preset[preset=large]", "large-64")
    assert Presets().matches("lar")
    with pytest.raises(QueryError, match=r"org.example.preset: unknown preset: 'tiny'"):
        context.get(preset, variant={"preset": "tiny"})


# --- by their ids

REPOSITORY = """
from datamaestro import Repository

class Words(Repository):
    NAMESPACE = "words"
"""

DEFINITIONS = """
from datamaestro.data import File
from datamaestro.definitions import dataset
from datamaestro.variants import AxesVariants, Axis

@dataset(variants=AxesVariants(lang=Axis(["fr", "en"]), name=Axis(default="x")))
def corpus(lang, name) -> File:
    "Words"
    return File(path=f"/{lang}")
"""


@pytest.fixture
def words(site_packages):
    """Install a repository of one dataset with variants, by its package on disk."""
    from datamaestro.testing import write_distribution

    write_distribution(
        site_packages,
        "words",
        files={
            "words/__init__.py": REPOSITORY,
            "words/config/__init__.py": "",
            "words/config/org/__init__.py": "",
            "words/config/org/example.py": DEFINITIONS,
        },
        entry_points={"datamaestro.repositories": {"words": "words:Words"}},
    )


def test_an_id_chooses_a_variant(words, context):
    value = context.prepare("org.example.corpus[lang=en]")
    assert value.id == "org.example.corpus[lang=en,name=x]"
    assert context.get("words:org.example.corpus[ lang = en ]") == value
    assert context.get('org.example.corpus[lang=en,name="x"]') == value


def test_a_definition_is_found_with_its_variant_or_without(words, context):
    assert find_dataset("org.example.corpus", context).variant == {}
    found = find_dataset("org.example.corpus[lang=fr]", context)
    assert found.variant == {"lang": "fr", "name": "x"}


def test_a_variant_is_chosen_once(words, context):
    with pytest.raises(QueryError, match="is chosen twice"):
        context.get("org.example.corpus[lang=en]", variant={"lang": "fr"})


def test_a_variant_is_chosen_by_the_values_of_axes(words, context):
    with pytest.raises(QueryError, match=r"expected variant={'lang': 'fr'}, found 'fr'"):
        context.get("org.example.corpus", variant="fr")


def test_a_selector_for_a_dataset_without_variants_is_refused(words, context):
    @dataset(id="org.example.flat")
    def flat() -> File:
        return File(path="x")

    with pytest.raises(QueryError, match=r"org.example.flat has no variants: found \[lang=fr\]"):
        flat.for_selector("[lang=fr]")


def test_a_value_with_a_comma_is_quoted(words, context):
    definition = find_dataset('org.example.corpus[lang=en,name="a,]b"]', context)
    assert definition.variant["name"] == "a,]b"
    assert definition.id == 'org.example.corpus[lang=en,name="a,]b"]'


def test_a_part_may_follow_the_selector(words, context):
    assert str(context.get("org.example.corpus[lang=en].path")) == "/en"
    assert str(context.get("org.example.corpus.path[lang=en]")) == "/en"


def test_a_reference_chooses_a_variant_by_an_axis_of_its_own(words, context):
    @reference("org.example.corpus[lang={lang}]", name="texts")
    @dataset(id="org.example.referring", variants=AxesVariants(lang=Axis(["fr", "en"])))
    def referring(texts) -> File:
        return texts

    assert context.prepare(referring, variant={"lang": "en"}).path.name == "en"


def test_the_id_of_a_part_finds_the_dataset_that_it_is_a_part_of(words, context):
    found = find_dataset("org.example.corpus.path[lang=fr]", context)
    assert found.id == "org.example.corpus[lang=fr,name=x]"
