"""Plugins: real distributions on disk, some of them broken."""

import os
import re
import sys

import pytest

from datamaestro.context import Context
from datamaestro.errors import PluginConflictError, PluginError, RepositoryNotFoundError
from datamaestro.plugins import (
    DataTypeSpec,
    EncoderSpec,
    HandlerSpec,
    PrepareRequest,
    RepositorySpec,
    TransportSpec,
    hookspecs,
)
from datamaestro.plugins.descriptors import KINDS
from datamaestro.plugins.manager import PluginManager
from datamaestro.testing import write_distribution

REPOSITORY = """
from datamaestro import Repository

class {name}(Repository):
    NAMESPACE = "{id}"
    DESCRIPTION = "Things of {id}"
"""

HOOK = """
from datamaestro.plugins import RepositorySpec, hookimpl

@hookimpl
def datamaestro_repositories():
    yield RepositorySpec("{id}", "{target}", "Things")
"""


def install_repository(folder, distribution, repository_id, *, broken=False):
    package = distribution.replace("-", "_")
    text = REPOSITORY.format(name="Things", id=repository_id)
    target = f"{package}:Things"
    write_distribution(
        folder,
        distribution,
        files={
            f"{package}/__init__.py": "import nothing_of_that_name" if broken else text,
            f"{package}_plugin.py": HOOK.format(id=repository_id, target=target),
        },
        entry_points={"datamaestro": {"things": f"{package}_plugin"}},
    )


def install_broken(folder, distribution="broken-plugin", text="import nothing_of_that_name"):
    module = f"{distribution.replace('-', '_')}_module"
    write_distribution(
        folder,
        distribution,
        files={f"{module}.py": text},
        entry_points={"datamaestro": {"broken": module}},
    )


def broken_distributions(manager):
    return [item.plugin.distribution for item in manager.broken]


def mine(items):
    """What the distributions of a test provide, without those that are installed anyway."""
    return [item for item in items if not item.plugin.distribution.startswith("datamaestro")]


def test_a_plugin_tells_what_it_provides(site_packages):
    install_repository(site_packages, "example-things", "things")
    (provided,) = mine(PluginManager().repositories)
    assert provided.spec == RepositorySpec("things", "example_things:Things", "Things")
    assert (provided.plugin.distribution, provided.plugin.version) == ("example-things", "1.0")


def test_what_plugins_tell_is_remembered(site_packages, tmp_path_factory, monkeypatch):
    install_repository(site_packages, "example-things", "things")
    memory = tmp_path_factory.mktemp("memory")
    first, again = PluginManager(memory), PluginManager(memory)
    for path in (site_packages, *site_packages.rglob("*")):
        os.utime(path, (1_000_000_000, 1_000_000_000))  # some time since they were installed
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # it changes the size of some folders
    told = [getattr(first, kind) for kind in KINDS]
    assert [getattr(again, kind) for kind in KINDS] == told
    assert mine(again.repositories)
    assert "_registered" in vars(first)
    assert "_registered" not in vars(again), "no plugin was asked"


def test_telling_it_imports_no_target(site_packages):
    install_repository(site_packages, "example-lazy", "lazy")
    assert mine(PluginManager().repositories)
    assert "example_lazy" not in sys.modules


def test_the_documented_entry_point_group_needs_no_hook(site_packages, home):
    write_distribution(
        site_packages,
        "plain-repository",
        files={"plain_package/__init__.py": REPOSITORY.format(name="Mine", id="mine")},
        entry_points={"datamaestro.repositories": {"mine": "plain_package:Mine"}},
    )
    assert Context().repository("mine").description == "Things of mine"


def test_a_repository_that_is_declared_both_ways_counts_once(site_packages):
    write_distribution(
        site_packages,
        "both-ways",
        files={
            "both_ways/__init__.py": REPOSITORY.format(name="Mine", id="mine"),
            "both_ways_plugin.py": HOOK.format(id="mine", target="both_ways:Mine"),
        },
        entry_points={
            "datamaestro": {"both": "both_ways_plugin"},
            "datamaestro.repositories": {"mine": "both_ways:Mine"},
        },
    )
    assert len(mine(PluginManager().repositories)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "import nothing_of_that_name",
        "raise RuntimeError('no')",
        "this is no Python",
        "from datamaestro.plugins import hookimpl\n@hookimpl\ndef datamaestro_no_such_hook(): ...",
        "from datamaestro.plugins import hookimpl\n"
        "@hookimpl\ndef datamaestro_repositories(): raise ValueError('no')",
        "from datamaestro.plugins import hookimpl\n"
        "@hookimpl\ndef datamaestro_repositories(): return ['no spec']",
        "from datamaestro.plugins import hookimpl\n@hookimpl\ndef datamaestro_repositories(): pass",
        "from datamaestro.plugins import EncoderSpec, hookimpl\n"
        "@hookimpl\ndef datamaestro_encoders(): return [EncoderSpec('yaml', None)]",
    ],
)
def test_a_broken_plugin_is_left_out_and_the_others_work(site_packages, caplog, text):
    install_broken(site_packages, text=text)
    install_repository(site_packages, "example-things", "things")
    manager = PluginManager()
    assert [item.spec.id for item in mine(manager.repositories)] == ["things"]
    assert broken_distributions(manager) == ["broken-plugin"]
    warnings = [record for record in caplog.records if "broken-plugin 1.0" in record.message]
    assert len(warnings) == 1
    assert "\n" not in warnings[0].message


def test_a_hook_of_a_later_version_may_be_optional(site_packages):
    marked = "@hookimpl(optionalhook=True)\ndef datamaestro_of_later(): ...\n"
    install_broken(site_packages, text=f"from datamaestro.plugins import hookimpl\n{marked}")
    assert PluginManager().broken == []


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        ("def datamaestro_handlers(): return []", ":2: .* expected @hookimpl above it"),
        ("@hookimpl\ndef datamaestro_handler(): return []", ":2: there is no hook .* did you mean"),
        ("@hookimpl\ndef datamaestro_handlers(): pass", ":2: .* list of HandlerSpec.* found None"),
        (
            "@hookimpl\ndef datamaestro_handlers(): return HandlerSpec('mine', 'a:B')",
            ":2: .* expected a list of HandlerSpec, or one after the other by yield",
        ),
        ("@hookimpl\ndef datamaestro_handlers():\n  return [Spec()]", "NameError: .*, at .*:4$"),
        ("HandlerSpec(what='mine')", "TypeError: .*, at .*:2$"),
    ],
)
def test_a_broken_plugin_tells_the_line_to_mend(site_packages, function, reason):
    install_broken(
        site_packages, text=f"from datamaestro.plugins import HandlerSpec, hookimpl\n{function}\n"
    )
    manager = PluginManager()
    assert mine(manager.handlers) == []
    (broken,) = manager.broken
    assert re.search(reason, broken.reason)
    assert "broken_plugin_module.py" in broken.reason


def test_a_broken_target_raises_its_error_when_it_is_asked_for(site_packages, home):
    install_repository(site_packages, "broken-target", "things", broken=True)
    with pytest.raises(PluginError, match=r"broken-target 1\.0 provides, can't be imported"):
        Context().repository("things")


BROKEN_TRANSPORTS = """
from datamaestro.download import Transport
from datamaestro.plugins import TransportSpec, hookimpl

class Failing(Transport):
    def __init__(self, context):
        raise RuntimeError("no credentials")

    def open(self, request):
        raise AssertionError

class Underived:
    def open(self, request): ...

def something_else(context):
    return 5

@hookimpl
def datamaestro_transports():
    yield TransportSpec(("failing",), "transports_module:Failing")
    yield TransportSpec(("wrong",), "transports_module:something_else")
    yield TransportSpec(("underived",), "transports_module:Underived")
"""


@pytest.mark.parametrize(
    ("scheme", "reason"),
    [
        ("failing", "RuntimeError: no credentials"),
        ("wrong", "TypeError: expected a datamaestro.download.Transport, found 5"),
        (
            "underived",
            "TypeError: expected a class derived from datamaestro.download.Transport, "
            "found <class 'transports_module.Underived'>",
        ),
    ],
)
def test_a_broken_transport_is_its_plugins(site_packages, home, scheme, reason):
    install_broken(site_packages, "transports", BROKEN_TRANSPORTS)
    context = Context()
    with pytest.raises(
        PluginError, match=r"which transports 1\.0 provides, doesn't work"
    ) as caught:
        context.transport(f"{scheme}://host/file")
    assert caught.value.found == reason
    assert broken_distributions(context.plugins) == ["transports"]


def test_listing_repositories_leaves_a_broken_one_out(site_packages, home):
    install_repository(site_packages, "broken-target", "bad", broken=True)
    install_repository(site_packages, "example-things", "good")
    context = Context()
    ids = [repository.id for repository in context.repositories()]
    assert "good" in ids
    assert "bad" not in ids
    assert broken_distributions(context.plugins) == ["broken-target"]


def test_strict_plugins_raise_at_once(site_packages, monkeypatch):
    install_broken(site_packages)
    monkeypatch.setenv("DATAMAESTRO_STRICT_PLUGINS", "1")
    with pytest.raises(ModuleNotFoundError, match="nothing_of_that_name"):
        _ = PluginManager().repositories


def test_two_plugins_that_claim_one_name_are_an_error_that_names_both(site_packages, home):
    install_repository(site_packages, "example-one", "same")
    install_repository(site_packages, "example-two", "same")
    with pytest.raises(PluginConflictError, match=r"example-one 1\.0.* and example-two 1\.0"):
        Context().repository("same")


def test_a_conflict_does_not_hide_other_repositories(site_packages, home, caplog):
    install_repository(site_packages, "example-one", "same")
    install_repository(site_packages, "example-two", "same")
    install_repository(site_packages, "example-three", "other")
    assert "other" in [repository.id for repository in Context().repositories()]
    assert "2 plugins provide the repository 'same'" in caplog.text


def test_an_unknown_repository_is_an_error_that_names_the_known(site_packages, home):
    install_repository(site_packages, "example-things", "things")
    with pytest.raises(RepositoryNotFoundError, match=r"expected .*things.*found unknown"):
        Context().repository("unknown")


def test_a_repository_whose_class_says_another_id_is_an_error(site_packages, home):
    write_distribution(
        site_packages,
        "other-id",
        files={"other_id/__init__.py": REPOSITORY.format(name="Mine", id="theirs")},
        entry_points={"datamaestro.repositories": {"mine": "other_id:Mine"}},
    )
    with pytest.raises(PluginError, match="NAMESPACE = 'mine'"):
        Context().repository("mine")


@pytest.mark.parametrize(
    ("hook", "spec", "message"),
    [
        ("transports", "TransportSpec('zzz', 'a:B')", "expected a tuple of URL schemes"),
        ("transports", "TransportSpec(('HTTPS',), 'a:B')", "found .'HTTPS',."),
        ("transports", "TransportSpec((), 'a:B')", "invalid schemes"),
        ("encoders", "EncoderSpec('normal', 'a:b')", "a name other than 'normal'"),
        ("encoders", "EncoderSpec(3, 'a:b')", "invalid name"),
        ("encoders", "EncoderSpec('mine', 4)", "invalid target: expected module:attribute"),
        ("handlers", "HandlerSpec('mine', 'a')", "invalid target"),
        ("handlers", "HandlerSpec('mine', 'a:b', recognize='c')", "invalid recognize"),
        ("repositories", "RepositorySpec('../../evil', 'a:B')", "invalid id"),
        ("repositories", "RepositorySpec('a.b', 'a:B')", "a name without dots"),
        ("repositories", "'a:B'", "expected RepositorySpec, found 'a:B'"),
    ],
)
def test_what_a_plugin_tells_is_checked(site_packages, hook, spec, message):
    text = f"from datamaestro.plugins import *\n@hookimpl\ndef datamaestro_{hook}():\n"
    install_broken(site_packages, text=f"{text}    yield {spec}\n")
    manager = PluginManager()
    assert mine(getattr(manager, hook)) == []
    (broken,) = manager.broken
    assert re.search(message, broken.reason)


def test_a_repository_whose_class_is_not_derived_is_an_error(site_packages, home):
    write_distribution(
        site_packages,
        "underived",
        files={"underived/__init__.py": "class Mine:\n    NAMESPACE = 'mine'\n"},
        entry_points={"datamaestro.repositories": {"mine": "underived:Mine"}},
    )
    with pytest.raises(PluginError, match=r"a class derived from datamaestro\.Repository"):
        Context().repository("mine")


def test_a_repository_with_an_id_that_leads_elsewhere_is_left_out(site_packages):
    write_distribution(
        site_packages,
        "evil",
        files={"evil/__init__.py": REPOSITORY.format(name="Evil", id="../evil")},
        entry_points={"datamaestro.repositories": {"../evil": "evil:Evil"}},
    )
    manager = PluginManager()
    assert mine(manager.repositories) == []
    assert broken_distributions(manager) == ["evil"]


def test_a_repository_that_is_not_as_declared_is_told_of(site_packages, home):
    write_distribution(
        site_packages,
        "other-id",
        files={"other_id/__init__.py": REPOSITORY.format(name="Mine", id="theirs")},
        entry_points={"datamaestro.repositories": {"mine": "other_id:Mine"}},
    )
    context = Context()
    assert "mine" not in [repository.id for repository in context.repositories()]
    assert broken_distributions(context.plugins) == ["other-id"]


@pytest.mark.parametrize(
    "description",
    ["DESCRIPTION = None", "description = 3", "description = property(lambda self: 1 / 0)"],
)
def test_a_repository_that_can_not_be_described_hides_no_other(
    site_packages, home, caplog, description
):
    text = REPOSITORY.format(name="Mine", id="mine")
    write_distribution(
        site_packages,
        "undescribed",
        files={"undescribed/__init__.py": f"{text}    {description}\n"},
        entry_points={"datamaestro.repositories": {"mine": "undescribed:Mine"}},
    )
    install_repository(site_packages, "example-things", "things")
    context = Context()
    list(context.catalog.search(None))
    ids = [repository_id for repository_id, _ in context.catalog.repositories()]
    assert "things" in ids
    assert "mine" not in ids
    assert "plugin undescribed 1.0 is broken and left out" in caplog.text


PREPARE = """
from datamaestro.plugins import hookimpl

@hookimpl{marker}
def datamaestro_prepare(request):
    {body}
"""


def install_preparer(folder, name, body, marker=""):
    write_distribution(
        folder,
        name,
        files={f"{name}_module.py": PREPARE.format(marker=marker, body=body)},
        entry_points={"datamaestro": {name: f"{name}_module"}},
    )


@pytest.fixture
def dataset_of_nothing(definitions):
    return definitions(
        "from pathlib import Path\n"
        "from datamaestro.data import File\n"
        "from datamaestro.definitions import dataset\n"
        "@dataset(File, id='org.example.nothing')\n"
        "def nothing(): return {'path': Path('x')}\n"
    ).nothing


def test_a_plugin_may_prepare_in_the_place_of_the_kernel(site_packages, home, dataset_of_nothing):
    install_preparer(site_packages, "taker", "return ('taken', request.dataset.id)")
    assert Context().prepare(dataset_of_nothing) == ("taken", "org.example.nothing")


def test_a_plugin_that_gives_none_leaves_it_to_the_kernel(site_packages, home, dataset_of_nothing):
    install_preparer(site_packages, "leaver", "return None")
    assert Context().prepare(dataset_of_nothing).id == "org.example.nothing"


def test_the_first_answer_counts(site_packages, home, dataset_of_nothing):
    install_preparer(site_packages, "last", "return 'last'", "(trylast=True)")
    install_preparer(site_packages, "first", "return 'first'", "(tryfirst=True)")
    assert Context().prepare(dataset_of_nothing) == "first"


def test_a_plugin_that_ends_the_program_leaves_it_to_the_kernel(
    site_packages, home, dataset_of_nothing, caplog
):
    install_preparer(site_packages, "leaver", "raise SystemExit(0)")
    assert Context().prepare(dataset_of_nothing).id == "org.example.nothing"
    assert "plugin leaver 1.0 is broken and left out (SystemExit: 0, at " in caplog.text


def test_a_plugin_may_wrap_what_the_kernel_prepares(site_packages, home, dataset_of_nothing):
    install_preparer(site_packages, "wrapper", "return [request.build(), request.prepare()]")
    built, prepared = Context().prepare(dataset_of_nothing)
    assert built == prepared


@pytest.mark.parametrize("marker", ["(wrapper=True)", "(hookwrapper=True)"])
def test_a_plugin_can_not_wrap_a_hook(site_packages, home, dataset_of_nothing, caplog, marker):
    install_preparer(site_packages, "wrapper", "return (yield)", marker)
    assert Context().prepare(dataset_of_nothing).id == "org.example.nothing"
    assert "datamaestro_prepare is implemented as a wrapper" in caplog.text


def test_a_plugin_that_fails_to_prepare_is_left_out(site_packages, home, dataset_of_nothing):
    install_preparer(site_packages, "failing", "raise RuntimeError('no')")
    context = Context()
    assert context.prepare(dataset_of_nothing).id == "org.example.nothing"
    assert broken_distributions(context.plugins) == ["failing"]


def test_a_plugin_sees_what_was_asked_for(site_packages, home, dataset_of_nothing):
    install_preparer(site_packages, "seer", "return request")
    context = Context()
    request = context.prepare(dataset_of_nothing, download=False)
    assert isinstance(request, PrepareRequest)
    assert (request.context, request.download, request.variant) == (context, False, {})


@pytest.mark.parametrize(
    "hook", [name for name in hookspecs.__all__ if name.startswith("datamaestro_")]
)
def test_every_hook_tells_when_it_fires_and_how_it_is_written(hook):
    text = getattr(hookspecs, hook).__doc__
    assert "Fires" in text
    assert "@hookimpl" in text


@pytest.mark.parametrize(
    "spec", [RepositorySpec, HandlerSpec, DataTypeSpec, TransportSpec, EncoderSpec]
)
def test_descriptors_do_not_change(spec):
    item = spec("a", "b:c")
    with pytest.raises(AttributeError):
        item.target = "x"


def test_a_facade_tells_what_to_install_when_its_plugin_is_not_there(monkeypatch):
    from datamaestro.facade import shipped_by

    with (
        pytest.raises(ImportError, match="pip install datamaestro-example"),
        shipped_by("datamaestro-example", package="nothing_of_that_name"),
    ):
        import nothing_of_that_name  # noqa: F401


def test_a_facade_does_not_hide_what_its_plugin_misses(site_packages):
    from datamaestro.facade import shipped_by

    write_distribution(
        site_packages,
        "incomplete",
        files={"incomplete.py": "import a_dependency_that_is_missing"},
        entry_points={},
    )
    with (
        pytest.raises(ModuleNotFoundError, match="a_dependency_that_is_missing"),
        shipped_by("incomplete", package="incomplete"),
    ):
        import incomplete  # noqa: F401
