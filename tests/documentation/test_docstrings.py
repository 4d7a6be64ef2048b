"""The examples in docstrings run, those of the hooks included."""

from __future__ import annotations

import doctest
import importlib
import inspect
import re
import textwrap
from pathlib import Path
from types import ModuleType

import pluggy
import pytest
from workspace.distributions import WITH_PACKAGE

from datamaestro.plugins import hookspecs

HOOKS = [name for name in hookspecs.__all__ if name.startswith("datamaestro_")]


def modules_with_examples() -> list[str]:
    """Give the modules of all distributions whose text has a Python prompt."""
    return [
        name
        for distribution in WITH_PACKAGE.values()
        for name, path in distribution.modules.items()
        if ">>> " in path.read_text(encoding="utf-8")
    ]


@pytest.mark.parametrize("name", modules_with_examples())
@pytest.mark.usefixtures("home")
def test_the_examples_of_a_module_run(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize("name", HOOKS)
def test_the_example_of_a_hook_implements_it(name: str) -> None:
    docstring = inspect.getdoc(getattr(hookspecs, name)) or ""
    example = re.search(r"::\n\n((?: {4}.*\n?|\n)+)", docstring)
    assert example is not None
    module = ModuleType("example")
    exec(textwrap.dedent(example[1]), vars(module))
    manager = pluggy.PluginManager("datamaestro")
    manager.add_hookspecs(hookspecs)
    manager.register(module)
    manager.check_pending()
    assert [implementation.plugin for implementation in hook(manager, name).get_hookimpls()]


def hook(manager: pluggy.PluginManager, name: str) -> pluggy.HookCaller:
    caller: pluggy.HookCaller = getattr(manager.hook, name)
    return caller
