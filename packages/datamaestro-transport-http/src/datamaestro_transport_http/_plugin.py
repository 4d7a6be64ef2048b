from datamaestro.plugins import TransportSpec, hookimpl


@hookimpl
def datamaestro_transports() -> tuple[TransportSpec, ...]:
    return (TransportSpec(("http", "https"), "datamaestro_transport_http:HttpTransport"),)
