"""What breaks in a data directory: processes that are killed, and files that are damaged."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from datamaestro.testing.faults import Fault
from workspace.editions import RELEASES, Edition, Item
from workspace.ledger import Ledger, Tree
from workspace.others import DATASET, DIRECTORY, PERCENT, Others
from workspace.troubles import BreaksOff, Changes, Kills

__all__ = ["Accidents"]

can_kill = precondition(lambda self: self.world.nursery is not None)

Damage = Callable[[bytes], bytes]

ILLEGIBLE: dict[str, Damage] = {
    "empty": lambda content: b"",
    "cut off": lambda content: content[: len(content) // 2],
    "zeros": lambda content: bytes(len(content)),
    "no JSON": lambda content: b"mine" + content,
    "no text": lambda content: b"\xff\xfe" + content,
    "a list": lambda content: b"[]",
    "nothing": lambda content: b"null",
    "nested": lambda content: b"[" * 100_000,
    "something else": lambda content: b'{"name": "mine"}',
}
"""What can become of a document, so that it tells nothing."""

NOTES: dict[str, Damage] = {
    **ILLEGIBLE,
    "of another URL": lambda content: content.replace(b"127.0.0.1", b"localhost"),
}
"""What can become of the note about a partial file."""

OTHER_LENGTHS: dict[str, Damage] = {
    "emptied": lambda content: b"",
    "cut off": lambda content: content[: len(content) // 2],
    "too long": lambda content: content + bytes(10_000),
}
"""What can become of a partial file, and shows by itself."""


class Accidents(Others):
    """Of what breaks, nothing is ever taken for whole, and the next run mends it."""

    @can_kill
    @rule(where=DIRECTORY, name=DATASET, force=st.booleans(), die_at=st.integers(1, 250))
    def a_process_is_killed(self, where: str, name: str, force: bool, die_at: int) -> None:
        """Kill it before some request to the file system, if it makes as many."""
        self.prepare_and_die(where, name, force=force, die_at=die_at)

    @can_kill
    @rule(where=DIRECTORY, name=DATASET, force=st.booleans(), percent=PERCENT)
    def a_process_is_killed_in_a_transfer(
        self, where: str, name: str, force: bool, percent: int
    ) -> None:
        """Kill it when it has written some of what it fetches."""
        self.prepare_and_die(where, name, force=force, percent=percent)

    def prepare_and_die(
        self,
        where: str,
        name: str,
        *,
        force: bool = False,
        die_at: int = 0,
        percent: int | None = None,
    ) -> None:
        """Leave each place as it was, or as a release makes it; nothing in between."""
        world, edition = self.world, self.world.editions.get(name)
        if edition is None:
            return
        assert world.nursery is not None
        ledger, folder = world.ledgers[where, name], world.dataset_folder(where, name)
        before = world.records(where, name)
        possible = {item.place: self.outcomes(where, ledger, item) for item in edition}
        kills = Kills()
        if percent is not None:
            for item in edition:
                faults: list[Fault] = [BreaksOff(percent), kills]
                world.server.faults[item.url] = faults
        with nullcontext() if force else world.nothing_lost_in_silence(where, name) as log:
            process = world.nursery.start(
                f"org.example.{name}",
                world.folder / where,
                site=[world.folder / "site"] if where == "own" else [],
                force=force,
                die_at=die_at,
                log=log,
            )
            kills.process.set_result(process)
            answer = world.nursery.wait(process)
            ledger.note(edition, before, world.records(where, name), folder)
        assert answer.get("told", True), answer["error"]
        for place, outcomes in possible.items():
            assert ledger.places.get(place) in outcomes, place
        if percent is not None:
            for item in edition:
                world.server.faults[item.url] = []
        if "events" not in answer:
            world.set_aside.add((where, name))

    def outcomes(self, where: str, ledger: Ledger, item: Item) -> list[Tree | None]:
        """Give what may lie in a place after a preparation that may have come to no end."""
        world, before = self.world, ledger.places.get(item.place)
        found: list[Tree | None] = [before]
        if item.transient:
            found.append(None)
        if item.kind == "copy":
            content = ledger.places.get("ALL", {}).get(item.file)
            found += [] if content is None else [{"kept": content}]
        releases = {world.released(item.url), world.cached(world.context(where), item)}
        if world.released(item.url) is not None:
            releases.add(world.will_release(item.url))
        return found + [item.made_from(release) for release in releases if release is not None]

    @rule(
        where=DIRECTORY,
        name=DATASET,
        percent=PERCENT,
        release=st.sampled_from(RELEASES),
        force=st.booleans(),
    )
    def what_is_fetched_changes_meanwhile(
        self, where: str, name: str, percent: int, release: int, force: bool
    ) -> None:
        """Give the beginning of one release, and then have another: they are never joined."""
        for item in self.world.editions.get(name, ()):
            self.world.server.faults[item.url] = [Changes(percent, item.url, release)]
        if force:
            self.prepare_by_force(where, name, ())
        else:
            self.prepare(where, name)

    # --- state files

    @rule(where=DIRECTORY, name=DATASET, damage=st.sampled_from(sorted(ILLEGIBLE)))
    def a_state_file_is_damaged(self, where: str, name: str, damage: str) -> None:
        """Let nothing count that it has told of."""
        path, ledger = self.state_file(where, name), self.world.ledgers[where, name]
        if path.exists():
            path.write_bytes(ILLEGIBLE[damage](path.read_bytes()))
            ledger.entries, ledger.is_later = {}, False

    @rule(where=DIRECTORY, name=DATASET)
    def a_later_version_writes_a_state_file(self, where: str, name: str) -> None:
        """Let nothing count that it tells of, and let nobody replace it."""
        path, ledger = self.state_file(where, name), self.world.ledgers[where, name]
        if path.exists() and not ledger.is_later:
            path.write_text(json.dumps({"version": 3, "resources": {"DATA": "new"}}))
            ledger.entries, ledger.is_later = {}, True

    @rule(where=DIRECTORY, name=DATASET)
    def the_state_file_of_a_later_version_goes(self, where: str, name: str) -> None:
        path, ledger = self.state_file(where, name), self.world.ledgers[where, name]
        if ledger.is_later:
            path.unlink()
            ledger.is_later = False

    def state_file(self, where: str, name: str) -> Path:
        return self.world.dataset_folder(where, name) / ".state.json"

    # --- partial files

    @can_kill
    @rule(
        where=DIRECTORY,
        name=DATASET,
        percent=PERCENT,
        damage=st.sampled_from(sorted(OTHER_LENGTHS)),
    )
    def a_partial_file_gets_another_length(
        self, where: str, name: str, percent: int, damage: str
    ) -> None:
        self.prepare_and_die(where, name, percent=percent)
        for path in self.cached_files(where, "*.part"):
            path.write_bytes(OTHER_LENGTHS[damage](path.read_bytes()))

    @can_kill
    @rule(where=DIRECTORY, name=DATASET, percent=PERCENT, damage=st.sampled_from([*NOTES]))
    def the_note_about_a_partial_file_is_damaged(
        self, where: str, name: str, percent: int, damage: str
    ) -> None:
        self.prepare_and_die(where, name, percent=percent)
        for path in self.cached_files(where, "*.json"):
            path.write_bytes(NOTES[damage](path.read_bytes()))

    @can_kill
    @rule(where=DIRECTORY, name=DATASET, percent=PERCENT)
    def the_note_about_a_partial_file_is_lost(self, where: str, name: str, percent: int) -> None:
        self.prepare_and_die(where, name, percent=percent)
        for path in self.cached_files(where, "*.json"):
            path.unlink()

    @can_kill
    @rule(where=DIRECTORY, name=DATASET, percent=PERCENT)
    def bytes_of_a_partial_file_change(self, where: str, name: str, percent: int) -> None:
        """Prepare all the same, where a digest or a checksum tells which bytes are right."""
        edition: Edition = self.world.editions.get(name, ())
        if not all(item.pinned is not None or item.is_unpacked for item in edition):
            return
        self.prepare_and_die(where, name, percent=percent)
        for path in self.cached_files(where, "*.part"):
            content = bytearray(path.read_bytes())
            if content:
                content[len(content) // 2] ^= 0xFF
            path.write_bytes(content)
        self.prepare(where, name)
        for path in self.cached_files(where, "*.part"):
            path.unlink()

    def prepare(self, where: str, name: str) -> None:
        """Make what is missing; see :class:`workspace.program.Program`."""
        raise NotImplementedError

    def prepare_by_force(self, where: str, name: str, parts: tuple[str, ...]) -> None:
        """Make all of it anew; see :class:`workspace.program.Program`."""
        raise NotImplementedError

    def cached_files(self, where: str, pattern: str) -> list[Path]:
        return sorted((self.world.folder / where / "cache").glob(pattern))
