from datamaestro.plugins import TransportSpec, hookimpl


@hookimpl
def datamaestro_transports() -> tuple[TransportSpec, ...]:
    return (
        TransportSpec(("file",), "datamaestro_transport_local:FileTransport"),
        TransportSpec(("package",), "datamaestro_transport_local:PackageTransport"),
    )
