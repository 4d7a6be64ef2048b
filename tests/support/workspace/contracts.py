"""Contracts of plugins, run in a process of their own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

from datamaestro.testing import write_distribution


def outcomes(
    folder: Path, *arguments: str, environment: Mapping[str, str] | None = None
) -> dict[str, set[str]]:
    """Run the tests in a folder of distributions; give the names by outcome, without parameters."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("DATAMAESTRO_")}
    paths = filter(None, [os.environ.get("PYTHONPATH")])
    done = subprocess.run(
        [*(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rA", "-q", "--tb=no"),
         *arguments, str(folder)],
        cwd=folder,
        env={**kept, "PYTHONPATH": os.pathsep.join([str(folder), *paths]), **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    found: dict[str, set[str]] = {}
    for outcome, name in re.findall(r"^(PASSED|FAILED|ERROR) \S*::(\w+)", done.stdout, re.M):
        found.setdefault(outcome, set()).add(name)
    assert found, done.stdout + done.stderr
    found["output"] = {done.stdout}
    return found


def written(folder: Path, files: Mapping[str, str], group: str, target: str) -> Path:
    """Write a distribution of modules whose text is indented."""
    texts = {name: dedent(text) for name, text in files.items()}
    name = target.partition(":")[0]
    return write_distribution(folder, name, files=texts, entry_points={group: {name: target}})


def failures(folder: Path) -> dict[str, set[str]]:
    """Run the tests in a folder of distributions; give those that fail by the class of tests."""
    (output,) = outcomes(folder)["output"]
    found: dict[str, set[str]] = {}
    for outcome, name, test in re.findall(r"^([A-Z]+) \S*?::(\w+)::(\w+)", output, re.M):
        failed = {test} if outcome != "PASSED" else set[str]()
        found.setdefault(name.removeprefix("Test"), set()).update(failed)
    return found
