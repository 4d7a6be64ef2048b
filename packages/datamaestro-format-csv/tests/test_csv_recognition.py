"""What files are taken for by ``create-dataset``."""

from __future__ import annotations

from pathlib import Path

import pytest

from datamaestro.plugins import Candidate
from datamaestro_format_csv.recognition import recognize

TOO_LARGE = [
    "1212092628029698049",
    "-1212092628029698049",
    "9007199254740993",
    "1" * 30,
    "1" * 5000,
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "table.csv"


def proposed(path: Path, *lines: str) -> str:
    path.write_text("\n".join(lines))
    proposal = recognize(Candidate(path, path.name))
    assert proposal is not None
    return proposal.target.partition(":")[2]


@pytest.mark.parametrize(
    "number",
    ["3", "-2.5", "1e300", "inf", "0", "9007199254740992", "9007199254740993.0", "1" + "0" * 22],
)
def test_numbers_are_a_matrix(path: Path, number: str) -> None:
    assert proposed(path, "a,b", f"{number},1", "2,3") == "Matrix"


@pytest.mark.parametrize("number", TOO_LARGE)
@pytest.mark.parametrize("row", ["{},1", "1,{}", " {} ,?", "{},red"])
def test_integers_that_a_float_can_not_hold_are_no_matrix(
    path: Path, number: str, row: str
) -> None:
    assert proposed(path, "a,b", "2,3", row.format(number)) == "Generic"


def test_they_are_found_in_any_row(path: Path) -> None:
    assert proposed(path, *["1,2"] * 5000, f"{TOO_LARGE[0]},1") == "Generic"


def test_a_target_of_text_may_hold_any_digits(path: Path) -> None:
    assert proposed(path, "1,red", f"2,{TOO_LARGE[0]}") == "Matrix"
