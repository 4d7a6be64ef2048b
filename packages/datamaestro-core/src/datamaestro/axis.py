"""One way in which the variants of a dataset differ, and how its values are written."""

from __future__ import annotations

import enum
import math
import types
import typing
from collections.abc import Iterable
from typing import Any

from datamaestro.errors import DefinitionError, QueryError
from datamaestro.location import definition_site
from datamaestro.selector import quoted, unquoted

__all__ = ["MISSING", "Axis", "word"]


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"


MISSING: Any = _Missing()
"""The default of an axis that has none, since None may be one."""

_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_NONES = ("null", "none")
_TYPES = (str, int, float, bool)
_SHOWN = 12
"""How many values a message lists."""


def word(value: Any) -> str:
    """Write a value as ids, URLs and paths have it: ``fr``, ``3``, ``0.5``, ``true``, ``null``.

    A member of an enumeration is its value if that is a text, and else its name.
    """
    if value is None:
        return "null"
    if isinstance(value, enum.Enum):
        return value.value if isinstance(value.value, str) else value.name
    return str(value).lower() if isinstance(value, bool) else str(value)


class Axis:
    """One way in which the variants of a dataset differ.

    :param domain: the values to choose from; any of the type, if there are none
    :param type: ``str``, ``int``, ``float``, ``bool``, an enumeration, or one of these
        ``| None``; by default that of the values, or ``str``
    :param default: the value when none is chosen; without it, one has to be
    :param description: what the axis is, in a few words
    :param elide_default: whether the id leaves out the value when it is the default: so a
        dataset can get a further axis while what was prepared before keeps its id and folder
    :param in_id: whether the id tells the value; if not, variants that differ in it alone
        share a folder, so it mustn't change the data
    :raises DefinitionError: for a domain, type or default that can't be
    """

    def __init__(
        self,
        domain: Iterable[Any] | None = None,
        *,
        type: Any = None,  # noqa: A002  (the earlier name)
        default: Any = MISSING,
        description: str = "",
        elide_default: bool = False,
        in_id: bool = True,
    ) -> None:
        if isinstance(domain, str) or not isinstance(domain, Iterable | None):
            raise _wrong("an axis needs several values", "a list of them", repr(domain))
        self.domain = None if domain is None else list(domain)
        self.type, nullable = _split_type(_common_type(self.domain or ()) if type is None else type)
        self.nullable = nullable or default is None or None in (self.domain or ())
        _check_words(self.type, nullable=self.nullable)
        self.default = default
        self.description = description
        self.elide_default = elide_default
        self.in_id = in_id
        if elide_default and not self.has_default:
            raise _wrong("an axis elides its default and has none", "default=…", "none")
        try:
            if self.domain is not None:
                self.domain = [self.coerce(item) for item in self.domain]
                _check_domain(self.domain)
            self.default = self._checked(default) if self.has_default else MISSING
        except QueryError as error:
            raise _wrong("an axis has a wrong value", error.expected, error.found) from error

    def __repr__(self) -> str:
        default = f", {word(self.default)} by default" if self.has_default else ""
        return f"<axis: {self.allowed}{default}>"

    @property
    def enumerable(self) -> bool:
        """Whether the values can be listed."""
        return self.domain is not None

    @property
    def has_default(self) -> bool:
        """Whether the axis may be left out of a selector."""
        return self.default is not MISSING

    @property
    def type_name(self) -> str:
        """The name of the type: ``str``, ``int | None``."""
        return f"{self.type.__name__}{' | None' if self.nullable else ''}"

    @property
    def allowed(self) -> str:
        """What a value may be, for messages."""
        if self.domain is None:
            return self.type_name
        more = len(self.domain) - _SHOWN
        shown = ", ".join(map(word, self.domain[:_SHOWN]))
        return f"{shown}, and {more} more" if more > 0 else shown

    def coerce(self, raw: Any) -> Any:
        """Give a value of the axis's type: what a text stands for, or `raw` if it is one.

        :raises QueryError: if `raw` is neither
        """
        if isinstance(raw, enum.Enum) and not issubclass(self.type, enum.Enum):
            raw = raw.value
        if self.nullable and (raw is None or (self.type is not str and _is_none(raw))):
            return None
        if isinstance(raw, str) and not isinstance(raw, enum.Enum):
            return self._from_text(raw)
        accepted = (int, float) if self.type is float else self.type
        if not isinstance(raw, accepted) or isinstance(raw, bool) is not (self.type is bool):
            raise QueryError("of another type", expected=self.allowed, found=repr(raw))
        # By its text, since an int may be too large for a float.
        return self._from_text(str(raw)) if self.type is float else raw

    def read(self, token: str) -> Any:
        """Give the value that a token of a selector stands for; raises as :meth:`coerce`."""
        text = unquoted(token)
        return None if self.nullable and text == token and _is_none(text) else self.coerce(text)

    def write(self, value: Any) -> str:
        """Give the token that stands for a value."""
        if isinstance(value, str) and self.nullable and _is_none(word(value)):
            return f'"{word(value)}"'
        return quoted(word(value))

    def validate(self, value: Any) -> None:
        """Check that a value is one of those to choose from.

        :raises QueryError: if it isn't
        """
        if self.domain is not None and value not in self.domain:
            raise QueryError("not a value of the axis", expected=self.allowed, found=repr(value))

    def _checked(self, raw: Any) -> Any:
        value = self.coerce(raw)
        self.validate(value)
        return value

    def to_json(self) -> dict[str, Any]:
        """Give the axis as an object of JSON, without what isn't declared."""
        values = [] if self.domain is None else [_plain(value) for value in self.domain]
        return {
            "type": self.type_name,
            **({"values": values} if self.enumerable else {}),
            **({"default": _plain(self.default)} if self.has_default else {}),
            **({"description": self.description} if self.description else {}),
        }

    def _from_text(self, text: str) -> Any:
        try:
            if self.type is bool:
                return _BOOLEANS[text.lower()]
            if issubclass(self.type, enum.Enum):
                return {word(member): member for member in self.type}[text]
            return self._finite(self.type(text))
        except (KeyError, ValueError) as error:
            raise QueryError("can't be read", expected=self.allowed, found=repr(text)) from error

    def _finite(self, value: Any) -> Any:
        if isinstance(value, float):
            if not math.isfinite(value):
                raise QueryError("not a finite number", expected=self.allowed, found=repr(value))
            return value + 0.0  # so that -0.0 and 0.0, which are equal, are written alike
        return value


def _check_domain(domain: list[Any]) -> None:
    if not domain or len(set(domain)) < len(domain):
        raise _wrong(
            "an axis needs several values", "values that differ; or type=… alone", repr(domain)
        )


def _check_words(kind: type, *, nullable: bool) -> None:
    """Refuse an enumeration in which one text could stand for two values."""
    if not issubclass(kind, enum.Enum):
        return
    words = [word(member) for member in kind]
    if nullable:
        words = ["null", *("null" if _is_none(text) else text for text in words)]
    alike = sorted({text for text in words if words.count(text) > 1})
    if alike:
        raise _wrong(
            "two values of an axis are written alike",
            "members whose texts, or else names, differ",
            ", ".join(alike),
        )


def _wrong(message: str, expected: object, found: object) -> DefinitionError:
    return DefinitionError(
        message, where=definition_site(), expected=expected, found=f"{found!s:.80}"
    )


def _is_none(raw: Any) -> bool:
    return isinstance(raw, str) and raw.lower() in _NONES


def _plain(value: Any) -> Any:
    return word(value) if isinstance(value, enum.Enum) else value


def _common_type(values: Iterable[Any]) -> Any:
    kinds = {type(value) for value in values if value is not None} or {str}
    if kinds == {int, float}:
        return float
    if len(kinds) > 1:
        raise _wrong(
            "the values of an axis are of several types",
            "one type",
            ", ".join(sorted(kind.__name__ for kind in kinds)),
        )
    return kinds.pop()


def _split_type(declared: Any) -> tuple[Any, bool]:
    """Split ``T | None`` into the type, and whether None is allowed."""
    members = {declared}
    if typing.get_origin(declared) in (typing.Union, types.UnionType):
        members = set(typing.get_args(declared))
    kinds = [kind for kind in members if kind is not type(None)]
    if len(kinds) != 1 or not (
        kinds[0] in _TYPES or (isinstance(kinds[0], type) and issubclass(kinds[0], enum.Enum))
    ):
        raise _wrong(
            "not a type that an axis can have",
            "str, int, float, bool, an enumeration, or one of these | None",
            repr(declared),
        )
    return kinds[0], len(members) > 1
