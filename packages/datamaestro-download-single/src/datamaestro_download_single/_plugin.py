from datamaestro.plugins import HandlerSpec, hookimpl


@hookimpl
def datamaestro_handlers() -> tuple[HandlerSpec, ...]:
    return (
        HandlerSpec(
            "filedownloader",
            "datamaestro_download_single:FileDownloader",
            "One file, decompressed on the way",
            recognize="datamaestro_download_single.recognition:recognize",
            pack="datamaestro_download_single.packing:pack_file",
        ),
        HandlerSpec(
            "concatdownload",
            "datamaestro_download_single:ConcatDownloader",
            "Several files, decompressed and joined into one",
            pack="datamaestro_download_single.packing:pack_parts",
        ),
    )
