"""Sidecars: what readers keep beside a file to read it faster, such as an index.

A sidecar is hidden and named after its file: ``.documents.tsv.lines.index`` belongs to
``documents.tsv``. It can be made again at any time, so it goes when the file does.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate
from pathlib import Path

__all__ = ["find_sidecars", "sidecar"]


def sidecar(path: Path, suffix: str) -> Path:
    """Give the path of a sidecar.

    :param path: the file that it belongs to
    :param suffix: what kind of sidecar it is, without the leading dot
    """
    return path.with_name(f".{path.name}.{suffix}")


def find_sidecars(paths: Iterable[Path]) -> list[Path]:
    """Give the sidecars of some files; none of these counts as one, whatever its name."""
    files = set(paths)
    return sorted(
        child
        for folder in {path.parent for path in files if path.parent.is_dir()}
        for child in folder.iterdir()
        if child not in files and any(owner in files for owner in _possible_owners(child))
    )


def _possible_owners(path: Path) -> Iterable[Path]:
    """Give the files that something could be a sidecar of, going by its name."""
    first, *rest = path.name.split(".")
    names = accumulate(rest[:-1], lambda name, part: f"{name}.{part}") if not first else ()
    return (path.with_name(name) for name in names if name)
