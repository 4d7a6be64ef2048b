"""The code blocks of a page, and what its author says about each.

========================  ==========================================================
block                     what the tests do with it
========================  ==========================================================
``python``                run, in one interpreter for the whole page
``pycon``                 run as a doctest, in the same interpreter
``bash``                  run; it has to exit with 0
``console``               run what stands after ``$``, and compare the output
``json``, ``toml``        read, so that it is at least well formed
``text``, ``rst``         shown only: it isn't code
a ``:caption:``           written to the file that the caption names
========================  ==========================================================

A comment before a block says more: ``<!-- not run: REASON -->``, or
``<!-- installs: FOLDER -->`` for commands that install a project.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from workspace.distributions import ROOT

__all__ = ["DOCS", "Block", "blocks_of", "pages", "parse"]

DOCS = ROOT / "docs"

_FENCE = re.compile(r"(?P<ticks>`{3,})(?:\{(?P<directive>[\w-]+)\})?\s*(?P<argument>.*)")
_COMMENT = re.compile(r"<!--\s*(?P<key>not run|installs):\s*(?P<value>.*?)\s*-->")
_OPTION = re.compile(r":(?P<name>[\w-]+):\s*(?P<value>.*)")
_NO_CODE = frozenset({"toctree", "note", "warning", "tip", "eval-rst", "contents"})


@dataclass(frozen=True)
class Block:
    """One code block.

    :param page: the page, relative to the folder of the documentation
    :param line: the line of its first line of code, from 1
    :param language: what its fence says
    :param code: what it holds
    :param file: the file that it shows, if its caption names one
    :param not_run: why it isn't run, if it isn't
    :param installs: the project that its commands install, if they do
    """

    page: str
    line: int
    language: str
    code: str
    file: str | None = None
    not_run: str | None = None
    installs: str | None = None

    def __str__(self) -> str:
        return f"{self.page}:{self.line} ({self.language})"


def pages() -> list[str]:
    """Give the names of the pages that are written in Markdown."""
    found = (path.relative_to(DOCS) for path in sorted(DOCS.rglob("*.md")))
    return [str(path) for path in found if path.parts[0] != "_build"]


def blocks_of(page: str) -> list[Block]:
    """Give the code blocks of a page, in order."""
    return list(parse((DOCS / page).read_text(encoding="utf-8"), page))


def parse(text: str, page: str) -> list[Block]:
    """Read the blocks of a page's text; directives that hold text aren't any.

    >>> [block.language for block in parse("```python\\nprint(1)\\n```\\n", "index.md")]
    ['python']
    """
    found = []
    said: dict[str, str] = {}
    lines = enumerate(text.splitlines(), start=1)
    for _, line in lines:
        if comment := _COMMENT.fullmatch(line.strip()):
            said[comment["key"]] = comment["value"]
        elif fence := _FENCE.fullmatch(line.strip()):
            body = []
            for number, inner in lines:
                if inner.strip() == fence["ticks"]:
                    break
                body.append((number, inner))
            if fence["directive"] not in _NO_CODE:
                found.append(_block(page, fence["argument"].strip(), body, said))
            said = {}
        elif line.strip():
            said = {}
    return found


def _block(page: str, language: str, body: list[tuple[int, str]], said: dict[str, str]) -> Block:
    options = {}
    while body and (option := _OPTION.fullmatch(body[0][1].strip())):
        options[option["name"]] = option["value"]
        body = body[1:]
    return Block(
        page,
        line=body[0][0] if body else 0,
        language=language,
        code="\n".join(line for _, line in body) + "\n",
        file=options.get("caption"),
        not_run=said.get("not run"),
        installs=said.get("installs"),
    )
