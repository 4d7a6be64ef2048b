"""Whether what plugins tell about themselves is what they should tell."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from datamaestro.errors import PluginError
from datamaestro.identifiers import is_component
from datamaestro.plugins.descriptors import BUILT_IN_ENCODER, EncoderSpec
from datamaestro.plugins.targets import TARGET

if TYPE_CHECKING:
    import pluggy

__all__ = ["check_no_wrappers", "check_spec"]

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*")


def check_spec(spec: Any, kind: type[Any], hook: str) -> None:
    """Check a description that a plugin gave.

    :param kind: what it should be
    :param hook: where it comes from, for messages
    :raises PluginError: if it isn't, or one of its fields can't be that
    """
    if not isinstance(spec, kind):
        raise PluginError(
            f"{hook} gave something else than it should", expected=kind.__name__, found=repr(spec)
        )
    rules = _ENCODER_RULES if kind is EncoderSpec else _RULES
    for field, value in spec._asdict().items():
        holds, expected = rules.get(field, (_is_text, "a text"))
        if not holds(value):
            raise PluginError(
                f"{hook} gave a {kind.__name__} with an invalid {field}",
                expected=expected,
                found=repr(value),
            )


def check_no_wrappers(manager: pluggy.PluginManager, name: str) -> None:
    """Refuse a plugin that wraps a hook: as each is called on its own, it would wrap nothing.

    :param name: what the plugin is registered under
    :raises PluginError: if it does
    """
    for caller in manager.get_hookcallers(manager.get_plugin(name)) or ():
        for implementation in caller.get_hookimpls():
            wraps = implementation.wrapper or implementation.hookwrapper
            if wraps and implementation.plugin_name == name:
                raise PluginError(
                    f"{caller.name} is implemented as a wrapper",
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
