"""Collections of BEIR, https://github.com/beir-cellar/beir."""

from pathlib import Path

from datamaestro.data.text import TSV, JSONLines
from datamaestro.definitions import dataset, datatags, datatasks
from datamaestro.download.archive import zipdownloader
from datamaestro_text.data import Retrieval

CITATION = """
@inproceedings{Boteva2016Nfcorpus,
  title = {A Full-Text Learning to Rank Dataset for Medical Information Retrieval},
  author = {Boteva, Vera and Gholipour, Demian and Sokolov, Artem and Riezler, Stefan},
  booktitle = {Proceedings of the European Conference on Information Retrieval (ECIR)},
  year = {2016},
}
"""


@datatags("information retrieval", "beir", "ir_datasets", "english", "medicine")
@datatasks("zero-shot retrieval")
@zipdownloader(
    "collection",
    "https://public.ukp.informatik.tu-darmstadt.de/thakur/BEIR/datasets/nfcorpus.zip",
    subpath="nfcorpus",
    size=2448432,
    sha256="efe5be03f8c5b86a5870102d0599d227c8c6e2484328e68c6522560385671b0b",
)
@dataset(
    url="https://www.cl.uni-heidelberg.de/statnlpgroup/nfcorpus/",
    aliases=["com.github.beir-cellar.beir.nfcorpus"],
    citation=CITATION,
    languages=["en"],
)
def nfcorpus(collection: Path) -> Retrieval:
    """NFCorpus, in the form of BEIR

    3,633 medical documents, and 3,237 queries in words of every day, from articles on
    nutrition.

    Documents have ``_id``, ``title``, ``text`` and ``metadata``, queries ``_id``, ``text``
    and ``metadata``; ``get`` finds either by its id. A judgement has ``query-id``,
    ``corpus-id`` and ``score``, where a higher score says more relevant.
    """
    return Retrieval(
        documents=JSONLines(path=collection / "corpus.jsonl", id_field="_id"),
        queries=JSONLines(path=collection / "queries.jsonl", id_field="_id"),
        train=TSV(path=collection / "qrels" / "train.tsv", header=True),
        validation=TSV(path=collection / "qrels" / "dev.tsv", header=True),
        test=TSV(path=collection / "qrels" / "test.tsv", header=True),
    )
