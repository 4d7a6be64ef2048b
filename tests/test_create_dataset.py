"""``create-dataset`` writes a definition that works, whatever kind of file lies at the URL."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import struct
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Mapping
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any
from urllib.parse import unquote

import pyarrow
import pyarrow.parquet
import pytest
from workspace.commandline import run as run_command

from datamaestro.context import Context
from datamaestro.create.dataset import examine
from datamaestro.create.definition import definition_text
from datamaestro.data import Base
from datamaestro.data.encoding import to_json
from datamaestro.definitions.dataset_definition import DatasetDefinition
from datamaestro.testing import FileServer, exercise, write_distribution
from datamaestro.testing.faults import Fault
from datamaestro.testing.server import Answer

IDX = bytes.fromhex("00000803 00000002 00000002 00000003") + bytes(range(12))
CSV = b"name,legs,height\nTom,4,0.3\nPolly,2,0.1\nFido,4,0.6\n"
MATRIX = b"5.1;3.5;0\n4.9;3.0;0\n6.3;3.3;1\n"
IRIS = b"5.1,3.5,setosa\n4.9,3.0,setosa\n6.3,3.3,virginica\n"
JSON_LINES = b'{"id": "a", "text": "one, two"}\n{"id": "b", "text": "three, four"}\n'
TSV = b"id\tname\n7\tTom\n9\tPolly\n"
LINES = "Il était une fois\nun roi\n".encode()
HDF5 = b"\x89HDF" + bytes(range(256))
PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 0)


def zipped(members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def tarred(members: Mapping[str, bytes], mode: str = "w:gz") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def parquet() -> bytes:
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table({"legs": [4, 2]}), buffer)
    return buffer.getvalue()


ODD = {"d/a b.csv": CSV, "d/a-b.csv": CSV, 'd/import("os").csv': CSV, "d/none.bin": b"\0"}

IMAGES = {f"pets/{kind}/{number}.png": PNG for kind in ("cat", "dog") for number in range(3)}

KINDS = {
    "images.idx": (IDX, "IDX("),
    "images-idx3-ubyte.gz": (gzip.compress(IDX), "IDX("),
    "pets.csv": (CSV, "Generic(path=self.PETS.path, names_row=0)"),
    "pets.csv.bz2": (bz2.compress(CSV), "Generic(path=self.PETS.path, names_row=0)"),
    "numbers.csv": (MATRIX, 'Matrix(path=self.NUMBERS.path, delimiter=";")'),
    "iris.data": (IRIS, "Matrix(path=self.IRIS.path, target=-1)"),
    "known.csv": (b"a,b\n1,NA\n2,3\n", 'names_row=0, missing=["NA"])'),
    "latin.csv": ("ville,âge\nNîmes,2\nSète,3\n".encode("latin-1"), 'encoding="latin-1"'),
    "latin.tsv": ("id\tâge\nNîmes\t2\n".encode("latin-1"), 'encoding="latin-1"'),
    "latin.txt": (
        "Nîmes\nSète\n".encode("latin-1"),
        'Lines(path=self.LATIN.path, encoding="latin-1")',
    ),
    "one.csv": (b"words\nto\nread\n", "Generic(path=self.ONE.path, names_row=0)"),
    "corpus.jsonl": (JSON_LINES, 'JSONLines(path=self.CORPUS.path, id_field="id")'),
    "flags.jsonl": (b'{"id": true}\n{"id": false}\n', "JSONLines(path=self.FLAGS.path)"),
    "corpus.jsonl.xz": (
        lzma.compress(JSON_LINES),
        'JSONLines(path=self.CORPUS.path, id_field="id")',
    ),
    "queries.tsv": (TSV, 'TSV(path=self.QUERIES.path, header=True, id_column="id")'),
    "story.txt": (LINES, "Lines(path=self.STORY.path)"),
    "table.parquet": (parquet(), "Parquet(path=self.TABLE.path)"),
    "table.h5": (HDF5, "File(path=self.TABLE.path)"),
    "import": (LINES, "Lines(path=self.IMPORT.path)"),
    "idx": (IDX, "IDX(path=self.IDX_2.path)"),
    "array.json": (b'[{"legs": 4}, {"legs": 2}]\n', "Lines(path=self.ARRAY.path)"),
    "of {kind}.txt": (LINES, "Lines(path=self.OF_KIND.path)"),
    "2016.txt": (LINES, "Lines(path=self._2016.path)"),
    "one.zip": (zipped({"data/pets.csv": CSV}), "Generic(path=self.PETS.path, names_row=0)"),
    "one.tar.gz": (tarred({"data/x.idx": IDX}), "IDX(path=self.X.path)"),
    "splits.zip": (
        zipped({"d/train.csv": MATRIX, "d/test.csv": MATRIX}),
        "Supervised[Matrix, Matrix, Matrix]",
    ),
    "parts.tar": (
        tarred({"d/queries.tsv": TSV, "d/docs/corpus.jsonl": JSON_LINES}, "w"),
        'path=self.PARTS.path / "docs" / "corpus.jsonl"',
    ),
    "pets.zip": (zipped(IMAGES), "ImagesByFolder(path=self.PETS.path)"),
    "pets.tgz": (tarred(IMAGES), "ImagesByFolder(path=self.PETS.path)"),
    "whole.zip": (
        zipped({"a.csv": CSV, "b.csv": CSV}),
        'Generic(path=self.WHOLE.path / "a.csv", names_row=0)',
    ),
    "many.zip": (
        zipped({f"d/{number}.bin": bytes([number]) for number in range(20)}),
        "Folder(path=self.MANY.path)",
    ),
}


class User:
    """Someone who writes definitions of what a server on loopback has."""

    def __init__(self, home: Path, server: FileServer) -> None:
        self.home = home
        self.server = server

    def create(self, *arguments: str) -> CompletedProcess[str]:
        return run_command("create-dataset", *arguments, home=self.home)

    def serve(self, files: Mapping[str, bytes]) -> list[str]:
        self.server.files.update({f"/data/{name}": content for name, content in files.items()})
        return [self.server.url(f"/data/{name}") for name in files]

    def prepare(self, path: Path) -> Any:
        """Prepare the dataset of a module, from the cache that its creation has filled."""
        (declared,) = declared_in(path)
        return Context(self.home / "datamaestro").prepare(declared)


def declared_in(path: Path) -> list[DatasetDefinition]:
    spec = spec_from_file_location(f"created_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return [
        item for item in vars(module).values() if "__dataset__" in getattr(item, "__dict__", ())
    ]


@pytest.fixture
def user(home: Path, file_server: FileServer) -> User:
    return User(home, file_server)


@pytest.mark.parametrize("name", KINDS)
def test_the_definition_of_any_kind_of_file_prepares_at_once(user: User, name: str) -> None:
    content, expected = KINDS[name]
    (url,) = user.serve({name: content})
    context = Context(user.home / "datamaestro")
    text = definition_text("org.example.created", examine([url], context))
    assert expected in text
    assert f"size={len(content)}" in text
    path = user.home / "created.py"
    path.write_text(text, encoding="utf-8")
    user.server.requests.clear()
    value = user.prepare(path)
    exercise(value)
    assert user.server.requests == []  # what was looked at needn't be fetched again


def test_several_urls_make_one_dataset_of_splits(user: User) -> None:
    urls = user.serve({"train.csv": MATRIX, "dev.csv": MATRIX, "test.csv": MATRIX})
    path = user.home / "created.py"
    assert user.create(*urls, "-o", str(path)).returncode == 0
    value = user.prepare(path)
    assert value.id == "local.data"
    assert [part.path.name for part in value.parts().values()] == [
        "train.csv",
        "dev.csv",
        "test.csv",
    ]


def test_several_urls_of_other_names_make_parts_of_these_names(user: User) -> None:
    urls = user.serve({"train-images-idx3-ubyte.gz": gzip.compress(IDX), "labels.csv": CSV})
    path = user.home / "created.py"
    assert user.create(*urls, "-o", str(path)).returncode == 0
    value = user.prepare(path)
    assert isinstance(value, Base)
    exercise(value)
    assert value.train_images_idx3_ubyte.shape == (2, 2, 3)


def test_a_dataset_that_is_called_as_its_data_type_has_a_class_of_another_name(user: User) -> None:
    (url,) = user.serve({"matrix.csv": MATRIX})
    path = user.home / "created.py"
    assert user.create(url, "--id", "org.example.matrix", "-o", str(path)).returncode == 0
    assert "class DatasetMatrix(Dataset):" in path.read_text(encoding="utf-8")
    assert user.prepare(path).data()[1].shape == (3, 3)


def test_files_of_one_name_have_a_place_each(user: User) -> None:
    urls = user.serve({"a/words.txt": b"one\n", "b/words.txt": b"two\n", "c/Words.txt": b"three\n"})
    path = user.home / "words.py"
    assert user.create(*urls, "-o", str(path)).returncode == 0
    value = user.prepare(path)
    assert [list(part) for part in (value.words, value.words_2, value.words_3)] == [
        ["one"],
        ["two"],
        ["three"],
    ]


def test_a_definition_is_printed_and_the_one_thing_left_is_told_beside(user: User) -> None:
    (url,) = user.serve({"pets.csv": CSV})
    done = user.create(url)
    line = done.stdout.splitlines().index(
        "    TODO: say what the dataset holds, who made it, and how it is meant to be used."
    )
    left = f"Left to write: what local.data.pets is about (line {line + 1})."
    assert done.stderr.splitlines()[-1] == left


def test_a_definition_is_formatted_and_sorted(user: User) -> None:
    pytest.importorskip("ruff")
    long = f"{'long' * 20}.csv"
    urls = user.serve({"train.csv": MATRIX, long: CSV, "many.zip": KINDS["many.zip"][0]})
    path = user.home / "created.py"
    assert user.create(*urls, "-o", str(path)).returncode == 0
    for arguments in (["check", "--select=E,F,I,UP", "--ignore=E501"], ["format", "--check"]):
        command = [sys.executable, "-m", "ruff", *arguments, "--isolated", path]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


def test_names_that_python_or_a_value_can_not_have_are_changed(user: User) -> None:
    files = {
        "id.csv": CSV,
        "2 x.csv": CSV,
        "class.csv": CSV,
        "quo\"te's.csv": CSV,
        "x": zipped(ODD),
    }
    context = Context(user.home / "datamaestro")
    urls = [url.replace(" ", "%20") for url in user.serve(files)]
    text = definition_text("org.example.odd-names", examine(urls, context))
    path = user.home / "created.py"
    path.write_text(text, encoding="utf-8")
    value = user.prepare(path)
    exercise(value)
    assert set(value._parameters()) == {
        *("id", "id_2", "_2_x", "_class", "quo_te_s", "a_b", "a_b_2", "import_os")
    }


@pytest.mark.parametrize(
    ("name", "place"),
    [("two%0Alines.csv", "two_lines.csv"), ("a%5Cb%3Ac.csv", "a_b_c.csv")],
)
def test_a_file_has_a_name_that_every_disk_can_have(user: User, name: str, place: str) -> None:
    user.serve({unquote(name): CSV})
    path = user.home / "created.py"
    assert user.create(user.server.url(f"/data/{name}"), "-o", str(path)).returncode == 0
    assert user.prepare(path).path.name == place


def test_letters_with_accents_are_written_without(user: User) -> None:
    (url,) = user.serve({"été.csv": CSV})
    text = user.create(url).stdout
    assert 'id="local.data.ete"' in text
    assert "return Generic(path=self.ETE.path, names_row=0)" in text


def test_an_id_may_be_given(user: User) -> None:
    (url,) = user.serve({"pets.csv": CSV})
    assert 'id="org.example.pets"' in user.create(url, "--id", "org.example.pets").stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["pets.csv"], 2, "not a URL: expected https://…, or file:///…"),
        (["https://[::1/pets.csv"], 2, "not a URL: expected https://…, or file:///…"),
        (
            ["https://me:secret@example.org/a.csv"],
            2,
            "expected a URL without it, found https://example.org/a.csv; what lets you in",
        ),
        (["https://example.org/a.csv", "--id", "a b"], 2, "not a dataset id"),
        (["https://example.org/a.csv", "--into", "nowhere"], 3, "no installed plugin provides"),
        (["https://example.org/a.csv", "--into", "ml", "-o", "x.py"], 2, "exclude each other"),
    ],
)
def test_what_can_not_be_written_is_an_error(
    user: User, arguments: list[str], code: int, message: str
) -> None:
    done = user.create(*arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr


def test_a_url_that_gives_nothing_is_an_error_and_nothing_is_written(user: User) -> None:
    path = user.home / "created.py"
    done = user.create(user.server.url("/nowhere"), "-o", str(path))
    assert done.returncode == 4
    assert "found status 404" in done.stderr
    assert not path.exists()


def test_nothing_is_fetched_offline(user: User) -> None:
    (url,) = user.serve({"pets.csv": CSV})
    done = run_command("--offline", "create-dataset", url, home=user.home)
    assert done.returncode == 7
    assert user.server.requests == []


@pytest.fixture
def shelf(site_packages: Path) -> Path:
    """Give the folder of the definitions of a repository ``shelf``."""
    write_distribution(
        site_packages,
        "example-shelf",
        files={"shelf/__init__.py": SHELF, "shelf/config/org/example.py": ""},
        entry_points={"datamaestro.repositories": {"shelf": "shelf:Shelf"}},
    )
    return site_packages / "shelf" / "config"


SHELF = """
from datamaestro import Repository


class Shelf(Repository):
    NAMESPACE = "shelf"
"""


def test_a_definition_in_a_repository_is_found_by_its_id(user: User, shelf: Path) -> None:
    environment = {"PYTHONPATH": str(shelf.parents[1])}
    (url,) = user.serve({"my-pets.csv": CSV})
    done = run_command(
        *("create-dataset", url, "--into", "shelf", "--id", "net.example.my-pets"),
        home=user.home,
        environment=environment,
    )
    path = shelf / "net" / "example" / "my_pets.py"
    assert done.stdout == f"{path}\n"
    assert f"what net.example.my-pets is about ({path}:" in done.stderr
    done = run_command(
        *("--quiet", "prepare", "net.example.my-pets"), home=user.home, environment=environment
    )
    assert json.loads(done.stdout)["names_row"] == 0


def test_definitions_that_are_there_are_left_as_they_are(user: User, shelf: Path) -> None:
    (url,) = user.serve({"pets.csv": CSV})
    done = run_command(
        *("create-dataset", url, "--into", "shelf", "--id", "org.example.pets"),
        home=user.home,
        environment={"PYTHONPATH": str(shelf.parents[1])},
    )
    assert done.returncode == 1
    assert "example.py: there are definitions already" in done.stderr
    assert not (shelf / "org" / "example").exists()
    assert user.server.requests == []


def test_nothing_is_written_into_what_the_next_upgrade_replaces(user: User, shelf: Path) -> None:
    site_packages = shelf.parents[1]
    record = "shelf/__init__.py,,\nshelf/config/org/example.py,,\n"
    (site_packages / "example_shelf-1.0.dist-info" / "RECORD").write_text(record, encoding="utf-8")
    (url,) = user.serve({"pets.csv": CSV})
    done = run_command(
        *("create-dataset", url, "--into", "shelf", "--id", "net.example.pets"),
        home=user.home,
        environment={"PYTHONPATH": str(site_packages)},
    )
    assert done.returncode == 1
    assert "which the next upgrade of example-shelf removes" in done.stderr
    assert "pip install --editable" in done.stderr
    assert not (shelf / "net").exists()
    assert user.server.requests == []


def test_an_archive_that_is_unsafe_is_an_error(user: User) -> None:
    (url,) = user.serve({"bad.zip": zipped({"../x": b"1", "y": b"2"})})
    done = user.create(url)
    assert done.returncode == 1
    assert "bad.zip: refused: member '../x' has '..' in its path" in done.stderr


def test_a_file_that_is_there_is_left_as_it_is(user: User) -> None:
    path = user.home / "mine.py"
    path.write_text("mine", encoding="utf-8")
    (url,) = user.serve({"pets.csv": CSV})
    done = user.create(url, "-o", str(path))
    assert done.returncode == 1
    assert "there is a file already" in done.stderr
    assert path.read_text(encoding="utf-8") == "mine"


def test_a_file_that_is_made_meanwhile_is_left_as_it_is(user: User) -> None:
    path = user.home / "mine.py"

    class Meanwhile(Fault):
        def change(self, answer: Answer) -> None:
            path.write_text("mine", encoding="utf-8")

    (url,) = user.serve({"pets.csv": CSV})
    user.server.faults["/data/pets.csv"] = [Meanwhile()]
    done = user.create(url, "-o", str(path))
    assert done.returncode == 1
    assert "there is a file already" in done.stderr
    assert path.read_text(encoding="utf-8") == "mine"


def test_a_plugin_from_elsewhere_recognizes_its_own_format(
    user: User, site_packages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_distribution(
        site_packages,
        "example-hdf5",
        files={"example_hdf5.py": HDF5_TYPE, "example_hdf5_plugin.py": HDF5_PLUGIN},
        entry_points={"datamaestro": {"example-hdf5": "example_hdf5_plugin"}},
    )
    (url,) = user.serve({"table.h5": HDF5})
    done = run_command(
        *("create-dataset", url), home=user.home, environment={"PYTHONPATH": str(site_packages)}
    )
    assert "from example_hdf5 import HDF5" in done.stdout, done.stderr
    assert "return HDF5(path=self.TABLE.path)" in done.stdout


HDF5_TYPE = """
from datamaestro.data import File
from datamaestro.plugins import Certainty, ValueProposal


class HDF5(File):
    "An HDF5 file."


def recognize(candidate):
    if candidate.head(4) == b"\\x89HDF":
        return ValueProposal("example_hdf5:HDF5", certainty=Certainty.PROVEN)
"""

HDF5_PLUGIN = """
from datamaestro.plugins import DataTypeSpec, hookimpl


@hookimpl
def datamaestro_data_types():
    yield DataTypeSpec(
        "HDF5",
        "example_hdf5:HDF5",
        "An HDF5 file",
        recognize="example_hdf5:recognize",
    )
"""


def test_a_plugin_whose_recognizer_fails_stops_no_other(user: User, site_packages: Path) -> None:
    text = "def recognize(candidate):\n    raise ValueError('confused')\n"
    write_distribution(
        site_packages,
        "example-hdf5",
        files={"example_hdf5.py": text, "example_hdf5_plugin.py": HDF5_PLUGIN},
        entry_points={"datamaestro": {"example-hdf5": "example_hdf5_plugin"}},
    )
    (url,) = user.serve({"pets.csv": CSV})
    done = run_command(
        *("create-dataset", url), home=user.home, environment={"PYTHONPATH": str(site_packages)}
    )
    assert "csv" in done.stdout, done.stderr
    assert "ValueError: confused" in done.stderr


def test_what_is_printed_is_a_module(user: User) -> None:
    (url,) = user.serve({"pets.csv": CSV})
    compile(user.create(url).stdout, "created.py", "exec")


def test_a_created_definition_tells_its_value_as_json(user: User) -> None:
    (url,) = user.serve({"corpus.jsonl": JSON_LINES})
    path = user.home / "created.py"
    user.create(url, "-o", str(path), "--id", "org.example.corpus")
    document = json.loads(json.dumps(to_json(user.prepare(path))))
    assert document["id"] == "org.example.corpus"
    assert document["id_field"] == "id"
