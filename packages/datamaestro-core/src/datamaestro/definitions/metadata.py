"""The facts that are declared about datasets, checked as soon as they are declared."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from datamaestro.errors import DefinitionError, QueryError
from datamaestro.identifiers import is_dataset_id
from datamaestro.location import definition_site
from datamaestro.sizes import parse_size

__all__ = ["Metadata"]

# Compiled when they are first needed: that takes as long as declaring some datasets.
_DOI = r"(?:https?://(?:dx\.)?doi\.org/|doi:)?(10\.\d{4,9}/\S+)"
_LANGUAGE = (
    r"(?P<language>[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})"
    r"(?:-(?P<script>[a-z]{4}))?"
    r"(?:-(?P<region>[a-z]{2}|[0-9]{3}))?"
    r"(?P<rest>(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*"
    r"(?:-[a-wy-z0-9](?:-[a-z0-9]{2,8})+)*(?:-x(?:-[a-z0-9]{1,8})+)?)"
)
"""A language tag, by the grammar of RFC 5646 (BCP 47), section 2.1."""


@dataclass(frozen=True)
class Metadata:
    """The facts that are declared about a dataset, or shared by several.

    :param url: the page that describes it
    :param doi: the DOI of its publication; kept without ``https://doi.org/``
    :param licence: what its owner allows, as an SPDX identifier where there is one
    :param citation: how to cite it, as an entry of BibTeX
    :param agreement: the text that its owner asks users to agree to
    :param languages: the languages of its content, as tags of BCP 47; kept with the
        capitals that are usual: ``pt-BR``
    :param timestamp: the date of a version of a dataset that changes in place, kept in
        ISO 8601; or True, if it changes and its versions have none
    :param size: the size on disk in bytes, or as a text such as ``"1.2 GB"``
    :param aliases: other ids under which the dataset is found
    :raises DefinitionError: if one of them is invalid; it tells file and line
    """

    url: str | None = None
    doi: str | None = None
    licence: str | None = None
    citation: str | None = None
    agreement: str | None = None
    languages: Iterable[str] = ()
    timestamp: str | date | bool | None = None
    size: int | str | None = None
    aliases: Iterable[str] = ()

    def __post_init__(self) -> None:
        for name, (expected, read) in _FACTS.items():
            value = getattr(self, name)
            if value is None:
                continue
            try:
                object.__setattr__(self, name, read(value))
            except (TypeError, ValueError):
                raise DefinitionError(
                    f"{name} is invalid",
                    where=definition_site(),
                    expected=expected,
                    found=f"{value!r:.80}",
                ) from None

    def over(self, inherited: Metadata) -> Metadata:
        """Give these facts, and for those that aren't stated the inherited ones."""
        stated = {f.name: value for f in fields(self) if (value := getattr(self, f.name))}
        return replace(inherited, **stated)


def _text(value: Any) -> str:
    """Read a text that isn't empty, without its indentation."""
    text = inspect.cleandoc(_of_type(str, value)).strip()
    if not text:
        raise ValueError
    return text


def _url(value: Any) -> str:
    parts = urlsplit(_of_type(str, value))
    if not parts.scheme or not parts.netloc or any(c.isspace() for c in value):
        raise ValueError
    return str(value)


def _doi(value: Any) -> str:
    return _matched(_DOI, value)[1]


def _bibtex(value: Any) -> str:
    text = _text(value)
    if not re.match(r"@\w+\s*\{", text) or text.count("{") != text.count("}"):
        raise ValueError
    return text


def _language(value: Any) -> str:
    match = _matched(_LANGUAGE, value)
    parts = [
        match["language"].lower(),
        (match["script"] or "").title(),
        (match["region"] or "").upper(),
        match["rest"].lower().removeprefix("-"),
    ]
    return "-".join(filter(None, parts))


def _timestamp(value: Any) -> str | bool | None:
    if isinstance(value, bool):
        return value or None
    if isinstance(value, date):
        return value.isoformat()
    if not re.fullmatch(r"\d{4}(-\d\d)?", _of_type(str, value)):
        return date.fromisoformat(value).isoformat()
    date.fromisoformat((value + "-01-01")[:10])  # there are only twelve months
    return str(value)


def _size(value: Any) -> int:
    if isinstance(value, str):
        try:
            return parse_size(value)
        except QueryError as error:
            raise ValueError from error
    if isinstance(value, bool) or _of_type(int, value) < 0:
        raise ValueError
    return int(value)


def _alias(value: Any) -> str:
    if not is_dataset_id(_of_type(str, value)):
        raise ValueError
    return str(value)


def _each(read: Callable[[Any], str]) -> Callable[[Any], tuple[str, ...]]:
    """Read several values; a text alone is refused, since its letters could be taken for them."""

    def read_all(values: Any) -> tuple[str, ...]:
        if isinstance(values, str):
            raise TypeError
        return tuple(dict.fromkeys(map(read, values)))

    return read_all


def _of_type(cls: type, value: Any) -> Any:
    if not isinstance(value, cls):
        raise TypeError
    return value


def _matched(pattern: str, value: Any) -> re.Match[str]:
    match = re.fullmatch(pattern, _of_type(str, value), re.IGNORECASE)
    if match is None:
        raise ValueError
    return match


_FACTS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "url": ("a URL, such as 'https://example.org'", _url),
    "doi": ("a DOI, such as '10.1000/182'", _doi),
    "licence": ("a text, such as 'CC-BY-4.0'", _text),
    "citation": ("an entry of BibTeX, such as '@article{key, …}'", _bibtex),
    "agreement": ("a text", _text),
    "languages": ("a list of BCP 47 tags, such as ['fr', 'pt-BR']", _each(_language)),
    "timestamp": ("a date, such as '2026-11-20', or True", _timestamp),
    "size": ("a number of bytes, or a text such as '1.2 GB'", _size),
    "aliases": ("a list of dataset ids", _each(_alias)),
}
"""For each fact what a message expects, and what reads it."""
