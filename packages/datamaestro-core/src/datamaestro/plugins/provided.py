"""What the plugin manager gives: what is provided, and by whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from datamaestro.plugins.descriptors import (
    DataTypeSpec,
    EncoderSpec,
    HandlerSpec,
    RepositorySpec,
    TransportSpec,
)

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = ["BrokenPlugin", "Plugin", "Provided", "Spec"]

Spec = TypeVar("Spec", RepositorySpec, HandlerSpec, DataTypeSpec, TransportSpec, EncoderSpec)


class Plugin(NamedTuple):
    """An entry point, and the distribution that declares it.

    :param distribution: its name, or an empty text if it isn't known
    :param version: its version, likewise
    :param entry_point: ``group: name = module``
    """

    distribution: str
    version: str
    entry_point: str

    @classmethod
    def of(cls, entry_point: EntryPoint) -> Plugin:
        """Describe an entry point."""
        text = f"{entry_point.group}: {entry_point.name} = {entry_point.value}"
        if entry_point.dist is None:
            return cls("", "", text)
        metadata = entry_point.dist.metadata  # parsed again for each question
        return cls(metadata["Name"], metadata["Version"], text)

    def __str__(self) -> str:
        return f"{self.distribution} {self.version}".strip() or self.entry_point


class BrokenPlugin(NamedTuple):
    """What went wrong with a plugin.

    :param plugin: which one
    :param reason: the error, with the name of its class
    """

    plugin: Plugin
    reason: str

    def __str__(self) -> str:
        return self.reason

    @property
    def warning(self) -> str:
        """What users are told, in one line."""
        text = (
            f"plugin {self.plugin} is broken and left out ({self.reason}); "
            "'datamaestro plugins' tells more"
        )
        return " ".join(text.split())


class Provided(NamedTuple, Generic[Spec]):
    """Something that a plugin provides.

    :param spec: its description
    :param plugin: whose it is
    """

    spec: Spec
    plugin: Plugin
