"""What others do to a data directory: the publisher, the plugin's author, and the user."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, multiple, rule

from datamaestro.testing.faults import Fault
from workspace.editions import EDITIONS, FAMILIES, PATHS, RELEASES, family
from workspace.troubles import LASTING, PASSING, BreaksOff
from workspace.world import DIRECTORIES, World

__all__ = ["DATASET", "DIRECTORY", "PERCENT", "Others"]

DIRECTORY = st.sampled_from(["own", "own", *DIRECTORIES])
DATASET = Bundle("datasets")
PERCENT = st.sampled_from([0, 1, 50, 99])


class Others(RuleBasedStateMachine):
    """What happens to the datasets of a world that the program has no part in."""

    def __init__(self, new_world: Callable[[], World]) -> None:
        super().__init__()
        self.world = new_world()
        self.datasets: list[str] = []

    @initialize(target=DATASET, names=st.sets(st.sampled_from(FAMILIES), min_size=1, max_size=2))
    def begin(self, names: set[str]) -> object:
        self.datasets = [member for name in sorted(names) for member in family(name)]
        return multiple(*self.datasets)

    @rule(path=st.sampled_from(PATHS), release=st.sampled_from([*RELEASES, None]))
    def the_publisher_has_something_else(self, path: str, release: int | None) -> None:
        self.world.publish(path, release)

    @rule(path=st.sampled_from(PATHS), faults=st.lists(st.sampled_from(PASSING), max_size=3))
    def the_server_is_troubled(self, path: str, faults: list[Fault]) -> None:
        self.world.server.faults[path] = [*faults]

    @rule(name=DATASET, percent=PERCENT)
    def the_server_breaks_down(self, name: str, percent: int) -> None:
        for item in self.world.editions.get(name, ()):
            self.world.server.faults[item.url] = [BreaksOff(percent), *LASTING]

    @rule(name=DATASET, data=st.data())
    def the_plugin_is_upgraded(self, name: str, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(range(len(EDITIONS[name]))))
        self.world.install(name, number)

    @rule(name=DATASET)
    def the_plugin_gives_a_dataset_up(self, name: str) -> None:
        self.world.install(name, None)

    @rule(where=DIRECTORY, name=DATASET, file=st.sampled_from(["notes", ".mine", "data.txt.old"]))
    def the_user_adds_a_file(self, where: str, name: str, file: str) -> None:
        folder = self.world.dataset_folder(where, name)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(b"mine")
        self.world.theirs[where, name][file] = b"mine"

    @rule(where=DIRECTORY, name=DATASET, data=st.data())
    def the_user_changes_a_file(self, where: str, name: str, data: st.DataObject) -> None:
        places = self.world.ledgers[where, name].places
        if not places:
            return
        place = data.draw(st.sampled_from(sorted(places)))
        file = data.draw(st.sampled_from(sorted(places[place]) or ["of my own"]))
        content = places[place].get(file, b"")
        change = data.draw(st.sampled_from([b"mine" + content[4:], content[:-7], None]))
        path = self.world.dataset_folder(where, name) / place / file
        if change is None:
            path.unlink(missing_ok=True)
            places[place] = {each: places[place][each] for each in places[place] if each != file}
        else:
            path.write_bytes(change)
            places[place] = {**places[place], file: change}
        if not file and change is None:
            del places[place]

    @rule(where=DIRECTORY, name=DATASET, data=st.data())
    def the_user_puts_a_file_in_the_place_of_one(
        self, where: str, name: str, data: st.DataObject
    ) -> None:
        editions = [edition for edition in EDITIONS[name] if edition is not None]
        (*_, item) = data.draw(st.sampled_from(editions))
        places = self.world.ledgers[where, name].places
        if item.kind != "file" or item.place in places:
            return
        path = self.world.dataset_folder(where, name) / item.place
        path.parent.mkdir(parents=True, exist_ok=True)
        places[item.place] = {"": b"mine"}
        path.write_bytes(b"mine")
