"""The transports of a context: what opens the URLs of each scheme."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from datamaestro.errors import TransportError

if TYPE_CHECKING:
    from datamaestro.context import Context
    from datamaestro.download.transport import Transport
    from datamaestro.plugins.descriptors import TransportSpec
    from datamaestro.plugins.provided import Provided

__all__ = ["Transports"]


class Transports:
    """The transports of a context, each made when it is first asked for, by any thread.

    :param context: that one
    """

    def __init__(self, context: Context) -> None:
        self.context = context
        self._made: dict[str, Transport] = {}
        self._lock = threading.Lock()

    def get(self, url: str) -> Transport:
        """Give what opens URLs of the scheme of `url`.

        :raises TransportError: if no plugin does
        :raises PluginError: if the plugin that does is broken, or several do
        """
        scheme = urlsplit(url).scheme.lower()
        with self._lock:
            if scheme not in self._made:
                provided = self._provided(scheme, url)
                self._made[scheme] = self.context.plugins.load(provided)(self.context)
            return self._made[scheme]

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
