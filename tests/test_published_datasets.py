"""What the kernel tells users to install is what the repositories of this workspace hold."""

import json
import os
from importlib.resources import files

from datamaestro.context import Context

PLUGINS = {"image": "datamaestro-image", "ml": "datamaestro-ml", "text": "datamaestro-text"}


def declared(context: Context) -> dict[str, list[str]]:
    """Give the ids of all datasets of the standard repositories, by distribution."""
    return {
        distribution: sorted(definition.id for definition in context.repository(repository))
        for repository, distribution in PLUGINS.items()
    }


def test_published_datasets_are_those_of_the_repositories(context):
    path = files("datamaestro.catalog") / "published.json"
    expected = declared(context)
    if os.environ.get("UPDATE_PUBLISHED_DATASETS"):
        path.write_text(json.dumps(expected, indent=1) + "\n", encoding="utf-8")
    assert json.loads(path.read_text(encoding="utf-8")) == expected, (
        "run this test with UPDATE_PUBLISHED_DATASETS=1, and commit published.json"
    )
