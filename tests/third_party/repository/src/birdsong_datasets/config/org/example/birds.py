"""What the observatory of example.org publishes."""

from birdsong_base64 import Base64Downloader, base64downloader
from birdsong_datasets.data import Checklist
from datamaestro.data import File
from datamaestro.data.tensor import IDX
from datamaestro.definitions import Dataset, dataset, datatags, datatasks
from datamaestro.download.single import FileDownloader, filedownloader
from datamaestro_image.data import ImageClassification, LabelledImages


@datatags("birds")
@filedownloader("species.txt", "package:birdsong_datasets/files/species.txt", size=33)
@dataset(Checklist, url="https://birds.example.org/checklist")
def checklist(species):
    """Checklist of the garden

    The birds that nest in the observatory's garden.
    """
    return {"path": species, "region": "garden"}


@datatags("birds", "sounds")
@base64downloader(
    "call.wav",
    "https://birds.example.org/calls/robin.b64",
    sha256="b4421eb403a17afaabb5f64c2efb55fd64f412c705744687b40f251798eda5b5",
)
@dataset(url="https://birds.example.org/calls")
def call(call) -> File:
    """A robin's call"""
    return File(path=call)


@datatasks("classification")
@dataset(url="https://birds.example.org/spectrograms")
class Spectrograms(Dataset):
    """Spectrograms of songs, by species"""

    IMAGES = FileDownloader("images.idx", "https://birds.example.org/images.idx.gz")
    LABELS = Base64Downloader("labels.idx", "https://birds.example.org/labels.idx.b64")

    def config(self) -> ImageClassification:
        return ImageClassification(
            train=LabelledImages(
                images=IDX(path=self.IMAGES.path), labels=IDX(path=self.LABELS.path)
            )
        )
