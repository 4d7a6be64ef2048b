"""The benchmarks run, in their short form: what they find is another matter."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PEERS = ["nginx", "curl", "aria2c", "sha256sum", "gzip"]


def run_quickly(script: Path, found: Path) -> subprocess.CompletedProcess[str]:
    """Run a benchmark in its short form, which writes all its rows to `found`."""
    command = [sys.executable, str(script), "--quick", "--runs", "1", "--json", str(found)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


def test_downloads_are_compared_with_what_others_use(tmp_path: Path, request) -> None:
    missing = [name for name in PEERS if shutil.which(name) is None]
    if missing:
        pytest.skip(f"not on this machine: {', '.join(missing)}")
    script = request.config.rootpath / "benchmarks" / "downloads.py"
    found = tmp_path / "found.json"
    result = run_quickly(script, found)
    assert result.returncode in (0, 1), result.stderr
    rows = json.loads(found.read_text())
    assert len(rows) == 5
    assert all(row["ratio"] > 0 and row["peak"] > 0 for row in rows)
    assert len(result.stdout.splitlines()) == 6


def test_start_up_and_search_are_compared_with_the_import_of_click(tmp_path: Path, request) -> None:
    found = tmp_path / "found.json"
    result = run_quickly(request.config.rootpath / "benchmarks" / "catalog.py", found)
    assert result.returncode in (0, 1), result.stderr
    rows = json.loads(found.read_text())
    assert [row["work"] for row in rows] == [
        "version",
        "--help",
        "search, three repositories",
        "info",
        "prepare, already prepared",
        "prepare_dataset, warm process (of 2 ms)",
        "first index of 1,000 definitions",
        "search, 1,000 datasets",
        "search, 10,000 datasets",
    ]
    assert all(row["ratio"] > 0 for row in rows)
