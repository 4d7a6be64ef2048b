"""The real files that some tests want: if a folder ``shared/mirror`` lies beside the checkout."""

import os
from pathlib import Path

MIRROR = Path(__file__).parent.parent / "shared" / "mirror"

if MIRROR.is_dir():
    os.environ.setdefault("DATAMAESTRO_TEST_MIRROR", str(MIRROR))
