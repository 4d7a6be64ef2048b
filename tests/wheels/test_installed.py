"""The distributions at work, installed from their wheels in empty environments."""

from __future__ import annotations

import base64
import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from workspace.distributions import DISTRIBUTIONS, KERNEL, METAPACKAGE
from workspace.environments import Environment, User

Mirror = tuple[Path, str]
Installer = Callable[..., Environment]


@pytest.fixture(scope="module")
def image(make_environment: Installer) -> Environment:
    """Give an environment with datamaestro-image and what it declares."""
    return make_environment("datamaestro-image")


@pytest.fixture(scope="module")
def ml(make_environment: Installer) -> Environment:
    """Give an environment with datamaestro-ml and what it declares."""
    return make_environment("datamaestro-ml")


@pytest.fixture(scope="module")
def standard(make_environment: Installer) -> Environment:
    """Give an environment with the metapackage."""
    return make_environment("datamaestro")


@pytest.fixture(scope="module")
def birds(make_environment: Installer, third_party: Path) -> Environment:
    """Give an environment with the plugins from outside the workspace."""
    return make_environment(*sorted(third_party.glob("*.whl")))


def test_one_repository_alone_brings_what_it_needs_and_no_other(image: Environment) -> None:
    installed = image.distributions() & set(DISTRIBUTIONS)
    assert {"datamaestro-image", KERNEL, "datamaestro-transport-http"} <= installed
    assert not installed & {"datamaestro-ml", "datamaestro-text", METAPACKAGE}


def test_it_knows_its_datasets(image: Environment, tmp_path: Path) -> None:
    user = User(image, tmp_path)
    assert "com.lecun.mnist" in user.run("search", "repo:image").stdout.splitlines()
    information = json.loads(user.run("info", "com.lecun.mnist", "--json").stdout)
    assert information["repository"] == "image"


def test_a_dataset_of_images_is_prepared_from_files_on_loopback(
    image: Environment, mirror: Mirror, real_files: Path, tmp_path: Path
) -> None:
    user = User(image, tmp_path)
    folder, user.variables["DATAMAESTRO_MIRROR"] = mirror
    folder.rmdir()
    folder.symlink_to(real_files, target_is_directory=True)
    ready = 0
    for entry in json.loads(user.run("search", "repo:image", "--json").stdout):
        urls = [file["urls"][0] for file in entry.get("files", [])]
        if urls and all((real_files / url.partition("://")[2]).is_file() for url in urls):
            process = user.run("prepare", entry["id"])
            assert process.returncode == 0, process.stderr
            assert json.loads(process.stdout)["id"] == entry["id"]
            ready += 1
    if not ready:
        pytest.skip(f"{real_files} has all files of no dataset of images")


def test_a_dataset_whose_files_are_nowhere_fails_with_their_address(
    image: Environment, mirror: Mirror, tmp_path: Path
) -> None:
    user = User(image, tmp_path)
    user.variables |= {"DATAMAESTRO_MIRROR": mirror[1], "https_proxy": mirror[1]}
    process = user.run("prepare", "gov.nist.emnist")
    assert process.returncode == 4, process.stderr
    assert process.stdout == ""
    assert "https://biometrics.nist.gov/cs_links/EMNIST/gzip.zip" in process.stderr


def test_iris_is_prepared_with_no_network_at_all(ml: Environment, tmp_path: Path) -> None:
    process = User(ml, tmp_path).run("--offline", "prepare", "edu.uci.iris")
    assert process.returncode == 0, process.stderr
    value = json.loads(process.stdout)
    assert value["id"] == "edu.uci.iris"
    assert len(Path(value["path"]).read_text(encoding="utf-8").split()) == 150


def test_iris_is_an_array_in_python(ml: Environment, tmp_path: Path) -> None:
    code = (
        "from datamaestro import prepare_dataset\n"
        f"iris = prepare_dataset('edu.uci.iris', {str(tmp_path)!r})\n"
        "print(iris.id, type(iris).__name__)\n"
    )
    assert ml.output(code).split() == ["edu.uci.iris", "Matrix"]


def test_the_metapackage_brings_the_kernel_and_the_standard_plugins(
    standard: Environment, tmp_path: Path
) -> None:
    required = {item.name for item in DISTRIBUTIONS[METAPACKAGE].requirements}
    assert standard.distributions() & set(DISTRIBUTIONS) == required | {METAPACKAGE}
    listing = json.loads(User(standard, tmp_path).run("plugins", "--json").stdout)
    assert listing["broken"] == []
    assert {item["distribution"] for item in listing["plugins"]} == required - {KERNEL}


def test_a_foreign_repository_is_found(birds: Environment, tmp_path: Path) -> None:
    user = User(birds, tmp_path)
    assert user.run("search", "repo:birdsong").stdout.splitlines() == [
        "org.example.birds.call",
        "org.example.birds.checklist",
        "org.example.birds.spectrograms",
    ]
    information = json.loads(user.run("info", "org.example.birds.call", "--json").stdout)
    assert information["name"] == "A robin's call"
    assert information["files"][0]["urls"] == ["https://birds.example.org/calls/robin.b64"]


def test_foreign_plugins_are_listed_with_what_they_provide(
    birds: Environment, tmp_path: Path
) -> None:
    listing = json.loads(User(birds, tmp_path).run("plugins", "--json").stdout)
    assert listing["broken"] == []
    provided = {item["distribution"]: item["provides"] for item in listing["plugins"]}
    assert provided["birdsong-base64"] == {"handlers": ["base64downloader"]}
    assert provided["birdsong-datasets"] == {
        "repositories": ["birdsong"],
        "data_types": ["Checklist"],
    }


def test_a_file_that_a_foreign_distribution_ships_needs_no_network(
    birds: Environment, tmp_path: Path
) -> None:
    process = User(birds, tmp_path).run("--offline", "prepare", "org.example.birds.checklist")
    assert process.returncode == 0, process.stderr
    value = json.loads(process.stdout)
    assert value["region"] == "garden"
    assert Path(value["path"]).read_text(encoding="utf-8").splitlines()[1] == "Wren"


def test_a_foreign_handler_makes_files_from_what_it_downloads(
    birds: Environment, mirror: Mirror, tmp_path: Path
) -> None:
    user = User(birds, tmp_path)
    folder, user.variables["DATAMAESTRO_MIRROR"] = mirror
    call = bytes(range(256)) * 40
    write(folder / "birds.example.org/calls/robin.b64", base64.encodebytes(call))
    process = user.run("prepare", "org.example.birds.call")
    assert process.returncode == 0, process.stderr
    assert Path(json.loads(process.stdout)["path"]).read_bytes() == call


def test_what_a_foreign_handler_downloads_is_verified(
    birds: Environment, mirror: Mirror, tmp_path: Path
) -> None:
    user = User(birds, tmp_path)
    folder, url = mirror
    user.variables |= {"DATAMAESTRO_MIRROR": url, "https_proxy": url}
    write(folder / "birds.example.org/calls/robin.b64", base64.encodebytes(b"a blackbird"))
    process = user.run("prepare", "org.example.birds.call")
    assert process.returncode in (4, 5)  # the mirror's bytes are wrong, the rest unreachable
    assert process.stdout == ""
    assert not list(tmp_path.rglob("call.wav"))


def test_foreign_datasets_use_the_types_and_handlers_of_the_workspace(
    birds: Environment, mirror: Mirror, tmp_path: Path
) -> None:
    user = User(birds, tmp_path)
    folder, user.variables["DATAMAESTRO_MIRROR"] = mirror
    images = bytes.fromhex("00000803 00000002 00000002 00000003") + bytes(range(12))
    labels = bytes.fromhex("00000801 00000002") + b"\x07\x09"
    write(folder / "birds.example.org/images.idx.gz", gzip.compress(images))
    write(folder / "birds.example.org/labels.idx.b64", base64.encodebytes(labels))
    process = user.run("prepare", "org.example.birds.spectrograms")
    assert process.returncode == 0, process.stderr
    shutil.rmtree(folder)  # from here on, what is there is enough
    code = (
        "from datamaestro import prepare_dataset\n"
        f"value = prepare_dataset('org.example.birds.spectrograms', {data_of(user)!r})\n"
        "print(value.train.images.data().tolist(), value.train.labels.data().tolist())\n"
    )
    expected = [[[0, 1, 2], [3, 4, 5]], [[6, 7, 8], [9, 10, 11]]]
    assert birds.output(code).strip() == f"{expected} [7, 9]"


def write(path: Path, content: bytes) -> None:
    """Write a file, with the folders that it needs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def data_of(user: User) -> str:
    """Give a user's data directory."""
    return str(user.home / "datamaestro")
