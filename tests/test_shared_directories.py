"""Data directories that a group shares: who made something doesn't matter to the others.

Root plays the members of a made-up group; without root there is nobody to play them.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from workspace import kinds

from datamaestro.testing import FileServer, write_distribution
from datamaestro.testing.faults import Drip, Fault

GROUP = 54_321
ADA, BEN = 60_001, 60_002
"""Users, and their primary groups, in which nobody else is."""

pytestmark = pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() != 0, reason="only root can play other users"
)

DEFINITIONS = f"""{kinds.DEFINITIONS}

from pathlib import Path
from datamaestro.context import DatafolderPath
from datamaestro.data.text import Lines
from datamaestro.download.archive import ArchiveFolder, ArchiveMember
from datamaestro.download.links import linkfolder, links
from datamaestro.download.single import ConcatDownloader


@dataset(id="org.example.all")
class All(Dataset):
    TEXT = ConcatDownloader("sub/lines.txt", [f"{{SERVER}}/lines.gz", f"{{SERVER}}/lines.gz"])
    MEMBER = ArchiveMember(
        "inner.txt", f"{{SERVER}}/nested.zip", member=("all.zip", "part-1/a.txt")
    )
    ARCHIVE = FileDownloader("all.tar.gz", f"{{SERVER}}/all.tar.gz")
    OWN = linkfolder("OWN", [DatafolderPath("own", "")])
    LINKS = links("LINKS", gz=Gz, several=Several)

    def config(self) -> ArchiveFolder:
        Lines(path=self.TEXT.path)[1]
        folder = ArchiveFolder(path=self.ARCHIVE.path)
        if not self.ARCHIVE.path.with_name(".all.tar.gz.index").exists():
            folder.write_index()
        return folder
"""

PROGRAM = """
import json, logging, os, sys
from pathlib import Path

order = json.loads(sys.argv[1])
sys.path.insert(0, order["definitions"])
import kinds
from datamaestro import Context


def prepare(directory, names, **options):
    context = Context(directory, **options)
    with context.settings.edit() as settings:
        settings.datafolders["own"] = Path(order["definitions"])
    for name in names:
        context.prepare(getattr(kinds, name), force=order.get("force", False))


logging.basicConfig(level=logging.INFO, stream=sys.stderr)
prepare(order["scratch"], ["All"])  # which imports all that is needed, as long as it can be read
os.setgroups([order["group"]])
os.setgid(order["user"])
os.setuid(order["user"])
os.umask(order["mask"])
print("ready", flush=True)
sys.stdin.readline()
if order["action"] == "read":
    for folder, _, files in os.walk(order["directory"]):
        for name in files:
            Path(folder, name).read_bytes()
    for name in order["names"]:
        assert Context(order["directory"]).missing(getattr(kinds, name)) == []
        Context(order["directory"]).prepare(getattr(kinds, name))
else:
    prepare(order["directory"], order["names"], **order["options"])
"""


@pytest.fixture
def place() -> Iterator[Path]:
    """Give a folder that all users can reach, unlike that of the test."""
    folder = Path(tempfile.mkdtemp(prefix="datamaestro-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def server(file_server: FileServer) -> FileServer:
    import gzip
    import io
    import zipfile

    nested = io.BytesIO()
    with zipfile.ZipFile(nested, "w") as archive:
        archive.writestr("all.zip", kinds.as_zip())
    file_server.files.update(kinds.SERVED)
    file_server.files["/nested.zip"] = nested.getvalue()
    file_server.files["/lines.gz"] = gzip.compress(b"one\ntwo\nthree\n")
    return file_server


class Team:
    """Users in one group, and the data directory that is theirs."""

    def __init__(self, place: Path, server: FileServer, *, setgid: bool) -> None:
        self.place = place
        self.server = server
        self.directory = place / "shared"
        self.directory.mkdir()
        os.chown(self.directory, 0, GROUP)
        self.directory.chmod(0o2775 if setgid else 0o775)
        (place / "definitions").mkdir(mode=0o755)
        (place / "definitions" / "kinds.py").write_text(DEFINITIONS)

    def start(
        self,
        user: int,
        mask: int,
        action: str,
        *names: str,
        faults: dict[str, list[Fault]] | None = None,
        **order: Any,
    ) -> subprocess.Popen[str]:
        """Start a process of a user, and give it once it is the user's.

        :param faults: what the server does wrong from then on
        """
        self.server.faults.clear()
        home = self.place / f"home-{user}"
        home.mkdir(exist_ok=True)
        os.chown(home, user, user)
        text = json.dumps(
            {
                "definitions": str(self.place / "definitions"),
                "scratch": str(self.place / f"scratch-{time.monotonic_ns()}"),
                "directory": str(self.directory),
                "user": user,
                "group": GROUP,
                "mask": mask,
                "action": action,
                "names": names,
                "options": {},
                **order,
            }
        )
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, text],
            env={**os.environ, "HOME": str(home), "SERVER": self.server.url()},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n", process.communicate()
        self.server.requests.clear()
        self.server.faults.update(faults or {})
        process.stdin.write("go\n")
        return process

    def run(self, user: int, mask: int, action: str, *names: str, **order: Any) -> str:
        """Run a process of a user, and give what it says; it has to end well."""
        process = self.start(user, mask, action, *names, **order)
        _, said = process.communicate()
        assert process.returncode == 0, said
        return said

    def interrupt(self, user: int, mask: int, name: str) -> None:
        """Kill a process of a user in the middle of its first transfer."""
        slow: list[Fault] = [Drip(1000, 0.05)] * 9
        process = self.start(user, mask, "prepare", name, faults={"/text.gz": slow})
        while not any(path.stat().st_size for path in self.directory.rglob("*.part")):
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.communicate()

    def private(self, mask: int) -> list[str]:
        """Give all that a member of the group may not use as the mask says."""
        return [
            f"{path}: {stat.filemode(status.st_mode)} group {status.st_gid}"
            for path in self.directory.rglob("*")
            if not allowed(status := path.lstat(), mask)
        ]


def allowed(status: os.stat_result, mask: int) -> bool:
    if status.st_gid != GROUP:
        return False
    wanted = {stat.S_IFDIR: 0o070, stat.S_IFREG: 0o060}.get(stat.S_IFMT(status.st_mode), 0)
    return status.st_mode & wanted == wanted & ~mask & 0o777 or lock_is_open(status, wanted)


def lock_is_open(status: os.stat_result, wanted: int) -> bool:
    """A lock file may be more open than the mask says, as its folder is."""
    return status.st_size == 0 and status.st_mode & wanted == wanted


BOTH = pytest.mark.parametrize("setgid", [True, False], ids=["setgid", "plain"])
MASKS = pytest.mark.parametrize("mask", [0o002, 0o022], ids=["002", "022"])


@BOTH
@MASKS
def test_all_that_is_made_is_the_groups_as_the_mask_says(
    place: Path, server: FileServer, mask: int, setgid: bool
) -> None:
    team = Team(place, server, setgid=setgid)
    team.run(ADA, mask, "prepare", "All", "Zip", "Tar", options={"keep_downloads": True})
    assert team.private(mask) == []
    found = {path.name for path in team.directory.rglob("*")}
    made = {"settings.json", ".settings.json.lock", ".state.json", ".state.lock", "inner.txt"}
    assert made | {".all.tar.gz.index", "LINKS", "several"} <= found
    team.run(BEN, mask, "read", "All", "Zip", "Tar", "Several")


@BOTH
@MASKS
def test_what_a_killed_process_leaves_is_the_groups_too(
    place: Path, server: FileServer, mask: int, setgid: bool
) -> None:
    team = Team(place, server, setgid=setgid)
    team.interrupt(ADA, mask, "Gz")
    assert team.private(mask) == []


@BOTH
def test_the_use_of_a_colleague_is_noted_where_another_one_noted_hers(
    place: Path, server: FileServer, setgid: bool
) -> None:
    team = Team(place, server, setgid=setgid)
    team.run(ADA, 0o002, "prepare", "Zip")
    (marker,) = team.directory.rglob(".used")
    marker.chmod(0o644)  # as her mask had it when she first used it
    os.utime(marker, (0, 0))
    team.run(BEN, 0o022, "prepare", "Zip")
    assert (marker.stat().st_mtime > 0, marker.stat().st_gid) == (True, GROUP)


@BOTH
def test_settings_can_be_edited_whose_lock_is_from_before_the_folder_was_the_groups(
    place: Path, server: FileServer, setgid: bool
) -> None:
    team = Team(place, server, setgid=setgid)
    team.run(ADA, 0o002, "prepare")
    (team.directory / ".settings.json.lock").chmod(0o644)
    team.run(BEN, 0o002, "prepare")


@BOTH
def test_a_colleague_who_may_not_write_is_told_so(
    place: Path, server: FileServer, setgid: bool
) -> None:
    team = Team(place, server, setgid=setgid)
    team.run(ADA, 0o022, "prepare", "Zip")
    process = team.start(BEN, 0o022, "prepare", "Gz")
    _, said = process.communicate()
    assert process.returncode == 1
    assert "Permission denied; choose another folder" in said


@BOTH
def test_a_partial_file_that_only_its_author_may_write_is_continued(
    place: Path, server: FileServer, setgid: bool
) -> None:
    team = Team(place, server, setgid=setgid)
    team.interrupt(ADA, 0o022, "Gz")
    # What the mask of the first took from the folders, its owner gives the group later.
    for folder in [*team.directory.rglob("*/"), team.directory]:
        folder.chmod(0o2775)
    team.run(BEN, 0o022, "prepare", "Gz")
    (request,) = server.requests
    assert request.headers["range"].startswith("bytes=")
    assert kinds.wrong(team.directory, "Gz") == []


@BOTH
def test_a_colleague_finishes_what_another_began(
    place: Path, server: FileServer, setgid: bool
) -> None:
    team = Team(place, server, setgid=setgid)
    team.interrupt(ADA, 0o002, "Gz")
    team.run(BEN, 0o002, "prepare", "Gz")
    (request,) = server.requests
    assert request.headers["range"].startswith("bytes=")
    assert kinds.wrong(team.directory, "Gz") == []
    assert team.private(0o002) == []
    team.run(ADA, 0o002, "prepare", "Gz", force=True)
    assert team.private(0o002) == []


@BOTH
def test_a_colleagues_download_that_may_not_be_removed_is_used_and_stays(
    place: Path, server: FileServer, setgid: bool
) -> None:
    team = Team(place, server, setgid=setgid)
    names = ["All", "Gz", "Zip", "Tar", "Several"]  # which need each other's downloads
    team.run(ADA, 0o002, "prepare", *names, options={"keep_downloads": True})
    shutil.rmtree(team.directory / "data")
    (team.directory / "cache").chmod(0o3775)  # each may remove only their own
    said = team.run(BEN, 0o002, "prepare", *names)
    assert server.requests == []
    assert "stays in the cache as it is: [Errno 1] Operation not permitted" in said
    assert kinds.wrong(team.directory, "Zip") == []


WORDS = """
from datamaestro.data import File
from datamaestro.definitions import dataset
from datamaestro.download import FileResource
from datamaestro.variants import AxesVariants, Axis

class Made(FileResource):
    def _download(self, destination):
        destination.write_text("made")

@Made("data.txt", name="data")
@dataset(File, variants=AxesVariants(lang=Axis(["fr", "en"], default="fr")))
def words(data, lang):
    return {"path": data}
"""

COMMANDS = """
import json, os, sys
from datamaestro.cli import run

_, directory, user, commands = sys.argv
for user in (0, int(user)):  # root imports what the user may be unable to read
    os.setgroups([])
    os.setgid(user)
    os.setuid(user)
    codes = {line: run(["--data", directory, *line.split()]) for line in commands.split(",")}
print("", json.dumps(codes), sep="\\n")
"""

LOOKING = """
import os, sys
from pathlib import Path
from datamaestro.inventory.manifest import stored_files

os.setuid(int(sys.argv[1]))
stored_files(Path(sys.argv[2]))
"""

READING = "info org.example.words,search prepared:yes,list,du,verify --all,gc,orphans"


def run_as_ben(place: Path, private: str, commands: str) -> tuple[dict[str, int], str]:
    """Prepare a dataset as root, make a folder private, and run commands as another user.

    :param private: the folder, below that of the prepared datasets
    :param commands: with commas between them
    :return: the exit code of each, and what all have said
    """
    package = "from datamaestro import Repository\nclass Words(Repository): NAMESPACE = 'words'\n"
    plugins = write_distribution(
        place / "plugins",
        "words",
        files={"words/__init__.py": package, "words/config/org/example.py": WORDS},
        entry_points={"datamaestro.repositories": {"words": "words:Words"}},
    )
    path = os.pathsep.join(filter(None, [str(plugins), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "HOME": str(place), "PYTHONPATH": path}
    python = [sys.executable, "-m", "datamaestro", "--data", str(place / "data")]
    subprocess.run([*python, "download", "org.example.words"], env=environment, check=True)
    (place / "data" / "data" / private).chmod(0o700)
    done = subprocess.run(
        [sys.executable, "-c", COMMANDS, str(place / "data"), str(BEN), commands],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1]), done.stderr


@pytest.mark.parametrize("private", [".", "org", "org/example", "org/example/words"])
def test_a_folder_that_is_another_users_alone_stops_no_command(place: Path, private: str) -> None:
    codes, said = run_as_ben(place, f"words/{private}", READING)
    assert set(codes.values()) == {0}, said


@pytest.mark.parametrize(
    "command", ["list", "verify --all", "cite --prepared", "gc", "gc --orphans", "orphans"]
)
def test_a_folder_that_may_not_be_read_is_left_out_with_one_warning(
    place: Path, command: str
) -> None:
    _, said = run_as_ben(place, "words/org", command)
    assert said.count("left out: [Errno 13] Permission denied: ") == 1


def test_an_orphan_of_which_a_part_may_not_be_read_is_listed(place: Path) -> None:
    private = place / "data" / "data" / "words" / "gone" / "private"
    private.mkdir(parents=True)
    codes, said = run_as_ben(place, "words/gone/private", "orphans --size")
    assert set(codes.values()) == {0}, said
    assert said.count("not counted: [Errno 13] Permission denied: ") == 1


READING_ALL = "list,verify --all,cite --prepared,du,orphans,search prepared:yes"


def test_data_that_may_not_be_read_are_not_said_to_be_unprepared(place: Path) -> None:
    codes, said = run_as_ben(place, ".", READING_ALL)
    assert set(codes.values()) == {1}, said
    assert "No dataset is prepared" not in said


def test_a_folder_of_which_a_part_may_not_be_read_is_not_taken_for_a_smaller_one(
    place: Path,
) -> None:
    (place / "tree" / "sub").mkdir(parents=True)
    (place / "tree" / "sub").chmod(0o700)
    done = subprocess.run(
        [sys.executable, "-c", LOOKING, str(BEN), str(place / "tree")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "PermissionError: [Errno 13]" in done.stderr
