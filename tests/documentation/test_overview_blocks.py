"""Every code block of the overview that the project started from, as written.

MNIST's own files are no part of the tests: a loopback site mirror gives files of
their names, shapes and types, and the user has installed, and prefers, a
repository that holds the overview's definition.
"""

from __future__ import annotations

import json
import re

import pytest
from documented.blocks import DOCS, parse
from documented.examples import MNIST
from documented.session import Session
from documented.specification import specification, toctrees, words
from workspace.distributions import DISTRIBUTIONS

CONTENTS = {
    "User Guide": ["getting-started", "cli", "configuration"],
    "Dataset Development": ["datasets", "developping"],
    "API Reference": ["api/index", "api/data", "api/download", "api/records"],
}

INSTALL = """\
pip install datamaestro
"""

INSTALL_PLUGINS = """\
# NLP and information retrieval datasets
pip install datamaestro-text

# Image datasets (MNIST, CIFAR, etc.)
pip install datamaestro-image

# Generic machine learning datasets
pip install datamaestro-ml
"""

COMMANDS = """\
# Search for datasets
datamaestro search mnist

# Get information about a dataset
datamaestro info com.lecun.mnist

# Download and prepare a dataset
datamaestro prepare com.lecun.mnist
"""

QUICK_START = """\
from datamaestro import prepare_dataset

# Download and get the dataset
ds = prepare_dataset("com.lecun.mnist")

# Access the data
print(ds.train.images.data().shape)  # (60000, 28, 28)
print(ds.test.labels.data().shape)   # (10000,)
"""

RETRIEVE = """\
$ datamaestro search mnist
com.lecun.mnist

$ datamaestro prepare com.lecun.mnist
INFO:root:Downloading http://yann.lecun.com/exdb/mnist/train-images-idx3-ubyte.gz
...
"""

OUTPUT = """\
{
  "train": {
    "images": {"path": "/home/user/datamaestro/data/image/com/lecun/mnist/train-images"},
    "labels": {"path": "/home/user/datamaestro/data/image/com/lecun/mnist/train-labels"}
  },
  "test": {
    "images": {"path": "/home/user/datamaestro/data/image/com/lecun/mnist/t10k-images"},
    "labels": {"path": "/home/user/datamaestro/data/image/com/lecun/mnist/t10k-labels"}
  },
  "id": "com.lecun.mnist"
}
"""

IN_PYTHON = """\
from datamaestro import prepare_dataset

ds = prepare_dataset("com.lecun.mnist")

# Access numpy arrays directly (for IDX format)
print(ds.train.images.data().dtype)   # uint8
print(ds.train.images.data().shape)   # (60000, 28, 28)
print(ds.train.labels.data().shape)   # (60000,)
"""

REFERENCES = {
    "{py:func}`~datamaestro.context.prepare_dataset`",
    "{py:class}`~datamaestro.context.Repository`",
    "{py:class}`~datamaestro.data.Base`",
    "{py:class}`~datamaestro.context.Context`",
}

BLOCKS = [
    INSTALL,
    INSTALL_PLUGINS,
    COMMANDS,
    QUICK_START,
    MNIST,
    RETRIEVE,
    OUTPUT,
    IN_PYTHON,
]


def test_the_blocks_are_those_of_the_overview() -> None:
    blocks = parse(specification("overview.md"), "overview.md")
    assert [block.code for block in blocks] == BLOCKS


def test_the_references_are_those_of_the_overview() -> None:
    found = re.findall(r"\{py:\w+\}`[^`]*`", specification("overview.md"))
    assert set(found) == REFERENCES


def test_the_documentation_makes_the_references() -> None:
    # Where they lead is checked when it is built: an unknown name is an error there.
    text = (DOCS / "index.md").read_text(encoding="utf-8")
    assert [reference for reference in REFERENCES if reference not in text] == []
    assert "(api/download.rst)" in text


def test_the_tables_of_contents_are_those_of_the_overview() -> None:
    assert toctrees(specification("overview.md")) == CONTENTS


def test_the_documentation_has_the_tables_of_contents() -> None:
    assert toctrees((DOCS / "index.md").read_text(encoding="utf-8")) == CONTENTS


def test_every_page_of_the_tables_of_contents_is_there() -> None:
    pages = [page for pages in CONTENTS.values() for page in pages]
    assert all((DOCS / f"{page}.md").exists() or (DOCS / f"{page}.rst").exists() for page in pages)


@pytest.mark.parametrize("block", [INSTALL, INSTALL_PLUGINS])
def test_what_pip_is_asked_to_install_is_a_distribution_of_the_project(block: str) -> None:
    commands = [line for line in block.splitlines() if line.startswith("pip install ")]
    names = [command.removeprefix("pip install ") for command in commands]
    assert names
    assert set(names) <= set(DISTRIBUTIONS)


def test_the_commands_of_the_quick_start_find_show_and_prepare(mnist_user: Session) -> None:
    output = mnist_user.run(COMMANDS)
    assert "com.lecun.mnist" in output.splitlines()
    assert "The MNIST database" in output
    assert '"id": "com.lecun.mnist"' in output


def test_the_quick_start_in_python_gives_arrays(mnist_user: Session) -> None:
    assert mnist_user.python(QUICK_START).splitlines() == ["(60000, 28, 28)", "(10000,)"]


def test_the_definition_declares_mnist(mnist_user: Session) -> None:
    facts = json.loads(mnist_user.run("datamaestro info com.lecun.mnist --json"))
    assert facts["id"] == "com.lecun.mnist"
    assert facts["name"] == "The MNIST database"
    assert words(facts["description"]).endswith("centered in a fixed-size image.")
    assert [file["resource"] for file in facts["files"]] == [
        "train_images",
        "train_labels",
        "test_images",
        "test_labels",
    ]


def test_the_conversation_finds_mnist_and_tells_what_it_downloads(mnist_user: Session) -> None:
    search, prepare = (line[2:] for line in RETRIEVE.splitlines() if line.startswith("$ "))
    assert "com.lecun.mnist" in mnist_user.run(search).splitlines()
    messages = mnist_user.shell(prepare).stderr.splitlines()
    # The site mirror has it: its address stands before the host's name.
    downloading = [line for line in messages if "Downloading http://" in line]
    assert all(line.startswith("INFO:") for line in downloading)
    # Files come beside one another, in no order.
    image = "/yann.lecun.com/exdb/mnist/train-images-idx3-ubyte.gz"
    assert [line for line in downloading if line.endswith(image)]


def test_prepare_prints_json_of_the_documented_form(mnist_user: Session) -> None:
    printed = mnist_user.run("datamaestro prepare com.lecun.mnist")
    assert form(json.loads(printed)) == form(json.loads(OUTPUT))


def form(value: object) -> object:
    """Give a JSON value with the names in their order, and no paths."""
    if not isinstance(value, dict):
        return None
    return [(name, value[name] if name == "id" else form(value[name])) for name in value]


def test_every_path_that_prepare_prints_is_a_file(mnist_user: Session) -> None:
    value = json.loads(mnist_user.run("datamaestro prepare com.lecun.mnist"))
    paths = [value[part][kind]["path"] for part in ("train", "test") for kind in value[part]]
    folder = mnist_user.home / "datamaestro" / "data" / "example" / "com" / "lecun" / "mnist"
    assert {path.parent for path in folder.glob("*.idx")} == {folder}
    assert sorted(paths) == sorted(map(str, folder.glob("*.idx")))


def test_the_arrays_have_the_documented_types_and_shapes(mnist_user: Session) -> None:
    printed = mnist_user.python(IN_PYTHON).splitlines()
    assert printed == ["uint8", "(60000, 28, 28)", "(60000,)"]
