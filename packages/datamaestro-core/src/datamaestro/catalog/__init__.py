"""The catalog: what the installed repositories declare, to look up and to search.

For now it reads the repositories themselves each time; whoever asks it can't tell.
"""

from datamaestro.catalog.entry import Entry
from datamaestro.catalog.scan import Catalog

__all__ = ["Catalog", "Entry"]
