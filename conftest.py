"""Where the real files lie that some tests of this workspace want."""

import os
from pathlib import Path

MIRROR = Path(__file__).parent.parent / "shared" / "mirror"

if MIRROR.is_dir():
    os.environ.setdefault("DATAMAESTRO_TEST_MIRROR", str(MIRROR))
