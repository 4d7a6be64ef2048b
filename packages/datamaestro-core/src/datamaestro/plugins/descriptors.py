"""What plugins tell about themselves: frozen descriptions, nothing loaded.

A ``target`` is ``"module:attribute"``; it is imported when it is needed. They are named
tuples since even the commands that only read what plugins told before make some.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = [
    "BUILT_IN_ENCODER",
    "KINDS",
    "DataTypeSpec",
    "EncoderSpec",
    "HandlerSpec",
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
    """A handler: a resource class, which decorates definitions as well.

    :param name: the name that definitions use, such as ``filedownloader``
    :param target: the resource class
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


BUILT_IN_ENCODER = "normal"
"""The name of the kernel's own encoder."""

KINDS = {
    "repositories": RepositorySpec,
    "handlers": HandlerSpec,
    "data_types": DataTypeSpec,
    "transports": TransportSpec,
    "encoders": EncoderSpec,
}
"""What plugins describe, by the names of the hooks after ``datamaestro_``."""
