"""With the metapackage installed, all documented import paths and transports are there."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import files, requires

import pytest

from datamaestro import Context
from datamaestro.download import Transport


@pytest.mark.parametrize(
    "path",
    [
        "datamaestro.data.csv:Generic",
        "datamaestro.data.tensor:IDX",
        "datamaestro.data.text:Lines",
        "datamaestro.download.archive:zipdownloader",
        "datamaestro.download.links:linkfolder",
        "datamaestro.download.single:filedownloader",
    ],
)
def test_every_documented_import_path_works(path: str) -> None:
    module, _, name = path.partition(":")
    assert callable(getattr(import_module(module), name))


@pytest.mark.parametrize("scheme", ["http", "https", "file", "package"])
def test_every_standard_scheme_has_a_transport(scheme: str, context: Context) -> None:
    assert isinstance(context.transport(f"{scheme}://example.org/file"), Transport)


def test_it_brings_no_repository() -> None:
    required = " ".join(requires("datamaestro") or [])
    assert not [name for name in ("image", "ml", "text") if f"datamaestro-{name}>" in required]


def test_it_holds_no_code() -> None:
    assert [path for path in files("datamaestro") or [] if path.suffix == ".py"] == []
