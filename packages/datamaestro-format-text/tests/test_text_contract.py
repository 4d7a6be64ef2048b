"""The data types of text keep what formats promise."""

import pytest

from datamaestro.data.text import TSV, JSONLines, Lines
from datamaestro.testing import FormatContract


@pytest.fixture(autouse=True)
def no_index_of_this_machine(home):
    """Indexes that can't lie beside a file lie in a home folder of the test."""


class TestLines(FormatContract):
    data_type = Lines

    def damaged(self, content):
        return [content + b"\xff\xfe\n"]


class TestCompressedLines(FormatContract):
    data_type = Lines
    filename = "sample (1).txt.gz"


class TestJSONLines(FormatContract):
    data_type = JSONLines
    parameters = {"id_field": "id"}

    def read(self, value):
        super().read(value)
        assert value.get("1")["id"] == "1"

    def damaged(self, content):
        return [content[:-3], content[: len(content) // 2 - 5]]


class TestTSV(FormatContract):
    data_type = TSV
    parameters = {"header": True, "id_column": "id"}

    def read(self, value):
        super().read(value)
        assert value.get("id-1") == ["id-1", "b-1", "c-1"]

    def damaged(self, content):
        return [b"", content + b"one\n"]
