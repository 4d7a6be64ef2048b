"""What is in the wheels and sdists."""

from __future__ import annotations

import email
import subprocess
import sys
import tarfile
import zipfile
from collections import Counter
from email.message import Message
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from workspace.distributions import DISTRIBUTIONS, ROOT, WITH_PACKAGE, Distribution


def wheel_of(name: str, dist: Path) -> zipfile.ZipFile:
    """Open the one wheel of a distribution, which has the right version and fits any machine."""
    version = DISTRIBUTIONS[name].version
    return zipfile.ZipFile(dist / f"{name.replace('-', '_')}-{version}-py3-none-any.whl")


def information(name: str) -> str:
    """Give the folder of a wheel's metadata."""
    return f"{name.replace('-', '_')}-{DISTRIBUTIONS[name].version}.dist-info"


def metadata(name: str, dist: Path) -> Message:
    """Read a wheel's metadata."""
    with wheel_of(name, dist) as wheel:
        return email.message_from_bytes(wheel.read(f"{information(name)}/METADATA"))


def test_there_is_one_wheel_and_one_sdist_for_each_distribution(dist: Path) -> None:
    stems = [f"{name.replace('-', '_')}-{item.version}" for name, item in DISTRIBUTIONS.items()]
    expected = {f"{stem}-py3-none-any.whl" for stem in stems}
    expected |= {f"{stem}.tar.gz" for stem in stems}
    assert {path.name for path in dist.iterdir()} - {"constraints.txt", ".gitignore"} == expected


def test_no_two_wheels_own_a_path(dist: Path) -> None:
    owners = Counter(path for name in DISTRIBUTIONS for path in wheel_of(name, dist).namelist())
    assert [path for path, count in owners.items() if count > 1] == []


@pytest.mark.parametrize("name", sorted(DISTRIBUTIONS))
def test_a_wheel_holds_the_package_and_its_metadata_only(name: str, dist: Path) -> None:
    top = {path.partition("/")[0] for path in wheel_of(name, dist).namelist()}
    package = DISTRIBUTIONS[name].package
    assert top == ({package} if package else set()) | {information(name)}


@pytest.mark.parametrize("name", sorted(WITH_PACKAGE))
def test_a_wheel_holds_every_file_of_the_package(name: str, dist: Path) -> None:
    distribution = DISTRIBUTIONS[name]
    source = distribution.folder / "src"
    files = {
        path.relative_to(source).as_posix()
        for path in source.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    packed = {path for path in wheel_of(name, dist).namelist() if ".dist-info/" not in path}
    assert packed == files
    assert f"{distribution.package}/py.typed" in packed


@pytest.mark.parametrize("name", sorted(DISTRIBUTIONS))
def test_a_wheel_holds_the_licence(name: str, dist: Path) -> None:
    licence = wheel_of(name, dist).read(f"{information(name)}/licenses/LICENSE")
    assert licence == (ROOT / "LICENSE").read_bytes()


@pytest.mark.parametrize("name", sorted(DISTRIBUTIONS))
def test_the_metadata_say_what_the_project_does(name: str, dist: Path) -> None:
    distribution = DISTRIBUTIONS[name]
    found = metadata(name, dist)
    assert found["Name"] == name
    assert found["Version"] == distribution.version
    assert found["License-Expression"] == "Apache-2.0"
    assert found["Requires-Python"] == ">=3.11"
    assert found["Summary"]
    description = found.get_payload(decode=True).decode("utf-8")
    readme = (distribution.folder / "README.md").read_text(encoding="utf-8")
    assert description.strip() == readme.strip()
    required = {Requirement(item) for item in found.get_all("Requires-Dist", [])}
    assert {item for item in required if "extra" not in str(item.marker)} == set(
        distribution.requirements
    )


@pytest.mark.parametrize("name", sorted(DISTRIBUTIONS))
def test_the_wheel_from_the_sdist_is_the_wheel(name: str, dist: Path, tmp_path: Path) -> None:
    distribution = DISTRIBUTIONS[name]
    folder = extract(distribution, dist, tmp_path)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path]
    subprocess.run([*command, folder], check=True, capture_output=True)
    (rebuilt,) = tmp_path.glob("*.whl")
    again = zipfile.ZipFile(rebuilt)
    first = wheel_of(name, dist)
    assert again.namelist() == first.namelist()
    assert [path for path in first.namelist() if again.read(path) != first.read(path)] == []


@pytest.mark.parametrize("name", sorted(DISTRIBUTIONS))
def test_an_sdist_holds_the_tests_and_the_licence(name: str, dist: Path, tmp_path: Path) -> None:
    folder = extract(DISTRIBUTIONS[name], dist, tmp_path)
    assert list(folder.glob("tests/**/test_*.py"))
    assert (folder / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


def extract(distribution: Distribution, dist: Path, target: Path) -> Path:
    """Unpack the sdist of a distribution."""
    stem = f"{distribution.name.replace('-', '_')}-{distribution.version}"
    with tarfile.open(dist / f"{stem}.tar.gz") as archive:
        archive.extraction_filter = getattr(tarfile, "data_filter", None)  # since Python 3.11.4
        archive.extractall(target)
    return target / stem
