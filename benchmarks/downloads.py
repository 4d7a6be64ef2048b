"""Downloads: the whole process ``datamaestro download ID`` against curl, aria2c and gzip.

A real nginx on loopback serves files that lie on tmpfs, and everything is written there
too. Ours verifies SHA-256 and size, flushes, and keeps its state; both sides in turns,
medians, ratios.

    python benchmarks/downloads.py [--json FILE] [--quick] [--runs N] [--only WORD]

Needs nginx, curl, aria2c, sha256sum and gzip.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from comparison import Row, Run, compare, measured, memory_folder
from served import download_command, file_datasets, nginx

MEMORY_LIMIT = 90_000_000
"""The most bytes that one of our processes may need."""

LIMIT_RATE = "20m"
"""What nginx gives each connection below /limited/, in MiB a second."""


@dataclass
class Bench:
    """The files that are served, and what is done with them.

    :param here: a folder for everything
    :param url: where nginx serves it
    :param scale: what sizes are divided by
    """

    here: Path
    url: str
    scale: int
    runs: int
    place: Path = field(init=False)

    @property
    def out(self) -> Path:
        return self.here / "out"

    def ours(self, name: str, *, keep: bool = False, **environment: str) -> Callable[[], Run]:
        """Give a run of ours that downloads a dataset; anew unless `keep`."""

        def run() -> Run:
            if not keep:
                self.clean()
            command = download_command(self.place, self.out, name)
            return measured(command, env={**os.environ, **environment})

        return run

    def peer(self, script: str, *words: object) -> Callable[[], Run]:
        """Give a run of a shell script in an empty folder; `words` are its $1, $2, …"""

        def run() -> Run:
            self.clean()
            self.out.mkdir()
            return measured(["sh", "-euc", script, "sh", *words], cwd=self.out)

        return run

    def clean(self) -> None:
        shutil.rmtree(self.out, ignore_errors=True)

    def rows(self) -> Iterator[tuple[str, Callable[[], Row]]]:
        """Give the comparisons by name, each made when it's called."""
        yield "one", self.one_large_file
        yield "limited", self.limited_connections
        yield "gz", self.decompressed
        yield "many", self.many_files
        yield "second", self.second_time

    def one_large_file(self) -> Row:
        script = 'curl -s -o large "$1" && echo "$2  large" | sha256sum -c --quiet'
        peer = self.peer(script, f"{self.url}/large", sha256(self.here / "large"))
        return self.compared("1 GiB, sha256", 0.35, self.ours("large"), peer)

    def limited_connections(self) -> Row:
        script = 'aria2c -q -x8 -s8 --checksum="sha-256=$2" -o large "$1"'
        peer = self.peer(script, f"{self.url}/limited/large", sha256(self.here / "large"))
        ours = self.ours("limited", DATAMAESTRO_CONNECTIONS="8")
        return self.compared("1 GiB, sha256, 8 limited connections", 0.68, ours, peer)

    def decompressed(self) -> Row:
        script = (
            'curl -s -o text.gz "$1" && echo "$2  text.gz" | sha256sum -c --quiet '
            "&& gzip -dc text.gz > text"
        )
        peer = self.peer(script, f"{self.url}/text.gz", sha256(self.here / "text.gz"))
        return self.compared("gz to 700 MB, sha256", 0.38, self.ours("text"), peer)

    def many_files(self) -> Row:
        config = self.here / "curl.config"
        lines = [f'url = "{self.url}/many/{n}"\noutput = "{n}"\n' for n in range(self.count)]
        config.write_text("".join(lines))
        peer = self.peer('curl -s --config "$1"', config)
        return self.compared(f"{self.count} files of 100 kB", 3.0, self.ours("many"), peer)

    def second_time(self) -> Row:
        work = f"{self.count} files, a second time, against the first"
        again = self.ours("many", keep=True)

        def second() -> Run:
            self.ours("many")()
            return again()

        return self.compared(work, 0.4, second, self.ours("many"))

    @property
    def count(self) -> int:
        return 200 // self.scale

    def compared(
        self, work: str, target: float, ours: Callable[[], Run], peer: Callable[[], Run]
    ) -> Row:
        memory = (2 << 30) // self.scale
        return compare(work, target, ours, peer, self.runs, memory=memory)

    def make_files(self) -> None:
        """Make what is served, and the definitions of it."""
        generator = random.Random(1)
        with (self.here / "large").open("wb") as file:
            for _ in range(1024 // self.scale):
                file.write(generator.randbytes(1 << 20))
        with (self.here / "text.gz").open("wb") as file:
            gzip_text(file, 700 // self.scale, generator)
        many = self.here / "many"
        many.mkdir()
        for number in range(self.count):
            (many / str(number)).write_bytes(generator.randbytes(100_000))
        large = [("large", f"{self.url}/large", self.here / "large")]
        limited = [("large", f"{self.url}/limited/large", self.here / "large")]
        text = [("text", f"{self.url}/text.gz", self.here / "text.gz")]
        files = [(f"f{n}", f"{self.url}/many/{n}", many / str(n)) for n in range(self.count)]
        self.place = file_datasets(
            self.here / "datasets",
            {"large": large, "limited": limited, "text": text, "many": files},
        )


def gzip_text(file: object, megabytes: int, generator: random.Random) -> None:
    """Write text that deflates to about 39 per cent, as gzip does by default."""
    vocabulary = [
        bytes(generator.choices(b"etaoinshrdlucmfwypvbgk", k=generator.randint(2, 9)))
        for _ in range(5000)
    ]
    compressor = zlib.compressobj(6, zlib.DEFLATED, 31)
    for _ in range(megabytes):
        text = b" ".join(generator.choices(vocabulary, k=170_000))[:1_000_000]
        file.write(compressor.compress(text))
    file.write(compressor.flush())


def sha256(path: Path) -> str:
    return subprocess.run(
        ["sha256sum", str(path)], check=True, capture_output=True, text=True
    ).stdout.split()[0]


def main() -> int:
    """Run all, and tell whether every target was reached."""
    # Installed packages have their bytecode; without it, each start would compile ours.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="write all times there")
    parser.add_argument("--quick", action="store_true", help="small files, to try the script")
    parser.add_argument("--runs", type=int, default=5, help="timed runs of each (default: 5)")
    parser.add_argument("--only", help="only this row: one, limited, gz, many or second")
    options = parser.parse_args()
    rows = []
    with (
        tempfile.TemporaryDirectory(prefix="downloads-", dir=memory_folder()) as name,
        nginx(Path(name), limit_rate=LIMIT_RATE) as url,
    ):
        bench = Bench(Path(name), url, 20 if options.quick else 1, options.runs)
        bench.make_files()
        for row_name, make in bench.rows():
            if options.only in (None, row_name):
                rows.append(make())
                print(rows[-1], flush=True)
    peak = max(row.peak for row in rows)
    small = peak <= MEMORY_LIMIT
    verdict = "reached" if small else "MISSED"
    print(f"peak memory of all: {peak / 1e6:.1f} MB of {MEMORY_LIMIT / 1e6:.0f}  {verdict}")
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")
    return 0 if small and all(row.reached for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
