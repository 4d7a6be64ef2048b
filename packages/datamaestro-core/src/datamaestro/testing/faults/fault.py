"""What a fault is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datamaestro.testing.server import Answer

__all__ = ["Fault", "Together"]


class Fault:
    """Something that goes wrong with one answer."""

    def identify(self, answer: Answer) -> None:
        """Change what identifies the content, before it is seen whether a range may be given."""

    def change(self, answer: Answer) -> None:
        """Change an answer before it is sent."""

    def send(self, answer: Answer) -> None:
        """Send the body; the header has been sent."""
        answer.write(answer.body)


class Together(Fault):
    """Several things go wrong with the same answer.

    :param faults: what they are; the last one that changes how a body is sent sends it
    """

    def __init__(self, *faults: Fault) -> None:
        self.faults = faults

    def identify(self, answer: Answer) -> None:
        for fault in self.faults:
            fault.identify(answer)

    def change(self, answer: Answer) -> None:
        for fault in self.faults:
            fault.change(answer)

    def send(self, answer: Answer) -> None:
        senders = [fault for fault in self.faults if type(fault).send is not Fault.send]
        sender = senders[-1] if senders else Fault()
        sender.send(answer)
