"""Records: what the steps of a pipeline know about one thing, and add to.

A first step may know the id of a document only; a later one adds its text, another one
its tokens. Each piece of knowledge is an item, of a class derived from `Item`, and a
record holds at most one item of each kind::

    @dataclass(frozen=True)
    class Id(Item):
        id: str

    @dataclass(frozen=True)
    class Text(Item):
        text: str

    record = Record(Id("7")).update(Text("once upon a time"))
    record[Text].text

The kind of an item is the class right below `Item`. So an item of a derived class takes
the place of one of its base, and is found under the names of both.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar, overload

from datamaestro.errors import DefinitionError, RecordError
from datamaestro.location import definition_site

__all__ = ["Item", "Record", "RecordType", "record_type"]

T = TypeVar("T", bound="Item")


class Item:
    """The base of what records hold; a class derived from it is a kind of item.

    :raises DefinitionError: if a class would be of several kinds
    """

    __slots__ = ()
    _kind: type[Item]

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        kinds = {base for base in cls.__mro__ if Item in base.__bases__}
        if len(kinds) != 1:
            raise DefinitionError(
                f"the item {cls.__name__} has several kinds",
                where=definition_site(),
                expected="one base right below Item",
                found=", ".join(sorted(kind.__qualname__ for kind in kinds)),
            )
        (cls._kind,) = kinds


class Record:
    """An immutable set of items, each of another kind.

    ``record[Text]`` is the item of that class, for type checkers too; ``Text in record``
    tells whether there is one. Iterating gives the items. Records are compared by their
    items, in whatever order these were given.

    :param items: the items
    :raises RecordError: if two of them are of one kind, or one isn't an item
    """

    __slots__ = ("_items",)
    _items: dict[type[Item], Item]

    def __init__(self, *items: Item) -> None:
        object.__setattr__(self, "_items", _by_kind(items))

    def __getitem__(self, item_type: type[T]) -> T:
        """Give the item of a class.

        :raises RecordError: if there is none
        """
        item = self._item(item_type)
        if not isinstance(item, item_type):
            raise RecordError(
                f"the record has no {item_type.__qualname__}",
                found=None if item is None else repr(self),
            )
        return item

    @overload
    def get(self, item_type: type[T]) -> T | None: ...

    @overload
    def get(self, item_type: type[T], default: T) -> T: ...

    def get(self, item_type: type[T], default: T | None = None) -> T | None:
        """Give the item of a class, or a default if there is none."""
        item = self._item(item_type)
        return item if isinstance(item, item_type) else default

    def has(self, *item_types: type[Item]) -> bool:
        """Tell whether there is an item of each of these classes."""
        return all(isinstance(self._item(item_type), item_type) for item_type in item_types)

    def _item(self, item_type: type[Item]) -> Item | None:
        return self._items.get(_kind_of(item_type))

    def update(self, *items: Item, target: RecordType | None = None) -> Record:
        """Give a record with these items added, or in the place of those of their kind.

        :param target: the type that the new record has to be of
        :raises RecordError: if it isn't, two of the items are of one kind, or one isn't an item
        """
        updated = Record.__new__(Record)
        object.__setattr__(updated, "_items", self._items | _by_kind(items))
        return updated if target is None else target.validate(updated)

    def __contains__(self, item_type: object) -> bool:
        return isinstance(item_type, type) and issubclass(item_type, Item) and self.has(item_type)

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items.values())

    def __len__(self) -> int:
        return len(self._items)

    def __bool__(self) -> bool:
        return True

    def __eq__(self, other: object) -> bool:
        return self._items == other._items if isinstance(other, Record) else NotImplemented

    def __hash__(self) -> int:
        return hash(frozenset(self._items.values()))

    def __repr__(self) -> str:
        return f"Record({', '.join(map(repr, self))})"

    def __reduce__(self) -> tuple[type[Record], tuple[Item, ...]]:
        return Record, tuple(self)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a record can't be changed: {name}; update() gives a new one")

    def __delattr__(self, name: str) -> None:
        self.__setattr__(name, None)


class RecordType:
    """The items that a step of a pipeline takes, or gives.

    :param item_types: their classes, each of another kind
    :raises RecordError: if two of them are of one kind, or one isn't a class of items
    """

    def __init__(self, *item_types: type[Item]) -> None:
        if not all(isinstance(item, type) and hasattr(item, "_kind") for item in item_types):
            raise RecordError(
                "a type of records is made of classes of items",
                expected="classes derived from Item",
                found=", ".join(f"{item!r:.80}" for item in item_types),
            )
        self._types = {item._kind: item for item in item_types}
        if len(self._types) != len(item_types):
            raise RecordError(
                "a record holds one item of each kind",
                found=", ".join(item.__qualname__ for item in item_types),
            )

    @property
    def item_types(self) -> frozenset[type[Item]]:
        """The classes of the items."""
        return frozenset(self._types.values())

    def __call__(self, *items: Item) -> Record:
        """Make a record of this type; raises as `Record` and :meth:`validate`."""
        return self.validate(Record(*items))

    def validate(self, record: Record) -> Record:
        """Give back a record of this type: it has each of the items, and no others.

        :raises RecordError: if it isn't one
        """
        if not record.has(*self._types.values()) or len(record) != len(self._types):
            raise RecordError(
                "not a record of this type",
                expected=", ".join(item.__qualname__ for item in self._types.values()),
                found=", ".join(type(item).__qualname__ for item in record) or "no item",
            )
        return record

    def has(self, *item_types: type[Item]) -> bool:
        """Tell whether every record of this type has an item of each of these classes."""
        own = ((self._types.get(_kind_of(item)), item) for item in item_types)
        return all(mine is not None and issubclass(mine, item) for mine, item in own)

    def contains(self, other: RecordType) -> bool:
        """Tell whether every record of another type is one of this type as well."""
        return len(other._types) == len(self._types) and other.has(*self._types.values())

    def sub(self, *item_types: type[Item]) -> RecordType:
        """Give the type with these items added, or in the place of those of their kind."""
        updated = self._types | RecordType(*item_types)._types
        return RecordType(*updated.values())

    def __eq__(self, other: object) -> bool:
        return self._types == other._types if isinstance(other, RecordType) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.item_types)

    def __repr__(self) -> str:
        return f"record_type({', '.join(item.__qualname__ for item in self._types.values())})"


def record_type(*item_types: type[Item]) -> RecordType:
    """Give the type of the records that hold these items; see `RecordType`."""
    return RecordType(*item_types)


def _kind_of(item_type: type[Item]) -> type[Item]:
    """Give the kind of a class; `Item`, the kind of no item, if it has none."""
    return getattr(item_type, "_kind", Item)


def _by_kind(items: tuple[Item, ...]) -> dict[type[Item], Item]:
    try:
        found = {type(item)._kind: item for item in items}
    except AttributeError:
        raise RecordError(
            "a record holds items",
            expected="instances of classes derived from Item",
            found=", ".join(f"{item!r:.80}" for item in items),
        ) from None
    if len(found) != len(items):
        raise RecordError(
            "a record holds one item of each kind",
            found=", ".join(type(item).__qualname__ for item in items),
            hint="update() replaces an item",
        )
    return found
