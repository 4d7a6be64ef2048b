"""New distributions of plugins, from templates."""

from __future__ import annotations

import keyword
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution, version
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath
from string import Template

from datamaestro.disk.refusals import usable
from datamaestro.errors import DataDirectoryError, PluginConflictError, QueryError
from datamaestro.plugins.entry_points import EntryPoints
from datamaestro.plugins.manager import PluginManager
from datamaestro.plugins.provided import Plugin

__all__ = ["KINDS", "PluginName", "refuse_taken", "write_plugin"]

SUFFIX = ".template"
PACKAGE = "PACKAGE"
"""What stands for the import package in the paths of templates."""


@dataclass(frozen=True)
class Kind:
    """A kind of plugin.

    :param summary: what it is; a name follows it
    :param words: words in a distribution's name that only say that it is of this kind
    :param requirements: the distributions that its templates import
    """

    summary: str
    words: frozenset[str]
    requirements: tuple[str, ...] = ("datamaestro-core",)


KINDS = {
    "repository": Kind(
        "Datasets of",
        frozenset({"datasets", "repository"}),
        tuple(
            f"datamaestro-{name}"
            for name in ("core", "download-single", "format-csv", "transport-local")
        ),
    ),
    "handler": Kind("A handler of downloads:", frozenset({"download", "handler"})),
    "format": Kind("A file format:", frozenset({"format"})),
    "transport": Kind("A transport:", frozenset({"transport"})),
}


TAKEN = ("datamaestro", "config", "test", "tests")
"""Names of packages that have a meaning: for the kernel, for ids, for Python and for pytest."""


@dataclass(frozen=True)
class PluginName:
    """The names of a distribution and what is in it.

    :param distribution: as normalized by PEP 503: ``datamaestro-format-hdf5``
    :param words: those that tell it from others of its kind: ``hdf5``
    :param kind: one of `KINDS`
    """

    distribution: str
    words: tuple[str, ...]
    kind: str

    @classmethod
    def of(cls, name: str, kind: str) -> PluginName:
        """Read a distribution's name.

        :raises QueryError: if it isn't one, or if no import package can have its name
        """
        if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", name):
            raise QueryError(
                "not the name of a distribution",
                expected="ASCII letters and digits, and '-', '_' or '.' between them",
                found=repr(name),
            )
        distribution = re.sub(r"[-_.]+", "-", name).lower()
        package = distribution.replace("-", "_")
        taken = {*sys.stdlib_module_names, *keyword.kwlist, *TAKEN}
        if not package.isidentifier() or package in taken:
            raise QueryError(
                "no import package can have this name",
                expected="one that begins with a letter, and that nothing else has",
                found=repr(package),
            )
        words = tuple(distribution.split("-"))
        common = KINDS[kind].words | {"datamaestro"}
        own = tuple(word for word in words if word not in common)
        return cls(distribution, own or words, kind)

    @property
    def package(self) -> str:
        """The import package: ``datamaestro_format_hdf5``."""
        return self.distribution.replace("-", "_")

    @property
    def id(self) -> str:
        """The name of the plugin's entry point, and the id of its repository: ``hdf5``."""
        return "-".join(self.words)

    @property
    def class_name(self) -> str:
        """The class that the plugin provides, whose name nothing beside it has: ``Hdf5``."""
        name = "".join(word.capitalize() for word in self.words)
        free = name.isidentifier() and name not in {*keyword.kwlist, *_imported_names(self.kind)}
        return name if free else f"The{name}"

    @property
    def scheme(self) -> str:
        """The scheme of URLs, which begins with a letter (RFC 3986): ``hdf5``."""
        return "".join(self.words).lstrip("0123456789") or "example"


def refuse_taken(name: str, kind: str, plugins: PluginManager) -> None:
    """Check that nothing that is installed has what a new plugin would claim.

    :param name: the name of its distribution
    :param kind: one of `KINDS`
    :raises QueryError: if it can't have that name
    :raises PluginConflictError: if something has that name, or what would follow from it
    """
    for claim, owner in _taken(PluginName.of(name, kind), plugins):
        raise PluginConflictError(
            f"{claim} is taken by {owner}, which is installed; nothing was written",
            hint="choose another name, or uninstall that",
        )


def _taken(plugin: PluginName, plugins: PluginManager) -> Iterator[tuple[str, Plugin | str]]:
    """Give what a new plugin would claim, but is taken, and who has it."""
    with suppress(PackageNotFoundError):
        there = distribution(plugin.distribution)
        yield f"the name {plugin.distribution!r}", f"{plugin.distribution} {there.version}"
    for item in EntryPoints().plugins:
        if item.name == plugin.id:
            yield f"the plugin id {plugin.id!r}", Plugin.of(item)
    if plugin.kind == "repository":
        for repository in plugins.repositories:
            if repository.spec.id == plugin.id:
                yield f"the repository id {plugin.id!r}", repository.plugin
    if plugin.kind == "transport":
        for transport in plugins.transports:
            if plugin.scheme in transport.spec.schemes:
                yield f"the scheme {plugin.scheme!r}", transport.plugin


def write_plugin(name: str, kind: str, folder: Path) -> Path:
    """Write a distribution that builds, installs and passes its tests as it stands.

    :param name: its name, as pip takes it
    :param kind: one of `KINDS`
    :param folder: where its own folder, which it gives, is made
    :raises QueryError: if it can't have that name
    :raises DataDirectoryError: if there is something in its place
    """
    plugin = PluginName.of(name, kind)
    target = folder / plugin.distribution
    values = _values(plugin)
    with usable(folder):
        if target.exists():
            message = "something is there already; it was left as it is"
            raise DataDirectoryError(message, where=target)
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".") as beside:
            whole = Path(beside, plugin.distribution)
            for path, text in _templates(kind):
                place = whole / str(path).replace(PACKAGE, plugin.package)
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(Template(text).substitute(values), encoding="utf-8", newline="\n")
            shutil.move(whole, target)
    return target


def _values(plugin: PluginName) -> dict[str, str]:
    core, kind = version("datamaestro-core"), KINDS[plugin.kind]
    requirements = (f'  "{name}>={core}",' for name in kind.requirements)
    return {
        "name": plugin.distribution,
        "package": plugin.package,
        "id": plugin.id,
        "class_name": plugin.class_name,
        "lower_name": plugin.class_name.lower(),
        "scheme": plugin.scheme,
        "kind": plugin.kind,
        "summary": f"{kind.summary} {' '.join(plugin.words)}",
        "dependencies": "\n".join(requirements),
    }


def _imported_names(kind: str) -> Iterator[str]:
    """Give what the modules of a kind's templates import by name."""
    for _, text in _templates(kind):
        for names in re.findall(r"^ *from [\w.]+ import (.+)$", text, re.MULTILINE):
            yield from names.split(", ")


def _templates(kind: str) -> Iterator[tuple[PurePosixPath, str]]:
    """Give the templates of a kind, each with its path in the distribution."""
    for name in ("common", kind):
        yield from _texts(files("datamaestro.create") / "templates" / name, PurePosixPath())


def _texts(folder: Traversable, place: PurePosixPath) -> Iterator[tuple[PurePosixPath, str]]:
    for item in folder.iterdir():
        if item.is_dir():
            yield from _texts(item, place / item.name)
        elif item.name.endswith(SUFFIX):
            yield place / item.name.removesuffix(SUFFIX), item.read_text(encoding="utf-8")
