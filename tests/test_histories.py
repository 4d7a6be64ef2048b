"""Any history of a data directory: what happens to it, in any order, and what it has to hold.

Publishers change their files, plugins what they declare, users what lies on their disks; in
between, datasets are prepared, verified and removed. A model (:mod:`workspace.ledger`) tells
what there is after each step, to the byte.

This is the short form; ``nox -s soak`` runs the long one.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings, strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test
from workspace.editions import EDITIONS, Edition, wanted
from workspace.ledger import Ledger
from workspace.others import DATASET, DIRECTORY, Others
from workspace.world import DIRECTORIES, World, install_repository

from datamaestro.errors import DownloadError, VerificationError
from datamaestro.inventory.garbage import (
    cache_garbage,
    discard,
    find_garbage,
    orphaned_data,
    superseded_data,
)
from datamaestro.inventory.prepared import prepared_datasets
from datamaestro.inventory.removal import remove_dataset
from datamaestro.inventory.repair import repair
from datamaestro.inventory.verification import Verdict, verify
from datamaestro.lockfile import Lock, lock_datasets, prepare_frozen, prepare_locked
from datamaestro.preparation.plan import Plan
from datamaestro.testing import FileServer

HISTORIES = int(os.environ.get("DATAMAESTRO_TEST_HISTORIES", "0"))
"""How many are made up; 0 for the short form, which is the same each time."""

STEPS = 30

Parts = tuple[str, ...]

SOMETIMES = st.sampled_from([False, False, False, True])


class History(Others):
    """What happens to two data directories, of which one is the site's."""

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
        world.set_aside.add((where, name))
        with suppress(VerificationError, DownloadError):
            if frozen:
                prepare_frozen(reference, context, lock, Path("a lock file"))
            else:
                prepare_locked(reference, context, lock)
            world.set_aside.discard((where, name))
        after = world.records(where, name)
        made = {place for place, record in after.items() if record != before.get(place)}
        world.ledgers[where, name].note(
            edition, made, before.keys() - after.keys(), world.files(where, name)
        )
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
            assert discard(item)
        assert {path.suffix for path in context.cachepath.glob("*")} <= {".lock", ".holder"}

    @rule(where=DIRECTORY, orphans=st.booleans())
    def collect_garbage(self, where: str, orphans: bool) -> None:
        world, context = self.world, self.world.context(where)
        found = [*find_garbage(context, datetime.now(UTC))]
        if orphans:
            found += [*superseded_data(context), *orphaned_data(context)]
        for item in found:
            assert discard(item)
        for name in EDITIONS:
            ledger, edition = world.ledgers[where, name], world.editions.get(name)
            if edition is not None:
                ledger.drop_unneeded(edition)
            if orphans and edition is None:
                world.ledgers[where, name] = Ledger()
                world.theirs[where, name].clear()
            elif orphans:
                ledger.drop_superseded(edition)

    # --- what holds after each step

    @invariant()
    def there_is_what_has_to_be(self) -> None:
        for (where, name), ledger in self.world.ledgers.items():
            expected = {**ledger.files, **self.world.theirs[where, name]}
            assert self.world.files(where, name) == expected, (where, name)

    @invariant()
    def the_state_files_tell_of_it(self) -> None:
        for (where, name), ledger in self.world.ledgers.items():
            found = self.world.records(where, name)
            assert {place: record.size for place, record in found.items()} == {
                place: entry.size for place, entry in ledger.entries.items()
            }, (where, name)

    @invariant()
    def nothing_unfinished_lies_around(self) -> None:
        for where, name in self.world.ledgers:
            if (where, name) not in self.world.set_aside:
                assert not (self.world.dataset_folder(where, name) / ".downloads").exists()

    def teardown(self) -> None:
        """End well: a healthy publisher has it all, and when it is removed, nothing is left."""
        if not sys.exc_info()[0]:
            self.get_it_all()
            self.remove_it_all()
        shutil.rmtree(self.world.folder, ignore_errors=True)

    def get_it_all(self) -> None:
        self.world.server.faults.clear()
        for name in self.datasets:
            for item in self.world.editions.get(name, ()):
                self.world.released[item.url] = item.pinned or 0
            self.world.publish()
            for where in DIRECTORIES:
                self.prepare(where, name)
                # What the user has removed from a folder can't be copied from it.
                if name in self.world.editions and name != "copy":
                    assert self.world.context(where).missing(f"org.example.{name}") == []

    def remove_it_all(self) -> None:
        for where in DIRECTORIES:
            for name in self.datasets:
                self.remove(where, name)
            self.collect_garbage(where, orphans=False)
            data = self.world.folder / where
            left = {path for path in data.rglob("*") if path.is_file()}
            theirs = {
                self.world.dataset_folder(where, name) / path
                for name in self.datasets
                for path in self.world.files(where, name)
            }
            ours = {path for path in left - theirs if path.suffix not in (".lock", ".holder")}
            assert ours == set()


def planned(plan: Plan) -> list[str]:
    """Give the names of what would be made."""
    return sorted(step.resource for step in plan.steps if step.status in ("missing", "present"))


def statuses(verdicts: list[Verdict]) -> dict[tuple[str, str], str]:
    """Give what was found, by dataset and place."""
    return {
        (item.dataset.folder.name, item.path.relative_to(item.dataset.folder).as_posix()): (
            item.status
        )
        for item in verdicts
    }


def test_whatever_happens_there_is_what_has_to_be(
    home: Path, site_packages: Path, file_server: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("datamaestro.transfer.transfer.FIRST_WAIT", 0.0)
    monkeypatch.setattr("datamaestro.transfer.transfer.LONGEST_WAIT", 0.0)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # two editions in one second
    module = install_repository(site_packages)
    numbers = iter(range(10**9))
    run_state_machine_as_test(
        lambda: History(lambda: World(home / str(next(numbers)), module, file_server)),
        settings=settings(
            max_examples=HISTORIES or 8,
            derandomize=not HISTORIES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            suppress_health_check=[*HealthCheck],
            phases=[Phase.generate, Phase.shrink],
        ),
    )
