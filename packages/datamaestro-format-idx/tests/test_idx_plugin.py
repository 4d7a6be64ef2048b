"""The distribution as datamaestro sees it."""

from __future__ import annotations

import importlib
import subprocess
import sys

from datamaestro.data import Base
from datamaestro_format_idx import _plugin


def test_every_described_data_type_can_be_loaded() -> None:
    for spec in _plugin.datamaestro_data_types():
        module, _, name = spec.target.partition(":")
        data_type = getattr(importlib.import_module(module), name)
        assert issubclass(data_type, Base)
        assert data_type.__name__ == spec.name


def test_importing_the_data_types_does_not_import_numpy() -> None:
    program = "import sys, datamaestro_format_idx; sys.exit('numpy' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
