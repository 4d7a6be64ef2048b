"""Unpacking archives: ours, a whole Python process each, against tar and unzip.

Runs of both alternate, and medians are compared, so that what else the machine does
hits both. Memory that wasn't touched for some seconds is slow to touch again on virtual
machines; a run before the timed ones, and files that are removed before each, level that.
What earlier runs wrote is flushed before each is timed. Rows that unpack time no flushing,
on neither side; with a download, ours flushes what it calls complete, so on the disk the
peer flushes too (``sync -f``).

    python benchmarks/archives.py [--json FILE] [--quick] [--runs N]

Needs tar and unzip; the rows with a download also curl and nginx, and are left out without.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from comparison import memory_folder
from served import download_command, nginx, tar_datasets

FULL = {"small": (20_000, 4096), "large": (4, 128 << 20)}
QUICK = {"small": (2_000, 4096), "large": (4, 8 << 20)}

UNPACK = """
import sys
from pathlib import Path
from datamaestro_download_archive.unpack import Plan, unpack_{kind}
with open(sys.argv[1], "rb", buffering=0) as file:
    unpack_{kind}(file, Path(sys.argv[2]), sys.argv[1], Plan(unwrap=False))
"""

READ_ONE = """
import sys
from datamaestro_download_archive import ArchiveFolder
assert ArchiveFolder(path=sys.argv[1]).read(sys.argv[2])
"""


@dataclass(frozen=True)
class Row:
    """One comparison.

    :param work: what is done
    :param medium: where the files lie
    :param ours: median of seconds
    :param peer: median of seconds
    :param target: what `ratio` has to be at the most
    :param ratio: median of ours through median of the peer's
    """

    work: str
    medium: str
    ours: float
    peer: float
    target: float
    ratio: float
    all_ours: list[float]
    all_peer: list[float]

    def __str__(self) -> str:
        verdict = "reached" if self.ratio <= self.target else "MISSED"
        return (
            f"{self.work:34} {self.medium:6} ours {self.ours:7.3f} s  peer {self.peer:7.3f} s  "
            f"ratio {self.ratio:5.3f} of {self.target:4.2f}  {verdict}"
        )


def words(seed: int) -> Callable[[int], bytes]:
    """Give a maker of text that compresses as text does."""
    generator = random.Random(seed)
    vocabulary = [
        bytes(generator.choices(b"etaoinshrdlucmfwypvbgk", k=generator.randint(2, 9)))
        for _ in range(5000)
    ]

    def make(size: int) -> bytes:
        text = b" ".join(generator.choices(vocabulary, k=size // 4))
        return (text * 2)[:size]

    return make


def make_archives(folder: Path, sizes: dict[str, tuple[int, int]]) -> None:
    """Make the archives that are unpacked: a tar.gz and a zip of each kind.

    What goes into them lies in memory, if it can: to remove it from a disk would slow down
    what follows (see `clear`).
    """
    make = words(1)
    block = 1 << 20
    with tempfile.TemporaryDirectory(prefix="archives-", dir=memory_folder()) as memory:
        for name, (count, size) in sizes.items():
            source = Path(memory, name)
            with zipfile.ZipFile(folder / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
                for number in range(count):
                    path = source / "data" / f"{number // 200:03}" / f"{number:05}.txt"
                    path.parent.mkdir(parents=True, exist_ok=True)
                    with path.open("wb") as file:
                        for _ in range(max(1, size // block)):
                            file.write(make(min(size, block)))
                    archive.write(path, path.relative_to(source))
            packed = folder / f"{name}.tar.gz"
            subprocess.run(["tar", "czf", packed, "-C", source, "data"], check=True)


def clear(destination: Path) -> None:
    """Get what an earlier run made out of the way; on a disk, without removing it.

    ext4 looks through all inodes that were freed within the last minutes before it takes
    another. Right after 20,000 files were removed, any program takes 6 to 15 s to make as
    many, and all of it in the kernel; in a folder of fresh inodes it takes half a second.
    """
    if memory_folder() in destination.parents:
        shutil.rmtree(destination, ignore_errors=True)
    elif destination.exists():
        destination.rename(destination.with_name(f"out-{time.monotonic_ns()}"))


def seconds(command: Sequence[str], destination: Path, *, made_by_us: bool) -> float:
    """Time one whole process that unpacks to `destination`."""
    clear(destination)
    if not made_by_us:
        destination.mkdir()
    if hasattr(os, "sync"):
        os.sync()
    start = time.perf_counter()
    subprocess.run(command, check=True)
    return time.perf_counter() - start


def compare(
    work: str,
    medium: str,
    target: float,
    ours: Callable[[], float],
    peer: Callable[[], float],
    runs: int,
) -> Row:
    """Run both in turns, once to warm up and then `runs` times."""
    times = [(ours(), peer()) for _ in range(runs + 1)][1:]
    all_ours, all_peer = [pair[0] for pair in times], [pair[1] for pair in times]
    middle, peers_middle = statistics.median(all_ours), statistics.median(all_peer)
    return Row(
        work, medium, middle, peers_middle, target, middle / peers_middle, all_ours, all_peer
    )


def unpack_row(
    work: str, medium: str, target: float, archive: Path, destination: Path, runs: int
) -> Row:
    """Compare the unpacking of one archive."""
    kind = "zip" if archive.suffix == ".zip" else "tar"
    code = UNPACK.format(kind=kind)
    ours = [sys.executable, "-c", code, str(archive), str(destination)]
    peer = {
        "tar": ["tar", "xzf", str(archive), "-C", str(destination)],
        "zip": ["unzip", "-q", str(archive), "-d", str(destination)],
    }[kind]
    return compare(
        work,
        medium,
        target,
        lambda: seconds(ours, destination, made_by_us=True),
        lambda: seconds(peer, destination, made_by_us=False),
        runs,
    )


def read_row(medium: str, archive: Path, destination: Path, runs: int) -> Row:
    """Compare reading one member in place with unpacking all."""
    with zipfile.ZipFile(archive) as opened:
        names = opened.namelist()
    name = [name for name in names if not name.endswith("/")][len(names) * 2 // 3]
    ours = [sys.executable, "-c", READ_ONE, str(archive), name]
    peer = ["unzip", "-q", str(archive), "-d", str(destination)]
    return compare(
        "zip, one of 20,000 in place",
        medium,
        0.05,
        lambda: seconds(ours, destination, made_by_us=True),
        lambda: seconds(peer, destination, made_by_us=False),
        runs,
    )


def download_rows(medium: str, here: Path, destination: Path, runs: int) -> list[Row]:
    """Compare ``datamaestro download`` of a tar.gz with ``curl -o`` and then ``tar xzf``.

    Ours verifies size and SHA-256 besides.
    """
    rows = []
    script = 'curl -s -o "$1" "$2" && tar xzf "$1" -C "$3"'
    if medium == "disk":
        script += ' && sync -f "$3"'
    archives = {name: here / f"{name}.tar.gz" for name in ("small", "large")}
    with nginx(here) as url:
        place = tar_datasets(here / "served", url, archives)
        for name, target in (("small", 1.0), ("large", 0.40)):
            ours = download_command(place, destination, name)
            kept = str(destination / "kept.tar.gz")
            peer = ["sh", "-ec", script, "sh", kept, f"{url}/{name}.tar.gz", str(destination)]
            rows.append(
                compare(
                    f"download and extract, {name} files",
                    medium,
                    target,
                    lambda ours=ours: seconds(ours, destination, made_by_us=True),
                    lambda peer=peer: seconds(peer, destination, made_by_us=False),
                    runs,
                )
            )
            print(rows[-1], flush=True)
    return rows


def media() -> dict[str, Path]:
    """Give a folder on tmpfs, where there is one, and one on the disk."""
    folders = {"disk": Path(__file__).resolve().parent}
    if (memory := memory_folder()) is not None:
        folders = {"tmpfs": memory, **folders}
    return folders


def all_rows(sizes: dict[str, tuple[int, int]], runs: int, only: str | None) -> list[Row]:
    """Run every comparison, and print each as soon as it is known."""
    rows = []
    for medium, folder in media().items():
        if only not in (None, medium):
            continue
        with tempfile.TemporaryDirectory(prefix="archives-", dir=folder) as name:
            here = Path(name)
            make_archives(here, sizes)
            out = here / "out"
            plans = [
                ("tar.gz, 20,000 files of 4 kB", 0.85, "small.tar.gz"),
                ("tar.gz, 4 files of 128 MiB", 0.35, "large.tar.gz"),
                ("zip, 20,000 files of 4 kB", 0.75, "small.zip"),
                ("zip, 4 files of 128 MiB", 0.30, "large.zip"),
            ]
            for work, target, archive in plans:
                rows.append(unpack_row(work, medium, target, here / archive, out, runs))
                print(rows[-1], flush=True)
            rows.append(read_row(medium, here / "small.zip", out, runs))
            print(rows[-1], flush=True)
            if shutil.which("nginx") and shutil.which("curl"):
                rows += download_rows(medium, here, out, runs)
    return rows


def main() -> int:
    """Run all, and tell whether every target was reached."""
    # Installed packages have their bytecode; without it, each start would compile ours.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="write all times there")
    parser.add_argument("--quick", action="store_true", help="small archives, to try the script")
    parser.add_argument("--medium", choices=["tmpfs", "disk"], help="only this one")
    parser.add_argument("--runs", type=int, default=5, help="timed runs of each (default: 5)")
    options = parser.parse_args()
    rows = all_rows(QUICK if options.quick else FULL, options.runs, options.medium)
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")
    return 0 if all(row.ratio <= row.target for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
