"""The contracts find what is wrong with a plugin, and the real thing runs when asked for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from workspace.contracts import outcomes, written

WRONG_REPOSITORY = {
    "wrong/__init__.py": """
        import datamaestro
        class Repository(datamaestro.Repository):
            NAMESPACE = "wrong"
    """,
    "wrong/config/__init__.py": "",
    "wrong/config/broken.py": "import no_such_module",
    "wrong/config/org/__init__.py": "",
    "wrong/config/org/example.py": """
        import numpy
        from datamaestro.data import File
        from datamaestro.data.csv import Matrix
        from datamaestro.definitions import dataset
        from datamaestro.download.archive import zipdownloader
        from datamaestro.download.single import filedownloader

        @filedownloader("a.txt", "gopher://example.org/a.txt")
        @dataset(aliases=["org.example.twice"])
        def undocumented(a) -> File:
            return File(path=a)

        @zipdownloader(
            "all", "https://example.org/all.zip", files=["train.csv"], size=1, md5="0" * 32
        )
        @dataset(id="org.example.twice")
        def selected(all) -> Matrix:
            '''Something

            Its definition reads what the archive's selection leaves out.
            '''
            return Matrix(path=all / "test.csv")

        @filedownloader("c.txt", "https://example.org/c.txt", size=1, md5="0" * 32)
        @dataset(id="net.example.elsewhere")
        def eager(c) -> File:
            '''Eager

            It opens its file when its value is built.
            '''
            c.read_bytes()
            return File(path=c)
    """,
    "test_wrong.py": """
        import wrong
        from datamaestro.testing import RepositoryContract
        class TestWrong(RepositoryContract):
            repository = wrong.Repository
            unverified = {"org.example.twice": "no longer so"}
    """,
}


def test_what_is_wrong_with_a_repository_fails_a_test_that_says_so(tmp_path: Path) -> None:
    group = "datamaestro.repositories"
    found = outcomes(written(tmp_path, WRONG_REPOSITORY, group, "wrong:Repository"))
    assert found["FAILED"] | found.get("ERROR", set()) == {
        "test_the_repository_tells_what_it_holds",
        "test_every_definition_can_be_read",
        "test_no_two_datasets_share_an_id_or_an_alias",
        "test_definitions_import_nothing_heavy",
        "test_what_is_said_to_be_unverified_is",
        "test_a_dataset_is_found_in_the_module_that_its_id_points_to",
        "test_a_dataset_tells_what_it_is",
        "test_urls_of_a_dataset_can_be_fetched_by_a_plugin",
        "test_a_file_can_be_verified_or_it_is_told_why_not",
        "test_a_value_is_built_without_any_file",
        "test_a_value_is_read_to_its_end_with_mock_data",
        "test_a_value_is_the_same_after_a_way_through_json",
    }


GUARDED = {
    "guarded/__init__.py": """
        import datamaestro
        class Repository(datamaestro.Repository):
            "A repository"
            NAMESPACE = "guarded"
            DESCRIPTION = "A repository"
    """,
    "guarded/config/org/example.py": """
        from datamaestro.data import File
        from datamaestro.definitions import dataset
        from datamaestro.download import reference
        from datamaestro.download.single import filedownloader

        @filedownloader("a.txt", "https://example.org/a.txt", size=1)
        @dataset(agreement="For research only.")
        def letters(a) -> File:
            '''Letters

            Their owner asks for an agreement.
            '''
            return File(path=a)

        @reference("org.example.letters", name="letters")
        @dataset()
        def again(letters) -> File:
            '''The same

            So does this one, which refers to them.
            '''
            return File(path=letters.path)
    """,
    "test_guarded.py": """
        import guarded
        from datamaestro.testing import RepositoryContract
        class TestGuarded(RepositoryContract):
            repository = guarded.Repository
    """,
}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Give what becomes of the tests of a repository, one file of which has no digest."""
    empty = tmp_path_factory.mktemp("guarded")
    folder = written(empty, GUARDED, "datamaestro.repositories", "guarded:Repository")
    return outcomes(folder, "--tb=short")


def test_an_agreement_is_nothing_that_fails_a_test(guarded: dict[str, set[str]]) -> None:
    assert guarded["FAILED"] == {"test_a_file_can_be_verified_or_it_is_told_why_not"}


def test_a_file_that_can_not_be_verified_is_told_with_what_to_do(
    guarded: dict[str, set[str]],
) -> None:
    (output,) = guarded["output"]
    assert (
        "no size or digest is declared of https://example.org/a.txt: give size= and sha256= or "
        "md5=, or say why not: unverified = {'org.example.letters': '…'}"
    ) in output


UNREAD = {
    "unread/__init__.py": """
        from datamaestro.data import File
        class Rows(File):
            "Rows"
            def rows(self):
                raise NotImplementedError
        def sample(value, sampling):
            value.path.write_bytes(b"sample")
    """,
    "unread/_plugin.py": """
        from datamaestro.plugins import DataTypeSpec, hookimpl
        @hookimpl
        def datamaestro_data_types():
            yield DataTypeSpec("Rows", "unread:Rows", "Rows", sample="unread:sample")
    """,
    "test_unread.py": """
        from datamaestro.testing import FormatContract
        from unread import Rows
        class TestRows(FormatContract):
            data_type = Rows
    """,
}


def test_a_method_that_no_test_calls_is_told_of(tmp_path: Path) -> None:
    found = outcomes(written(tmp_path, UNREAD, "datamaestro", "unread._plugin"), "--tb=short")
    assert "test_a_damaged_file_is_an_error_that_names_it" in found["FAILED"]
    (output,) = found["output"]
    assert "for other methods of Rows, extend read" in output


SEALED = {
    "sealed/__init__.py": """
        from datamaestro.download import FileResource, Source
        class Sealed(FileResource):
            "A file that is deciphered with what the settings of its context say"
            def __init__(self, filename, url, *, size, sha256, **options):
                super().__init__(filename, **options)
                self.source = Source.of(url, size=size, sha256=sha256)
            @property
            def sources(self):
                return (self.source,)
            def _download(self, destination):
                destination.write_bytes(turned(self, self.fetch(self.source)))
        def turned(resource, path):
            key = resource.context.settings.keys.get("sealed", "k").encode()[0]
            return bytes(byte ^ key for byte in path.read_bytes())
        def pack(resource, path):
            return [turned(resource, path)]
    """,
    "sealed/_plugin.py": """
        from datamaestro.plugins import HandlerSpec, hookimpl
        @hookimpl
        def datamaestro_handlers():
            yield HandlerSpec("sealed", "sealed:Sealed", "A file", pack="sealed:pack")
    """,
    "test_sealed.py": """
        from datamaestro.testing import HandlerContract
        from sealed import Sealed
        class TestSealed(HandlerContract):
            handler = Sealed
            downloads = {"a": bytes(byte ^ ord("k") for byte in b"a text")}
            def declare(self, sources, **options):
                source = sources["a"]
                return Sealed("a", source.url, size=source.size, sha256=source.sha256, **options)
            def check(self, path):
                assert path.read_bytes() == b"a text"
    """,
}


def test_what_packs_mock_data_may_ask_for_the_context(tmp_path: Path) -> None:
    found = outcomes(written(tmp_path, SEALED, "datamaestro", "sealed._plugin"))
    assert "test_mock_data_are_packed_as_it_downloads_them" in found["PASSED"]


VARIANTS = {
    "spoken/__init__.py": """
        import datamaestro
        class Repository(datamaestro.Repository):
            "A repository"
            NAMESPACE = "spoken"
            DESCRIPTION = "A repository"
    """,
    "spoken/config/org/example.py": """
        from datamaestro.data.text import Lines
        from datamaestro.definitions import dataset
        from datamaestro.download import byvariant
        from datamaestro.download.single import FileDownloader
        from datamaestro.variants import AxesVariants, Axis

        SIZES = {"fr": 4, "en": 5}

        def declare(lang):
            url = f"https://example.org/{lang}.txt.gz"
            return FileDownloader("a.txt", url, size=SIZES.get(lang), md5="0" * 32)

        @byvariant(declare, name="a")
        @dataset(variants=AxesVariants(lang=Axis(["fr", "en", "de"]), year=Axis(type=int)))
        def talk(a, lang) -> Lines:
            '''A talk

            Of some year, in three languages.
            '''
            return Lines(path=a if lang == "fr" else a.with_name("b.txt"))
    """,
    "test_spoken.py": """
        import spoken
        from datamaestro.testing import RepositoryContract
        class TestSpoken(RepositoryContract):
            repository = spoken.Repository
            variants = {
                "org.example.talk": [f"[lang={lang},year=1999]" for lang in ("fr", "en", "de")]
            }
    """,
}


def test_each_variant_is_tested_for_itself(tmp_path: Path) -> None:
    group = "datamaestro.repositories"
    found = outcomes(written(tmp_path, VARIANTS, group, "spoken:Repository"))
    (output,) = found["output"]
    failed = re.findall(r"^FAILED \S*::(\w+)\[org\.example\.talk(\S*)\]", output, re.M)
    assert sorted(failed) == [
        ("test_a_file_can_be_verified_or_it_is_told_why_not", "[lang=de,year=1999]"),
        ("test_a_value_is_read_to_its_end_with_mock_data", "[lang=de,year=1999]"),
        ("test_a_value_is_read_to_its_end_with_mock_data", "[lang=en,year=1999]"),
    ]


WRONG_HANDLER = {
    "wrong.py": """
        from datamaestro.download import FileResource, Source

        class Careless(FileResource):
            def __init__(self, filename, url, **options):
                super().__init__(filename, **options)
                self.url = url

            @property
            def fingerprint(self):
                return "careless"

            @property
            def sources(self):
                return (Source.of(self.url),)

            def verify(self, path):
                pass

            def _download(self, destination):
                path = self.binding.folder / self.filename
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch()
                with destination.open("ab") as file:
                    file.write(self.fetch(self.sources[0]).read_bytes())

            can_recover = True
    """,
    "wrong_plugin.py": """
        from datamaestro.plugins import HandlerSpec, hookimpl
        @hookimpl
        def datamaestro_handlers():
            yield HandlerSpec("careless", "wrong:Careless")
    """,
    "test_wrong.py": """
        import wrong
        from datamaestro.testing import HandlerContract
        class TestWrong(HandlerContract):
            handler = wrong.Careless
            downloads = {"a.txt": b"a text of some length"}
            def declare(self, sources, **options):
                return wrong.Careless("a.txt", sources["a.txt"].url, **options)
            def check(self, path):
                assert path.read_bytes() == b"a text of some length"
    """,
}


def test_what_is_wrong_with_a_handler_fails_a_test_that_says_so(tmp_path: Path) -> None:
    found = outcomes(written(tmp_path, WRONG_HANDLER, "datamaestro", "wrong_plugin"))
    assert found["FAILED"] == {
        "test_a_plugin_provides_it_and_tells_what_it_is",
        "test_it_tells_what_it_downloads",
        "test_its_fingerprint_depends_on_what_it_is_made_from_and_on_nothing_else",
        "test_a_run_that_was_interrupted_is_completed_by_the_next",
        "test_a_run_that_was_killed_is_completed_by_the_next",
        "test_what_an_interrupted_run_has_made_is_not_added_to",
        "test_other_bytes_than_declared_are_refused",
        "test_a_download_that_was_cut_short_is_refused",
        "test_nothing_is_left_of_a_download_that_fails",
        "test_what_its_checker_refuses_is_never_given",
        "test_what_its_checker_refuses_is_not_there",
    }


WRONG_FORMAT = {
    "wrong.py": """
        import os
        from datamaestro.data import File, Param
        from datamaestro.plugins import ValueProposal

        class Careless(File):
            again: Param[object] = None

            def __post_init__(self):
                open(self.path, "ab").close()

            def data(self):
                with self.path.open("ab") as file:
                    file.write(b"read")
                return self.path.read_bytes()

        def sample(value, sampling):
            value.path.write_bytes(os.urandom(16))

        def recognize(candidate):
            if candidate.head().startswith(bytes(range(200))):
                return ValueProposal("wrong:Careless")
    """,
    "wrong_plugin.py": """
        from datamaestro.plugins import DataTypeSpec, hookimpl
        @hookimpl
        def datamaestro_data_types():
            yield DataTypeSpec(
                "Other", "wrong:Careless", recognize="wrong:recognize", sample="wrong:sample"
            )
    """,
    "test_wrong.py": """
        import wrong
        from datamaestro.testing import FormatContract
        class TestWrong(FormatContract):
            data_type = wrong.Careless
            parameters = {"again": 1}
    """,
}


def test_what_is_wrong_with_a_format_fails_a_test_that_says_so(tmp_path: Path) -> None:
    found = outcomes(written(tmp_path, WRONG_FORMAT, "datamaestro", "wrong_plugin"))
    assert found["FAILED"] >= {
        "test_a_plugin_provides_it_and_tells_what_it_is",
        "test_every_parameter_is_documented",
        "test_building_a_value_opens_nothing",
        "test_a_file_that_is_not_there_is_an_error_that_names_it",
        "test_samples_are_the_same_each_time",
        "test_reading_does_not_change_the_file",
        "test_a_damaged_file_is_an_error_that_names_it",
        "test_its_sample_is_recognized",
        "test_bytes_of_no_format_are_not_recognized",
    }


WRONG_TRANSPORT = {
    "wrong.py": """
        from datamaestro.download import Response, Transport
        from datamaestro.errors import TransportError

        CONTENT = {}

        class Careless(Transport):
            def open(self, request):
                if request.url not in CONTENT:
                    raise TransportError("not there", retry=True)
                return Content(CONTENT[request.url], request.start)

        class Content(Response):
            validator = "always the same"

            def __init__(self, content, start):
                self.content, self.start, self.size = content[start:], start, len(content[start:])

            def read(self, size):
                content, self.content = self.content, self.content[:1]
                return content

            def close(self):
                del self.content
    """,
    "wrong_plugin.py": """
        from datamaestro.plugins import TransportSpec, hookimpl
        @hookimpl
        def datamaestro_transports():
            yield TransportSpec(("Wrong",), "wrong:Careless")
    """,
    "test_wrong.py": """
        import pytest, wrong
        from datamaestro.testing import TransportContract
        class TestWrong(TransportContract):
            transport = wrong.Careless
            @pytest.fixture
            def publish(self):
                def publish(content):
                    wrong.CONTENT["wrong:x"] = content
                    return "wrong:x"
                return publish
            @pytest.fixture
            def nowhere(self):
                return "wrong:nowhere"
    """,
}


def test_what_is_wrong_with_a_transport_fails_a_test_that_says_so(tmp_path: Path) -> None:
    # Whoever reads it to its end would never come to one: a second reading suffices.
    files = {name: text.replace("[:1]", "[:0]") for name, text in WRONG_TRANSPORT.items()}
    found = outcomes(written(tmp_path, files, "datamaestro", "wrong_plugin"))
    assert found["FAILED"] == {
        "test_a_plugin_provides_it_for_its_schemes",
        "test_a_part_has_at_least_the_bytes_that_were_asked_for",
        "test_a_piece_is_as_long_as_was_asked_for_at_most",
        "test_a_transfer_begins_where_it_says",
        "test_content_that_changed_is_given_from_its_beginning",
        "test_what_is_not_there_is_an_error_that_names_it_and_stays",
        "test_closing_twice_is_no_error",
    }


REAL = {
    "real/__init__.py": """
        import datamaestro
        class Repository(datamaestro.Repository):
            "A repository"
            NAMESPACE = "real"
            DESCRIPTION = "A repository"
    """,
    "real/config/org/example.py": """
        from datamaestro.data.text import Lines
        from datamaestro.definitions import dataset
        from datamaestro.download.single import filedownloader

        def declare(name, digest):
            @filedownloader("a.txt", f"https://{name}.example.org/a.txt", size=4, md5=digest)
            @dataset(id=f"org.example.{name}")
            def declared(a) -> Lines:
                '''A text

                It is elsewhere.
                '''
                return Lines(path=a)
            return declared

        there = declare("there", "0bee89b07a248e27c83fc3d5951213c1")
        nowhere = declare("nowhere", "0" * 32)
        wrong = declare("wrong", "0" * 32)
    """,
    "test_real.py": """
        import real
        from datamaestro.testing import RepositoryContract
        class TestReal(RepositoryContract):
            repository = real.Repository
    """,
}


@pytest.fixture
def real(tmp_path: Path) -> Path:
    return written(tmp_path / "real", REAL, "datamaestro.repositories", "real:Repository")


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    folder = tmp_path / "mirror"
    for host in ("there", "wrong"):
        (folder / f"{host}.example.org").mkdir(parents=True)
        (folder / f"{host}.example.org" / "a.txt").write_bytes(b"abc\n")
    (folder / "index.json").write_text("[]", encoding="utf-8")
    return folder


def test_nothing_is_downloaded_unless_it_is_asked_for(real: Path, mirror: Path) -> None:
    found = outcomes(real, environment={"DATAMAESTRO_TEST_MIRROR": str(mirror)})
    assert "test_a_dataset_is_downloaded_and_read" not in found["PASSED"]
    (output,) = found["output"]
    assert "downloads whole datasets: give --datamaestro-download" in output
    assert "FAILED" not in found
    assert "ERROR" not in found


def test_what_a_mirror_has_is_downloaded_when_it_is_asked_for(real: Path, mirror: Path) -> None:
    found = outcomes(
        real,
        *("--datamaestro-download", "-k", "downloaded"),
        environment={"DATAMAESTRO_TEST_MIRROR": str(mirror)},
    )
    (output,) = found["output"]
    test = "TestReal::test_a_dataset_is_downloaded_and_read"
    assert f"PASSED test_real.py::{test}[org.example.there]" in output
    assert f"FAILED test_real.py::{test}[org.example.wrong]" in output
    assert re.search(r"SKIPPED \[1\] .*not in the mirror: .*nowhere\.example\.org", output)
