"""Which certificates are trusted: those that the environment names, or those of certifi."""

from __future__ import annotations

import os
import ssl
from pathlib import Path
from typing import NamedTuple

from datamaestro.errors import TransportError

__all__ = ["Certificates", "certificates", "trusting"]

VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")
"""The environment variables that may name the trusted certificates; the first one wins."""


class Certificates(NamedTuple):
    """Where certificates are.

    :param cafile: a file of them
    :param capath: folders of them, as ``openssl rehash`` names them, with the separator of ``PATH``
        between them
    """

    cafile: str | None = None
    capath: str | None = None


def certificates(url: str) -> Certificates:
    """Give where the trusted certificates are.

    :param url: what is to be asked for, for messages
    :raises TransportError: if the environment names some that aren't there
    """
    name = next((name for name in VARIABLES if os.environ.get(name)), None)
    if name is None:
        import certifi

        return Certificates(cafile=certifi.where())
    value = os.environ[name]
    if Path(value).is_file():
        return Certificates(cafile=value)
    if not any(Path(item).is_dir() for item in value.split(os.pathsep)):
        raise TransportError(
            "its certificate can't be verified", where=url, expected=f"{name} to exist", found=value
        )
    return Certificates(capath=value)


def trusting(trusted: Certificates, url: str) -> ssl.SSLContext:
    """Make what verifies connections; once, since reading all certificates takes 20 ms.

    :raises TransportError: if they can't be read
    """
    try:
        return ssl.create_default_context(cafile=trusted.cafile, capath=trusted.capath)
    except (OSError, ssl.SSLError) as error:
        raise TransportError(
            "its certificate can't be verified",
            where=url,
            expected=f"certificates in {trusted.cafile or trusted.capath}",
            found=error,
        ) from error
