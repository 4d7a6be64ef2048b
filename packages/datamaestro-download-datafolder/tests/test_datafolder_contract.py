"""The handlers of what is there already keep what handlers promise."""

from datamaestro.context import DatafolderPath
from datamaestro.data import File
from datamaestro.definitions import dataset
from datamaestro.download import FileResource
from datamaestro.download.links import linkfile, linkfolder, links
from datamaestro.testing import HandlerContract


class LinkContract(HandlerContract):
    """What its user has lies in a data folder."""

    options = ("checker",)

    def supply(self, memory):
        self.member = "first"
        for name in ("first", "second"):
            folder = memory.path.parent / "mine" / name
            folder.mkdir(parents=True)
            (folder / "a.txt").write_text(name)
        with memory.settings.edit() as settings:
            settings.datafolders["mine"] = memory.path.parent / "mine"

    def change(self, memory):
        self.member = "second"


class TestLinkedFile(LinkContract):
    handler = linkfile

    def declare(self, sources, **options):
        return linkfile("data", [DatafolderPath("mine", f"{self.member}/a.txt")], **options)

    def check(self, path):
        assert path.read_text() == "first"


class TestLinkedFolder(LinkContract):
    handler = linkfolder

    def declare(self, sources, **options):
        return linkfolder("data", [DatafolderPath("mine", self.member)], **options)

    def check(self, path):
        assert [file.read_text() for file in path.iterdir()] == ["first"]


class Made(FileResource):
    def _download(self, destination):
        destination.write_text("made")


def linked(number):
    @Made("data.txt")
    @dataset(File, id=f"org.example.linked{number}")
    def linked(data):
        """Linked"""
        return {"path": data}

    return linked


class TestLinks(HandlerContract):
    handler = links
    options = ()

    def supply(self, memory):
        self.target = linked(1)

    def change(self, memory):
        self.target = linked(2)

    def declare(self, sources, **options):
        return links("data", other=self.target)

    def check(self, path):
        assert (path / "other" / "data.txt").read_text() == "made"
