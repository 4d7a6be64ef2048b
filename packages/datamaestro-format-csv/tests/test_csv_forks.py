"""Processes that are forked from one that has read a table."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing is forked here")
@pytest.mark.parametrize("use", ["data()", "polars()", "pandas()", "batches()"])
def test_a_forked_process_is_told_that_it_would_wait_for_ever(use: str, tmp_path: Path) -> None:
    if use == "pandas()":
        pytest.importorskip("pandas")
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    program = f"""
import os
from datamaestro.data.csv import Matrix
from datamaestro.errors import DatamaestroError

value = Matrix(path={str(tmp_path / "a.csv")!r}, names_row=0)
value.data()
child = os.fork()
if child == 0:
    try:
        list(value.{use})
    except DatamaestroError as error:
        os._exit(3 if "spawn" in str(error) else 1)
    os._exit(0)
raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    assert subprocess.run([sys.executable, "-c", program], timeout=60, check=False).returncode == 3
