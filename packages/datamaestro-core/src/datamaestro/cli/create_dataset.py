"""``datamaestro create-dataset``."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

import click

from datamaestro import identifiers
from datamaestro.cli.session import Session, pass_session
from datamaestro.errors import DataDirectoryError, DefinitionError, QueryError
from datamaestro.files import write_atomically

__all__ = ["command"]

TEMPLATE = '''"""Datasets of {url}."""

from datamaestro.data import File
from datamaestro.definitions import Dataset, dataset
from datamaestro.download.single import FileDownloader


@dataset(id="{dataset_id}", url="{url}")
class {class_name}(Dataset):
    """{class_name}

    Describe what the dataset holds, who made it, and how it is meant to be used.
    """

    DATA = FileDownloader("{filename}", "{url}")

    def config(self) -> File:
        return File(path=self.DATA.path)
'''


@click.command
@click.argument("repository")
@click.argument("dataset")
@pass_session
def command(session: Session, repository: str, dataset: str) -> None:
    """Write a definition of DATASET, an id or the URL of a file, into REPOSITORY."""
    is_url = bool(urlsplit(dataset).scheme)
    dataset_id = identifiers.from_url(dataset) if is_url else dataset
    if not identifiers.is_dataset_id(dataset_id):
        raise QueryError(
            "not a dataset id", expected="a URL, or reversed.domain.name", found=repr(dataset)
        )
    url = dataset if is_url else f"https://example.org/{dataset_id}"
    configdir = session.context.repository(repository).configdir
    path = _module_path(configdir, dataset_id)
    text = TEMPLATE.format(
        dataset_id=dataset_id,
        url=url,
        class_name=_class_name(dataset_id),
        filename=PurePosixPath(urlsplit(url).path).name or "data",
    )
    write_atomically(path, text)
    click.echo(str(path))


def _module_path(configdir: Path, dataset_id: str) -> Path:
    """Give the module for a dataset, and refuse one that another stands in the way of."""
    parts = [part.replace("-", "_").replace("+", "_") for part in dataset_id.split(".")]
    path = configdir.joinpath(*parts).with_suffix(".py")
    if not configdir.is_dir():
        raise DataDirectoryError("no folder of definitions", where=configdir)
    inside = [path, *(parent for parent in path.parents if configdir in parent.parents)]
    for taken in (place.with_suffix(".py") for place in inside):
        if taken.exists():
            raise DefinitionError(
                "there are definitions already; it was left as it is",
                where=taken,
                hint=f"add {dataset_id} in that file",
            )
    return path


def _class_name(dataset_id: str) -> str:
    words = re.split(r"[^a-zA-Z0-9]+", dataset_id.rpartition(".")[2])
    name = "".join(word.capitalize() for word in words)
    return name if name.isidentifier() else f"Dataset{name}"
