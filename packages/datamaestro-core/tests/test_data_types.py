import copy
import dataclasses
import pickle
import sys
import typing
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Literal

import pytest

from datamaestro.data import Base, File, Folder, Generic, Meta, Option, Param
from datamaestro.data.encoding import to_json
from datamaestro.data.ml import FolderBased, Supervised
from datamaestro.data.parameters import Role, role_of, type_hints
from datamaestro.errors import DatamaestroError, DefinitionError, ParameterError


class Table(File):
    columns: Param[list[str]]
    delimiter: Meta[str] = ","
    target: Param[str | int | None] = None
    ratio: Option[float] = 1.0
    mode: Param[Literal["a", "b"]] = "a"
    shape: Param[tuple[int, int] | None] = None
    counts: Param[dict[str, int] | None] = None


class Pair(Base):
    first: Param[Table]
    others: Param[list[File]]


def test_a_value_keeps_its_parameters():
    table = Table(path=Path("x.csv"), columns=["a"])
    assert (table.path, table.columns, table.delimiter) == (Path("x.csv"), ["a"], ",")


def test_values_are_compared_by_value():
    assert File(path=Path("x")) == File(path=Path("x"))
    assert File(path=Path("x")) != File(path=Path("y"))


def test_values_of_different_types_differ():
    assert File(path=Path("x")) != Folder(path=Path("x"))


def test_a_value_can_be_a_key():
    assert {File(path=Path("x")): 1}[File(path=Path("x"))] == 1


def test_a_value_does_not_change():
    with pytest.raises(AttributeError):
        File(path=Path("x")).path = Path("y")  # type: ignore[misc]


def test_a_text_becomes_the_path_that_is_expected():
    assert File(path="some/file").path == Path("some/file")  # type: ignore[arg-type]


def test_the_configuration_style_constructor_is_the_class():
    assert File.C(path=Path("x")) == File(path=Path("x"))


def test_values_that_hold_lists_and_dicts_can_be_keys():
    class Worded(File):
        words: Param[list[str]]
        counts: Param[dict[str, int]]

    value = Worded(path="a", words=["one"], counts={"one": 1})
    again = Worded(path="a", words=["one"], counts={"one": 1})
    other = Worded(path="a", words=["two"], counts={"one": 1})
    assert {value: 1}[again] == 1
    assert len({value, again, other}) == 2
    assert hash(value) != hash(Worded(path="b", words=["one"], counts={"one": 1}))


def test_a_data_type_may_have_a_hash_of_its_own():
    class Numbered(File):
        def __hash__(self):
            return 3

    assert hash(Numbered(path="a")) == 3


@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))]
)
def test_a_copied_or_pickled_value_is_equal(again):
    value = Table(path=Path("x"), columns=["a"], id="a.b")
    assert again(value) == value


def test_a_missing_parameter_is_named_with_its_class_and_type():
    with pytest.raises(
        ParameterError, match=r"Table lacks a parameter: expected columns \(list\[str\]\)"
    ):
        Table(path=Path("x"))  # type: ignore[call-arg]


def test_an_unknown_parameter_is_named_with_those_that_exist():
    with pytest.raises(ParameterError, match=r"Folder has no parameter 'pth': expected id, path"):
        Folder(pth=Path("x"))  # type: ignore[call-arg]


def test_parameters_are_given_by_keyword_only():
    with pytest.raises(ParameterError, match="keyword parameters only"):
        File(Path("x"))  # type: ignore[misc]


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("path", 3),
        ("columns", "abc"),
        ("columns", [1]),
        ("delimiter", None),
        ("target", 1.5),
        ("ratio", "high"),
        ("ratio", True),
        ("mode", "c"),
        ("shape", (1, 2, 3)),
        ("shape", (1, "2")),
        ("counts", {"a": "b"}),
        ("id", 7),
    ],
)
def test_a_value_of_the_wrong_type_is_named_with_class_parameter_and_type(parameter, value):
    arguments = {"path": Path("x"), "columns": ["a"], parameter: value}
    with pytest.raises(ParameterError, match=rf"^Table\.{parameter} has the wrong type: expected"):
        Table(**arguments)


@pytest.mark.parametrize(
    ("parameter", "value"),
    [("target", -1), ("target", "MEDV"), ("ratio", 2), ("shape", (1, 2)), ("counts", {"a": 1})],
)
def test_every_member_of_a_union_is_accepted(parameter, value):
    table = Table(**{"path": Path("x"), "columns": [], parameter: value})
    assert getattr(table, parameter) == value


def test_a_wrong_part_is_an_error_too():
    with pytest.raises(ParameterError, match=r"Pair\.first has the wrong type: expected Table"):
        Pair(first=File(path=Path("x")), others=[])  # type: ignore[arg-type]


# --- defaults


def test_a_default_of_the_wrong_type_is_an_error_when_it_is_defined():
    with pytest.raises(
        DefinitionError,
        match=r"the default of .*Wrong\.encoding has the wrong type: expected str, found int 8",
    ) as caught:

        class Wrong(File):
            encoding: Param[str] = 8  # type: ignore[assignment]

    path, _, line = caught.value.where.rpartition(":")
    assert (Path(path), int(line) > 1) == (Path(__file__), True)


def test_a_default_in_a_field_is_checked_too():
    with pytest.raises(DefinitionError, match="expected str, found int 8"):

        class Wrong(File):
            encoding: Param[str] = dataclasses.field(default=8, repr=False)  # type: ignore[assignment]


def test_a_default_is_taken_as_a_value_is():
    class Log(Base):
        path: Meta[Path] = "some/file"  # type: ignore[assignment]
        columns: Param[Sequence[str]] = ["a"]  # type: ignore[assignment]
        lines: Param[list[str]] = dataclasses.field(default_factory=list)
        unit: ClassVar[str] = "s"

    assert Log() == Log(path=Path("some/file"), columns=("a",), lines=[])
    assert Log.unit == "s"


def test_an_annotation_that_is_not_defined_yet_is_not_checked():
    class Early(Base):
        other: Param["Later | None"] = None  # type: ignore[name-defined]  # noqa: F821

    assert Early().other is None


DEFERRED = """
from datamaestro.data import Base, Param

class Early(Base):
    other: Param[Later | None] = None
    count: Param[int] = 0

class Later(Base):
    size: Param[int]
"""


@pytest.mark.skipif(sys.version_info < (3, 14), reason="annotations are evaluated at once")
def test_a_parameter_may_have_a_type_that_is_defined_after_it():
    module = {"__name__": "deferred"}
    exec(compile(DEFERRED, "deferred.py", "exec", dont_inherit=True), module)
    early, later = module["Early"], module["Later"]
    assert early(other=later(size=1)).other.size == 1
    with pytest.raises(ParameterError, match="other has the wrong type"):
        early(other=5)
    with pytest.raises(ParameterError, match="count has the wrong type"):
        early(count="5")


def test_a_default_that_could_be_changed_is_an_error_when_it_is_defined():
    with pytest.raises(DefinitionError, match="could be changed, for all values"):

        class Changing(Base):
            words: Param[list[str]] = []


Count = typing.NewType("Count", int)
Place = typing.NewType("Place", Path)


class Named(Base):
    count: Param[Count]
    places: Param[list[Place]]


def test_another_name_of_a_type_is_checked_and_taken_as_that():
    assert Named(count=1, places=["a"]).places == [Path("a")]
    with pytest.raises(ParameterError, match="count has the wrong type"):
        Named(count="many", places=[])


@pytest.mark.skipif(sys.version_info < (3, 12), reason="aliases are of Python 3.12")
def test_so_is_an_alias(definitions):
    made = definitions(
        "from pathlib import Path\n"
        "from datamaestro.data import Base, Param\n"
        "type Places = list[Path]\n"
        "class Aliased(Base):\n"
        "    places: Param[Places]\n"
    )
    assert made.Aliased(places=["a"]).places == [Path("a")]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="aliases are of Python 3.12")
def test_an_alias_of_a_data_type_says_what_a_dataset_is(definitions):
    made = definitions(
        "from datamaestro.data import File\n"
        "from datamaestro.definitions import dataset\n"
        "type Text = File\n"
        "@dataset(id='org.example.text')\n"
        "def text() -> Text: ...\n"
    )
    assert made.text.type is File


def test_a_text_is_no_sequence_of_texts():
    class Words(Base):
        words: Param[Sequence[str]]

    with pytest.raises(ParameterError, match="words has the wrong type"):
        Words(words="id")


def test_an_inherited_parameter_gets_another_default_by_an_annotation():
    class Tabbed(Table):
        delimiter: Meta[str] = "\t"

    assert Tabbed(path=Path("x"), columns=[]).delimiter == "\t"


def test_a_default_without_an_annotation_is_not_passed_over():
    with pytest.raises(
        DefinitionError, match=r"Wrong\.delimiter is a parameter, and has no annotation: expected"
    ):

        class Wrong(Table):
            delimiter = "\t"


def test_a_parameter_that_is_written_as_a_value_is_an_error():
    with pytest.raises(DefinitionError, match=r"expected a colon: separator: Param\[str\]"):

        class Wrong(Table):
            separator = Param[str]


def test_parameter_errors_are_type_errors():
    assert issubclass(ParameterError, TypeError)
    assert issubclass(ParameterError, DatamaestroError)


def test_a_misspelt_attribute_names_what_exists():
    with pytest.raises(AttributeError, match=r"Table has no attribute 'colums'; it has: .*columns"):
        Table(path=Path("x"), columns=[]).colums  # noqa: B018


def test_the_error_of_a_property_is_not_hidden():
    class Broken(Base):
        @property
        def size(self) -> int:
            return self.path.size  # type: ignore[no-any-return]

    with pytest.raises(AttributeError, match="no attribute 'path'"):
        Broken().size  # noqa: B018


def test_annotations_that_only_type_checkers_resolve_are_not_checked():
    class Array(Base):
        values: "Param[numpy.ndarray]"  # noqa: F821
        path: Param[Path]

    assert Array(values=[1], path="x").path == Path("x")  # type: ignore[arg-type]


def test_roles_tell_identity_from_the_rest():
    hints = type_hints(Table)
    assert role_of(hints["columns"]) is Role.IDENTITY
    assert role_of(hints["path"]) is Role.META
    assert role_of(hints["ratio"]) is Role.META


def test_a_value_is_true_even_if_it_has_no_length():
    class Empty(File):
        def __len__(self) -> int:
            raise AssertionError("opened")

    assert Empty(path=Path("x"))


def test_a_generic_value_takes_anything():
    value = Generic(path=Path("x"), depth=3)
    assert (value.path, value.depth) == (Path("x"), 3)
    assert value == Generic(path=Path("x"), depth=3)
    assert value != Generic(path=Path("x"), depth=4)


def test_a_generic_value_may_have_any_name():
    assert vars(Generic(self=1)) == {"id": None, "self": 1}


def test_a_generic_value_names_what_it_has():
    with pytest.raises(AttributeError, match="it has: depth, id"):
        Generic(depth=3).width  # noqa: B018


def test_supervised_data_need_no_validation_and_no_test():
    value = Supervised(train=File(path=Path("x")))
    assert (value.validation, value.test) == (None, None)


def test_folder_based_data_know_their_classes():
    assert FolderBased(path=Path("x"), classes=["cat", "dog"]).classes == ("cat", "dog")


def test_a_file_opens_as_bytes_or_as_utf_8(tmp_path):
    (tmp_path / "x").write_bytes("é".encode())
    file = File(path=tmp_path / "x")
    with file.open() as stream:
        assert stream.read() == "é".encode()
    with file.open("r") as stream:
        assert stream.read() == "é"


def test_a_folder_opens_its_files(tmp_path):
    (tmp_path / "x").write_bytes(b"1")
    with Folder(path=tmp_path).open("x") as stream:
        assert stream.read() == b"1"


def test_json_nests_parts_and_ends_with_the_id():
    value = Supervised(
        id="a.b", train=File(id="a.b.train", path=Path("/t")), test=File(path=Path("/u"))
    )
    assert list(to_json(value)) == ["train", "test", "id"]
    assert to_json(value) == {"train": {"path": "/t"}, "test": {"path": "/u"}, "id": "a.b"}


def test_json_keeps_lists_mappings_and_numbers():
    value = Generic(numbers=(1, 2.5), names={"a": Path("/x")}, flag=True)
    assert to_json(value) == {"numbers": [1, 2.5], "names": {"a": "/x"}, "flag": True}


def test_json_refuses_what_has_no_form():
    with pytest.raises(TypeError, match="no form in JSON"):
        to_json(Generic(value=object()))


def test_a_set_is_a_list_in_order_in_json():
    assert to_json(Generic(value={"c", "a", "b"})) == {"value": ["a", "b", "c"]}
