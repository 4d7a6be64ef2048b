"""``datamaestro lock``."""

from __future__ import annotations

from pathlib import Path

import click

from datamaestro.cli.by_lock import LOCK_FILE, requested
from datamaestro.cli.messages import note, say
from datamaestro.cli.parameters import DATASET, OUTPUT_FILE
from datamaestro.cli.session import Session, pass_session
from datamaestro.errors import LockError
from datamaestro.lockfile import Lock
from datamaestro.lockfile.differences import differences
from datamaestro.user_paths import typed

__all__ = ["command"]


@click.command
@click.argument("datasets", nargs=-1, metavar="[DATASET]...", type=DATASET)
@click.option(
    "-o",
    "--output",
    type=OUTPUT_FILE,
    default=LOCK_FILE,
    show_default=True,
    help="The lock file.",
)
@click.option("--check", is_flag=True, help="Write nothing; fail if the lock file would change.")
@pass_session
def command(session: Session, datasets: tuple[str, ...], output: Path, check: bool) -> None:
    """Write a lock file: which bytes each DATASET is made of, for others to get the same.

    What isn't prepared is prepared first. Without any DATASET, the lock file is
    brought up to date for those that it has.
    """
    from datamaestro.lockfile import lock_datasets

    before = Lock.load(output) if output.exists() or check or not datasets else Lock(())
    wanted = datasets or requested(before, output, _with_names(before, output))
    after = lock_datasets(wanted, session.context)
    if check:
        arguments = typed(["lock", "-o", str(output), *datasets])
        if changes := list(differences(before, after)):
            raise LockError(
                "the lock file isn't up to date",
                where=output,
                found="; ".join(changes),
                hint=f"'datamaestro {arguments}' brings it up to date",
            )
    elif after.write(output):
        count = len(after.datasets)
        note(f"Wrote {output}: {count} dataset{'' if count == 1 else 's'}")
    else:
        note(f"{output} is up to date")
    for dataset in after.datasets:
        if names := dataset.needs_definition:
            found = f"{', '.join(names)} of {dataset.id}"
            say(f"--frozen can't make {found}: that takes the definition")
        if dataset.holds_secrets:
            say(f"{output} holds the secrets in the URLs of {dataset.id}")


def _with_names(lock: Lock, path: Path) -> str:
    """Tell how to bring a lock file up to date that has datasets of files."""
    wanted = lock.requested()
    others = [item.reference for item in wanted if item.repository is not None]
    names = " FILE.py:NAME" * (len(wanted) - len(others))
    return f"name that too: 'datamaestro {typed(['lock', '-o', str(path), *others])}{names}'"
