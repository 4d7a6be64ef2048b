"""The hooks that a plugin may implement.

A plugin is a module named by an entry point in the group ``datamaestro``::

    [project.entry-points.datamaestro]
    mine = "my_package._plugin"

and ``my_package/_plugin.py`` implements the hooks that it needs, and imports nothing but
``datamaestro.plugins``. What a plugin tells is asked for once and remembered: hooks that
fire "once" do so when plugins are first looked for, and again after something was
installed, upgraded or removed. Each implementation is called on its own, so none can be a
wrapper.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pluggy

from datamaestro.plugins.descriptors import (
    DataTypeSpec,
    EncoderSpec,
    HandlerSpec,
    RepositorySpec,
    TransportSpec,
)
from datamaestro.plugins.request import PrepareRequest

__all__ = [
    "datamaestro_data_types",
    "datamaestro_encoders",
    "datamaestro_handlers",
    "datamaestro_prepare",
    "datamaestro_repositories",
    "datamaestro_transports",
    "hookimpl",
]

hookspec = pluggy.HookspecMarker("datamaestro")
hookimpl = pluggy.HookimplMarker("datamaestro")


@hookspec
def datamaestro_repositories() -> Iterable[RepositorySpec]:
    """Tell which repositories the plugin provides.

    Fires once; repositories are imported when they are listed or searched. ::

        from datamaestro.plugins import RepositorySpec, hookimpl

        @hookimpl
        def datamaestro_repositories():
            yield RepositorySpec("mine", "my_package:Repository", "My datasets")
    """
    return ()


@hookspec
def datamaestro_handlers() -> Iterable[HandlerSpec]:
    """Tell which handlers the plugin provides.

    Fires once. The descriptions are for ``datamaestro plugins``, the documentation,
    ``create-dataset`` and mock data; definitions import a handler from its own package. ::

        from datamaestro.plugins import HandlerSpec, hookimpl

        @hookimpl
        def datamaestro_handlers():
            yield HandlerSpec("gitclone", "my_package:GitClone", "A git repository at a commit")
    """
    return ()


@hookspec
def datamaestro_data_types() -> Iterable[DataTypeSpec]:
    """Tell which data types the plugin provides.

    Fires once. The descriptions are for ``datamaestro plugins``, the documentation,
    ``create-dataset`` and mock data. ::

        from datamaestro.plugins import DataTypeSpec, hookimpl

        @hookimpl
        def datamaestro_data_types():
            yield DataTypeSpec("HDF5", "my_package:HDF5", "An HDF5 file")
    """
    return ()


@hookspec
def datamaestro_transports() -> Iterable[TransportSpec]:
    """Tell which URL schemes the plugin fetches.

    Fires once; a transport is imported when a URL of its schemes is first needed. ::

        from datamaestro.plugins import TransportSpec, hookimpl

        @hookimpl
        def datamaestro_transports():
            yield TransportSpec(("s3",), "my_package:S3Transport")
    """
    return ()


@hookspec
def datamaestro_encoders() -> Iterable[EncoderSpec]:
    """Tell how the plugin writes a dataset's value, for ``prepare --encoder NAME``.

    Fires once; an encoder is imported when it is asked for. ::

        from datamaestro.plugins import EncoderSpec, hookimpl

        @hookimpl
        def datamaestro_encoders():
            yield EncoderSpec("yaml", "my_package:to_yaml")
    """
    return ()


@hookspec(firstresult=True)
def datamaestro_prepare(request: PrepareRequest) -> Any:
    """Prepare a dataset in the kernel's place, or give None to leave it to others.

    Fires in ``prepare_dataset``, before anything is fetched; the first result that
    isn't None is what the user gets. An experiment manager takes over this way:
    ``request.build()`` makes the value without fetching, and ``request.prepare()``
    fetches, when a task needs it. ::

        from datamaestro.plugins import hookimpl

        @hookimpl
        def datamaestro_prepare(request):
            if request.download is None and inside_an_experiment():
                return request.build()
    """
