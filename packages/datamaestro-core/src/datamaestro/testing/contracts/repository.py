"""What a repository promises, for each of its datasets."""

from __future__ import annotations

import inspect
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

import pytest

from datamaestro.agreements import accept
from datamaestro.catalog.entry import Entry
from datamaestro.context import Context
from datamaestro.data import Base
from datamaestro.data.encoding import to_json
from datamaestro.definitions.dataset_definition import DatasetDefinition
from datamaestro.errors import DownloadError
from datamaestro.identifiers import is_dataset_id, parse
from datamaestro.preparation.references import with_referred
from datamaestro.repository import Repository
from datamaestro.selector import format_selector
from datamaestro.testing.contracts.all_datasets import places_in, printed, some
from datamaestro.testing.examples import examples
from datamaestro.testing.mock import MockContext
from datamaestro.testing.reading import exercise
from datamaestro.testing.samples import Sampler

__all__ = ["RepositoryContract"]

HEAVY = ("numpy", "pandas", "polars", "pyarrow", "requests", "torch", "urllib3")
"""What definitions must not import: they are looked at much more often than prepared."""


class RepositoryContract:
    """Tests of a repository and of every dataset in it; nothing is downloaded. ::

        class TestFlowers(RepositoryContract):
            repository = FlowerRepository

    With ``--datamaestro-download`` each dataset is downloaded as well.

    Of a dataset with variants a few are tested: with the defaults, and with another value
    of each axis. Of the datasets that no module declares, the first five are tested.

    :cvar repository: its class
    :cvar variants: further variants to test, by the dataset's id: selectors such as
        ``[year=1999]``, as an axis needs whose values can't be listed
    :cvar unverified: why files of a dataset can't be verified, or have no size, by its
        id: publishers don't always tell
    :cvar samples: functions that write samples, for data types whose plugin names none
    """

    repository: ClassVar[type[Repository]]
    variants: ClassVar[Mapping[str, Sequence[str]]] = {}
    unverified: ClassVar[Mapping[str, str]] = {}
    samples: ClassVar[Mapping[type[Base], Sampler]] = {}

    def read(self, value: Any) -> None:
        """Read all of a dataset's value; to be extended for methods that only it has."""
        exercise(value)

    # --- one test for each dataset, or variant of one

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Give each test that takes ``dataset_id`` or ``variant_id`` the ids that there are."""
        for name, ids in {"dataset_id": self._dataset_ids, "variant_id": self._variant_ids}.items():
            if name in metafunc.fixturenames:
                # Nothing of this context is on disk: only the definitions are read.
                metafunc.parametrize(name, sorted(ids(self.repository(Context(Path("unused"))))))

    def _dataset_ids(self, repository: Repository) -> set[str]:
        return {definition.id for definition in some(repository)}

    def _variant_ids(self, repository: Repository) -> set[str]:
        """Give the ids of variants; of a dataset itself, if it has none that can be chosen."""
        found = (self._variants_of(definition) or [definition] for definition in some(repository))
        return {variant.id for variants in found for variant in variants}

    def _variants_of(self, definition: DatasetDefinition) -> list[DatasetDefinition]:
        further = self.variants.get(definition.id, ())
        return [*examples(definition), *map(definition.for_selector, further)]

    @pytest.fixture
    def installed(self, context: Context) -> Repository:
        """Give the repository as its plugin provides it."""
        return context.repository(self.repository.NAMESPACE)

    @pytest.fixture
    def definition(self, installed: Repository, dataset_id: str) -> DatasetDefinition:
        """Give what is declared about a dataset."""
        found = installed.find(dataset_id)
        assert found is not None
        return found

    @pytest.fixture
    def variant(self, installed: Repository, variant_id: str) -> DatasetDefinition:
        """Give what is declared about a variant, or about a dataset without any."""
        identifier = parse(variant_id)
        found = installed.find(identifier.name)
        assert found is not None
        return found.for_selector(format_selector(identifier.selector))

    @pytest.fixture
    def mocked(self, home: Path) -> MockContext:
        """Give a context that makes up data."""
        return MockContext(home / "mock", samples=self.samples)

    # --- the repository

    def test_the_repository_is_provided_by_a_plugin(self, installed: Repository) -> None:
        assert type(installed) is self.repository

    def test_the_repository_tells_what_it_holds(self, installed: Repository) -> None:
        assert installed.description
        assert inspect.getdoc(self.repository)

    def test_every_definition_can_be_read(self, installed: Repository) -> None:
        undeclared = [entry.id for entry in islice(installed.entries(), 100)]
        defined = [installed.find_in(None, dataset_id) for dataset_id in undeclared]
        assert [*installed, *defined]
        assert None not in defined
        assert installed.broken == {}

    def test_its_entries_are_the_same_each_time(self, installed: Repository) -> None:
        first = list(islice(installed.entries(), 100))
        assert list(islice(installed.entries(), 100)) == first

    def test_a_dataset_that_it_has_not_is_none(self, installed: Repository) -> None:
        assert installed.define("org.example.no-such-dataset") is None

    def test_no_two_datasets_share_an_id_or_an_alias(self, installed: Repository) -> None:
        names = Counter(
            name for definition in installed for name in [definition.id, *definition.aliases]
        )
        names.update(entry.id for entry in installed.entries())
        assert [name for name, count in names.items() if count > 1] == []

    def test_no_dataset_lies_in_the_files_of_another(self, installed: Repository) -> None:
        owners = {place: owner for owner, places in places_in(installed) for place in places}
        clashes = {
            (owners[item], owner)
            for owner, places in places_in(installed)
            for place in places
            for item in [place, *place.parents]
            if owners.get(item, owner) != owner
        }
        assert clashes == set()

    def test_definitions_import_nothing_heavy(self, installed: Repository) -> None:
        assert printed(installed, f"[name for name in {HEAVY!r} if name in sys.modules]") == "[]"

    def test_definitions_connect_to_nothing_when_they_are_imported(
        self, installed: Repository
    ) -> None:
        assert printed(installed, "connections") == "[]"

    def test_data_types_are_what_the_plugin_says(self, context: Context) -> None:
        package = self.repository.__module__.partition(".")[0]
        for item in context.plugins.data_types:
            if item.spec.target.partition(":")[0].partition(".")[0] == package:
                data_type = context.plugins.load(item)
                assert issubclass(data_type, Base)
                assert item.spec.name == data_type.__name__
                assert item.spec.summary

    def test_what_is_said_to_be_unverified_is(self, installed: Repository) -> None:
        found = {
            definition.id for definition in installed if any(map(_unverified, examples(definition)))
        }
        assert sorted(set(self.unverified) - found) == []

    # --- what a dataset declares

    def test_a_dataset_is_found_in_the_module_that_its_id_points_to(
        self, installed: Repository, dataset_id: str
    ) -> None:
        found = installed.find_by_path(dataset_id) or installed.define(dataset_id)
        assert found is not None
        assert found.id == dataset_id

    def test_an_id_and_its_aliases_are_well_formed(self, definition: DatasetDefinition) -> None:
        names = [definition.id, *definition.aliases]
        assert [name for name in names if not is_dataset_id(name)] == []

    def test_a_definition_is_valid(self, definition: DatasetDefinition) -> None:
        definition.validate()
        Entry.of(definition)

    def test_a_dataset_tells_what_it_is(self, definition: DatasetDefinition) -> None:
        assert definition.name
        assert definition.description
        assert "TODO" not in definition.name + definition.description

    def test_urls_of_a_dataset_can_be_fetched_by_a_plugin(
        self, variant: DatasetDefinition, context: Context
    ) -> None:
        for resource in variant.ordered_resources():
            for source in resource.sources:
                assert len(set(source.urls)) == len(source.urls)
                for url in source.urls:
                    transport = context.transport(url)
                    assert re.search(r"\s", url) is None
                    assert urlsplit(url).hostname or not transport.network

    def test_a_file_can_be_verified_or_it_is_told_why_not(self, variant: DatasetDefinition) -> None:
        if variant.family_id not in self.unverified:
            urls = _unverified(variant)
            assert not urls, (
                f"no size or digest is declared of {', '.join(urls)}: give size= and sha256= or "
                f"md5=, or say why not: unverified = {{{variant.family_id!r}: '…'}}"
            )

    # --- its value

    @pytest.fixture
    def accepted(self, variant: DatasetDefinition, context: Context) -> None:
        """Accept, in the test's home, what owners of the data ask users to agree to."""
        used = with_referred(variant, context)
        if asked := [agreement for item in used for agreement in item.agreements]:
            accept(asked, context.user_settings)

    @pytest.mark.usefixtures("accepted")
    def test_a_value_is_built_without_any_file(
        self, variant: DatasetDefinition, context: Context
    ) -> None:
        value = context.get(variant)
        assert isinstance(value, variant.type)
        assert value.id is not None
        assert value == context.get(variant)
        assert not context.folder(variant).exists()

    def test_a_value_is_read_to_its_end_with_mock_data(
        self, variant: DatasetDefinition, mocked: MockContext
    ) -> None:
        value = mocked.prepare(variant)
        assert isinstance(value, variant.type)
        self.read(value)

    @pytest.mark.usefixtures("accepted")
    def test_a_value_is_the_same_after_a_way_through_json(
        self, variant: DatasetDefinition, mocked: MockContext
    ) -> None:
        document = to_json(mocked.get(variant))
        assert json.loads(json.dumps(document)) == document

    # --- the real thing

    @pytest.mark.datamaestro_download
    def test_a_dataset_is_downloaded_and_read(
        self, variant_id: str, download_context: Context
    ) -> None:
        try:
            value = download_context.prepare(variant_id)
        except DownloadError as error:
            if download_context.mirror is None:
                raise
            pytest.skip(f"not in the mirror: {error.where}")
        self.read(value)


def _unverified(definition: DatasetDefinition) -> list[str]:
    """Give the URLs of what a dataset downloads without a size or a digest declared."""
    return [
        source.url
        for resource in definition.ordered_resources()
        for source in resource.sources
        if source.size is None or not source.digests
    ]
