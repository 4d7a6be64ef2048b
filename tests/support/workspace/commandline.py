"""The command line in a process of its own, as a user runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path


def run(
    *arguments: str,
    home: Path,
    python: str | Path = sys.executable,
    interpreter_options: tuple[str, ...] = (),
    environment: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run ``datamaestro`` in an empty environment but for what is given.

    :param arguments: those of the command line
    :param home: the home folder, which is the working directory too
    :param python: the interpreter
    :param interpreter_options: its own options
    :param environment: environment variables
    """
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    return subprocess.run(
        [str(python), *interpreter_options, "-m", "datamaestro", *arguments],
        env={**kept, "HOME": str(home), "USERPROFILE": str(home), **(environment or {})},
        cwd=home,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
