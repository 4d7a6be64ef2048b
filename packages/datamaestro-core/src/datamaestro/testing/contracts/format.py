"""What the data type of a file format promises."""

from __future__ import annotations

import dataclasses
import inspect
import json
import pickle
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest

from datamaestro.context import Context
from datamaestro.create import recognized_value
from datamaestro.data import Base, File, Folder
from datamaestro.data.encoding import to_json
from datamaestro.disk.files import remove
from datamaestro.errors import DataFormatError, ParameterError
from datamaestro.plugins import Candidate, Certainty, ValueProposal
from datamaestro.testing.contracts.described import description_of, undocumented
from datamaestro.testing.contracts.open_files import left_open, open_files
from datamaestro.testing.reading import exercise
from datamaestro.testing.samples import Sampling, samplers

__all__ = ["FormatContract"]

Stored = File | Folder
"""What has a path; a folder that is read in place may be an archive's file."""


class FormatContract:
    """Tests of a data type that reads a file. ::

        class TestPairs(FormatContract):
            data_type = Pairs

            def damaged(self, content):
                return [b"no pair"]

    :cvar data_type: its class
    :cvar parameters: those that its sample is written with, besides the path
    :cvar filename: what the sample is called
    """

    data_type: ClassVar[type[File] | type[Folder]]
    parameters: ClassVar[Mapping[str, Any]] = {}
    filename: ClassVar[str] = "sample"

    def read(self, value: Any) -> None:
        """Read all of a value; to be extended for methods that only it has."""
        exercise(value)

    def damaged(self, content: bytes) -> Iterable[bytes]:
        """Give what must be refused: by default the sample without its last byte or half.

        It isn't asked for where the sample is a folder.

        A format whose end nothing tells, such as text, gives content that is wrong in
        another way, or none.
        """
        return (content[:-1], content[: len(content) // 2])

    # --- what the tests share

    @pytest.fixture
    def value(self, tmp_path: Path) -> Stored:
        """Give a value whose file isn't there."""
        return self.data_type(path=tmp_path / self.filename, **self.parameters)

    @pytest.fixture
    def sample(self, value: Stored, context: Context) -> Stored:
        """Give a value with the sample that its plugin writes."""
        Sampling(samplers(context.plugins)).write(value)
        return value

    # --- what it says

    def test_a_plugin_provides_it_and_tells_what_it_is(self, context: Context) -> None:
        plugins = context.plugins
        found = description_of(self.data_type, plugins, plugins.data_types)
        assert found.name == self.data_type.__name__
        assert found.summary
        assert inspect.getdoc(self.data_type)

    def test_every_parameter_is_documented(self) -> None:
        names = {field.name for field in dataclasses.fields(self.data_type)} - {"id"}
        assert undocumented(self.data_type, sorted(names)) == []

    # --- a value

    def test_building_a_value_opens_nothing(self, value: Stored) -> None:
        assert isinstance(value, Base)
        assert not value.path.exists()

    def test_a_file_that_is_not_there_is_an_error_that_names_it(self, value: Stored) -> None:
        with pytest.raises(OSError, match=re.escape(self.filename)):
            self.read(value)

    def test_nothing_is_read_before_it_is_asked_for(self, sample: Stored) -> None:
        built = dataclasses.replace(sample)
        remove(sample.path)
        with pytest.raises(OSError, match=re.escape(self.filename)):
            self.read(built)

    def test_a_value_of_another_file_is_another_value(self, value: Stored) -> None:
        assert dataclasses.replace(value, path=value.path.with_name("another")) != value

    def test_a_text_is_taken_for_a_path(self, value: Stored) -> None:
        assert self.data_type(path=str(value.path), **self.parameters) == value  # type: ignore[arg-type]

    def test_a_parameter_that_it_has_not_is_an_error(self, value: Stored) -> None:
        with pytest.raises(ParameterError, match="no_such_parameter"):
            self.data_type(path=value.path, no_such_parameter=1)  # type: ignore[call-arg]

    def test_a_value_does_not_change(self, value: Stored) -> None:
        with pytest.raises(AttributeError):
            value.path = Path("elsewhere")  # type: ignore[misc]

    def test_a_value_comes_back_from_json(self, value: Stored) -> None:
        document = json.loads(json.dumps(to_json(value)))
        assert self.data_type(**document) == value

    def test_a_value_goes_to_another_process(self, sample: Stored) -> None:
        self.read(sample)
        again = pickle.loads(pickle.dumps(sample))
        assert again == sample
        self.read(again)

    # --- its file

    def test_a_sample_is_read_to_its_end(self, sample: Stored) -> None:
        self.read(sample)

    def test_samples_are_the_same_each_time(self, sample: Stored, context: Context) -> None:
        first = contents(sample.path)
        remove(sample.path)
        Sampling(samplers(context.plugins)).write(sample)
        assert contents(sample.path) == first

    def test_reading_does_not_change_the_file(self, sample: Stored) -> None:
        before = contents(sample.path)
        self.read(sample)
        assert contents(sample.path) == before

    def test_what_is_kept_beside_a_file_is_named_after_it(self, sample: Stored) -> None:
        self.read(sample)
        beside = {path.name for path in sample.path.parent.iterdir()} - {sample.path.name, "home"}
        assert [name for name in beside if not name.startswith(f".{sample.path.name}.")] == []

    def test_nothing_stays_open_of_a_value_that_is_gone(self, sample: Stored) -> None:
        self.read(dataclasses.replace(sample))  # what is imported for it may stay open
        before = open_files()
        self.read(dataclasses.replace(sample))
        assert left_open(before) == []

    def test_iterations_do_not_disturb_one_another(self, sample: Stored) -> None:
        if not hasattr(self.data_type, "__iter__"):
            pytest.skip("it can't be iterated over")
        value: Any = sample
        count = sum(1 for _ in value)
        assert [sum(1 for _ in value), sum(1 for _ in zip(value, value, strict=True))] == [
            count
        ] * 2

    def test_a_damaged_file_is_an_error_that_names_it(self, sample: Stored) -> None:
        for number, content in enumerate(self._damaged(sample)):
            path = sample.path.with_name(f"damaged{number}-{self.filename}")
            path.write_bytes(content)
            error = self._refusal(sample, path)
            assert str(path) in str(error)

    def test_what_a_file_held_before_is_not_given_for_what_it_holds(self, sample: Stored) -> None:
        for content in self._damaged(sample):
            self.read(dataclasses.replace(sample))
            before = sample.path.read_bytes()
            sample.path.write_bytes(content)
            self._refusal(sample, sample.path)
            sample.path.write_bytes(before)

    def _refusal(self, sample: Stored, path: Path) -> DataFormatError:
        """Give the error that reading a damaged file ends with."""
        try:
            self.read(dataclasses.replace(sample, path=path))
        except DataFormatError as error:
            return error
        raise AssertionError(
            f"a damaged file was read without a DataFormatError; {exercise.__name__}() calls "
            f"data(), len() and iter(): for other methods of {self.data_type.__name__}, extend read"
        )

    def _damaged(self, sample: Stored) -> list[bytes]:
        if sample.path.is_dir():
            pytest.skip("its sample is a folder, of which any file may be missing")
        return list(self.damaged(sample.path.read_bytes()))

    def test_its_sample_is_recognized(self, sample: Stored, context: Context) -> None:
        proposal = self._recognized(sample.path, context)
        assert proposal.target.rpartition(":")[2] == self.data_type.__name__

    def test_bytes_of_no_format_are_not_recognized(self, sample: Stored, context: Context) -> None:
        noise = sample.path.with_name(f"noise-{self.filename}")
        noise.write_bytes(bytes(range(256)) * 4)
        proposal = self._recognized(noise, context)
        certain = proposal.certainty > Certainty.POSSIBLE
        assert not certain or proposal.target.rpartition(":")[2] != self.data_type.__name__

    def _recognized(self, path: Path, context: Context) -> ValueProposal:
        plugins = context.plugins
        if not description_of(self.data_type, plugins, plugins.data_types).recognize:
            pytest.skip("its plugin doesn't recognize it")
        return recognized_value(Candidate(path, self.filename), plugins)


def contents(path: Path) -> dict[str, bytes]:
    """Give the bytes of a file, or of all below a folder, by their names there."""
    files = [path] if path.is_file() else [item for item in path.rglob("*") if item.is_file()]
    return {item.relative_to(path).as_posix(): item.read_bytes() for item in files}
