"""The interpreter of a page: its Python blocks, one after the other, in one namespace.

Run as a program. Each line of the standard input is a block as JSON, each line of
the standard output what became of it.
"""

from __future__ import annotations

import contextlib
import doctest
import functools
import io
import json
import sys
import traceback
import types
from typing import Any

NOTED = """
>>> error = ValueError("one"); error.add_note("two"); raise error
Traceback (most recent call last):
ValueError: one
two
"""


def main() -> None:
    replies = sys.stdout
    # A module of its own: classes find what their annotations name in it.
    module = sys.modules["__main__"] = types.ModuleType("__main__")
    for line in sys.stdin:
        block = json.loads(line)
        with contextlib.redirect_stdout(io.StringIO()) as output:
            error = _run(block, vars(module))
        replies.write(json.dumps({"output": output.getvalue(), "error": error}) + "\n")
        replies.flush()


def _run(block: dict[str, str], namespace: dict[str, Any]) -> str | None:
    try:
        if block["language"] == "pycon":
            return _doctest(block["code"], namespace, block["where"])
        exec(compile(block["code"], block["where"], "exec"), namespace)
    except BaseException:
        return traceback.format_exc()
    return None


def _doctest(code: str, namespace: dict[str, Any], where: str) -> str | None:
    test = doctest.DocTestParser().get_doctest(code, namespace, where, where, 0)
    if not _knows_notes():
        for example in test.examples:
            if example.exc_msg is not None:
                example.exc_msg = example.exc_msg.splitlines(keepends=True)[-1]
    return _report_of(test, namespace)


@functools.cache
def _knows_notes() -> bool:
    """Tell whether all lines of an error are compared; the first 3.11 took the last one alone."""
    test = doctest.DocTestParser().get_doctest(NOTED, {}, "notes", None, 0)
    return _report_of(test, {}) is None


def _report_of(test: doctest.DocTest, namespace: dict[str, Any]) -> str | None:
    report = io.StringIO()
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    runner.run(test, out=report.write, clear_globs=False)
    namespace.update(test.globs)
    return report.getvalue() or None


if __name__ == "__main__":
    main()
