"""The examples of the documentation run, page by page, in the order of reading."""

from __future__ import annotations

import json
import re
import tomllib

import pytest
from documented.blocks import Block, blocks_of, pages
from documented.session import Session

SHOWN_ONLY = frozenset({"text", "rst"})


@pytest.mark.parametrize("page", pages())
def test_every_block_of_a_page_runs(page: str, mnist_user: Session) -> None:
    for block in blocks_of(page):
        run(block, mnist_user)


@pytest.mark.parametrize("page", pages())
def test_a_block_that_is_not_run_tells_why(page: str) -> None:
    untold = [str(block) for block in blocks_of(page) if block.not_run == ""]
    assert not untold


def run(block: Block, session: Session) -> None:
    """Do with a block what its language, its caption and the comment before it say."""
    if block.installs is not None:
        editable = "--editable" in block.code
        session.install(session.home / block.installs, editable=editable)
    if block.not_run is not None or block.installs is not None or block.language in SHOWN_ONLY:
        return
    if block.language == "json":
        json.loads(block.code)
    elif block.language == "toml":
        tomllib.loads(block.code)
    if block.file is not None:
        session.write(block.file, block.code)
    elif block.language in ("python", "pycon"):
        session.python(block.code, str(block), block.language)
    elif block.language == "bash":
        done = session.shell(block.code)
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
    elif block.language == "console":
        converse(block, session)
    else:
        assert block.language in ("json", "toml"), f"{block}: nothing tells how to run it"


def converse(block: Block, session: Session) -> None:
    """Run the commands of a block, and compare what they print with what it shows.

    The home folder is shown as ``/home/user``, and the repository that stands in for
    datamaestro-image as ``image``.
    """
    for command, expected in conversation(block.code):
        done = session.shell(command, merged=True)
        found = done.stdout.replace(str(session.home), "/home/user")
        found = found.replace("/data/example/", "/data/image/")
        assert done.returncode == 0, f"{block}: {command}\n{found}"
        assert re.fullmatch(pattern(expected), found), (
            f"{block}: {command}\n--- shown\n{expected}--- found\n{found}"
        )


def conversation(code: str) -> list[tuple[str, str]]:
    """Split a conversation with a shell into commands and their outputs."""
    turns: list[tuple[str, str]] = []
    for line in code.splitlines():
        if line.startswith("$ "):
            turns.append((line.removeprefix("$ "), ""))
        else:
            command, output = turns.pop()
            turns.append((command, f"{output}{line}\n"))
    return turns


def pattern(shown: str) -> str:
    """Give a regular expression: a line of ``...`` is any lines, ``...`` in a line any text."""
    lines = (
        "(?:.*\n)*" if line == "..." else ".*".join(map(re.escape, line.split("..."))) + "\n"
        for line in shown.splitlines()
    )
    return "".join(lines)


def test_three_dots_stand_for_any_lines_and_for_any_text_in_a_line() -> None:
    assert re.fullmatch(pattern("a ... c\n...\nz\n"), "a b c\nz\n")
    assert re.fullmatch(pattern("a ... c\n...\nz\n"), "a b c\nd\ne\nz\n")
    assert not re.fullmatch(pattern("a ... c\n"), "a b\nc\n")


def test_a_conversation_is_split_at_its_prompts() -> None:
    assert conversation("$ a\n1\n2\n$ b\n") == [("a", "1\n2\n"), ("b", "")]
