"""Whether what plugins tell about themselves is what they should tell."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from datamaestro.errors import PluginError
from datamaestro.identifiers import did_you_mean, is_component
from datamaestro.location import function_site
from datamaestro.plugins.descriptors import BUILT_IN_ENCODER, EncoderSpec
from datamaestro.plugins.targets import TARGET

if TYPE_CHECKING:
    import pluggy

    from datamaestro.plugins.provided import Spec

__all__ = ["check_hooks", "checked_specs"]

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*")


def checked_specs(answer: Any, kind: type[Spec], hook: str, where: object = None) -> list[Spec]:
    """Give the descriptions that a plugin gave, once they are checked.

    :param kind: what each should be
    :param hook: where they come from, for messages
    :param where: the place of the function that gave them
    :raises PluginError: if one isn't that, or one of its fields can't be what it should
    """
    if not isinstance(answer, Iterable) or isinstance(answer, kind):
        raise PluginError(
            f"{hook} gave something else than it should",
            where=where,
            expected=f"a list of {kind.__name__}, or one after the other by yield",
            found=repr(answer),
        )
    specs = list(answer)
    for spec in specs:
        _check_spec(spec, kind, hook, where)
    return specs


def _check_spec(spec: Any, kind: type[Any], hook: str, where: object) -> None:
    if not isinstance(spec, kind):
        raise PluginError(
            f"{hook} gave something else than it should",
            where=where,
            expected=kind.__name__,
            found=repr(spec),
        )
    rules = _ENCODER_RULES if kind is EncoderSpec else _RULES
    for field, value in spec._asdict().items():
        holds, expected = rules.get(field, (_is_text, "a text"))
        if not holds(value):
            raise PluginError(
                f"{hook} gave a {kind.__name__} with an invalid {field}",
                where=where,
                expected=expected,
                found=repr(value),
            )


def check_hooks(manager: pluggy.PluginManager, name: str) -> None:
    """Refuse a plugin with functions that look like hooks, and wouldn't be called as such.

    :param name: what the plugin is registered under
    :raises PluginError: if it has one of another name than the hooks, one that isn't marked, or
        one that wraps a hook: as each is called on its own, it would wrap nothing
    """
    plugin = manager.get_plugin(name)
    hooks = {hook for hook, caller in vars(manager.hook).items() if caller.has_spec()}
    for attribute in dir(plugin):
        function: Any = getattr(plugin, attribute, None)
        marked = manager.parse_hookimpl_opts(plugin, attribute)
        if marked is not None and attribute not in hooks and not marked["optionalhook"]:
            raise PluginError(
                f"there is no hook {attribute!r}",
                where=function_site(function),
                expected=", ".join(sorted(hooks)),
                hint=did_you_mean(attribute, hooks, 1),
            )
        if marked is None and attribute in hooks and inspect.isroutine(function):
            raise PluginError(
                f"{attribute} isn't marked as a hook",
                where=function_site(function),
                expected="@hookimpl above it, from datamaestro.plugins",
            )
        if marked is not None and (marked["wrapper"] or marked["hookwrapper"]):
            raise PluginError(
                f"{attribute} is implemented as a wrapper",
                where=function_site(function),
                expected="a function that gives its answer, or None",
                hint="in datamaestro_prepare, request.prepare() is what there is to wrap",
            )


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _is_encoder_name(value: Any) -> bool:
    return _is_name(value) and value != BUILT_IN_ENCODER


def _is_target(value: Any) -> bool:
    return isinstance(value, str) and TARGET.fullmatch(value) is not None


def _is_target_or_empty(value: Any) -> bool:
    return value == "" or _is_target(value)


def _are_schemes(value: Any) -> bool:
    return (
        isinstance(value, tuple | list)
        and bool(value)
        and all(isinstance(item, str) and _SCHEME.fullmatch(item) for item in value)
    )


_RULES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "id": (is_component, "a name without dots, such as 'image'"),
    "name": (_is_name, "a name"),
    "schemes": (_are_schemes, "a tuple of URL schemes in lower case, such as ('s3',)"),
    "target": (_is_target, "module:attribute"),
    "recognize": (_is_target_or_empty, "module:attribute, or nothing"),
    "pack": (_is_target_or_empty, "module:attribute, or nothing"),
    "sample": (_is_target_or_empty, "module:attribute, or nothing"),
}
"""What the fields of descriptions have to be; the others are texts."""

_ENCODER_RULES = _RULES | {"name": (_is_encoder_name, f"a name other than {BUILT_IN_ENCODER!r}")}
