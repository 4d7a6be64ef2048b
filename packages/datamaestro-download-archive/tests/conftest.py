"""What the tests of archives share."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# The modules beside this file are tools of these tests, and no package.
sys.path.insert(0, str(Path(__file__).parent))

settings.register_profile(
    "short", max_examples=40, deadline=None, suppress_health_check=list(HealthCheck)
)
settings.register_profile(
    "long", max_examples=20_000, deadline=None, suppress_health_check=list(HealthCheck)
)
settings.load_profile(os.environ.get("DATAMAESTRO_FUZZ_PROFILE", "short"))


@pytest.fixture(scope="session")
def mirror() -> Path:
    """Real files, laid out by the host and path of their URLs."""
    default = Path(__file__).parents[4] / "shared" / "mirror"
    path = Path(os.environ.get("DATAMAESTRO_TEST_MIRROR", default))
    if not path.is_dir():
        pytest.skip("no real archives: set DATAMAESTRO_TEST_MIRROR to a folder of them")
    return path
