"""Looking datasets up, and searching them, in repositories on disk."""

import sys
from pathlib import Path

import pytest

from datamaestro import identifiers
from datamaestro.catalog.lookup import published_datasets
from datamaestro.context import Context, find_dataset, get_dataset, prepare_dataset
from datamaestro.definitions.dataset_definition import DatasetDefinition
from datamaestro.errors import (
    AmbiguousDatasetError,
    DatasetNotFoundError,
    DefinitionError,
    QueryError,
)
from datamaestro.identifiers import is_dataset_id
from datamaestro.inventory.orphans import find_orphans
from datamaestro.search import (
    AndCondition,
    Condition,
    OrCondition,
    RepositoryCondition,
    TagCondition,
    TaskCondition,
    TextCondition,
    TypeCondition,
    WordCondition,
    parse_query,
)
from datamaestro.testing import write_distribution

HEADER = """
from datamaestro.data import File, Folder
from datamaestro.definitions import dataset, datatags, datatasks
"""

ALPHA = f'''{HEADER}
@datatags("letters", "greek")
@datatasks("spelling")
@dataset(
    File,
    url="https://example.org/alpha",
    licence="MIT",
    citation="@misc{{alpha}}",
    agreement="Be kind.",
    languages=["fr", "el"],
    aliases=["org.example.first"],
)
def alpha():
    """The letter alpha

    Where everything begins.
    """
    return {{"path": "alpha"}}
'''

BETA = f'''{HEADER}
@datatags("letters")
@dataset(Folder, id="com.elsewhere.beta")
def beta():
    """The letter beta"""
    return {{"path": "beta"}}
'''


def install(folder, repository_id, modules):
    package = f"repository_{repository_id}"
    write_distribution(
        folder,
        f"repository-{repository_id}",
        files={
            f"{package}/__init__.py": (
                "from datamaestro import Repository\n"
                f"class Things(Repository):\n    NAMESPACE = {repository_id!r}\n"
            ),
            **{f"{package}/config/{path}": text for path, text in modules.items()},
        },
        entry_points={"datamaestro.repositories": {repository_id: f"{package}:Things"}},
    )


@pytest.fixture(autouse=True)
def accepted(monkeypatch, home):
    monkeypatch.setenv("DATAMAESTRO_ACCEPT", "org.example.alpha")


@pytest.fixture
def greek(site_packages, home):
    install(site_packages, "greek", {"org/example.py": ALPHA, "com/odd.py": BETA})
    return Context()


def test_a_dataset_is_found_by_its_id(greek):
    assert greek.dataset("org.example.alpha").name == "The letter alpha"


def test_a_dataset_is_found_by_an_alias(greek):
    assert greek.dataset("org.example.first").id == "org.example.alpha"


def test_a_dataset_is_found_in_a_module_that_its_id_does_not_point_to(greek):
    assert greek.dataset("com.elsewhere.beta").name == "The letter beta"


def test_a_look_up_imports_one_module(greek):
    greek.repository("greek").find("org.example.alpha")
    imported = [name for name in sys.modules if name.startswith("repository_greek.config")]
    assert "repository_greek.config.org.example" in imported
    assert "repository_greek.config.com.odd" not in imported


def test_a_dataset_knows_its_repository(greek):
    assert greek.dataset("org.example.alpha").repository == "greek"


def test_data_lie_below_the_repository_and_the_id(greek):
    folder = greek.folder("org.example.alpha")
    assert folder == greek.datapath / "greek" / "org" / "example" / "alpha"


def test_a_repository_may_be_named_with_the_id(greek):
    assert greek.dataset("greek:org.example.alpha").id == "org.example.alpha"


def test_the_functions_of_the_package_use_the_default_context(greek):
    assert find_dataset("org.example.alpha").repository == "greek"
    assert prepare_dataset("org.example.alpha") == get_dataset("org.example.alpha")


def test_a_dataset_is_looked_up_by_what_declares_it_too(greek):
    alpha = greek.dataset("org.example.alpha")
    for dataset in (alpha, alpha.target):
        assert find_dataset(dataset) is alpha
        assert greek.dataset(dataset) is alpha


@pytest.mark.parametrize("value", [None, 3, Context, Path("alpha.py")])
def test_what_is_no_dataset_is_an_error_wherever_one_is_taken(greek, value):
    for look_up in (greek.dataset, greek.definition, greek.prepare, greek.missing):
        with pytest.raises(
            DefinitionError, match="not a dataset: expected an id, or what @dataset"
        ):
            look_up(value)


def test_an_id_that_goes_on_names_the_dataset_of_the_part(greek):
    assert greek.dataset("org.example.alpha.path").id == "org.example.alpha"


def test_the_functions_of_the_package_take_the_path_of_a_data_directory(greek, tmp_path):
    assert prepare_dataset("org.example.alpha", context=tmp_path).id == "org.example.alpha"


def test_an_unknown_id_is_an_error_that_names_the_closest(greek):
    with pytest.raises(DatasetNotFoundError, match=r"did you mean org\.example\.alpha"):
        greek.dataset("org.example.alhpa")


def test_an_unknown_id_far_from_all_tells_how_to_list_them(greek):
    with pytest.raises(DatasetNotFoundError, match="datamaestro search"):
        greek.dataset("zz.qq.xx")


def test_what_is_no_id_is_an_error(greek):
    with pytest.raises(QueryError, match="not a dataset id"):
        greek.dataset("no id at all")


def test_an_unknown_id_of_a_published_plugin_tells_what_to_install(greek, monkeypatch):
    published = {"org.known.elsewhere": "some-plugin"}
    monkeypatch.setattr("datamaestro.catalog.lookup.published_datasets", lambda: published)
    with pytest.raises(DatasetNotFoundError, match="pip install some-plugin"):
        greek.dataset("org.known.elsewhere")


def test_a_dataset_of_another_repository_than_named_is_found_by_the_hint(
    greek, site_packages, monkeypatch
):
    published = {"org.example.alpha": "repository-greek"}
    monkeypatch.setattr("datamaestro.catalog.lookup.published_datasets", lambda: published)
    install(site_packages, "latin", {"org/other.py": ALPHA})
    with pytest.raises(DatasetNotFoundError) as caught:
        Context().dataset("latin:org.example.alpha")
    assert str(caught.value) == (
        "the repository 'latin' doesn't have a dataset 'org.example.alpha'; "
        "did you mean org.example.alpha or org.other.alpha?"
    )


def test_published_datasets_are_ids_and_distributions():
    published = published_datasets()
    assert published
    assert all(is_dataset_id(item) for item in published)
    assert all(name.startswith("datamaestro-") for name in published.values())


def test_an_id_in_two_repositories_is_an_error_that_tells_how_to_choose(greek, site_packages):
    install(site_packages, "latin", {"org/example.py": ALPHA})
    with pytest.raises(
        AmbiguousDatasetError,
        match=r"write greek:org\.example\.alpha or latin:org\.example\.alpha, or set",
    ):
        Context().dataset("org.example.alpha")


def test_an_id_in_two_repositories_is_no_part_of_a_dataset_with_a_shorter_one(greek, site_packages):
    install(site_packages, "latin", {"org/example.py": ALPHA})
    shorter = f"{HEADER}\n@dataset(File, id='org.example')\ndef all(): return {{'path': 'all'}}\n"
    install(site_packages, "gothic", {"org/example.py": shorter})
    with pytest.raises(AmbiguousDatasetError):
        Context().get("org.example.alpha")


def test_the_default_repository_is_preferred(greek, site_packages, home):
    install(site_packages, "latin", {"org/example.py": ALPHA})
    context = Context()
    with context.user_settings.edit() as edited:
        edited.default_repository = "latin"
    assert context.dataset("org.example.alpha").repository == "latin"


# --- broken definitions


def test_a_broken_module_is_left_out_and_the_others_work(site_packages, home, caplog):
    install(site_packages, "greek", {"org/example.py": ALPHA, "org/broken.py": "import nowhere"})
    ids = [definition.id for definition in Context().datasets() if definition.repository == "greek"]
    assert ids == ["org.example.alpha"]
    assert "left out of repository greek" in caplog.text
    assert "nowhere" in caplog.text


def test_a_broken_module_is_told_of_once(site_packages, home, caplog):
    install(site_packages, "greek", {"org/example.py": ALPHA, "org/broken.py": "import nowhere"})
    context = Context()
    with pytest.raises(DatasetNotFoundError):
        context.catalog.entry(identifiers.parse("org.example.nothing"))
    assert caplog.text.count("left out of repository greek") == 1


def test_asking_for_what_a_broken_module_should_hold_raises_its_error(site_packages, home):
    install(site_packages, "greek", {"org/broken.py": "import nowhere"})
    with pytest.raises(DefinitionError, match=r"broken\.py:1: .*can't be imported.*nowhere"):
        Context().dataset("org.broken.thing")


def test_a_wrong_definition_is_found_when_its_module_is_loaded(site_packages, home):
    text = f"{HEADER}\n@dataset(File)\ndef wrong(argument): ...\n"
    install(site_packages, "greek", {"org/example.py": text})
    with pytest.raises(DefinitionError, match=r"example\.py:\d+: .*fills the argument 'argument'"):
        Context().dataset("org.example.wrong")


WRONG = """
@dataset(File)
def wrong(argument): ...
"""


@pytest.fixture
def partly_wrong(site_packages, home):
    install(site_packages, "greek", {"org/example.py": ALPHA + WRONG})
    return Context()


@pytest.mark.parametrize("indexed", [True, False])
def test_a_wrong_definition_hides_no_other_of_its_module(partly_wrong, indexed, caplog):
    if indexed:
        assert "org.example.alpha" in partly_wrong.catalog.ids()
    assert partly_wrong.dataset("org.example.alpha").name == "The letter alpha"
    assert "org.example.alpha" in [item.id for item in partly_wrong.datasets()]
    with pytest.raises(DefinitionError, match="fills the argument 'argument'"):
        partly_wrong.dataset("org.example.wrong")
    assert caplog.text.count("left out of repository greek") == 1


def test_a_wrong_definition_is_listed_as_left_out(partly_wrong):
    (line,) = partly_wrong.catalog.left_out()
    assert "dataset org.example.wrong: no resource fills the argument 'argument'" in line


@pytest.mark.parametrize("indexed", [True, False])
def test_a_dataset_is_looked_up_without_a_look_at_what_others_of_its_module_say(
    site_packages, home, monkeypatch, indexed
):
    others = "".join(BETA.replace("beta", f"beta{number}") for number in range(9))
    install(site_packages, "greek", {"org/example.py": ALPHA + others})
    context = Context()
    if indexed:
        context.catalog.ids()
    looks = []
    validate = DatasetDefinition.validate
    monkeypatch.setattr(
        DatasetDefinition, "validate", lambda one: looks.append(one.id) or validate(one)
    )
    context.dataset("org.example.alpha")
    assert set(looks) == {"org.example.alpha"}


def test_two_definitions_of_one_id_hide_no_other_of_their_module(site_packages, home, caplog):
    twins = BETA + BETA.replace("def beta", "def other")
    install(site_packages, "greek", {"org/example.py": ALPHA, "com/odd.py": ALPHA + twins})
    context = Context()
    found = {item.id for item in context.catalog.entries() if item.repository == "greek"}
    assert found == {"org.example.alpha", "com.odd.alpha"}
    with pytest.raises(DefinitionError, match="two definitions have this id"):
        context.dataset("com.elsewhere.beta")
    assert caplog.text.count("two definitions have this id") == 1


@pytest.mark.parametrize(
    "fault",
    [
        "configdir = property(lambda self: 1 / 0)",
        "configdir = 'config'",
        "def modules(self): raise ZeroDivisionError",
    ],
)
def test_a_repository_that_cant_tell_its_modules_is_left_out(site_packages, home, caplog, fault):
    install(site_packages, "greek", {"org/example.py": ALPHA})
    install(site_packages, "broken", {"org/example.py": BETA})
    package = site_packages / "repository_broken" / "__init__.py"
    package.write_text(f"{package.read_text()}    {fault}\n")
    context = Context()
    assert context.dataset("org.example.alpha").repository == "greek"
    assert {item.repository for item in context.datasets()} >= {"greek"}
    assert "broken" not in {item.repository for item in context.datasets()}
    with pytest.raises(DatasetNotFoundError):
        context.dataset("org.example.nothing")
    (context.datapath / "broken" / "org").mkdir(parents=True)
    assert list(find_orphans(context)) == []
    assert "broken" in caplog.text


def test_a_broken_repository_hides_no_dataset_of_another(site_packages, home):
    install(site_packages, "greek", {"org/example.py": ALPHA})
    install(site_packages, "broken", {"org/example.py": "import nowhere"})
    assert Context().dataset("org.example.alpha").repository == "greek"


def test_what_a_module_imports_is_not_declared_by_it(site_packages, home):
    other = "from repository_greek.config.org.example import alpha\n"
    install(site_packages, "greek", {"org/example.py": ALPHA, "org/other.py": other})
    ids = [definition.id for definition in Context().datasets() if definition.repository == "greek"]
    assert ids == ["org.example.alpha"]


# --- searching


@pytest.mark.parametrize(
    ("terms", "found"),
    [
        ([], ["com.elsewhere.beta", "org.example.alpha"]),
        (["alpha"], ["org.example.alpha"]),
        (["ALPHA"], ["org.example.alpha"]),
        (["letter"], ["com.elsewhere.beta", "org.example.alpha"]),
        (["^org"], ["org.example.alpha"]),
        (["tag:greek"], ["org.example.alpha"]),
        (["tag:letters", "beta"], ["com.elsewhere.beta"]),
        (["task:spell"], ["org.example.alpha"]),
        (["type:Folder"], ["com.elsewhere.beta"]),
        (["type:data.Base"], ["com.elsewhere.beta", "org.example.alpha"]),
        (["repo:gree"], []),
        (["nothing"], []),
    ],
)
def test_all_terms_of_a_query_must_hold(greek, terms, found):
    condition = AndCondition((RepositoryCondition("greek"), parse_query(terms)))
    assert sorted(entry.id for entry in greek.catalog.search(condition)) == found


@pytest.mark.parametrize(
    ("term", "condition"),
    [
        ("mnist", WordCondition("mnist")),
        ("^mn", TextCondition("^mn")),
        ("tag:a", TagCondition("a")),
        ('task:"a b"', TaskCondition("a b")),
        ("repo:a", RepositoryCondition("a")),
        ("repository:a", RepositoryCondition("a")),
        ("type:A", TypeCondition("A")),
    ],
)
def test_terms_are_read_as_documented(term, condition):
    assert Condition.parse(term) == condition


def test_one_of_several_conditions_may_hold(greek):
    condition = OrCondition((TextCondition("alpha"), TextCondition("beta")))
    assert len(list(greek.catalog.search(condition))) == 2


def test_an_unknown_field_is_an_error_that_names_the_known():
    with pytest.raises(QueryError, match="expected tag:, task:, repo:, repository:, type:"):
        Condition.parse("color:red")


def test_a_wrong_expression_is_an_error_that_tells_the_place():
    with pytest.raises(QueryError, match="at character 2"):
        Condition.parse("a(b")


def test_an_entry_tells_everything_that_is_declared(greek):
    entry = greek.catalog.entry(identifiers.parse("org.example.alpha"))
    assert entry.to_json() == {
        "id": "org.example.alpha",
        "repository": "greek",
        "distribution": "repository-greek",
        "version": "1.0",
        "name": "The letter alpha",
        "description": "Where everything begins.",
        "url": "https://example.org/alpha",
        "doi": None,
        "licence": "MIT",
        "citation": "@misc{alpha}",
        "agreement": "Be kind.",
        "languages": ("el", "fr"),
        "aliases": ("org.example.first",),
        "tags": ("greek", "letters"),
        "tasks": ("spelling",),
        "types": ("datamaestro.data.File", "datamaestro.data.Base"),
        "files": [],
        "axes": {},
        "size": None,
        "download_size": None,
        "source": entry.source,
        "place": None,
    }
    assert entry.source.endswith("example.py:7")
