"""Datasets of Andrej Karpathy, https://github.com/karpathy."""

from pathlib import Path

from datamaestro.data.text import Lines
from datamaestro.definitions import dataset, datatags, datatasks
from datamaestro.download.single import filedownloader

REPOSITORY = "https://raw.githubusercontent.com/karpathy/char-rnn/"
FILE = "data/tinyshakespeare/input.txt"


@datatags("text", "english", "small")
@datatasks("language modeling")
@filedownloader(
    "shakespeare.txt",
    f"{REPOSITORY}6f9487a6fe5b420b7ca9afb0d7c078e37c1d1b4e/{FILE}",
    mirrors=(f"{REPOSITORY}master/{FILE}",),
    size=1115394,
    sha256="86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
)
@dataset(url="https://github.com/karpathy/char-rnn", languages=["en"])
def tinyshakespeare(shakespeare: Path) -> Lines:
    """Tiny Shakespeare

    Parts of Shakespeare's plays in one text of about a million characters, to train
    small models of language with.
    """
    return Lines(path=shakespeare)
