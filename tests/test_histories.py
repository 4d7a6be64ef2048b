"""Any history of a data directory: what happens to it, in any order, and what it has to hold.

Publishers change their files, plugins what they declare, users what lies on their disks
(:mod:`workspace.others`); processes are killed, and files damaged (:mod:`workspace.accidents`);
in between, datasets are prepared, verified and removed (:mod:`workspace.program`). A model
(:mod:`workspace.ledger`) tells what there is after each step, to the byte. Its rules:

1. What is made consists of the bytes of one release, which the server had while it was asked;
   where a digest is declared, of that very release. So it is whenever a process is killed: what
   lies in a place is what was there before, or what was made.
2. What is complete, as the state file tells, is left alone. A state file that can't be read tells
   nothing; one of a later version isn't touched, nor is what it may be about.
3. What lies there and isn't recorded is used only if a declared digest proves it, and what a user
   has changed is replaced only with a message about it.
4. What is left of a transfer is gone on with only if the server still has the same, and nothing
   shows that it is damaged. Where a digest or a checksum shows that, it is fetched anew.
5. Every error is one of :mod:`datamaestro.errors`, and the one that has to come.
6. Lists and verifications tell what is there. A healthy publisher is all that it takes to prepare
   anything; and after a removal and a collection of garbage nothing is left but users' files.

This is the short form; ``nox -s soak`` runs the long one.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import invariant, run_state_machine_as_test
from workspace import kinds
from workspace.accidents import Accidents
from workspace.editions import EDITIONS
from workspace.nursery import Nursery
from workspace.program import Program
from workspace.world import DIRECTORIES, World, install_repository

from datamaestro.inventory.prepared import prepared_datasets
from datamaestro.testing import FileServer

HISTORIES = int(os.environ.get("DATAMAESTRO_TEST_HISTORIES", "0"))
"""How many are made up; 0 for the short form, which is the same each time."""

STEPS = 30


class History(Program, Accidents):
    """What happens to two data directories, of which one is the site's."""

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
    def what_is_listed_is_there(self) -> None:
        for where in DIRECTORIES:
            listed = {item.id for item in prepared_datasets(self.world.context(where).datapath)}
            assert listed == {
                f"org.example.{name}"
                for (directory, name), ledger in self.world.ledgers.items()
                if directory == where and ledger.entries
            }

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
            if name not in self.world.editions:
                self.world.install(name, next(i for i, it in enumerate(EDITIONS[name]) if it))
            for item in self.world.editions[name]:
                self.world.publish(item.url, item.pinned or 0)
            for where in DIRECTORIES:
                self.the_state_file_of_a_later_version_goes(where, name)
                self.prepare(where, name)
                if not self.world.ledgers[where, name].entries:  # it is used from the site
                    self.prepare_by_force(where, name, ())
                # What the user has removed from a folder can't be copied from it.
                if name != "copy":
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


@pytest.fixture
def nursery(
    home: Path, site_packages: Path, file_server: FileServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Nursery | None]:
    """Give what starts processes that are killed; on Windows, none can be."""
    if sys.platform == "win32":
        yield None
        return
    file_server.files.update(kinds.SERVED)
    with monkeypatch.context() as environment:
        # They do one thing after the other, the same each time.
        environment.setenv("DATAMAESTRO_CONNECTIONS", "1")
        nursery = Nursery(site_packages, file_server.url())
    with nursery:
        yield nursery


def test_whatever_happens_there_is_what_has_to_be(
    home: Path,
    site_packages: Path,
    file_server: FileServer,
    nursery: Nursery | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("datamaestro.transfer.transfer.FIRST_WAIT", 0.0)
    monkeypatch.setattr("datamaestro.transfer.transfer.LONGEST_WAIT", 0.0)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # two editions in one second
    module = install_repository(site_packages)
    numbers = iter(range(10**9))
    run_state_machine_as_test(
        lambda: History(lambda: World(home / str(next(numbers)), module, file_server, nursery)),
        settings=settings(
            max_examples=HISTORIES or 5,
            derandomize=not HISTORIES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            suppress_health_check=[*HealthCheck],
            phases=[Phase.generate, Phase.shrink],
        ),
    )
