"""Nothing gets out of the folder, and nothing of a hostile archive stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from archive_corpus import MEMBER_FAULTS, TAR_CASES, ZIP_CASES, Case
from archive_routes import TAR_ROUTES, ZIP_ROUTES

TARS = [
    pytest.param(route, case, id=f"{case.name}-{route}")
    for case in TAR_CASES
    for route in TAR_ROUTES
    if route not in case.harmless
]
ZIPS = [
    pytest.param(route, case, id=f"{case.name}-{route}")
    for case in [*ZIP_CASES, *MEMBER_FAULTS]
    for route in ZIP_ROUTES
    if route not in case.harmless
]


def everything_below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def check_refused(route: object, case: Case, folder: Path) -> None:
    with pytest.raises(case.error) as caught:
        route(case.data, folder)
    message = str(caught.value)
    assert case.says in message
    assert "\n" not in message
    assert "\x1b" not in message
    assert everything_below(folder) <= {"archive", "work"}


def test_the_corpus_is_large():
    assert len(TAR_CASES) >= 60
    assert len(ZIP_CASES) >= 60


@pytest.mark.parametrize(("route", "case"), TARS)
def test_a_hostile_tar_is_refused_and_leaves_nothing(route, case, tmp_path):
    check_refused(TAR_ROUTES[route], case, tmp_path)


@pytest.mark.parametrize(("route", "case"), ZIPS)
def test_a_hostile_zip_is_refused_and_leaves_nothing(route, case, tmp_path):
    check_refused(ZIP_ROUTES[route], case, tmp_path)
