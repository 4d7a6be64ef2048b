"""What servers do wrong, for tests of whatever fetches.

A fault changes one answer of a :class:`~datamaestro.testing.FileServer`::

    server.faults["/data.csv"] = [DropAfter(1000), Status(503, retry_after="0")]

breaks off the first transfer after 1,000 bytes, refuses the second request, and
answers from the third on as it should. What goes wrong before there is an answer is the
server's own: :meth:`~datamaestro.testing.FileServer.down`, and certificates.
"""

from datamaestro.testing.faults.answers import (
    IgnoreRange,
    Informational,
    Page,
    Redirect,
    Status,
    WrongRange,
)
from datamaestro.testing.faults.fault import Fault, Together
from datamaestro.testing.faults.transfers import (
    Chunked,
    Corrupt,
    Drip,
    DropAfter,
    Encoded,
    ShortBody,
    Stall,
    WithoutLength,
    WrongLength,
)
from datamaestro.testing.faults.validators import (
    IgnoreValidator,
    Modified,
    Replace,
    WeakValidator,
    WithoutValidator,
)

__all__ = [
    "Chunked",
    "Corrupt",
    "Drip",
    "DropAfter",
    "Encoded",
    "Fault",
    "IgnoreRange",
    "IgnoreValidator",
    "Informational",
    "Modified",
    "Page",
    "Redirect",
    "Replace",
    "ShortBody",
    "Stall",
    "Status",
    "Together",
    "WeakValidator",
    "WithoutLength",
    "WithoutValidator",
    "WrongLength",
    "WrongRange",
]
