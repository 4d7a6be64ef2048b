"""What functions are called with."""

import functools
import inspect
import sys

import pytest

from datamaestro.signatures import parameters_of, signature_of


def plain(a, b=1, *rest, c, d=2, **others): ...


def by_place(a, b, /, c, d=3): ...


def without(): ...


@functools.wraps(by_place)
def wrapped(*arguments, **keywords): ...


def partly(a, b, c=3): ...


FUNCTIONS = [
    plain,
    by_place,
    without,
    wrapped,
    functools.partial(partly, 1, b=2),
    lambda x, *, y: 0,
]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_parameters_are_those_that_a_signature_has(function):
    keywords = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    assert parameters_of(function) == [
        (name, parameter.default is inspect.Parameter.empty)
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.kind in keywords
    ]


def test_a_class_has_none():
    assert parameters_of(int) == []


class Noted:
    def __new__(cls, *positional, **keywords):
        return super().__new__(cls)


class Constructed(Noted):
    def __init__(self, a, b=1, *, c): ...


class Inherited(Constructed): ...


@pytest.mark.parametrize("cls", [Constructed, Inherited])
def test_the_signature_of_a_class_is_that_of_its_constructor(cls):
    assert list(signature_of(cls).parameters) == ["a", "b", "c"]


@pytest.mark.parametrize("called", [plain, type("Value", (tuple,), {"__new__": plain})])
def test_all_else_has_the_signature_that_python_tells(called):
    assert signature_of(called) == inspect.signature(called)


@pytest.mark.skipif(sys.version_info < (3, 14), reason="annotations are evaluated at once")
def test_an_annotation_may_be_for_type_checkers_alone():
    module = {}
    exec(compile("def download(root: Path, force=False): ...", "a.py", "exec", 0, True), module)
    assert list(signature_of(module["download"]).parameters) == ["root", "force"]
