"""Sentences with their syntax, in CoNLL-U files.

Format: https://universaldependencies.org/format.html.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from datamaestro.data import File, Param
from datamaestro.data.ml import Supervised
from datamaestro.definitions import datatags, datatasks
from datamaestro.errors import DataFormatError

__all__ = ["CoNLLU", "Sentence", "Token", "Treebank"]


class Token(NamedTuple):
    """A line of a sentence, its ten fields as they are written; ``_`` stands for nothing.

    :param id: the number of a word from 1, ``1-2`` for a token of several words,
        ``1.1`` for an empty node
    :param head: the number of the word that it depends on, ``0`` for the root
    """

    id: str
    form: str
    lemma: str
    upos: str
    xpos: str
    feats: str
    head: str
    deprel: str
    deps: str
    misc: str


@dataclass(frozen=True)
class Sentence:
    """A sentence.

    :param comments: the lines before it that begin with ``#``, without that
    :param tokens: its lines
    """

    comments: tuple[str, ...]
    tokens: tuple[Token, ...]

    @property
    def metadata(self) -> dict[str, str]:
        """What the comments of the form ``name = value`` say, such as ``sent_id`` and ``text``."""
        pairs = (comment.partition("=") for comment in self.comments)
        return {name.strip(): value.strip() for name, equals, value in pairs if equals}

    @property
    def words(self) -> tuple[Token, ...]:
        """The syntactic words: neither tokens of several words nor empty nodes."""
        return tuple(token for token in self.tokens if token.id.isdigit())


class CoNLLU(File):
    """Sentences with their syntax, in a file of UTF-8 text.

    :param path: the file
    """

    def __iter__(self) -> Iterator[Sentence]:
        """Read the sentences one by one.

        :raises DataFormatError: with file and line, if a line doesn't have ten fields, or if
            the file ends within a sentence
        """
        comments: list[str] = []
        tokens: list[Token] = []
        for number, line in _lines(self.path):
            if line.startswith("#") and not tokens:
                comments.append(line[1:].strip())
            elif line:
                tokens.append(_token(line, f"{self.path}:{number}"))
            elif tokens:
                yield Sentence(tuple(comments), tuple(tokens))
                comments, tokens = [], []
        if tokens or comments:
            raise DataFormatError(
                "the file ends within a sentence",
                where=self.path,
                expected="an empty line after each sentence",
                found=tokens[-1].form if tokens else comments[-1],
                hint="it may be a partial copy",
            )


@datatags("treebank")
@datatasks("POS tagging", "dependency parsing")
class Treebank(Supervised[CoNLLU, CoNLLU, CoNLLU]):
    """Sentences with their syntax, split for training and testing.

    :param train: what to learn from
    :param validation: what to choose hyperparameters with, if the dataset has it
    :param test: what to report results on, if the dataset has it
    """

    train: Param[CoNLLU]
    validation: Param[CoNLLU | None] = None
    test: Param[CoNLLU | None] = None


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Give the lines of a file without their ends, and their numbers from 1."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                yield number, line.rstrip(b"\r\n").decode()
            except UnicodeDecodeError as error:
                raise DataFormatError(
                    "the line isn't UTF-8", where=f"{path}:{number}", found=error
                ) from error


def _token(line: str, where: str) -> Token:
    fields = line.split("\t")
    if len(fields) != len(Token._fields):
        raise DataFormatError(
            "the line isn't a token",
            where=where,
            expected=f"{len(Token._fields)} fields between tabs",
            found=f"{len(fields)}: {line[:60]!r}",
        )
    return Token(*fields)
