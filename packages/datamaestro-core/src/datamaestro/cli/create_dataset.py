"""``datamaestro create-dataset``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from datamaestro import identifiers
from datamaestro.cli.messages import note
from datamaestro.cli.output import echo
from datamaestro.cli.parameters import OUTPUT, REPOSITORY
from datamaestro.cli.session import Session, pass_session
from datamaestro.errors import DataDirectoryError, DefinitionError, QueryError
from datamaestro.urls import is_url, masked

if TYPE_CHECKING:
    from datamaestro.repository import Repository

__all__ = ["command"]


@click.command
@click.argument("urls", metavar="URL...", nargs=-1, required=True)
@click.option(
    "--into", type=REPOSITORY, metavar="REPOSITORY", help="Write the module into this repository."
)
@click.option("-o", "--output", type=OUTPUT, help="Write it to this file.")
@click.option(
    "--id", "dataset_id", metavar="ID", help="The dataset's id (default: as the URL suggests)."
)
@pass_session
def command(
    session: Session,
    urls: tuple[str, ...],
    into: str | None,
    output: Path | None,
    dataset_id: str | None,
) -> None:
    """Write the definition of a dataset that consists of the files at some URLs.

    The files are fetched, and their kinds recognized by what is in them. The definition
    is printed, or written to a file that isn't there yet.
    """
    from datamaestro.create.dataset import dataset_id_of, examine
    from datamaestro.create.definition import definition_text

    for url in urls:
        _check_url(url)
    dataset_id = dataset_id or dataset_id_of(urls)
    if not identifiers.is_dataset_id(dataset_id):
        raise QueryError(
            "not a dataset id",
            expected="reversed.domain.name",
            found=repr(dataset_id),
            hint="give one with --id",
        )
    path = _place(session, dataset_id, into, output)
    text = definition_text(dataset_id, examine(urls, session.context))
    if path is None:
        echo(text, nl=False)
    else:
        _write(path, text)
        echo(str(path))
    line = next(number for number, item in enumerate(text.splitlines(), 1) if "TODO" in item)
    where = f"line {line}" if path is None else f"{path}:{line}"
    note(f"Left to write: what {dataset_id} is about ({where}).")


def _write(path: Path, text: str) -> None:
    """Write a file, unless there is one: that may have been made while others were fetched.

    :raises DefinitionError: if there is
    :raises DataDirectoryError: if it can't be written
    """
    from datamaestro.disk.files import remove
    from datamaestro.disk.refusals import usable
    from datamaestro.disk.sharing import make_folder

    with usable(path.parent):
        make_folder(path.parent)
        try:
            file = path.open("xb")
        except FileExistsError as error:
            raise _is_there(path) from error
        try:
            with file:
                file.write(text.encode())
        except OSError:
            remove(path)
            raise


def _is_there(path: Path) -> DefinitionError:
    return DefinitionError("there is a file already; it was left as it is", where=path)


def _check_url(url: str) -> None:
    """Refuse what isn't a URL, and a URL that definitions mustn't have."""
    if not is_url(url):
        raise QueryError(
            "not a URL",
            expected="https://…, or file:///… for a file on this machine",
            found=repr(url),
        )
    if "@" in urlsplit(url).netloc:
        raise QueryError(
            "whoever reads the definition would know your password",
            expected="a URL without it",
            found=masked(url),
            hint="what lets you in belongs in your netrc file, or under 'keys' in user.json",
        )


def _place(session: Session, dataset_id: str, into: str | None, output: Path | None) -> Path | None:
    """Give the file to write, or None to print.

    :raises DefinitionError: if something is there already, or wouldn't stay there
    """
    if into is not None and output is not None:
        raise click.UsageError("--into and --output exclude each other.")
    if into is not None:
        repository = session.context.repository(into)
        path = _module_path(repository.configdir, dataset_id)
        _refuse_copy(repository)
        return path
    if output is not None and output.exists():
        raise _is_there(output)
    return output


def _refuse_copy(repository: Repository) -> None:
    """Refuse a repository that isn't installed from its sources: an upgrade replaces its files."""
    from importlib.metadata import distribution, packages_distributions

    configdir = repository.configdir.resolve()
    package = type(repository).__module__.partition(".")[0]
    for name in packages_distributions().get(package, ()):
        found = distribution(name)
        root = Path(str(found.locate_file(""))).resolve()
        # The files of an editable installation aren't among those that pip has written.
        for file in found.files or () if found.read_text("RECORD") else ():
            if (root / file).is_relative_to(configdir):
                raise DefinitionError(
                    f"the repository {repository.id!r} is a copy of its sources, "
                    f"which the next upgrade of {name} removes",
                    where=repository.configdir,
                    hint="install the sources with 'pip install --editable FOLDER', "
                    "or write to a file of your own with -o",
                )


def _module_path(configdir: Path, dataset_id: str) -> Path:
    """Give the module for a dataset, and refuse one that another stands in the way of."""
    from datamaestro.create.definition import module_parts

    path = configdir.joinpath(*module_parts(dataset_id)).with_suffix(".py")
    if not configdir.is_dir():
        raise DataDirectoryError("no folder of definitions", where=configdir)
    inside = [path, *(parent for parent in path.parents if configdir in parent.parents)]
    for taken in (place.with_suffix(".py") for place in inside):
        if taken.exists():
            raise DefinitionError(
                "there are definitions already; it was left as it is",
                where=taken,
                hint=f"add {dataset_id} in that file",
            )
    return path
