import inspect
import traceback

import pytest

from datamaestro import errors

ALL = [getattr(errors, name) for name in errors.__all__]


@pytest.mark.parametrize("error", ALL)
def test_every_error_belongs_to_the_tree(error):
    assert issubclass(error, errors.DatamaestroError)


@pytest.mark.parametrize("error", ALL)
def test_the_drawn_tree_gives_every_error_its_exit_code(error):
    assert errors.__doc__ is not None
    line = next(row for row in errors.__doc__.splitlines() if f" {error.__name__} " in f" {row} ")
    assert str(error.exit_code) in line.split()


@pytest.mark.parametrize("error", ALL)
def test_every_error_says_what_it_is_for(error):
    assert inspect.getdoc(error)


def test_a_message_tells_where_what_was_expected_what_was_found_and_what_to_do():
    error = errors.DataFormatError(
        "wrong magic", where="/a/file", expected="0x0801", found="0x504b", hint="fetch it again"
    )
    assert str(error) == "/a/file: wrong magic: expected 0x0801, found 0x504b; fetch it again"


def test_a_message_is_one_line_whatever_it_is_made_of():
    assert "\n" not in str(errors.DatamaestroError("two\nlines", found="a\n\nb"))


def test_a_traceback_that_a_message_holds_keeps_its_lines():
    try:
        raise errors.DataFormatError("wrong magic", where="/a/file", hint="fetch it again")
    except errors.DataFormatError as error:
        told = "".join(traceback.format_exception(error))
    # As torch does with what a worker of its DataLoader raises.
    again = errors.DataFormatError(f"Caught DataFormatError in worker process 0.\nOriginal {told}")
    first, second, *_, last = str(again).splitlines()
    assert first == "Caught DataFormatError in worker process 0."
    assert second == "Original Traceback (most recent call last):"
    assert last.endswith("DataFormatError: /a/file: wrong magic; fetch it again")


def test_a_traceback_commands_no_terminal():
    error = errors.DataFormatError("Traceback (most recent call last):\n \x1b[2J\n")
    assert str(error) == "Traceback (most recent call last):\n \\x1b[2J\n"


def test_a_message_commands_no_terminal():
    error = errors.TransportError("no file", found="status 404 \x1b[2J\x9b1m\0é")
    assert str(error) == "no file: found status 404 \\x1b[2J\\x9b1m\\x00é"


def test_the_parts_of_an_error_stay_available():
    error = errors.VerificationError("wrong sha256", where="x", expected="aa", found="bb")
    assert (error.where, error.expected, error.found, error.hint) == ("x", "aa", "bb", None)


@pytest.mark.parametrize(
    ("error", "base"),
    [
        (errors.ParameterError, TypeError),
        (errors.DataFormatError, ValueError),
        (errors.QueryError, ValueError),
        (errors.NotFoundError, LookupError),
        (errors.DataDirectoryError, OSError),
    ],
)
def test_errors_are_what_python_programs_catch_already(error, base):
    assert issubclass(error, base)
