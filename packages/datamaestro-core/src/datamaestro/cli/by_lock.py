"""The options ``--locked`` and ``--frozen``, and what they do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from datamaestro.errors import LockError
from datamaestro.user_paths import typed

if TYPE_CHECKING:
    from datamaestro.context import Context
    from datamaestro.lockfile import Lock

__all__ = ["LOCK_FILE", "ByLock", "by_lock", "chosen", "requested"]

LOCK_FILE = "datamaestro.lock"
"""The name that a lock file has unless another is given."""


class ByLock(NamedTuple):
    """Whether a lock file decides, and how.

    :param path: the lock file
    :param lock: what it says
    :param frozen: whether to do without the plugins that declare the datasets
    """

    path: Path
    lock: Lock
    frozen: bool

    def ids(self) -> list[str]:
        """Give the ids that were asked for when the lock file was written.

        :raises LockError: as :func:`requested`, but where no definition is needed
        """
        if self.frozen:
            return [dataset.reference for dataset in self.lock.requested()]
        arguments = ["download", "--locked", "--lock-file", str(self.path)]
        hint = f"name that, and each other dataset: 'datamaestro {typed(arguments)} FILE.py:NAME'"
        return requested(self.lock, self.path, hint)

    def prepare(self, dataset: str, context: Context) -> Any:
        """Prepare a dataset as the lock file says, and give its value."""
        from datamaestro.lockfile import prepare_frozen, prepare_locked

        if self.frozen:
            return prepare_frozen(dataset, context, self.lock, self.path)
        return prepare_locked(dataset, context, self.lock)


def requested(lock: Lock, path: Path, hint: str) -> list[str]:
    """Give the ids that a lock file was written for.

    :param path: where it lies
    :param hint: what to do if only its file leads to a dataset
    :raises LockError: if one is of no repository, so that only its file leads to it
    """
    for dataset in lock.requested():
        if dataset.repository is None:
            raise LockError(
                f"{dataset.id} is declared in a file that the lock file doesn't name",
                where=path,
                hint=hint,
            )
    return [dataset.reference for dataset in lock.requested()]


def by_lock(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options; the command gets ``locked``, ``frozen`` and ``lock_file``."""
    options = [
        click.option(
            "--locked", is_flag=True, help="Take the bytes that a lock file names, or fail."
        ),
        click.option(
            "--frozen",
            is_flag=True,
            help="The same, without the plugin that declares the dataset.",
        ),
        click.option(
            "--lock-file",
            type=click.Path(dir_okay=False, path_type=Path),
            show_default=LOCK_FILE,
            help="The lock file that these two read.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def chosen(locked: bool, frozen: bool, lock_file: Path | None, **others: Any) -> ByLock | None:
    """Give what the options choose: a lock file, or none.

    :param others: options that don't go with a lock file, by their name
    :raises click.UsageError: if one of these is given too, one that isn't read, or both
    :raises NotFoundError: if there is no lock file
    :raises LockError: if it can't be read
    """
    if not (locked or frozen):
        if lock_file is not None:
            raise click.UsageError("--lock-file goes with --locked or --frozen.")
        return None
    if locked and frozen:
        raise click.UsageError("--locked and --frozen exclude each other.")
    for name, value in others.items():
        if value:
            raise click.UsageError(f"--{name.replace('_', '-')} doesn't go with a lock file.")
    from datamaestro.lockfile import Lock

    path = lock_file or Path(LOCK_FILE)
    return ByLock(path, Lock.load(path), frozen)
