"""The catalog: what the installed repositories declare, to look up and to search.

``catalog.py`` answers, from an index on disk: ``database.py`` has its tables, ``build.py``
and ``refresh.py`` fill them from what ``modules.py`` reads, ``index.py`` and ``query.py``
ask them. ``scan.py`` answers where there can be no index.
"""

from datamaestro.catalog.catalog import Catalog
from datamaestro.catalog.entry import Entry

__all__ = ["Catalog", "Entry"]
