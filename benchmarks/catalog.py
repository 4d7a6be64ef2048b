"""Start-up and search: ours, a whole process each, against `python -c "import click"`.

A first run, which isn't counted, makes bytecode and index.

    python benchmarks/catalog.py [--json FILE] [--quick] [--runs N]

Needs the distributions of the workspace, installed as `nox` does.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from collections_of_datasets import install_hub, install_modules
from comparison import Row, Run, compare, measured

CLICK = [sys.executable, "-c", "import click"]
OURS = [sys.executable, "-c", "from datamaestro.cli import main; main()"]
MNIST = "com.lecun.mnist"

PREPARE_AGAIN = """
import statistics, time
from datamaestro import prepare_dataset
prepare_dataset("com.lecun.mnist")
times = []
for _ in range(200):
    start = time.perf_counter()
    prepare_dataset("com.lecun.mnist")
    times.append(time.perf_counter() - start)
print(statistics.median(times) * 1000)
"""

SHAPES = {
    "train_images": (60_000, 28, 28),
    "train_labels": (60_000,),
    "test_images": (10_000, 28, 28),
    "test_labels": (10_000,),
}


class User:
    """Someone with an empty home folder, and perhaps more plugins.

    :param home: the home folder
    :param site: a folder of distributions beside those that are installed
    """

    def __init__(self, home: Path, site: Path | None = None) -> None:
        kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
        self.variables = {
            **kept,
            "HOME": str(home),
            "USERPROFILE": str(home),
            "DATAMAESTRO_INDEX_DIR": str(home / "index"),
            **({} if site is None else {"PYTHONPATH": str(site)}),
        }
        self.home = home
        home.mkdir(parents=True, exist_ok=True)

    def measured(self, command: Sequence[str]) -> Run:
        """Measure one whole process."""
        return measured(command, env=self.variables, cwd=self.home, stdout=subprocess.DEVNULL)

    def run(self, command: Sequence[str]) -> str:
        """Run a command and give what it prints."""
        process = subprocess.run(
            command, env=self.variables, cwd=self.home, check=True, capture_output=True, text=True
        )
        return process.stdout


def shown(row: Row) -> Row:
    """Print a row as soon as it is known."""
    print(row, flush=True)
    return row


def against_click(work: str, target: float, user: User, *arguments: str, runs: int) -> Row:
    """Compare a command with the import of click."""
    ours = [*OURS, *arguments]
    return shown(
        compare(work, target, lambda: user.measured(ours), lambda: user.measured(CLICK), runs)
    )


def settle(site: Path) -> None:
    """Let some time pass since the files of a folder were written, as for any installed plugin."""
    for path in (site, *site.rglob("*")):
        os.utime(path, (1_000_000_000, 1_000_000_000))


def put_mnist_in_place(data: Path) -> None:
    """Make files of MNIST's names and shapes, all zeros, that count as prepared."""
    from datamaestro import Context
    from datamaestro.download.stored import StoredResource
    from datamaestro.preparation.state import State
    from datamaestro.state_files import Record

    context = Context(data)
    definition = context.dataset(MNIST)
    folder = context.folder(definition)
    folder.mkdir(parents=True)
    for resource in definition.ordered_resources():
        assert isinstance(resource, StoredResource)
        shape = SHAPES[resource.name]
        header = bytes([0, 0, 8, len(shape)]) + b"".join(n.to_bytes(4, "big") for n in shape)
        count = 1
        for length in shape:
            count *= length
        path = folder / resource.relative_path
        path.write_bytes(header + bytes(count))
        record = Record(resource.fingerprint, str(resource.relative_path), path.stat().st_size)
        State.load(folder).complete({resource.name: record})


def start_up_rows(here: Path, runs: int) -> list[Row]:
    """Compare commands with three repositories installed."""
    user = User(here / "user")
    put_mnist_in_place(user.home / "datamaestro")
    user.run([*OURS, "search", "mnist"])
    return [
        against_click("version", 1.5, user, "version", runs=runs),
        against_click("--help", 1.5, user, "--help", runs=runs),
        against_click("search, three repositories", 1.8, user, "search", "mnist", runs=runs),
        against_click("info", 2.0, user, "info", MNIST, runs=runs),
        against_click(
            "prepare, already prepared", 3.0, user, "prepare", MNIST, "--json", runs=runs
        ),
        prepare_again_row(user),
    ]


def prepare_again_row(user: User) -> Row:
    """Tell how long `prepare_dataset` takes in a warm process, against 2 ms."""
    taken = float(user.run([sys.executable, "-c", PREPARE_AGAIN])) / 1000
    work = "prepare_dataset, warm process (of 2 ms)"
    return shown(Row(work, 1.0, taken / 0.002, 0, [taken], [0.002]))


def many_row(here: Path, count: int, target: float, runs: int) -> Row:
    """Compare a search among many datasets."""
    site = here / f"site{count}"
    site.mkdir()
    install_hub(site, count)
    settle(site)
    user = User(here / f"user{count}", site)
    print(f"indexing {count:,} datasets: {user.measured([*OURS, 'search', 'mnist']).seconds:.1f} s")
    return against_click(f"search, {count:,} datasets", target, user, "search", "mnist", runs=runs)


def first_index_row(here: Path, runs: int) -> Row:
    """Compare the first index with importing all modules of definitions that are in it once."""
    from datamaestro import Context

    site = here / "modules"
    site.mkdir()
    names = install_modules(site, 1000)
    settle(site)
    user = User(here / "first", site)
    names += [name for item in Context(user.home).repositories() for name in item.modules()]
    code = f"import importlib\nfor name in {names!r}: importlib.import_module(name)"
    imported = [sys.executable, "-c", code]

    def first() -> Run:
        shutil.rmtree(user.home / "index", ignore_errors=True)
        return user.measured([*OURS, "search", "repo:many", "--limit", "1"])

    work = "first index of 1,000 definitions"
    return shown(compare(work, 1.5, first, lambda: user.measured(imported), runs))


def main() -> int:
    """Run all, and tell whether every target was reached."""
    # Installed packages have their bytecode; without it, each start would compile ours.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="write all times there")
    parser.add_argument("--quick", action="store_true", help="few datasets, to try the script")
    parser.add_argument("--runs", type=int, default=11, help="timed runs of each (default: 11)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="catalog-") as name:
        here = Path(name)
        rows = start_up_rows(here, options.runs)
        rows.append(first_index_row(here, min(options.runs, 5)))
        many = 1_000 if options.quick else 100_000
        rows.append(many_row(here, many, 2.2, options.runs))
        rows.append(many_row(here, 10 * many, 5.0, options.runs))
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")
    return 0 if all(row.reached for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
