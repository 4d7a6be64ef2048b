"""A user at work: a home folder, a shell, an interpreter, and what is installed.

Everything runs in processes of their own, with the documentation's words as they
are. Nothing reaches another machine: the site mirror is on loopback, and whatever
isn't there is asked of a proxy that doesn't exist.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from types import TracebackType
from typing import Self

__all__ = ["Session"]

INTERPRETER = Path(__file__).with_name("interpreter.py")


class Session:
    """A user with an empty home folder.

    :param folder: an empty folder for all of it
    :param mirror: the base URL of the site mirror
    :ivar home: the home folder, and the working directory
    :ivar site: what is installed beside the environment's own distributions
    """

    def __init__(self, folder: Path, mirror: str) -> None:
        self.home = folder / "home"
        self.site = folder / "site"
        self.home.mkdir()
        self.site.mkdir()
        self.environment = _environment(self.home, self.site, mirror)
        self._interpreter: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.leave_python()

    def leave_python(self) -> None:
        """End the interpreter; the next Python code begins a new one."""
        if self._interpreter is not None:
            self._interpreter.communicate()
            self._interpreter = None

    def write(self, name: str, text: str) -> Path:
        """Write a file below the home folder."""
        path = self.home / name.removeprefix("~/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def shell(self, command: str, *, merged: bool = False) -> subprocess.CompletedProcess[str]:
        """Run a command with bash, which stops at the first that fails.

        :param merged: whether the error stream is in the output, as on a terminal
        """
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            cwd=self.home,
            env=self.environment,
            text=True,
            encoding="utf-8",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if merged else subprocess.PIPE,
            check=False,
        )

    def run(self, command: str) -> str:
        """Run a command that has to succeed, and give its standard output."""
        done = self.shell(command)
        assert done.returncode == 0, f"{command}\nexit {done.returncode}\n{done.stderr}"
        return done.stdout

    def python(self, code: str, where: str = "<block>", language: str = "python") -> str:
        """Run Python code in the session's interpreter, and give what it prints."""
        if self._interpreter is None:
            self._interpreter = subprocess.Popen(
                [sys.executable, str(INTERPRETER)],
                cwd=self.home,
                env=self.environment,
                text=True,
                encoding="utf-8",
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        block = {"code": code, "where": where, "language": language}
        assert self._interpreter.stdin is not None
        assert self._interpreter.stdout is not None
        self._interpreter.stdin.write(json.dumps(block) + "\n")
        self._interpreter.stdin.flush()
        reply = json.loads(self._interpreter.stdout.readline())
        assert reply["error"] is None, f"{where}\n{reply['error']}"
        output: str = reply["output"]
        return output

    def install(self, project: Path, *, editable: bool = False) -> None:
        """Build the wheel of a project, and install it: for Python alone, that is to unpack it.

        As for any user, Python has to be started again to see it.

        :param editable: whether Python reads the project's files where they are
        """
        self.leave_python()
        wheels = project / "dist"
        subprocess.run(
            [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(wheels)],
            cwd=project,
            check=True,
            capture_output=True,
        )
        for wheel in wheels.glob("*.whl"):
            with zipfile.ZipFile(wheel) as archive:
                names = archive.namelist()
                metadata = [name for name in names if ".dist-info/" in name]
                archive.extractall(self.site, metadata if editable else names)
        if editable:
            self.environment["PYTHONPATH"] += os.pathsep + str(project / "src")


def _environment(home: Path, site: Path, mirror: str) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("DATAMAESTRO_", "XDG_", "PYTEST", "COV_", "PYTHON"))
        and not name.lower().endswith("_proxy")
    }
    nowhere = "http://127.0.0.1:9"
    return {
        **kept,
        "HOME": str(home),
        "USERPROFILE": str(home),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", "")]),
        "PYTHONPATH": str(site),
        "PYTHONDONTWRITEBYTECODE": "1",
        "DATAMAESTRO_MIRROR": mirror,
        "http_proxy": nowhere,
        "https_proxy": nowhere,
        "no_proxy": "127.0.0.1",
    }
