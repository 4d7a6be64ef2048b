"""What the code of a definition does wrong tells whose code it was, and never ends the program."""

import json

import pytest
from fetched import Fetched

from datamaestro.data import File
from datamaestro.definitions import dataset
from datamaestro.download import ValueResource
from datamaestro.errors import DefinitionError

URL = "memory://host/data"


class Failing:
    """A checker that fails, whatever it looks at."""

    def __init__(self, failure):
        self.failure = failure

    def check(self, path):
        raise self.failure


class NeverReady(ValueResource):
    """A value that can't be made."""

    def __init__(self, failure):
        super().__init__("value")
        self.failure = failure

    def is_ready(self):
        return False

    def make(self):
        raise self.failure

    def prepare(self):
        return "value"


class Unclear(NeverReady):
    """A value of which nobody knows whether it's ready."""

    def is_ready(self):
        raise self.failure


def with_value(resource):
    @resource
    @Fetched("data", URL)
    @dataset(File, id="org.example.failing")
    def failing(data, value):
        return {"path": data}

    return failing


def with_checker(checker):
    @Fetched("data", URL, checker=checker)
    @dataset(File, id="org.example.failing")
    def failing(data):
        return {"path": data}

    return failing


@pytest.mark.parametrize("failure", [KeyError("nothing"), SystemExit(0)])
@pytest.mark.parametrize(
    ("declare", "doing"),
    [
        (lambda failure: with_value(NeverReady(failure)), "making the resource 'value'"),
        (lambda failure: with_value(Unclear(failure)), "looking at the state of the resource"),
        (lambda failure: with_checker(Failing(failure)), "verifying the resource 'data'"),
    ],
)
def test_an_error_tells_what_was_done_of_which_dataset(context, memory, declare, doing, failure):
    memory.CONTENT[URL] = b"data"
    with pytest.raises((KeyError, DefinitionError)) as caught:
        context.prepare(declare(failure))
    told = "\n".join([str(caught.value), *getattr(caught.value, "__notes__", [])])
    assert doing in told
    assert "dataset org.example.failing" in told


def test_an_error_of_a_definition_tells_its_line(context):
    def failing() -> File:
        return File(path=json.loads("{"))

    line = failing.__code__.co_firstlineno + 1
    with pytest.raises(ValueError, match="Expecting") as caught:
        context.prepare(dataset(id="org.example.failing")(failing))
    (note,) = caught.value.__notes__
    assert note == f"while making the value of dataset org.example.failing, {__file__}:{line}"


def test_an_error_of_a_handler_tells_its_line_and_the_definition(context, tmp_path):
    path = tmp_path / "definitions.py"
    path.write_text(ELSEWHERE, encoding="utf-8")
    with pytest.raises(KeyError) as caught:
        context.prepare(f"{path}:failing")
    (note,) = caught.value.__notes__
    assert note.startswith(f"at {__file__}:{NeverReady.make.__code__.co_firstlineno + 1}, ")
    assert note.endswith(f"of dataset org.example.elsewhere, {path}:4")


ELSEWHERE = """
from test_blaming import NeverReady, dataset, File
@NeverReady(KeyError("nothing"))
@dataset(id="org.example.elsewhere")
def failing(value) -> File: ...
"""


@pytest.mark.parametrize("failure", [KeyError("nothing"), SystemExit(0)])
def test_so_does_one_about_what_lies_in_place_already(context, memory, failure):
    memory.CONTENT[URL] = b"data"
    checked = with_checker(Failing(failure))
    context.folder(checked).mkdir(parents=True)
    (context.folder(checked) / "data").write_bytes(b"data")
    with pytest.raises((KeyError, DefinitionError)) as caught:
        context.prepare(checked)
    told = "\n".join([str(caught.value), *getattr(caught.value, "__notes__", [])])
    assert "verifying the resource 'data'" in told
    assert memory.REQUESTS == []
