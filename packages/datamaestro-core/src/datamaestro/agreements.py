"""Agreements: what the owners of data ask of those who use them.

An agreement is accepted by a user, not for a data directory: whoever shares the directory
of someone who has accepted is asked too. What is accepted is a text, by its hash: when the text
changes, users are asked again.

==========================  ====================================================
``user.json``, agreements   the accepted agreements: id to hash
``DATAMAESTRO_ACCEPT``      ids, with commas between them, that are accepted as
                            long as it is set; for programs that nobody watches
==========================  ====================================================
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from typing import Literal, NamedTuple

from datamaestro.errors import AgreementError
from datamaestro.settings import UserSettings
from datamaestro.terminal import ask, is_interactive, tell
from datamaestro.user_paths import typed

__all__ = ["Agreement", "State", "accept", "require", "revoke", "state_of"]

logger = logging.getLogger(__name__)

State = Literal["accepted", "changed", "open"]


class Agreement(NamedTuple):
    """What the owner of a dataset asks its users to agree to.

    :param id: its id; by default that of the dataset. Agreements with
        the same id are accepted together
    :param text: what it says
    """

    id: str
    text: str

    @property
    def hash(self) -> str:
        """The SHA-256 of the text; how it is laid out doesn't count."""
        import hashlib

        return hashlib.sha256(" ".join(self.text.split()).encode()).hexdigest()


def state_of(agreement: Agreement, settings: UserSettings) -> State:
    """Tell whether a user has accepted an agreement, or another text of it."""
    accepted = settings.agreements.get(agreement.id)
    if agreement.hash == accepted or agreement.id in _accepted_by_environment():
        return "accepted"
    return "open" if accepted is None else "changed"


def accept(agreements: Iterable[Agreement], settings: UserSettings) -> None:
    """Record that the user accepts some agreements.

    :raises DataDirectoryError: if ``user.json`` can't be written
    """
    with settings.edit() as edited:
        edited.agreements |= {agreement.id: agreement.hash for agreement in agreements}


def revoke(agreement_ids: Iterable[str], settings: UserSettings) -> None:
    """Forget that the user accepted some agreements.

    :raises DataDirectoryError: if ``user.json`` can't be written
    """
    with settings.edit() as edited:
        for agreement_id in agreement_ids:
            edited.agreements.pop(agreement_id, None)


def require(
    agreement: Agreement, settings: UserSettings, dataset_id: str, name_for_commands: str | None
) -> None:
    """Make sure that the user has accepted an agreement of a dataset; ask on a terminal.

    :param name_for_commands: the name by which a command finds the agreement, if one does
    :raises AgreementError: if it isn't accepted; the text is a note of it, unless it was shown
    """
    # Read again: it may have been accepted elsewhere while this session goes on.
    current = UserSettings.load(settings.path)
    if (state := state_of(agreement, current)) == "accepted":
        return
    if not _asked(agreement, dataset_id):
        raise _not_accepted(agreement, dataset_id, name_for_commands, state)
    accept([agreement], settings)


def _accepted_by_environment() -> list[str]:
    return [item.strip() for item in os.environ.get("DATAMAESTRO_ACCEPT", "").split(",")]


def _asked(agreement: Agreement, dataset_id: str) -> bool:
    """Ask on the terminal, if there is one."""
    if not is_interactive():
        return False
    tell(f"{dataset_id} may be used on these terms:\n\n{agreement.text}\n")
    while True:
        answer = ask("Do you accept them? [yes/no]")
        if answer is not None and answer.lower() in ("yes", "y"):
            return True
        if answer is None or answer.lower() in ("no", "n"):
            return False


def _not_accepted(
    agreement: Agreement, dataset_id: str, name_for_commands: str | None, state: State
) -> AgreementError:
    """Make the error for an agreement that isn't accepted, or no longer."""
    reason = "has changed since you accepted it" if state == "changed" else "isn't accepted yet"
    variable = f"set DATAMAESTRO_ACCEPT={agreement.id}"
    command = f"run 'datamaestro agreements accept {typed([name_for_commands or ''])}'"
    error = AgreementError(
        f"the agreement {agreement.id!r}, which the owner of {dataset_id} asks for, {reason}",
        hint=f"once you have read it, {variable}"
        if name_for_commands is None
        else f"{command} once you have read it, or {variable}",
    )
    if not is_interactive():  # whoever was asked has read it
        error.add_note(agreement.text)
    return error
