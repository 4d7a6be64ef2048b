"""Small synthetic treebanks, for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datamaestro_text.conllu import CoNLLU

if TYPE_CHECKING:
    from datamaestro.testing import Sampling

__all__ = ["write_conllu"]


def write_conllu(value: CoNLLU, sampling: Sampling) -> None:
    """Write a sentence for each row; each word depends on the one before."""
    sentences = []
    for text in sampling.words(value):
        lines = [f"# text = {text}"]
        for number, word in enumerate(text.split(), start=1):
            relation = "root" if number == 1 else "dep"
            fields = (number, word, word, "NOUN", "_", "_", number - 1, relation, "_", "_")
            lines.append("\t".join(map(str, fields)))
        sentences.append("\n".join(lines) + "\n\n")
    value.path.write_text("".join(sentences), encoding="utf-8")
