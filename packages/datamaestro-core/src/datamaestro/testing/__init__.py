"""A kit for the tests of plugins and datasets.

Installing datamaestro gives pytest the fixtures of `datamaestro.testing.fixtures`.
"""

from datamaestro.testing.distribution import write_distribution
from datamaestro.testing.loopback import LoopbackContext
from datamaestro.testing.server import FileServer, Request

__all__ = ["FileServer", "LoopbackContext", "Request", "write_distribution"]
