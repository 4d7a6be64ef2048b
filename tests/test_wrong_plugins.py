"""A contract finds each single fault of a plugin, and none in a plugin that is only unusual."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent

from workspace.contracts import failures, written

from datamaestro.testing import write_distribution


def classes_in(module: str) -> list[str]:
    """Give the names of the plugins in a module: of the classes in it, without the helpers."""
    return re.findall(r"^class ([A-Z]\w+)\(", dedent(module), re.M)


def distribution(folder: Path, module: str, hook: str, spec: str, test: str) -> Path:
    """Write a distribution of plugins, one for each class of a module, and their contracts.

    :param hook: the hook by which they are provided
    :param spec: what it gives for each, with its name as ``{name}``
    :param test: a contract, likewise
    """
    names = classes_in(module)
    specs = "".join(f"    yield {spec.format(name=name, scheme=name.lower())}\n" for name in names)
    plugin = f"from datamaestro.plugins import *\n@hookimpl\ndef {hook}():\n{specs}"
    tests = [dedent(test).replace("NAME", name).replace("SCHEME", name.lower()) for name in names]
    files = {
        "plugins.py": module,
        "plugins_plugin.py": plugin,
        "test_plugins.py": "import plugins, pytest\nfrom datamaestro.testing import *\n"
        + "".join(tests),
    }
    return written(folder, files, "datamaestro", "plugins_plugin")


TRANSPORTS = """
    import os, socket
    from datamaestro.download import Response, SourceFacts, Transport, TransportRequest
    from datamaestro.errors import TransportError

    CONTENT = {}
    OPEN = []

    class _Content(Response):
        def __init__(self, content, request):
            self.size, self.validator, self.content = len(content), str(hash(content)), content
            same = request.validator in (None, self.validator)
            self.start = self.place = request.start if same else 0

        def read(self, size):
            piece = self.content[self.place : self.place + size]
            self.place += len(piece)
            return piece

        def close(self):
            pass

    class Right(Transport):
        "Opens what is in memory"
        network = False
        response = _Content

        def open(self, request):
            if request.url not in CONTENT:
                raise TransportError("not there", where=request.url)
            return self.response(CONTENT[request.url], request)

    class JoinsVersionsInParts(Right):
        class response(_Content):
            def __init__(self, content, request):
                super().__init__(content, request)
                if request.stop:
                    self.start = self.place = request.start

    class OffersRanges(Right):
        class response(_Content):
            ranges = True

            def __init__(self, content, request):
                super().__init__(content, TransportRequest(request.url))

    class HasOnePlace(Right):
        one = None

        def open(self, request):
            response = super().open(request)
            self.one = self.one or response
            vars(self.one).update(vars(response))
            return self.one

    class EndsWithNone(Right):
        class response(_Content):
            def read(self, size):
                return super().read(size) or None

    class NeverEnds(Right):
        class response(_Content):
            def read(self, size):
                return super().read(size) or b"more"

    class GivesViews(Right):
        class response(_Content):
            def read(self, size):
                return memoryview(super().read(size))

    class IdentifiesByNumber(Right):
        class response(_Content):
            def __init__(self, content, request):
                super().__init__(content, TransportRequest(request.url))
                self.validator = hash(content)

    class KeepsAFile(Right):
        class response(_Content):
            def __init__(self, content, request):
                super().__init__(content, request)
                OPEN.append(open(os.devnull))

    class KeepsASocket(Right):
        class response(_Content):
            def __init__(self, content, request):
                super().__init__(content, request)
                self.sockets = socket.socketpair()

    class LooksAtNothing(Right):
        def check(self, url):
            return SourceFacts(url)

    class LooksWrongly(Right):
        def check(self, url):
            return SourceFacts(super().check(url).url, size=3)

    class ConnectsOffline(Right):
        def open(self, request):
            with socket.create_server(("127.0.0.1", 0)) as server:
                socket.create_connection(server.getsockname()).close()
            return super().open(request)
"""

TRANSPORT_TEST = """
    class TestNAME(TransportContract):
        transport = plugins.NAME

        @pytest.fixture
        def publish(self):
            def publish(content):
                plugins.CONTENT["SCHEME:x"] = content
                return "SCHEME:x"
            return publish

        @pytest.fixture
        def nowhere(self):
            return "SCHEME:nowhere"
"""


def test_each_fault_of_a_transport_is_found(tmp_path: Path) -> None:
    spec = "TransportSpec(('{scheme}',), 'plugins:{name}')"
    folder = distribution(tmp_path, TRANSPORTS, "datamaestro_transports", spec, TRANSPORT_TEST)
    found = failures(folder)
    assert {name: tests for name, tests in found.items() if len(tests) < 3} == {
        "Right": set(),
        "JoinsVersionsInParts": {"test_content_that_changed_is_given_from_its_beginning"},
        "OffersRanges": {"test_ranges_are_given_where_they_are_offered"},
        "HasOnePlace": {"test_transfers_at_the_same_time_have_their_own_content"},
        "IdentifiesByNumber": {"test_a_url_gives_all_of_its_content"},
        "KeepsAFile": {"test_nothing_stays_open_that_was_closed"},
        "KeepsASocket": {"test_nothing_stays_open_that_was_closed"},
        "LooksAtNothing": {"test_a_look_at_what_is_not_there_is_an_error"},
        "LooksWrongly": {"test_a_look_at_a_url_tells_what_a_transfer_does"},
        "ConnectsOffline": {"test_one_that_serves_offline_opens_no_connection"},
    }
    for name in ("EndsWithNone", "NeverEnds", "GivesViews"):
        assert "test_a_url_gives_all_of_its_content" in found[name]


HANDLERS = """
    import os, shutil, tempfile
    from pathlib import Path
    from datamaestro.download import FileResource, Joined

    OPEN = []

    class Right(FileResource):
        "A handler"

        def __init__(self, filename, source, **options):
            super().__init__(filename, **options)
            self.source = source
            self.pieces = []

        @property
        def sources(self):
            return (self.source,)

        def _download(self, destination):
            self.fetch_to(self.source, destination)

    class Derived(Right):
        derivation = Joined(("gzip",))

    class WritesBeside(Right):
        def _download(self, destination):
            super()._download(destination)
            destination.with_name("beside").touch()

    class WritesWhereItRuns(Right):
        def _download(self, destination):
            super()._download(destination)
            Path("beside").touch()

    class LeavesTemporaryFiles(Right):
        def _download(self, destination):
            folder = Path(tempfile.mkdtemp())
            self.fetch_to(self.source, folder / "a")
            shutil.copy(folder / "a", destination)

    class ChangesFolder(Right):
        def _download(self, destination):
            super()._download(destination)
            os.chdir(tempfile.gettempdir())

    class ChangesWhatItFetched(Right):
        def _download(self, destination):
            path = self.fetch(self.source)
            shutil.copy(path, destination)
            with path.open("ab") as file:
                file.write(b"more")

    class KeepsToItself(Right):
        def _download(self, destination):
            super()._download(destination)
            destination.chmod(0o600)

    class LeavesOpen(Right):
        def _download(self, destination):
            super()._download(destination)
            OPEN.append(destination.open("rb"))

    class AddsToItsDeclaration(Right):
        def _download(self, destination):
            self.pieces.append(self.fetch(self.source).read_bytes())
            destination.write_bytes(b"".join(self.pieces))
"""

HANDLER_TEST = """
    class TestNAME(HandlerContract):
        handler = plugins.NAME
        downloads = {"a.txt": b"a text of some length"}

        def declare(self, sources, **options):
            return plugins.NAME("a.txt", sources["a.txt"], **options)

        def check(self, path):
            assert path.read_bytes() == b"a text of some length"
"""


def test_each_fault_of_a_handler_is_found(tmp_path: Path) -> None:
    spec = "HandlerSpec('{scheme}', 'plugins:{name}', 'A handler')"
    folder = distribution(tmp_path, HANDLERS, "datamaestro_handlers", spec, HANDLER_TEST)
    makes_more = "test_it_makes_only_what_it_is_asked_for"
    several = "test_one_declaration_serves_several_contexts_at_once"
    assert failures(folder) == {
        "Right": set(),
        "Derived": {"test_it_is_derived_as_it_says"},
        "WritesBeside": {makes_more},
        "WritesWhereItRuns": {makes_more},
        "LeavesTemporaryFiles": {makes_more},
        "ChangesFolder": {makes_more},
        "ChangesWhatItFetched": {"test_what_it_downloads_stays_as_it_came"},
        "KeepsToItself": {"test_others_may_read_what_it_makes"},
        "LeavesOpen": {"test_it_leaves_nothing_open"},
        "AddsToItsDeclaration": {several, "test_what_it_downloads_stays_as_it_came"},
    }


FORMATS = """
    import functools, io
    from datamaestro.data import File, Folder
    from datamaestro.errors import DataFormatError

    OPEN = []

    def parsed(path):
        content = path.read_bytes()
        if not (content.startswith(b"A") and content.endswith(b"Z")):
            raise DataFormatError("no such file", where=path)
        return content.decode()

    class Right(File):
        '''A format.

        :param path: where it lies
        '''

        def data(self):
            return parsed(self.path)

    class GivesOneByOne(Right):
        def data(self):
            yield from parsed(self.path)

    class RightFolder(Folder):
        '''A folder.

        :param path: where it lies
        '''

        def data(self):
            return [parsed(path) for path in sorted(self.path.iterdir())]

    class ReadsAtOnce(Right):
        def __post_init__(self):
            if self.path.exists():
                object.__setattr__(self, "content", parsed(self.path))

        def open(self, mode="rb"):
            return io.BytesIO()

        def data(self):
            return vars(self).get("content") or parsed(self.path)

    class RemembersByPath(Right):
        @functools.lru_cache
        def data(self):
            return parsed(self.path)

    class HasAnOldIndex(Right):
        def data(self):
            index = self.path.with_name(f".{self.path.name}.index")
            if not index.exists():
                index.write_text(parsed(self.path))
            return index.read_text()

    class NamesItsIndexAnyhow(Right):
        def data(self):
            self.path.with_suffix(".index").touch()
            return parsed(self.path)

    class KeepsOpen(Right):
        def data(self):
            OPEN.append(self.path.open())
            return parsed(self.path)

    class IsIteratedOnce(Right):
        def __iter__(self):
            content = vars(self).get("content", iter(parsed(self.path)))
            object.__setattr__(self, "content", content)
            return content

        def __reduce__(self):
            return functools.partial(type(self), path=self.path), ()

    class IsEqual(Right):
        __hash__ = None

        def __eq__(self, other):
            return isinstance(other, IsEqual)

    def write(value, sampling):
        if isinstance(value, Folder):
            value.path.mkdir()
        path = value.path / "a" if isinstance(value, Folder) else value.path
        path.write_text("A" + "".join(sampling.words(value)) + "Z")
"""

FORMAT_TEST = """
    class TestNAME(FormatContract):
        data_type = plugins.NAME
"""


def test_each_fault_of_a_format_is_found(tmp_path: Path) -> None:
    spec = "DataTypeSpec('{name}', 'plugins:{name}', 'A format', sample='plugins:write')"
    folder = distribution(tmp_path, FORMATS, "datamaestro_data_types", spec, FORMAT_TEST)
    old = "test_what_a_file_held_before_is_not_given_for_what_it_holds"
    assert failures(folder) == {
        "Right": set(),
        "GivesOneByOne": set(),
        "RightFolder": set(),
        "ReadsAtOnce": {"test_nothing_is_read_before_it_is_asked_for"},
        "RemembersByPath": {old},
        "HasAnOldIndex": {old},
        "NamesItsIndexAnyhow": {"test_what_is_kept_beside_a_file_is_named_after_it"},
        "KeepsOpen": {"test_nothing_stays_open_of_a_value_that_is_gone"},
        "IsIteratedOnce": {"test_iterations_do_not_disturb_one_another"},
        "IsEqual": {"test_a_value_of_another_file_is_another_value"},
    }


HUB = """
    import datamaestro
    from itertools import count
    from datamaestro.catalog import Entry
    from datamaestro.data import File
    from datamaestro.definitions import dataset
    from datamaestro.download.single import FileDownloader

    COUNT = count()
    FACTS = {"size": 4, "md5": "0" * 32}
    TITLE = "A tree"

    class Hub(datamaestro.Repository):
        "A repository"
        NAMESPACE = "NAME"
        DESCRIPTION = "A repository"
        NAMES = ["org.hub.oak", "org.hub.elm"]

        def entries(self):
            for name in self.NAMES:
                yield Entry(name)

        def define(self, dataset_id):
            if dataset_id not in self.NAMES:
                return None

            @dataset(File, id=dataset_id)
            def tree(leaves):
                return {"path": leaves}

            tree.name, tree.description = TITLE, "It has leaves."
            FileDownloader("leaves.csv", "https://example.org/a", name="leaves", **FACTS)(tree)
            return tree
"""

FLOWERS = """
    from datamaestro.data import File
    from datamaestro.definitions import dataset
    from datamaestro.download.single import filedownloader

    @filedownloader("petals/a.txt", "https://example.org/a.txt", size=4, md5="0" * 32)
    @dataset(File)
    def roses(a):
        '''Roses

        They have petals.
        '''
        return {"path": a}
"""

PETALS = """
    @filedownloader("a.txt", "https://example.org/a.txt", size=4, md5="0" * 32)
    @dataset(File, id=".roses.petals")
    def petals(a):
        '''Petals

        They are in the folder of roses.
        '''
        return {"path": a}
"""

CONNECTION = """
    import socket
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as telephone:
        telephone.connect(("127.0.0.1", 9))
"""

SHARED = "test_no_two_datasets_share_an_id_or_an_alias"
REPOSITORIES = {
    "hub": (HUB, "", None),
    "flowers": (HUB, FLOWERS, None),
    "lists_twice": (HUB.replace('elm"]', 'elm", "org.hub.oak"]'), "", SHARED),
    "lists_flowers": (HUB.replace("org.hub.elm", "org.example.roses"), FLOWERS, SHARED),
    "lists_others_each_time": (
        HUB.replace("Entry(name)", "Entry(name, name=str(next(COUNT)))"),
        "",
        "test_its_entries_are_the_same_each_time",
    ),
    "defines_another": (
        HUB.replace("id=dataset_id)", "id='org.hub.oak')"),
        "",
        "test_every_definition_can_be_read",
    ),
    "defines_all": (
        HUB.replace("not in self.NAMES", "is None"),
        "",
        "test_a_dataset_that_it_has_not_is_none",
    ),
    "tells_nothing": (HUB.replace("A tree", ""), "", "test_a_dataset_tells_what_it_is"),
    "proves_nothing": (
        HUB.replace('"size": 4, "md5": "0" * 32', ""),
        "",
        "test_a_file_can_be_verified_or_it_is_told_why_not",
    ),
    "connects": (
        HUB,
        CONNECTION + FLOWERS,
        "test_definitions_connect_to_nothing_when_they_are_imported",
    ),
    "nests": (HUB, FLOWERS + PETALS, "test_no_dataset_lies_in_the_files_of_another"),
}


def test_each_fault_of_a_repository_is_found(tmp_path: Path) -> None:
    files = {}
    for name, (repository, definitions, _) in REPOSITORIES.items():
        files[f"{name}/__init__.py"] = dedent(repository.replace('"NAME"', repr(name)))
        files[f"{name}/config/org/example.py"] = dedent(definitions)
        files[f"test_{name}.py"] = (
            f"import {name}\nfrom datamaestro.testing import RepositoryContract\n"
            f"class Test{name}(RepositoryContract):\n    repository = {name}.Hub\n"
        )
    targets = {name: f"{name}:Hub" for name in REPOSITORIES}
    entry_points = {"datamaestro.repositories": targets}
    write_distribution(tmp_path, "repositories", files=files, entry_points=entry_points)
    expected = {name: {test} - {None} for name, (*_, test) in REPOSITORIES.items()}
    assert failures(tmp_path) == expected
