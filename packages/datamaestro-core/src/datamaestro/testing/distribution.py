"""Distributions for tests: packages and their metadata, on disk, as pip leaves them."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from pathlib import Path

__all__ = ["write_distribution"]


def write_distribution(
    folder: Path,
    name: str,
    *,
    files: Mapping[str, str],
    entry_points: Mapping[str, Mapping[str, str]],
    version: str = "1.0",
) -> Path:
    """Write a distribution into a folder that is, or will be, on ``sys.path``.

    :param folder: stands for ``site-packages``
    :param name: the distribution's name
    :param files: the text of each file, by its path
    :param entry_points: the entry points of each group, by name
    :return: `folder`
    """
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    information = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    information.mkdir(parents=True, exist_ok=True)
    (information / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8"
    )
    groups = [
        "\n".join([f"[{group}]", *(f"{key} = {value}" for key, value in items.items())])
        for group, items in entry_points.items()
    ]
    (information / "entry_points.txt").write_text("\n\n".join(groups) + "\n", encoding="utf-8")
    importlib.invalidate_caches()
    return folder


def forget_modules(folder: Path) -> None:
    """Make Python forget the modules that it imported from a folder."""
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None) or "").startswith(str(folder)):
            del sys.modules[name]
