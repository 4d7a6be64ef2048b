"""Recognizing text: lines, JSON Lines, TSV."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from datamaestro.plugins import Candidate, Certainty, ValueProposal
from datamaestro_format_text.jsonlines import JSONLines
from datamaestro_format_text.lines import Lines

__all__ = ["recognize_json_lines", "recognize_lines", "recognize_tsv"]

LOOKED_AT = 1000
"""How many records decide."""

ID_FIELDS = ("id", "_id", "docid", "doc_id")


def recognize_lines(candidate: Candidate) -> ValueProposal | None:
    """Propose `Lines` for any text."""
    encoding = candidate.encoding()
    if encoding is None:
        return None
    parameters = {} if encoding == "utf-8" else {"encoding": encoding}
    return ValueProposal("datamaestro.data.text:Lines", parameters, Certainty.POSSIBLE)


def recognize_json_lines(candidate: Candidate) -> ValueProposal | None:
    """Propose `JSONLines` for lines that are objects of JSON each.

    :raises DataFormatError: if one isn't
    """
    if not candidate.head().startswith(b"{"):
        return None
    records = list(islice(JSONLines(path=candidate.path), LOOKED_AT))
    if not all(isinstance(record, dict) for record in records):
        return None
    field = _id_field(records)
    return ValueProposal(
        "datamaestro.data.text:JSONLines",
        {} if field is None else {"id_field": field},
        Certainty.PROVEN,
    )


def recognize_tsv(candidate: Candidate) -> ValueProposal | None:
    """Propose `TSV` for lines with as many tabs each, one at least."""
    encoding = candidate.encoding()
    if encoding is None or b"\t" not in candidate.head():
        return None
    lines = Lines(path=candidate.path, encoding=encoding)
    rows = [line.split("\t") for line in islice(lines, LOOKED_AT)]
    if len({len(row) for row in rows}) != 1:
        return None
    parameters: dict[str, Any] = {} if encoding == "utf-8" else {"encoding": encoding}
    if _has_header(rows):
        parameters["header"] = True
        if rows[0][0].lower() in ID_FIELDS:
            parameters["id_column"] = rows[0][0]
    return ValueProposal("datamaestro.data.text:TSV", parameters)


def _id_field(records: Iterable[Mapping[str, Any]]) -> str | None:
    """Give the field that looks like that of ids: a text or an integer, no two the same."""
    found = list(records)
    for field in ID_FIELDS:
        ids = [record.get(field) for record in found]
        if set(map(type, ids)) <= {str, int} and len(set(map(str, ids))) == len(ids):
            return field
    return None


def _has_header(rows: list[list[str]]) -> bool:
    """Tell whether the first row differs from the others: it has no number, and they do."""
    first, *others = rows
    if any(_is_number(text) for text in first) or len(set(first)) < len(first):
        return False
    columns = zip(*others, strict=True)
    return any(all(map(_is_number, column)) for column in columns) or (
        bool(others) and first[0].lower() in ID_FIELDS
    )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
