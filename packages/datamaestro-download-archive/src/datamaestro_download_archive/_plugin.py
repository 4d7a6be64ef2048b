"""What this distribution adds to datamaestro."""

from __future__ import annotations

from collections.abc import Iterable

from datamaestro.plugins import DataTypeSpec, HandlerSpec, hookimpl

_PACKAGE = "datamaestro_download_archive"


@hookimpl
def datamaestro_handlers() -> Iterable[HandlerSpec]:
    """Tell which resources are made from archives."""
    return (
        HandlerSpec(
            "zipdownloader",
            f"{_PACKAGE}:ZipDownloader",
            "A zip archive, unpacked into a folder",
            recognize=f"{_PACKAGE}.recognition:recognize_zip",
            pack=f"{_PACKAGE}.packing:pack_zip",
        ),
        HandlerSpec(
            "tardownloader",
            f"{_PACKAGE}:TarDownloader",
            "A tar archive (gz, bz2, xz, zst), unpacked into a folder while it arrives",
            recognize=f"{_PACKAGE}.recognition:recognize_tar",
            pack=f"{_PACKAGE}.packing:pack_tar",
        ),
        HandlerSpec(
            "archivemember",
            f"{_PACKAGE}:ArchiveMember",
            "One file of a zip or tar archive",
            pack=f"{_PACKAGE}.packing:pack_member",
        ),
    )


@hookimpl
def datamaestro_data_types() -> Iterable[DataTypeSpec]:
    """Tell which data types read archives."""
    return (
        DataTypeSpec(
            "ArchiveFolder",
            f"{_PACKAGE}:ArchiveFolder",
            "An archive whose files are read in place",
            sample=f"{_PACKAGE}.packing:write_sample",
        ),
    )
