"""The distribution as datamaestro sees it."""

from __future__ import annotations

import importlib
import subprocess
import sys

from datamaestro.data import File
from datamaestro_format_csv import _plugin


def test_every_described_data_type_can_be_loaded() -> None:
    for spec in _plugin.datamaestro_data_types():
        module, _, name = spec.target.partition(":")
        data_type = getattr(importlib.import_module(module), name)
        assert issubclass(data_type, File)
        assert data_type.__name__ == spec.name


def test_importing_the_data_types_imports_no_library_of_tables() -> None:
    program = (
        "import sys, datamaestro_format_csv;"
        "sys.exit(bool({'numpy', 'polars', 'pyarrow', 'pandas'} & set(sys.modules)))"
    )

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
