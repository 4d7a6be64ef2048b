from datamaestro.plugins import HandlerSpec, hookimpl


@hookimpl
def datamaestro_handlers():
    yield HandlerSpec(
        "base64downloader", "birdsong_base64:Base64Downloader", "One file, decoded from base64"
    )
