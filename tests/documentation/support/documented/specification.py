"""The user documentation that came first, where it lies beside the checkout."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from workspace.distributions import ROOT

__all__ = ["specification", "toctrees", "words"]

_TOCTREE = re.compile(
    r"^```\{toctree\}\n---\nmaxdepth: 2\ncaption: (?P<caption>.*)\n---\n(?P<pages>[^`]*)```$",
    re.MULTILINE,
)


def specification(name: str) -> str:
    """Give the text of one of its pages; the test is skipped where there is none."""
    path: Path = ROOT.parent / "shared" / "spec" / name
    if not path.is_file():
        pytest.skip(f"nothing to compare with: there is no {path}")
    return path.read_text(encoding="utf-8")


def toctrees(text: str) -> dict[str, list[str]]:
    """Give the tables of contents in a page: the pages by caption."""
    return {match["caption"]: match["pages"].split() for match in _TOCTREE.finditer(text)}


def words(text: str) -> str:
    """Give a text with its indentation and line breaks evened out."""
    return " ".join(text.split())
