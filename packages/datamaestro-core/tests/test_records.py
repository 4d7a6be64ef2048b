"""Records: typed, immutable sets of items."""

import pickle
from dataclasses import dataclass

import pytest
from hypothesis import given, strategies as st

from datamaestro.errors import DefinitionError, RecordError
from datamaestro.record import Item, Record, record_type


@dataclass(frozen=True)
class Id(Item):
    id: str


@dataclass(frozen=True)
class Text(Item):
    text: str


@dataclass(frozen=True)
class Translation(Text):
    language: str


@dataclass(frozen=True)
class Score(Item):
    score: float


def test_an_item_is_found_by_its_class():
    record = Record(Id("7"), Text("once"))
    assert record[Id] == Id("7")
    assert record[Text].text == "once"


def test_an_item_is_found_by_the_base_of_its_class():
    record = Record(Translation("il était", "fr"))
    assert record[Text] is record[Translation]


def test_an_item_is_not_found_by_a_class_that_is_derived_from_its_own():
    record = Record(Text("once"))
    assert record.get(Translation) is None
    with pytest.raises(RecordError, match="the record has no Translation"):
        record[Translation]


def test_a_missing_item_is_an_error_that_tells_what_is_there():
    with pytest.raises(RecordError) as caught:
        Record(Text("once"))[Translation]
    assert str(caught.value) == ("the record has no Translation: found Record(Text(text='once'))")


def test_a_missing_item_is_a_key_error():
    with pytest.raises(KeyError):
        Record()[Id]


def test_an_item_that_is_false_is_told_as_well():
    class Empty(Item):
        def __len__(self):
            return 0

    class Longer(Empty):
        pass

    with pytest.raises(RecordError, match="Longer: found Record"):
        Record(Empty())[Longer]


@pytest.mark.parametrize("asked", [Item, int])
def test_a_class_that_is_no_kind_of_item_is_one_that_no_record_has(asked):
    record = Record(Id("7"))
    assert asked not in record
    assert not record.has(asked)
    assert record.get(asked) is None
    assert not record_type(Id).has(asked)
    with pytest.raises(RecordError, match=f"the record has no {asked.__name__}"):
        record[asked]


def test_a_missing_item_may_have_a_default():
    assert Record().get(Id) is None
    assert Record().get(Id, Id("none")) == Id("none")


@pytest.mark.parametrize("given", [3, Id, None])
def test_what_is_no_item_is_refused(given):
    for make in (Record, Record().update):
        with pytest.raises(RecordError, match="expected instances of classes derived from Item"):
            make(given)


@pytest.mark.parametrize("make", [Record, Record().update])
def test_two_items_of_one_kind_are_refused(make):
    with pytest.raises(RecordError, match="one item of each kind: found Text, Translation"):
        make(Text("once"), Translation("il était", "fr"))


def test_an_update_adds_and_replaces_and_leaves_the_record_alone():
    first = Record(Id("7"), Text("once"))
    second = first.update(Translation("il était", "fr"), Score(0.5))
    assert second == Record(Id("7"), Translation("il était", "fr"), Score(0.5))
    assert first == Record(Id("7"), Text("once"))


def test_an_update_may_have_to_give_a_record_of_some_type():
    target = record_type(Id, Translation)
    record = Record(Id("7"), Text("once"))
    assert record.update(Translation("il était", "fr"), target=target).has(Translation)
    with pytest.raises(RecordError, match="expected Id, Translation, found Id, Text, Score"):
        record.update(Score(1.0), target=target)


def test_a_record_tells_what_it_has():
    record = Record(Id("7"), Translation("il était", "fr"))
    assert record.has(Id)
    assert record.has(Id, Text, Translation)
    assert not record.has(Id, Score)
    assert Text in record
    assert Score not in record
    assert "Text" not in record


def test_a_record_gives_its_items_in_order():
    record = Record(Text("once"), Id("7"))
    assert list(record) == [Text("once"), Id("7")]
    assert len(record) == 2


def test_a_record_without_items_is_true():
    assert Record()


def test_the_order_of_items_makes_no_other_record():
    one, other = Record(Id("7"), Text("a")), Record(Text("a"), Id("7"))
    assert one == other
    assert hash(one) == hash(other)
    assert one != Record(Id("7"))
    assert one != "a text"


def test_a_record_can_not_be_changed():
    record = Record(Id("7"))
    with pytest.raises(AttributeError, match="update"):
        record.anything = 1
    with pytest.raises(AttributeError, match="update"):
        del record._items


def test_a_record_survives_pickling():
    record = Record(Id("7"), Translation("il était", "fr"))
    assert pickle.loads(pickle.dumps(record)) == record


def test_a_record_is_shown_as_it_is_made():
    assert repr(Record(Id("7"), Score(0.5))) == "Record(Id(id='7'), Score(score=0.5))"


def test_an_item_of_two_kinds_is_an_error_where_it_is_declared():
    with pytest.raises(DefinitionError, match="IdAndScore has several kinds") as caught:

        class IdAndScore(Id, Score):
            pass

    assert "test_records.py:" in str(caught.value)


# --- types of records


def test_a_type_makes_records_that_have_its_items():
    assert record_type(Id, Text)(Id("7"), Text("a")) == Record(Id("7"), Text("a"))


def test_a_type_takes_items_of_derived_classes():
    assert record_type(Text)(Translation("il était", "fr"))[Text].text == "il était"


@pytest.mark.parametrize(
    "items", [[Id("7")], [Id("7"), Text("a")], [Id("7"), Translation("a", "en"), Score(1.0)], []]
)
def test_a_type_refuses_records_with_other_items(items):
    with pytest.raises(RecordError, match="not a record of this type"):
        record_type(Id, Translation)(*items)


def test_a_type_with_more_items_is_derived():
    derived = record_type(Id, Text).sub(Translation, Score)
    assert derived == record_type(Id, Translation, Score)
    assert derived.item_types == {Id, Translation, Score}


def test_a_type_has_what_all_its_records_have():
    translated = record_type(Id, Translation)
    assert translated.has(Text, Id)
    assert translated.has(Translation)
    assert not record_type(Id, Text).has(Translation)
    assert not translated.has(Score)


def test_a_type_contains_the_types_of_narrower_items():
    assert record_type(Id, Text).contains(record_type(Id, Translation))
    assert not record_type(Id, Translation).contains(record_type(Id, Text))
    assert not record_type(Id).contains(record_type(Id, Text))


def test_a_type_of_two_items_of_one_kind_is_refused():
    with pytest.raises(RecordError, match="Text, Translation"):
        record_type(Text, Translation)


@pytest.mark.parametrize("given", [Item, int, Id("7")])
def test_a_type_is_made_of_classes_of_items(given):
    with pytest.raises(RecordError, match="expected classes derived from Item"):
        record_type(Text, given)


def test_types_are_compared_by_their_items_and_shown_as_they_are_made():
    assert {record_type(Id, Text): 1}[record_type(Text, Id)] == 1
    assert record_type(Id) != "a text"
    assert repr(record_type(Id, Text)) == "record_type(Id, Text)"


item_types = st.sets(st.sampled_from([Id, Text, Score])).map(lambda types: record_type(*types))


@given(item_types, item_types)
def test_a_type_contains_another_as_its_records_show(one, other):
    values = {Id: Id("7"), Text: Translation("a", "en"), Score: Score(1.0)}
    record = Record(*(values[item] for item in other.item_types))
    try:
        one.validate(record)
        is_one = True
    except RecordError:
        is_one = False
    assert is_one == one.contains(other)
