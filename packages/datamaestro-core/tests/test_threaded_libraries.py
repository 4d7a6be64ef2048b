"""Libraries whose threads a fork leaves behind."""

import json
import multiprocessing

import pytest

from datamaestro.data.threaded import threaded
from datamaestro.errors import DatamaestroError, DependencyError

pytestmark = pytest.mark.skipif(
    "fork" not in multiprocessing.get_all_start_methods(), reason="nothing is forked here"
)


def use_in_a_fork(module, answers):
    try:
        answers.put(threaded(module).__name__)
    except DatamaestroError as error:
        answers.put(str(error))


def answer_of_a_fork(module):
    forking = multiprocessing.get_context("fork")
    answers = forking.SimpleQueue()
    child = forking.Process(target=use_in_a_fork, args=(module, answers))
    child.start()
    try:
        return answers.get()
    finally:
        child.join()


def test_a_library_is_given_where_it_was_used_first():
    assert threaded("json") is json
    assert threaded("json") is json


def test_a_library_that_was_used_before_a_fork_is_refused_in_it():
    threaded("json")
    assert answer_of_a_fork("json").startswith("json would wait for ever in this process")


def test_a_library_that_a_fork_uses_first_is_given():
    assert answer_of_a_fork("csv") == "csv"


def test_a_library_that_is_not_installed_is_an_error():
    with pytest.raises(DependencyError, match="pip install no_such_library"):
        threaded("no_such_library")
