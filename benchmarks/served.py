"""nginx on loopback, and datasets of the files that it serves: for rows with a download."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from datamaestro.testing import write_distribution
from datamaestro.utils import file_digests

CONFIGURATION = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off;
  sendfile on;
  server {{
    listen 127.0.0.1:{port};
    root {root};
    location /limited/ {{ alias {root}/; limit_rate {limit_rate}; }}
  }}
}}
"""

REPOSITORY = """
from datamaestro import Repository

class Served(Repository):
    NAMESPACE = "served"
"""

TAR_DATASET = '''
@tardownloader("data", "{url}", unwrap=False, size={size}, sha256="{sha256}")
@dataset(Folder, id="org.example.{name}")
def {name}(data):
    """{name}"""
    return {{"path": data}}
'''

FILE = """
@filedownloader("{name}", "{url}", size={size}, sha256="{sha256}")"""

FILE_DATASET = '''
@dataset(Files, id="org.example.{name}")
def {name}({arguments}):
    """{name}"""
    return {{"paths": [{arguments}]}}
'''


@contextmanager
def nginx(root: Path, limit_rate: str = "0") -> Iterator[str]:
    """Serve a folder, and give its URL.

    :param limit_rate: the bytes a second that each connection gets for what it asks for
        below ``/limited/``, where everything is served a second time
    :raises FileNotFoundError: if there is no nginx
    """
    program = shutil.which("nginx")
    if program is None:
        raise FileNotFoundError("rows with a download need nginx")
    root.chmod(0o755)  # nginx serves as another user
    folder = root / "nginx"
    folder.mkdir()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    text = CONFIGURATION.format(folder=folder, port=port, root=root, limit_rate=limit_rate)
    (folder / "nginx.conf").write_text(text)
    process = subprocess.Popen([program, "-p", str(folder), "-c", str(folder / "nginx.conf")])
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def tar_datasets(folder: Path, url: str, archives: Mapping[str, Path]) -> Path:
    """Write a repository of datasets that are tar archives at `url`; give its place."""
    definitions = [
        "from datamaestro.data import Folder\n"
        "from datamaestro.definitions import dataset\n"
        "from datamaestro.download.archive import tardownloader\n"
    ]
    for name, path in archives.items():
        digest = file_digests(path, ["sha256"])["sha256"]
        definitions.append(
            TAR_DATASET.format(
                name=name, url=f"{url}/{path.name}", size=path.stat().st_size, sha256=digest
            )
        )
    return _repository(folder, definitions)


def file_datasets(folder: Path, datasets: Mapping[str, Sequence[tuple[str, str, Path]]]) -> Path:
    """Write a repository of datasets that are single files; give its place.

    :param datasets: by name, the name, URL and copy on disk of each file
    """
    definitions = [
        "from datamaestro.data import Base\n"
        "from datamaestro.definitions import Param, dataset\n"
        "from datamaestro.download.single import filedownloader\n"
        "class Files(Base):\n    paths: Param[list]\n"
    ]
    for name, files in datasets.items():
        for file, url, path in files:
            digest = file_digests(path, ["sha256"])["sha256"]
            size = path.stat().st_size
            definitions.append(FILE.format(name=file, url=url, size=size, sha256=digest))
        arguments = ", ".join(file for file, _, _ in files)
        definitions.append(FILE_DATASET.format(name=name, arguments=arguments))
    return _repository(folder, definitions)


def _repository(folder: Path, definitions: Iterable[str]) -> Path:
    return write_distribution(
        folder,
        "served-datasets",
        files={
            "served_datasets/__init__.py": REPOSITORY,
            "served_datasets/config/org/example.py": "".join(definitions),
        },
        entry_points={"datamaestro.repositories": {"served": "served_datasets:Served"}},
    )


def download_command(place: Path, data: Path, name: str) -> list[str]:
    """Give the command that downloads one of these datasets into a data directory."""
    os.environ["PYTHONPATH"] = str(place)
    program = [sys.executable, "-m", "datamaestro", "--quiet", "--data", str(data)]
    return [*program, "download", f"org.example.{name}"]
