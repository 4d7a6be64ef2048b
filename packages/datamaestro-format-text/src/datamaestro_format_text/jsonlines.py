"""JSON Lines."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from datamaestro.data import Param
from datamaestro_format_text.index import KeyReader, key_of_id
from datamaestro_format_text.lines import Records

__all__ = ["JSONLines"]


class JSONLines(Records[Any]):
    r"""One JSON value on each line.

    Format: https://jsonlines.org. A line that is empty is an error.

    >>> from pathlib import Path
    >>> _ = Path("pets.jsonl").write_text('{"id": "a", "legs": 4}\n{"id": "b", "legs": 2}\n')
    >>> pets = JSONLines(path="pets.jsonl", id_field="id")
    >>> pets[0]["legs"], pets.get("b"), pets.get("c")
    (4, {'id': 'b', 'legs': 2}, None)

    :param path: the file
    :param encoding: of the text; the format's is UTF-8
    :param id_field: the field of the objects that holds their id, a text or an
        integer; None if they have none. If some share an id, `get` gives the first
    """

    id_field: Param[str | None] = None

    def get(self, id: str | int, default: Any = None) -> Any:  # noqa: A002
        """Give the value of an id, or `default` if there is none.

        An integer and its text are the same id.

        :raises ParameterError: if no `id_field` was given
        :raises DataFormatError: when the index is made: with file and line, if a line
            isn't an object in JSON, or has no id
        """
        return self._find(key_of_id(id), default)

    def _parser(self) -> Callable[[str], Any]:
        return json.loads

    def _key_parameters(self) -> list[Any]:
        return [] if self.id_field is None else ["json", self.encoding, self.id_field]

    def _key_reader(self) -> KeyReader | None:
        field, encoding = self.id_field, self.encoding
        if field is None:
            return None

        def read(line: bytes) -> bytes:
            try:
                # Without its end, after which an error would be on a line 2.
                key = json.loads(line.decode(encoding).rstrip("\r\n"))[field]
            except RecursionError as error:
                raise ValueError(str(error)) from error
            except (LookupError, TypeError):
                key = None
            if isinstance(key, bool) or not isinstance(key, str | int):
                raise ValueError(f"no text or integer as the field {field!r} of an object")
            return key_of_id(key)

        return read
