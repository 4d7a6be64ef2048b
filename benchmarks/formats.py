"""Readers of files against their peers: ``python benchmarks/formats.py [--json FILE] [--quick]``.

Each row times the same work by ours and by a peer, in turns, inside this process with
all libraries imported; memory is touched before each run, and the file of numbers, so
that no program pays for pages that the one before gave back or left alone for seconds.
The median of the runs counts, and only the ratio says something: times differ from
machine to machine.

Peers: ``pip install idx2numpy pandas polars pyarrow ir_datasets``; the earlier
datamaestro has the same import name, so it runs in an environment of its own
(``pip install datamaestro==1.16.1``), whose interpreter ``--earlier`` names. A row
whose peer is missing is left out, and says so.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from comparison import memory_folder

from datamaestro_format_csv import Matrix
from datamaestro_format_idx import IDX, write_idx
from datamaestro_format_text import TSV

WIDTH = 20
LOOKUPS = 20_000

EARLIER = """
import sys, time
from pathlib import Path
from datamaestro.data.csv import Matrix
matrix = Matrix.C(id="m", path=Path(sys.argv[1]), names_row=0).instance()
print("ready", flush=True)
for line in sys.stdin:
    start = time.perf_counter()
    matrix.data()
    print(time.perf_counter() - start, flush=True)
"""

MEMORY = """
import re, sys
from pathlib import Path
{imports}
def status(name):
    return 1024 * int(re.search(name + r":\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
before = status("{field}")
{work}
print(status("{field}") - before)
"""


@dataclass
class Result:
    """A row of the table; times in seconds, for the row about memory in bytes."""

    work: str
    peer: str
    ours: float
    theirs: float
    target: float

    @property
    def ratio(self) -> float:
        return self.ours / self.theirs

    def __str__(self) -> str:
        verdict = "met" if self.ratio <= self.target else "MISSED"
        return (
            f"{self.work:44} {self.peer:26} {self.ours:12.6g} {self.theirs:12.6g}"
            f" {self.ratio:8.4f} <= {self.target:<6} {verdict}"
        )


class Bench:
    """Data, sizes and results of one run.

    :param folder: where the files are made
    :param scale: the share of the full sizes
    :param runs: how often each is timed
    :param earlier: the interpreter that has the earlier datamaestro, if any
    """

    def __init__(self, folder: Path, scale: float, runs: int, earlier: str | None) -> None:
        self.folder = folder
        self.scale = scale
        self.runs = runs
        self.earlier = earlier
        self.results: list[Result] = []

    def report(self, *values: Any) -> None:
        self.results.append(Result(*values))
        print(self.results[-1], flush=True)

    def compare(
        self, touched: int, file: Path | None = None, **works: Callable[[], Any]
    ) -> dict[str, float]:
        """Time pieces of work in turns; give the median of each by its name.

        Each round has an order of its own, so that none always follows the same neighbor,
        which leaves memory behind that is quicker or slower to use again.

        :param touched: how many bytes of memory to touch before each
        :param file: what to read before each
        """
        times: dict[str, list[float]] = {name: [] for name in works}
        names = list(works)
        for run in range(self.runs + 1):
            for name in random.Random(run).sample(names, len(names)):
                np.ones(touched, np.uint8)
                if file is not None:
                    file.read_bytes()
                elapsed = timed(works[name])
                if run:  # the first one warms up
                    times[name].append(elapsed)
        return {name: statistics.median(values) for name, values in times.items()}


def timed(work: Callable[[], Any]) -> float:
    """Give the seconds of a piece of work, or those that it measured itself."""
    start = time.perf_counter()
    value = work()
    elapsed = time.perf_counter() - start
    return value if isinstance(value, float) and value > 0 else elapsed


def idx(bench: Bench) -> None:
    images = bench.folder / "images.idx"
    write_idx(images, np.random.default_rng(0).integers(0, 256, (60_000, 28, 28), np.uint8))
    with optional("idx2numpy"):
        import idx2numpy

        times = bench.compare(
            images.stat().st_size,
            ours=lambda: int(IDX(path=images).data()[123].sum()) and None,
            theirs=lambda: int(idx2numpy.convert_from_file(str(images))[123].sum()) and None,
        )
        bench.report("MNIST: open, read one image", "idx2numpy", *times.values(), 0.05)

    large = bench.folder / "large.idx"
    shape = (int(2_000_000_000 * bench.scale) // 50_176, 224, 224)
    write_idx(large, np.broadcast_to(np.arange(224, dtype=np.uint8), shape))

    def whole() -> None:
        np.fromfile(large, np.uint8, offset=16).reshape(shape)[::100].sum(dtype=np.int64)

    def mapped() -> None:
        IDX(path=large).data()[::100].sum(dtype=np.int64)

    times = bench.compare(large.stat().st_size, ours=mapped, theirs=whole)
    bench.report("2 GB uint8: sum one image in 100", "numpy.fromfile", *times.values(), 0.35)
    if Path("/proc/self/status").exists():
        memory = own_memory(
            "import numpy as np; from datamaestro_format_idx import IDX",
            f"data = IDX(path={str(large)!r}).data(); data[::100].sum(dtype=np.int64)",
            "RssAnon",
        )
        bench.report("  own memory", "size of the file", memory, large.stat().st_size, 0.02)
    large.unlink()

    numbers = bench.folder / "numbers.idx"
    write_idx(numbers, np.arange(int(47_000_000 * bench.scale), dtype=np.int32))
    times = bench.compare(
        numbers.stat().st_size,
        ours=lambda: IDX(path=numbers).data() is None,
        theirs=lambda: np.fromfile(numbers, ">i4", offset=8).byteswap() is None,
    )
    bench.report("int32 to a native array", "fromfile, byteswap", *times.values(), 0.9)
    numbers.unlink()


def csv(bench: Bench) -> None:
    path = bench.folder / "matrix.csv"
    rows = int(1_000_000 * bench.scale)
    with path.open("w") as file:
        file.write(",".join(f"c{number}" for number in range(WIDTH)) + "\n")
        line = ",".join(["%.6f"] * WIDTH) + "\n"
        generator = np.random.default_rng(0)
        for _ in range(rows // 1000):
            file.writelines(line % tuple(row) for row in generator.standard_normal((1000, WIDTH)))
    size = rows * WIDTH * 8

    works: dict[str, Callable[[], Any]] = {"ours": lambda: Matrix(path=path, names_row=0).data()}
    with optional("pandas"):
        import pandas

        works["pandas"] = lambda: pandas.read_csv(path, engine="c").to_numpy()
    with optional("polars"):
        import polars

        works["polars"] = lambda: polars.read_csv(path).to_numpy()
    with optional("pyarrow"):
        import pyarrow.csv

        def arrow() -> None:
            table = pyarrow.csv.read_csv(path)
            matrix = np.empty((table.num_rows, table.num_columns))
            for number, column in enumerate(table.columns):
                matrix[:, number] = column

        works["pyarrow"] = arrow
    times = bench.compare(2 * size, path, **works)
    ours = times.pop("ours")
    if times:
        fastest = min(times, key=lambda name: times[name])
        others = ", ".join(f"{name} {value:.3f}" for name, value in times.items())
        print(f"  ({others})")
        bench.report("CSV to a matrix", f"fastest: {fastest}", ours, times[fastest], 1.15)
    if bench.earlier:
        with worker(bench.earlier, path) as run:
            pair = bench.compare(2 * size, path, ours=works["ours"], theirs=run)
        bench.report("CSV to a matrix", "earlier datamaestro", *pair.values(), 0.06)
    else:
        print("  left out: earlier datamaestro (see --earlier)")
    if Path("/proc/self/status").exists():
        peak = own_memory(
            "import numpy, polars; from datamaestro_format_csv import Matrix",
            f"Matrix(path={str(path)!r}, names_row=0).data()",
            "VmHWM",
        )
        bench.report("  peak memory", "size of the matrix", peak, size, 2.2)
    path.unlink()


def text(bench: Bench) -> None:
    path = bench.folder / "documents.tsv"
    count = int(972_000 * bench.scale)
    make_documents(path, count)
    chosen = random.Random(0)
    ids = [f"doc{chosen.randrange(count):07d}" for _ in range(LOOKUPS)]
    rows = TSV(path=path, id_column=0)

    def build() -> float:
        for index in path.parent.glob(f".{path.name}.*"):
            index.unlink()
        return timed(lambda: bool(len(TSV(path=path, id_column=0))))

    with optional("ir_datasets"):
        store = document_store(path, bench.folder / "store")

        def build_theirs() -> float:
            shutil.rmtree(bench.folder / "store", ignore_errors=True)
            return timed(lambda: store().build())

        times = bench.compare(path.stat().st_size, ours=build, theirs=build_theirs)
        bench.report("516 MB TSV: build the index", "ir_datasets", *times.values(), 0.15)
        peer = store()
        times = bench.compare(0, ours=lambda: look_up(rows, ids), theirs=lambda: look_up(peer, ids))
        bench.report("20,000 look-ups by id", "ir_datasets", *times.values(), 0.17)
        times = bench.compare(0, ours=lambda: iterate(rows), theirs=lambda: iterate(peer))
        bench.report("iterate (id, text)", "ir_datasets", *times.values(), 0.08)
    build()
    (index,) = path.parent.glob(f".{path.name}.*")
    sizes = index.stat().st_size, path.stat().st_size
    bench.report("  size of the index", "size of the text", *sizes, 0.03)


def document_store(path: Path, folder: Path) -> Callable[[], Any]:
    """Give what opens ir_datasets' store of the documents of a TSV."""
    from ir_datasets.formats import GenericDoc
    from ir_datasets.indices import PickleLz4FullStore

    def documents() -> Iterator[Any]:
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                yield GenericDoc(*line.rstrip("\n").split("\t", 1))

    return lambda: PickleLz4FullStore(str(folder), documents, GenericDoc, "doc_id", ["doc_id"])


def look_up(records: Any, ids: list[str]) -> None:
    for key in ids:
        records.get(key)


def iterate(records: Any) -> None:
    for _key, _text in records:
        pass


def make_documents(path: Path, count: int) -> None:
    chosen = random.Random(1)
    letters = "etaoinshrdlucmfwypvbgkqjxz"
    words = ["".join(chosen.choices(letters, k=chosen.randint(2, 10))) for _ in range(5000)]
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for number in range(count):
            body = " ".join(chosen.choices(words, k=chosen.randint(30, 120)))
            file.write(f"doc{number * 7919 % count:07d}\t{body}\n")


@contextmanager
def optional(module: str) -> Iterator[None]:
    """Leave out the rows of a peer that is not installed."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        print(f"  left out: {module} is not installed")


@contextmanager
def worker(interpreter: str, path: Path) -> Iterator[Callable[[], float]]:
    """Run the earlier datamaestro in its own environment, one run at a time."""
    command = [interpreter, "-c", EARLIER, str(path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        stdin, stdout = process.stdin, process.stdout
        stdout.readline()

        def run() -> float:
            stdin.write("\n")
            return float(stdout.readline())

        yield run
        stdin.close()


def own_memory(imports: str, work: str, field: str) -> int:
    """Give by how many bytes a field of /proc/self/status grows in a new process."""
    program = MEMORY.format(imports=imports, work=work, field=field)
    result = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    return int(re.findall(r"-?\d+", result.stdout)[-1])


def main() -> None:
    # Installed packages have their bytecode; without it, each start would compile ours.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--json", type=Path, help="write the results to this file")
    parser.add_argument("--quick", action="store_true", help="a tenth of the sizes")
    parser.add_argument("--runs", type=int, default=5, help="timed runs of each (default: 5)")
    parser.add_argument("--earlier", help="the interpreter that has datamaestro 1.16.1")
    parser.add_argument("--folder", type=Path, help="where to make the files (default: tmpfs)")
    parser.add_argument("parts", nargs="*", help="idx, csv, text (default: all)")
    options = parser.parse_args()

    parts = {"idx": idx, "csv": csv, "text": text}
    with tempfile.TemporaryDirectory(dir=options.folder or memory_folder()) as folder:
        scale = 0.1 if options.quick else 1.0
        bench = Bench(Path(folder), scale, options.runs, options.earlier)
        for name in options.parts or parts:
            parts[name](bench)
    if options.json:
        machine = {"python": platform.python_version(), "cores": os.cpu_count(), "scale": scale}
        rows = [{**asdict(result), "ratio": result.ratio} for result in bench.results]
        options.json.write_text(json.dumps({"machine": machine, "rows": rows}, indent=2) + "\n")


if __name__ == "__main__":
    main()
