"""Small synthetic texts, for tests."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from datamaestro_format_text.jsonlines import JSONLines
from datamaestro_format_text.lines import Lines, Records
from datamaestro_format_text.tsv import TSV

if TYPE_CHECKING:
    from datamaestro.testing import Sampling

__all__ = ["write_json_lines", "write_lines", "write_tsv"]

FIELDS = 3


def write_lines(value: Lines, sampling: Sampling) -> None:
    """Write a line of words for each row."""
    _write(value, sampling.words(value))


def write_json_lines(value: JSONLines, sampling: Sampling) -> None:
    """Write an object for each row, with the field of ids if there is one."""
    own = {} if value.id_field is None else {value.id_field: "{}"}
    _write(
        value,
        (
            json.dumps({name: form.format(number) for name, form in own.items()} | {"text": text})
            for number, text in enumerate(sampling.words(value))
        ),
    )


def write_tsv(value: TSV, sampling: Sampling) -> None:
    """Write a row of fields for each, below the header if there is one."""
    names = list(value.names or ()) or _names(value.id_column)
    rows = ("\t".join(f"{name}-{row}" for name in names) for row in range(sampling.rows))
    _write(value, ["\t".join(names), *rows] if value.header else rows)


def _names(id_column: str | int | None) -> list[str]:
    """Give names of columns, the one of the ids among them."""
    if isinstance(id_column, str):
        return [id_column, "b", "c"]
    needed = 0 if id_column is None else abs(id_column) + 1
    return [f"column{number}" for number in range(max(FIELDS, needed))]


def _write(value: Records[Any], lines: Iterable[str]) -> None:
    content = "".join(f"{line}\n" for line in lines).encode(value.encoding)
    if value.path.suffix == ".gz":
        content = gzip.compress(content, mtime=0)
    value.path.write_bytes(content)
