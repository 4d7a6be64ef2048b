"""What the program does with a data directory, each step with what has to come of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import rule

from datamaestro.errors import DataDirectoryError, DownloadError, VerificationError
from datamaestro.inventory.garbage import (
    cache_garbage,
    find_garbage,
    orphaned_data,
    remove_garbage,
    superseded_data,
)
from datamaestro.inventory.prepared import prepared_datasets
from datamaestro.inventory.removal import remove_dataset
from datamaestro.inventory.repair import repair
from datamaestro.inventory.verification import Verdict, verify
from datamaestro.lockfile import Lock, lock_datasets, prepare_frozen, prepare_locked
from datamaestro.preparation.plan import Plan
from workspace.editions import EDITIONS, Edition, family, wanted
from workspace.ledger import Ledger
from workspace.others import DATASET, DIRECTORY, Others
from workspace.world import World

__all__ = ["Program"]

Parts = tuple[str, ...]

SOMETIMES = st.sampled_from([False, False, False, True])


class Program(Others):
    """What is done with two data directories, of which one is the site's."""

    def __init__(self, new_world: Callable[[], World]) -> None:
        super().__init__(new_world)
        self.locks: dict[str, tuple[Lock, Edition, dict[str, bytes]]] = {}

    @rule(where=DIRECTORY, name=DATASET)
    def prepare(self, where: str, name: str, parts: Parts = (), **options: bool) -> None:
        """Make what is missing, and that alone."""
        world = self.world
        if name not in world.editions:
            return
        context = world.context(where, **options)
        edition, ledger = world.editions[name], world.ledgers[where, name]
        items = wanted(edition, parts)
        at_site = world.is_at_site(where, name, items)
        missing = [] if at_site else ledger.missing(edition, items)
        names = sorted(item.name for item in missing)
        assert sorted(context.missing(f"org.example.{name}", only=parts)) == names
        assert planned(context.plan(f"org.example.{name}", only=parts)) == names
        with world.nothing_lost_in_silence(where, name):
            errors = ledger.make(edition, missing, world.obtain(context))
            if not errors and not at_site:
                ledger.drop_unneeded(edition)
            world.expect(errors, lambda: context.prepare(f"org.example.{name}", only=parts))
        if not errors and not at_site:
            world.set_aside.discard((where, name))

    @rule(where=DIRECTORY, name=DATASET, parts=st.just(()), keep_downloads=SOMETIMES)
    def prepare_by_force(self, where: str, name: str, parts: Parts, **options: bool) -> None:
        """Make all of it anew, or change nothing."""
        world = self.world
        if name not in world.editions:
            return
        context = world.context(where, **options)
        edition, new = world.editions[name], Ledger()
        new.is_later = world.ledgers[where, name].is_later
        errors = new.make(edition, wanted(edition, parts), world.obtain(context, fresh=True))
        new.drop_unneeded(edition)
        if not errors:
            world.ledgers[where, name].take(new)
        world.expect(errors, lambda: context.prepare(f"org.example.{name}", only=parts, force=True))

    @rule(where=DIRECTORY, name=DATASET, offline=SOMETIMES, keep_downloads=st.booleans())
    def prepare_with_options(self, where: str, name: str, **options: bool) -> None:
        self.prepare(where, name, **options)

    @rule(where=DIRECTORY, name=DATASET, part=st.sampled_from(["train", "test"]), force=SOMETIMES)
    def prepare_a_part(self, where: str, name: str, part: str, force: bool) -> None:
        if name == "pair":
            (self.prepare_by_force if force else self.prepare)(where, name, (part,))

    @rule(where=DIRECTORY, name=DATASET)
    def lock(self, where: str, name: str) -> None:
        """Write down what is there, once all of it is."""
        self.prepare(where, name)
        world, edition = self.world, self.world.editions.get(name)
        if edition is None or world.context(where).missing(f"org.example.{name}"):
            return
        at_site = world.is_at_site(where, name, edition)
        files = world.ledgers["site" if at_site else where, name].files
        self.locks[name] = (
            lock_datasets([f"org.example.{name}"], world.context(where)),
            edition,
            files,
        )

    @rule(where=DIRECTORY, name=DATASET, frozen=st.booleans())
    def prepare_what_was_locked(self, where: str, name: str, frozen: bool) -> None:
        """Make what was locked to the byte, or nothing."""
        world = self.world
        lock, edition, files = self.locks.get(name, (None, (), {}))
        if lock is None or (world.editions.get(name) != edition and not frozen):
            return
        context, reference = world.context(where), f"org.example.{name}"
        before = world.records(where, name)
        aside = {*world.set_aside}
        world.set_aside.add((where, name))
        expected = (VerificationError, DownloadError)
        with suppress(DataDirectoryError if world.ledgers[where, name].is_later else expected):
            if frozen:
                prepare_frozen(reference, context, lock, Path("a lock file"))
            else:
                prepare_locked(reference, context, lock)
            world.set_aside = aside
        after = world.records(where, name)
        made = {place for place, record in after.items() if record != before.get(place)}
        world.ledgers[where, name].note(edition, before, after, world.dataset_folder(where, name))
        for path, content in world.files(where, name).items():
            if path in files and not made.isdisjoint((path, path.partition("/")[0])):
                assert content == files[path]

    @rule(where=DIRECTORY)
    def verify(self, where: str) -> None:
        context = self.world.context(where)
        found = list(verify(prepared_datasets(context.datapath), context))
        assert statuses(found) == self.expected_verdicts(where)

    @rule(where=DIRECTORY)
    def repair(self, where: str) -> None:
        context = self.world.context(where)
        found = list(verify(prepared_datasets(context.datapath), context))
        before = self.expected_verdicts(where)
        assert statuses(found) == before
        for name, edition in self.world.editions.items():
            ledger = self.world.ledgers[where, name]
            items = [
                item for item in edition if before.get((name, item.place)) in ("changed", "missing")
            ]
            if [item.kind for item in items] == ["copy"] and not ledger.is_complete(edition[0]):
                items = [*edition]
            ledger.make(edition, items, self.world.obtain(context, fresh=True), anew=True)
            if items:
                ledger.drop_unneeded(edition)
        repaired = statuses(list(repair(found, context)))
        after = self.expected_verdicts(where)
        expected = {
            key: after[key] if status in ("changed", "missing") else status
            for key, status in before.items()
        }
        assert repaired == expected

    def expected_verdicts(self, where: str) -> dict[tuple[str, str], str]:
        """Give what a verification has to find, by dataset and place."""
        return {
            (name, place): ledger.verify(place, self.world.editions.get(name, ()))
            for (directory, name), ledger in self.world.ledgers.items()
            for place in [*ledger.entries]
            if directory == where
        }

    @rule(where=DIRECTORY, name=DATASET)
    def remove(self, where: str, name: str) -> None:
        for dataset in prepared_datasets(self.world.context(where).datapath):
            if dataset.folder == self.world.dataset_folder(where, name):
                remove_dataset(dataset)
        ledger = self.world.ledgers[where, name]
        for place in [*ledger.entries]:
            ledger.remove(place)

    @rule(where=DIRECTORY)
    def clear_the_cache(self, where: str) -> None:
        context = self.world.context(where)
        for item in list(cache_garbage(context)):
            assert remove_garbage(item)
        assert {path.suffix for path in context.cachepath.glob("*")} <= {".lock", ".holder"}

    @rule(where=DIRECTORY, orphans=st.booleans())
    def collect_garbage(self, where: str, orphans: bool) -> None:
        world, context = self.world, self.world.context(where)
        found = [*find_garbage(context, datetime.now(UTC))]
        if orphans:
            found += [*superseded_data(context), *orphaned_data(context)]
        for item in found:
            assert remove_garbage(item)
        assert not list(cache_garbage(context))
        for name in EDITIONS:
            ledger, edition = world.ledgers[where, name], world.editions.get(name)
            if edition is not None:
                ledger.drop_unneeded(edition)
            if orphans and world.editions.keys().isdisjoint(family(name)):
                world.ledgers[where, name] = Ledger()
                world.theirs[where, name].clear()
            elif orphans and edition is not None:
                ledger.drop_superseded(edition)


def planned(plan: Plan) -> list[str]:
    """Give the names of what would be made."""
    return sorted(step.resource for step in plan.steps if step.status in ("missing", "present"))


def statuses(verdicts: list[Verdict]) -> dict[tuple[str, str], str]:
    """Give what was found, by dataset and place."""
    return {
        (
            item.dataset.id.removeprefix("org.example."),
            item.path.relative_to(item.dataset.folder).as_posix(),
        ): item.status
        for item in verdicts
    }
