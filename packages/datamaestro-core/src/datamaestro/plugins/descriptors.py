"""What plugins tell about themselves: frozen descriptions, nothing loaded.

A ``target`` is ``"module:attribute"``; it is imported when it is needed. They are named
tuples since even the commands that only read what plugins told before make some.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from datamaestro.context import Context
    from datamaestro.definitions import DatasetDefinition

__all__ = [
    "DataTypeSpec",
    "EncoderSpec",
    "HandlerSpec",
    "PrepareRequest",
    "RepositorySpec",
    "TransportSpec",
]


class RepositorySpec(NamedTuple):
    """A repository: a named collection of datasets.

    :param id: what users write, and the name of its folder in the data directory
    :param target: its class, derived from ``datamaestro.Repository``
    :param description: one line
    """

    id: str
    target: str
    description: str = ""


class HandlerSpec(NamedTuple):
    """A handler: a resource class, and its decorator if it has one.

    :param name: the name that definitions use, such as ``filedownloader``
    :param target: the resource class or the decorator
    :param summary: one line
    :param recognize: a function that proposes the resource for a download; see
        :mod:`datamaestro.plugins.proposals`
    :param pack: a function that gives, for mock data, what the resource would download:
        ``pack(resource, path)`` gives the bytes of each of its sources, so that it makes
        of them what lies at `path`, or None where it can't tell
    """

    name: str
    target: str
    summary: str = ""
    recognize: str = ""
    pack: str = ""


class DataTypeSpec(NamedTuple):
    """A data type.

    :param name: its class name
    :param target: the class, derived from ``datamaestro.data.Base``
    :param summary: one line
    :param recognize: a function that proposes the data type for a file or a folder; see
        :mod:`datamaestro.plugins.proposals`
    :param sample: a function that writes small synthetic files for a value of the type,
        and of those derived from it; see :class:`datamaestro.testing.Sampling`
    """

    name: str
    target: str
    summary: str = ""
    recognize: str = ""
    sample: str = ""


class TransportSpec(NamedTuple):
    """A transport.

    :param schemes: the URL schemes that it opens, in lower case
    :param target: its class, derived from ``datamaestro.download.Transport``
    """

    schemes: tuple[str, ...]
    target: str


class EncoderSpec(NamedTuple):
    """An encoder: a function that takes a dataset's value and gives its text.

    :param name: what ``prepare --encoder`` takes
    :param target: the function
    """

    name: str
    target: str


@dataclass(frozen=True)
class PrepareRequest:
    """What was asked of ``prepare_dataset``, for plugins that may answer instead.

    :param dataset: the dataset's definition
    :param context: where its data live
    :param variant: the chosen values of its axes
    :param download: whether missing data may be fetched now; None if the caller
        leaves it to whoever prepares
    :param build: makes the value without fetching anything
    :param prepare: does what the kernel would: fetch, and make the value
    :param force: whether what is there has to be fetched again, which `prepare` does then
    :param only: the parts of the value that are to be made ready; all if there are none
    """

    dataset: DatasetDefinition
    context: Context
    variant: Mapping[str, Any] = field(default_factory=dict)
    download: bool | None = None
    build: Callable[[], Any] = field(default=lambda: None, compare=False)
    prepare: Callable[[], Any] = field(default=lambda: None, compare=False)
    force: bool = False
    only: tuple[str, ...] = ()
