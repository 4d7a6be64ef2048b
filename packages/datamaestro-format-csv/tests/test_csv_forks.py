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
    assert exit_code_of_a_fork(tmp_path, "value.data()", f"list(value.{use})") == 3


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="threads have no names here")
def test_it_is_told_too_where_only_its_user_used_polars_before(tmp_path: Path) -> None:
    used = "polars.DataFrame({'a': [1, 2]}).group_by('a').len()"
    assert exit_code_of_a_fork(tmp_path, used, "value.polars()") == 3


def exit_code_of_a_fork(folder: Path, before: str, after: str) -> int:
    """Run a statement, fork, and run another one: 3 if it is refused for that."""
    (folder / "a.csv").write_text("a,b\n1,2\n")
    program = f"""
import os
import polars
from datamaestro.data.csv import Matrix
from datamaestro.errors import DatamaestroError

value = Matrix(path={str(folder / "a.csv")!r}, names_row=0)
{before}
child = os.fork()
if child == 0:
    try:
        {after}
    except DatamaestroError as error:
        os._exit(3 if "spawn" in str(error) else 1)
    os._exit(0)
raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    return subprocess.run([sys.executable, "-c", program], timeout=60, check=False).returncode
