"""The transports of a context: what opens the URLs of each scheme."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from datamaestro.errors import DatamaestroError, TransportError
from datamaestro.per_process import PerProcess

if TYPE_CHECKING:
    from datamaestro.context import Context
    from datamaestro.download.transport import Transport
    from datamaestro.plugins.descriptors import TransportSpec
    from datamaestro.plugins.provided import Provided

__all__ = ["Transports"]


class Transports:
    """The transports of a context, each made when it is first asked for, by any thread.

    A process that was forked makes its own. Those of its parent may keep connections: if
    several processes asked on the same one, each would get parts of the others' answers.

    :param context: that one
    """

    def __init__(self, context: Context) -> None:
        self.context = context
        self._made: PerProcess[Transport] = PerProcess()

    def get(self, url: str) -> Transport:
        """Give what opens URLs of the scheme of `url`.

        :raises TransportError: if no plugin does
        :raises PluginError: if the plugin that does is broken, or several do
        """
        scheme = urlsplit(url).scheme.lower()
        return self._made.get(lambda: self._transport(scheme, url), scheme)

    def _transport(self, scheme: str, url: str) -> Transport:
        from datamaestro.download.transport import Transport

        plugins, provided = self.context.plugins, self._provided(scheme, url)
        transport_class, plugin = plugins.load(provided), provided.plugin
        message = f"{provided.spec.target}, which {plugin} provides, doesn't work"
        with plugins.blamed(plugin, message, passing=(DatamaestroError,)):
            if isinstance(transport_class, type) and not issubclass(transport_class, Transport):
                raise TypeError(
                    "expected a class derived from datamaestro.download.Transport, "
                    f"found {transport_class!r}"
                )
            transport = transport_class(self.context)
            if not isinstance(transport, Transport):
                raise TypeError(f"expected a datamaestro.download.Transport, found {transport!r}")
        return transport

    def _provided(self, scheme: str, url: str) -> Provided[TransportSpec]:
        plugins = self.context.plugins
        provided = plugins.only(
            plugins.transports,
            lambda spec: scheme in spec.schemes,
            f"the transport for {scheme}: URLs",
        )
        if provided is None:
            raise TransportError(
                f"no installed plugin fetches {scheme}: URLs",
                where=url,
                hint="install one that does; 'datamaestro plugins' lists those installed",
            )
        return provided
