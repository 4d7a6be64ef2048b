"""Environments with nothing but what is installed in them, and users of these."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from workspace.commandline import run

GUARD = """\
import sys

def refuse(event, arguments):
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    if host not in ("127.0.0.1", "::1", "localhost"):
        raise ConnectionRefusedError(f"a connection to {host}: tests stay on loopback")

sys.addaudithook(refuse)
"""


class Environment:
    """A virtual environment with nothing but what was asked for.

    uv installs it where there is one, as in nox, and pip otherwise. Its Python refuses
    connections to anything but loopback.

    :param folder: where it lies
    """

    def __init__(self, folder: Path, *requirements: str | Path, constraints: Path) -> None:
        self.folder = folder
        scripts = folder / ("Scripts" if os.name == "nt" else "bin")
        subprocess.run([sys.executable, "-m", "virtualenv", "--quiet", folder], check=True)
        self.python = scripts / "python"
        uv = shutil.which("uv")
        if uv:
            install = [uv, "pip", "install", "--python", self.python]
        else:
            install = [self.python, "-m", "pip", "install"]
        install += ["--quiet", "--constraint", constraints, *requirements]
        subprocess.run(install, check=True)
        site = self.output("import sysconfig; print(sysconfig.get_path('purelib'))").strip()
        (Path(site) / "loopback_only.py").write_text(GUARD, encoding="utf-8")
        (Path(site) / "loopback_only.pth").write_text("import loopback_only\n", encoding="utf-8")

    def output(self, code: str) -> str:
        """Run Python code and give what it prints."""
        return subprocess.run(
            [self.python, "-c", code], check=True, capture_output=True, text=True
        ).stdout

    def distributions(self) -> set[str]:
        """Give the names of all distributions in it."""
        code = "from importlib.metadata import *; print(*{d.name for d in distributions()})"
        return set(self.output(code).split())


class User:
    """Someone with an empty home folder, who uses an environment.

    :param environment: where datamaestro is installed
    :param home: the home folder
    :ivar variables: the environment variables that are set
    """

    def __init__(self, environment: Environment, home: Path) -> None:
        self.environment = environment
        self.home = home
        self.variables: dict[str, str] = {}

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run ``datamaestro``."""
        return run(
            *arguments, home=self.home, python=self.environment.python, environment=self.variables
        )
