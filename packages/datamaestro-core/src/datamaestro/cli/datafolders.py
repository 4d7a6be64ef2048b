"""``datamaestro datafolders``: folders of data that the user has already, by name."""

from __future__ import annotations

import click

from datamaestro.cli.messages import note
from datamaestro.cli.output import echo, echo_json
from datamaestro.cli.parameters import DATAFOLDER, as_json
from datamaestro.cli.session import Session, pass_session
from datamaestro.errors import DataDirectoryError, NotFoundError, QueryError
from datamaestro.user_paths import absolute

__all__ = ["command"]


@click.group
def command() -> None:
    """Manage folders of data that lie elsewhere."""


@command.command("list")
@as_json
@pass_session
def list_folders(session: Session, as_json: bool) -> None:
    """List the data folders."""
    folders = session.context.settings.datafolders
    if as_json:
        echo_json({name: str(path) for name, path in folders.items()})
        return
    for name, path in folders.items():
        echo(f"{name}\t{path}")
    if not folders:
        note("No data folder is set.")


@command.command("set")
@click.argument("name")
@click.argument("path", type=click.Path())
@pass_session
def set_folder(session: Session, name: str, path: str) -> None:
    """Give the folder at PATH the NAME that definitions use for it."""
    if not name or not name.isprintable():
        raise QueryError("no name for a data folder", expected="printed letters", found=repr(name))
    folder = absolute(path)
    try:
        problem = None if folder.is_dir() else "not a folder"
    except OSError as error:
        problem = f"can't be seen: {error.strerror}"
    if problem is not None:
        raise DataDirectoryError(problem, where=folder, hint="make it first, or correct the path")
    with session.context.settings.edit() as settings:
        settings.datafolders[name] = folder


@command.command("remove")
@click.argument("name", type=DATAFOLDER)
@pass_session
def remove_folder(session: Session, name: str) -> None:
    """Forget the data folder NAME; what it holds stays as it is."""
    with session.context.settings.edit() as settings:
        if settings.datafolders.pop(name, None) is None:
            known = ", ".join(settings.datafolders)
            raise NotFoundError(
                f"no data folder is named {name!r}",
                expected=known or None,
                hint=None if known else "none is set",
            )
