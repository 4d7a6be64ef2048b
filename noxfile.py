"""The tasks of the workspace. ``nox`` runs what CI runs, ``nox --list`` shows everything.

Sessions run side by side, one a core, and each shows its output when it ends; ``-j 1`` runs them
in turn and shows it at once. So they use one core each, but for ``tests``, which runs alone and
uses them all; where another session has pytest, ``-- -n auto`` does so.

Sessions use the interpreter that nox itself runs on, except ``alone``, which takes the newest
that there is; ``--force-python 3.12`` takes another one. What they install beside the
distributions is in pyproject.toml, under ``dependency-groups``.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nox

nox.needs_version = ">=2026.8.10"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.error_on_external_run = True
# pip trusts the certificates that the system does; uv only if it is told.
os.environ.setdefault("UV_SYSTEM_CERTS", "true")
# Of the cores that there are, those that this process may use.
nox.options.parallel = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else "auto"
nox.options.sessions = ["lint", "typecheck", "docs", "build", "wheels", "alone", "tests"]

ROOT = Path(__file__).parent
PROJECT = nox.project.load_toml(ROOT / "pyproject.toml")
PACKAGES = {
    path.parent.name: nox.project.load_toml(path)
    for path in sorted(ROOT.glob("packages/*/pyproject.toml"))
}
DIST = ROOT / "dist"
ON_ALL_CORES = ["-n", "auto"]
BENCHMARKS = ["archives", "catalog", "downloads", "formats"]


NEWER = ["3.14", "3.13", "3.12"]
"""What is newer than the oldest Python that is supported, the newest first."""


def newest_python() -> str | None:
    """Give the newest Python that can be run here; None if that is nox's own, or older.

    It is on the path, or lies beside nox's own, as pyenv and others install them.
    """
    beside = Path(sys.base_prefix).parent
    for version in NEWER:
        name = f"python{version}"
        for program in [shutil.which(name), *beside.glob(f"*{version}.*/bin/{name}")]:
            # pyenv has programs that only say that there is no such Python.
            if program and subprocess.run([program, "-V"], capture_output=True).returncode == 0:
                return str(program)
    return None


def group(name: str) -> list[str]:
    """Give the requirements of one of the workspace's dependency groups."""
    return list(nox.project.dependency_groups(PROJECT, name))


def install_all(session: nox.Session, *groups: str) -> None:
    """Install every distribution, editable and with its extras, and dependency groups."""
    requirements = [requirement for name in groups for requirement in group(name)]
    for project in PACKAGES.values():
        requirements += [
            requirement
            for requirement in own_test_requirements(project)
            if not requirement.startswith(tuple(PACKAGES))  # these are installed already
        ]
    session.install(*requirements, *all_editable())


def all_editable() -> list[str]:
    """Give what installs every distribution, editable and with its extras."""
    return [part for name in PACKAGES for part in ("-e", f"packages/{with_extras(name)}")]


def with_extras(distribution: str) -> str:
    """Name a distribution with all of its extras."""
    extras = PACKAGES[distribution]["project"].get("optional-dependencies", {})
    return f"{distribution}[{','.join(extras)}]" if extras else distribution


def own_test_requirements(project: dict) -> list[str]:
    """Give what the tests of one distribution need beyond what all tests do."""
    groups = project.get("dependency-groups", {})
    return list(nox.project.dependency_groups(project, "test")) if "test" in groups else []


@nox.session
def tests(session: nox.Session) -> None:
    """Test all distributions together, and the workspace; arguments go to pytest."""
    install_all(session, "workspace")
    session.run("pytest", *ON_ALL_CORES, *session.posargs)


@nox.session(default=False)
def lowest(session: nox.Session) -> None:
    """Test all distributions together, with the oldest libraries that they declare to support."""
    session.install("uv")
    session.run("uv", "pip", "install", "--resolution", "lowest-direct", *all_editable())
    install_all(session, "workspace")
    # Some of these libraries use what Python has given up since.
    session.run("pytest", *ON_ALL_CORES, "-W", "ignore::DeprecationWarning", *session.posargs)


@nox.session(default=False)
def soak(session: nox.Session) -> None:
    """Kill processes, break locks and make histories for an hour; ``-- SEED`` repeats a run."""
    install_all(session, "workspace")
    seed = {"DATAMAESTRO_TEST_SEED": session.posargs[0]} if session.posargs else {}
    session.run(
        *("pytest", "tests/test_kills.py", "tests/test_broken_locks.py", "tests/test_histories.py"),
        env={"DATAMAESTRO_TEST_KILLS": "200", "DATAMAESTRO_TEST_HISTORIES": "1000", **seed},
    )


@nox.session(default=False)
def coverage(session: nox.Session) -> None:
    """Tell which lines and branches the tests reach."""
    install_all(session, "workspace", "coverage")
    session.run("coverage", "erase")
    session.run("coverage", "run", "-m", "pytest", *session.posargs)
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report")


@nox.session(default=False, requires=["build"])
def bench(session: nox.Session) -> None:
    """Measure against what others use: ``nox -s bench -- downloads --runs 7``, or all of it.

    Each table is printed, and written to benchmarks/results/ as JSON. Machines are noisy:
    let it run alone, and look at the ratios. What is measured is installed as users have it:
    an editable distribution adds a folder that Python looks through at each import. Use
    the Python that users have, too, by ``--force-python``: pyenv's takes 1.6 times as long as
    Debian's, unless built with ``--enable-optimizations``.
    """
    session.install(
        *("--constraint", str(DIST / "constraints.txt")),
        *map(with_extras, PACKAGES),
        *group("bench"),
    )
    names = [name for name in session.posargs[:1] if name in BENCHMARKS]
    results = ROOT / "benchmarks" / "results"
    results.mkdir(exist_ok=True)
    for name in names or BENCHMARKS:
        session.run(
            *("python", f"benchmarks/{name}.py", "--json", str(results / f"{name}.json")),
            *session.posargs[len(names) :],
            success_codes=[0, 1],  # a target that is missed is a result too
        )


@nox.session(allow_parallel=True)
def build(session: nox.Session) -> None:
    """Build the wheel and the sdist of every distribution into dist/."""
    session.install(*group("build"))
    shutil.rmtree(DIST, ignore_errors=True)
    for name in PACKAGES:
        with session.chdir(ROOT / "packages" / name):
            session.run("hatchling", "build", "-d", str(DIST), silent=True)
    # With these constraints, whatever is installed comes from this checkout, and
    # never from an index that has distributions of the same names.
    wheels = {wheel.name.split("-")[0]: wheel for wheel in sorted(DIST.glob("*.whl"))}
    lines = [f"{name.replace('_', '-')} @ {wheel.as_uri()}\n" for name, wheel in wheels.items()]
    (DIST / "constraints.txt").write_text("".join(lines), encoding="utf-8")


@nox.session(requires=["build"], python=newest_python(), allow_parallel=True)
@nox.parametrize("distribution", list(PACKAGES), ids=list(PACKAGES))
def alone(session: nox.Session, distribution: str) -> None:
    """Test one distribution with what it declares, and nothing else of the workspace.

    On the newest Python: the tests of all together run on that of nox.
    """
    project = PACKAGES[distribution]
    session.install(
        *("--constraint", str(DIST / "constraints.txt"), distribution),
        *group("test"),
        *own_test_requirements(project),
    )
    session.run("pytest", *session.posargs, f"packages/{distribution}/tests")


@nox.session(requires=["build"], allow_parallel=True)
def wheels(session: nox.Session) -> None:
    """Check what is built, and use it installed in empty environments."""
    session.install(*group("wheels"))
    session.run(
        *("pytest", *session.posargs, "tests/wheels"), env={"DATAMAESTRO_TEST_WHEELS": str(DIST)}
    )


@nox.session(allow_parallel=True)
def lint(session: nox.Session) -> None:
    """Check style and formatting; ``nox -s lint -- --fix`` mends what can be mended."""
    session.install(*group("lint"))
    fix = "--fix" in session.posargs
    session.run("ruff", "check", *(["--fix"] if fix else []))
    session.run("ruff", "format", *([] if fix else ["--check"]))


@nox.session(allow_parallel=True)
def typecheck(session: nox.Session) -> None:
    """Check types with mypy (strict), for this system and for Windows, and with pyright."""
    install_all(session, "typecheck")
    session.run("mypy")
    session.run("mypy", "--platform", "win32")
    session.run("pyright", "--pythonpath", shutil.which("python", path=session.bin) or "python")


@nox.session(allow_parallel=True)
def docs(session: nox.Session) -> None:
    """Build the documentation; warnings are errors. The tests run its examples."""
    install_all(session, "test")
    session.install("-r", "docs/requirements.txt")
    session.run("sphinx-build", "-W", "--keep-going", "-b", "html", "docs", "docs/_build/html")


@nox.session(default=False)
def changelog(session: nox.Session) -> None:
    """Move the fragments of changelog.d/ into CHANGELOG.md, for the version of the packages."""
    session.install(*group("changelog"))
    session.run("towncrier", "build", "--yes", "--version", version(), *session.posargs)


@nox.session(default=False, venv_backend="none")
def bump(session: nox.Session) -> None:
    """Give all distributions another version: ``nox -s bump -- 2026.12.0``."""
    if len(session.posargs) != 1 or not re.fullmatch(r"20\d\d\.\d+\.\d+", session.posargs[0]):
        session.error("give one version in calendar form: nox -s bump -- 2026.12.0")
    for name in PACKAGES:
        path = ROOT / "packages" / name / "pyproject.toml"
        text = path.read_text(encoding="utf-8")
        path.write_text(bumped(text, version(), session.posargs[0]), encoding="utf-8")
    module = ROOT / "packages/datamaestro-core/src/datamaestro/version.py"
    text = module.read_text(encoding="utf-8")
    module.write_text(text.replace(version(), session.posargs[0]), encoding="utf-8")


def version() -> str:
    """Give the version that all distributions have."""
    (found,) = {project["project"]["version"] for project in PACKAGES.values()}
    return found


def bumped(text: str, old: str, new: str) -> str:
    """Give the text of a pyproject.toml with another version, also of what it requires."""
    text = text.replace(f'\nversion = "{old}"\n', f'\nversion = "{new}"\n')
    return re.sub(
        rf'"(datamaestro(?:-[a-z0-9-]+)?(?:\[[^\]]*\])?)>={re.escape(old)}"', rf'"\1>={new}"', text
    )
