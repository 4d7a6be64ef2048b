"""Every code block of the configuration page that the project started from, as written.

Absolute paths such as ``/path/to/data`` are replaced by folders below the session's
temporary home; nothing else of a block is. Running a command on another host needs
another host, and is left out.
"""

from __future__ import annotations

import hashlib
import json
import tomllib

from documented.session import Session
from documented.specification import specification, words

from datamaestro.testing import write_distribution

ENVIRONMENT_VARIABLE = """\
export DATAMAESTRO_DIR=/path/to/data
"""

OPTION = """\
datamaestro --data /path/to/data prepare com.lecun.mnist
"""

CONTEXT_ARGUMENT = """\
from pathlib import Path
from datamaestro import prepare_dataset

ds = prepare_dataset("com.lecun.mnist", context=Path("/path/to/data"))
"""

LAYOUT = """\
~/datamaestro/
├── data/ # Downloaded datasets
│ ├── image/ # Image repository datasets
│ │ └── com/lecun/mnist/
│ ├── text/ # Text repository datasets
│ └── ml/ # ML repository datasets
├── cache/ # Temporary download cache
└── settings.json # Global settings
"""

GLOBAL_SETTINGS = """\
{
  "datafolders": {
    "large_data": "/mnt/storage/datasets",
    "local_cache": "/tmp/datamaestro"
  }
}
"""

USER_SETTINGS = """\
{
  "default_repository": "text"
}
"""

DATAFOLDERS = """\
# Set a data folder
datamaestro datafolders set my_data /path/to/existing/data

# List configured folders
datamaestro datafolders list
"""

DATAFOLDER_SETTINGS = """\
{
  "datafolders": {
    "my_data": "/path/to/existing/data"
  }
}
"""

CONTEXT = """\
from datamaestro.context import Context

# Get the singleton context instance
ctx = Context.instance()

# Access paths
print(ctx.datapath) # ~/datamaestro/data
print(ctx.cachepath) # ~/datamaestro/cache

# Access settings
print(ctx.settings.datafolders)

# Iterate over repositories
for repo in ctx.repositories():
    print(repo.id, repo.name)

# Find a dataset
ds = ctx.dataset("com.lecun.mnist")
"""

CLEAR_CACHE = """\
rm -rf ~/datamaestro/cache/*
"""

ENTRY_POINT = """\
[project.entry-points."datamaestro.repositories"]
myrepo = "mypackage:MyRepository"
"""

REPOSITORY = """\
from datamaestro.context import Repository

class MyRepository(Repository):
    NAMESPACE = "myrepo"
    DESCRIPTION = "My custom datasets"
"""

BLOCKS = [
    ENVIRONMENT_VARIABLE,
    OPTION,
    CONTEXT_ARGUMENT,
    LAYOUT,
    GLOBAL_SETTINGS,
    USER_SETTINGS,
    DATAFOLDERS,
    DATAFOLDER_SETTINGS,
    CONTEXT,
    CLEAR_CACHE,
    ENTRY_POINT,
    REPOSITORY,
]

IMAGES = "com/lecun/mnist/train_images.idx"


def test_the_blocks_are_those_of_the_page_in_its_order() -> None:
    # The page has lost its fences, indentation and empty lines: the words are compared.
    text = words(specification("configuration.md"))
    for block in BLOCKS:
        before, found, text = text.partition(words(block))
        assert found, f"not in what follows {before[-80:]!r}:\n{block}"


def test_the_environment_variable_names_the_data_directory(mnist_user: Session) -> None:
    data = mnist_user.home / "elsewhere"
    export = ENVIRONMENT_VARIABLE.replace("/path/to/data", str(data))
    mnist_user.run(f"{export}\ndatamaestro prepare com.lecun.mnist")
    assert (data / "data" / "example" / IMAGES).is_file()


def test_the_option_names_the_data_directory(mnist_user: Session) -> None:
    data = mnist_user.home / "elsewhere"
    mnist_user.run(OPTION.replace("/path/to/data", str(data)))
    assert (data / "data" / "example" / IMAGES).is_file()


def test_the_context_argument_names_the_data_directory(mnist_user: Session) -> None:
    data = mnist_user.home / "elsewhere"
    mnist_user.python(CONTEXT_ARGUMENT.replace("/path/to/data", str(data)))
    assert (data / "data" / "example" / IMAGES).is_file()


def test_the_data_directory_is_laid_out_as_shown(mnist_user: Session) -> None:
    found = mnist_user.python(
        "from datamaestro import Context\n"
        "context = Context()\n"
        "print(context.folder('image:com.lecun.mnist'))\n"
        "print(context.repository('text').datapath)\n"
        "print(context.repository('ml').datapath)\n"
        "print(context.cachepath)\n"
        "print(context.settings.path)\n"
    )
    root = mnist_user.home / "datamaestro"
    shown = [
        "data/image/com/lecun/mnist",
        "data/text",
        "data/ml",
        "cache",
        "settings.json",
    ]
    assert found.splitlines() == [str(root / path) for path in shown]


def test_the_global_settings_name_data_folders(session: Session) -> None:
    session.write("~/datamaestro/settings.json", GLOBAL_SETTINGS)
    assert session.run("datamaestro datafolders list").splitlines() == [
        "large_data\t/mnt/storage/datasets",
        "local_cache\t/tmp/datamaestro",
    ]


def test_the_user_settings_name_the_repository_to_look_in_first(session: Session) -> None:
    session.write("~/.config/datamaestro/user.json", USER_SETTINGS)
    found = session.python(
        "from datamaestro import Context\nprint(Context().user_settings.default_repository)"
    )
    assert found == "text\n"


def test_a_data_folder_is_set_and_listed(session: Session) -> None:
    data = session.home / "existing"
    data.mkdir()
    listed = session.run(DATAFOLDERS.replace("/path/to/existing/data", str(data)))
    assert listed == f"my_data\t{data}\n"


def test_setting_a_data_folder_writes_the_settings_as_shown(session: Session) -> None:
    data = session.home / "existing"
    data.mkdir()
    session.run(DATAFOLDERS.replace("/path/to/existing/data", str(data)))
    written = (session.home / "datamaestro" / "settings.json").read_text()
    shown = DATAFOLDER_SETTINGS.replace("/path/to/existing/data", str(data))
    assert json.loads(written) == json.loads(shown)


def test_a_definition_refers_to_a_data_folder(session: Session) -> None:
    """The page says to use `DatafolderPath`, and shows nothing."""
    data = session.home / "existing"
    (data / "corpus").mkdir(parents=True)
    session.write(
        "~/datamaestro/settings.json",
        DATAFOLDER_SETTINGS.replace("/path/to/existing/data", str(data)),
    )
    found = session.python(
        "from datamaestro import prepare_dataset\n"
        "from datamaestro.context import DatafolderPath\n"
        "from datamaestro.data import Folder\n"
        "from datamaestro.definitions import dataset\n"
        "from datamaestro.download.links import linkfolder\n"
        "\n"
        "@linkfolder('data', [DatafolderPath('my_data', 'corpus')])\n"
        "@dataset(Folder, id='org.example.corpus')\n"
        "def corpus(data):\n"
        "    return {'path': data}\n"
        "\n"
        "print(prepare_dataset(corpus).path)\n"
    )
    assert found == f"{data / 'corpus'}\n"


def test_the_context_gives_paths_settings_repositories_and_datasets(mnist_user: Session) -> None:
    printed = mnist_user.python(CONTEXT).splitlines()
    root = mnist_user.home / "datamaestro"
    assert printed[:3] == [str(root / "data"), str(root / "cache"), "{}"]
    assert {"example example", "image image", "ml ml", "text text"} <= set(printed[3:])
    assert mnist_user.python("print(ds.id)") == "com.lecun.mnist\n"


def test_downloads_are_named_by_the_hash_of_their_url(mnist_user: Session) -> None:
    mnist_user.run("datamaestro --keep-downloads prepare com.lecun.mnist")
    url = "http://yann.lecun.com/exdb/mnist/t10k-labels-idx1-ubyte.gz"
    name = hashlib.sha256(url.encode()).hexdigest()
    assert (mnist_user.home / "datamaestro" / "cache" / f"{name}.dl").is_file()


def test_the_cache_is_asked_before_the_network(mnist_user: Session) -> None:
    mnist_user.run("datamaestro --keep-downloads prepare com.lecun.mnist")
    mnist_user.run("rm -r ~/datamaestro/data")
    mnist_user.run("datamaestro --offline prepare com.lecun.mnist")
    assert (mnist_user.home / "datamaestro" / "data" / "example" / IMAGES).is_file()


def test_a_cleared_cache_is_filled_again(mnist_user: Session) -> None:
    mnist_user.run("datamaestro --keep-downloads prepare com.lecun.mnist")
    mnist_user.run(CLEAR_CACHE)
    assert not list((mnist_user.home / "datamaestro" / "cache").glob("*.dl"))
    mnist_user.run("rm -r ~/datamaestro/data")
    mnist_user.run("datamaestro prepare com.lecun.mnist")
    assert (mnist_user.home / "datamaestro" / "data" / "example" / IMAGES).is_file()


def test_an_entry_point_registers_a_repository(session: Session) -> None:
    write_distribution(
        session.site,
        "mypackage",
        files={"mypackage/__init__.py": REPOSITORY, "mypackage/config/__init__.py": ""},
        entry_points=tomllib.loads(ENTRY_POINT)["project"]["entry-points"],
    )
    assert "myrepo: My custom datasets" in session.run("datamaestro repositories").splitlines()


def test_the_class_of_a_repository_says_what_it_is_called(session: Session) -> None:
    session.python(REPOSITORY)
    found = session.python(
        "from datamaestro import Context\n"
        "repository = MyRepository(Context())\n"
        "print(repository.id, '/', repository.description)\n"
    )
    assert found == "myrepo / My custom datasets\n"
