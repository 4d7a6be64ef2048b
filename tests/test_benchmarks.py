"""The benchmarks run, in their short form: what they find is another matter."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PEERS = ["nginx", "curl", "aria2c", "sha256sum", "gzip"]


def test_downloads_are_compared_with_what_others_use(tmp_path: Path, request) -> None:
    missing = [name for name in PEERS if shutil.which(name) is None]
    if missing:
        pytest.skip(f"not on this machine: {', '.join(missing)}")
    script = request.config.rootpath / "benchmarks" / "downloads.py"
    found = tmp_path / "found.json"
    command = [sys.executable, str(script), "--quick", "--runs", "1", "--json", str(found)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert result.returncode in (0, 1), result.stderr
    rows = json.loads(found.read_text())
    assert len(rows) == 5
    assert all(row["ratio"] > 0 and row["peak"] > 0 for row in rows)
    assert len(result.stdout.splitlines()) == 6
