from datamaestro.plugins import HandlerSpec, hookimpl


@hookimpl
def datamaestro_handlers() -> tuple[HandlerSpec, ...]:
    return (
        HandlerSpec(
            "linkfile",
            "datamaestro_download_datafolder:linkfile",
            "A file that the user has already",
        ),
        HandlerSpec(
            "linkfolder",
            "datamaestro_download_datafolder:linkfolder",
            "A folder that the user has already",
        ),
        HandlerSpec(
            "links",
            "datamaestro_download_datafolder:links",
            "A folder of links to other datasets",
        ),
    )
