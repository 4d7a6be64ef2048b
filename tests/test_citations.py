"""What the standard datasets ask to be cited by can be read."""

from __future__ import annotations

import pytest

from datamaestro.citation import csl_json
from datamaestro.context import Context


@pytest.fixture
def cited(context: Context) -> dict[str, dict[str, object]]:
    """Give what is cited for each dataset that declares a citation."""
    entries = [entry for entry in context.catalog.entries() if entry.citation]
    return {entry.id: csl_json([entry])[0] for entry in entries}


def test_every_citation_tells_who_wrote_what_and_when(cited: dict[str, dict[str, object]]) -> None:
    assert "com.lecun.mnist" in cited
    complete = {"author", "title", "issued"}
    assert [name for name, item in cited.items() if not complete <= item.keys()] == []


def test_iris_is_cited_as_the_paper_of_its_author(
    cited: dict[str, dict[str, object]],
) -> None:
    iris = cited["edu.uci.iris"]
    assert iris["author"] == [{"family": "Fisher", "given": "Ronald A."}]
    assert (iris["container-title"], iris["DOI"]) == (
        "Annals of Eugenics",
        "10.1111/j.1469-1809.1936.tb02137.x",
    )
