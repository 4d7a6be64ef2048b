"""French treebanks of Universal Dependencies, https://universaldependencies.org."""

from pathlib import Path

from datamaestro.definitions import dataset, datatags
from datamaestro.download.single import filedownloader
from datamaestro_text.conllu import CoNLLU, Treebank

PARTUT = "https://raw.githubusercontent.com/UniversalDependencies/UD_French-ParTUT/"
COMMIT = PARTUT + "4d0c8351842f93be11b50fd08ea7b2b4b9101c01/"


# No branch is among the sources: it moves on with each release, and has other bytes then.
@datatags("text", "french")
@filedownloader(
    "train.conllu",
    COMMIT + "fr_partut-ud-train.conllu",
    size=1538080,
    sha256="5f82ba2e93e784647d98294ff3ed46d0c2cabd9751388a4c4c01ae0ea672baec",
)
@filedownloader(
    "validation.conllu",
    COMMIT + "fr_partut-ud-dev.conllu",
    size=120502,
    sha256="f54056949e58557663aec8b1803191c5d77c036b959b0da586a779812d7cc408",
)
@filedownloader(
    "test.conllu",
    COMMIT + "fr_partut-ud-test.conllu",
    size=169799,
    sha256="4c50a65d81c7b57efc50b4d243de71a10859598d8e108c7e85279e53d8fb8528",
)
@dataset(
    url="https://github.com/UniversalDependencies/UD_French-ParTUT",
    licence="CC-BY-NC-SA-4.0",
    languages=["fr"],
)
def partut(train: Path, validation: Path, test: Path) -> Treebank:
    """UD French ParTUT

    French sentences of laws, news and encyclopedias with parts of speech and dependencies,
    in the annotation of Universal Dependencies.
    """
    return Treebank(
        train=CoNLLU(path=train),
        validation=CoNLLU(path=validation),
        test=CoNLLU(path=test),
    )
