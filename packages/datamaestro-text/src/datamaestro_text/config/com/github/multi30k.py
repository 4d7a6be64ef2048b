"""Multi30k: descriptions of pictures in four languages, for translation.

Sizes and digests of its files are in ``multi30k.json``.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from datamaestro.data.text import Lines
from datamaestro.definitions import Dataset, dataset, datatags, datatasks
from datamaestro.download.single import FileDownloader
from datamaestro_text.data import ParallelLines, Translation

CITATION = """
@inproceedings{elliott2016multi30k,
  title = {{Multi30K}: Multilingual {English-German} Image Descriptions},
  author = {Elliott, Desmond and Frank, Stella and Sima'an, Khalil and Specia, Lucia},
  booktitle = {Proceedings of the 5th Workshop on Vision and Language},
  year = {2016},
  doi = {10.18653/v1/W16-3210},
}
"""

REPOSITORY = "https://raw.githubusercontent.com/multi30k/dataset/"
PREFERRED = REPOSITORY + "a3d2e0d26b56f3846f66a952536ffed4e401d05a/data/task1/raw/"
MIRROR = REPOSITORY + "master/data/task1/raw/"


@cache
def _facts() -> dict[str, Any]:
    text = files(__package__).joinpath("multi30k.json").read_text(encoding="utf-8")
    facts: dict[str, Any] = json.loads(text)
    return facts


def _file(name: str) -> FileDownloader:
    """Declare the file `name`, which lies under gzip at its source."""
    archive = f"{name}.gz"
    return FileDownloader(
        name, PREFERRED + archive, mirrors=(MIRROR + archive,), **_facts()[archive]
    )


def _parallel(**languages: FileDownloader) -> ParallelLines:
    return ParallelLines(
        languages={code: Lines(path=file.path) for code, file in languages.items()}
    )


@datatags("captions", "english", "german", "french", "czech")
@datatasks("image captioning")
@dataset(
    id=".dataset",
    url="https://github.com/multi30k/dataset",
    doi="10.18653/v1/W16-3210",
    licence="CC-BY-NC-SA-4.0, on the terms of Flickr30k",
    languages=["cs", "de", "en", "fr"],
    citation=CITATION,
)
class Multi30k(Dataset):
    """Multi30k, task 1

    Descriptions of 30,000 pictures in English, translated into German (de), French (fr)
    and Czech (cs): 29,000 to learn from, 1,014 to validate with and four test sets. Two
    of these, ``2017_flickr`` and ``2017_mscoco``, have no Czech.
    """

    TRAIN_EN = _file("train.en")
    TRAIN_DE = _file("train.de")
    TRAIN_FR = _file("train.fr")
    TRAIN_CS = _file("train.cs")
    VALIDATION_EN = _file("val.en")
    VALIDATION_DE = _file("val.de")
    VALIDATION_FR = _file("val.fr")
    VALIDATION_CS = _file("val.cs")
    FLICKR_2016_EN = _file("test_2016_flickr.en")
    FLICKR_2016_DE = _file("test_2016_flickr.de")
    FLICKR_2016_FR = _file("test_2016_flickr.fr")
    FLICKR_2016_CS = _file("test_2016_flickr.cs")
    FLICKR_2017_EN = _file("test_2017_flickr.en")
    FLICKR_2017_DE = _file("test_2017_flickr.de")
    FLICKR_2017_FR = _file("test_2017_flickr.fr")
    MSCOCO_2017_EN = _file("test_2017_mscoco.en")
    MSCOCO_2017_DE = _file("test_2017_mscoco.de")
    MSCOCO_2017_FR = _file("test_2017_mscoco.fr")
    FLICKR_2018_EN = _file("test_2018_flickr.en")
    FLICKR_2018_DE = _file("test_2018_flickr.de")
    FLICKR_2018_FR = _file("test_2018_flickr.fr")
    FLICKR_2018_CS = _file("test_2018_flickr.cs")

    def config(self) -> Translation:
        """Give the splits, each in its languages."""
        return Translation(
            train=_parallel(en=self.TRAIN_EN, de=self.TRAIN_DE, fr=self.TRAIN_FR, cs=self.TRAIN_CS),
            validation=_parallel(
                en=self.VALIDATION_EN,
                de=self.VALIDATION_DE,
                fr=self.VALIDATION_FR,
                cs=self.VALIDATION_CS,
            ),
            tests={
                "2016_flickr": _parallel(
                    en=self.FLICKR_2016_EN,
                    de=self.FLICKR_2016_DE,
                    fr=self.FLICKR_2016_FR,
                    cs=self.FLICKR_2016_CS,
                ),
                "2017_flickr": _parallel(
                    en=self.FLICKR_2017_EN, de=self.FLICKR_2017_DE, fr=self.FLICKR_2017_FR
                ),
                "2017_mscoco": _parallel(
                    en=self.MSCOCO_2017_EN, de=self.MSCOCO_2017_DE, fr=self.MSCOCO_2017_FR
                ),
                "2018_flickr": _parallel(
                    en=self.FLICKR_2018_EN,
                    de=self.FLICKR_2018_DE,
                    fr=self.FLICKR_2018_FR,
                    cs=self.FLICKR_2018_CS,
                ),
            },
        )
