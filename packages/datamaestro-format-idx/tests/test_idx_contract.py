"""IDX keeps what formats promise."""

from datamaestro.data.tensor import IDX
from datamaestro.testing import FormatContract


class TestIDX(FormatContract):
    data_type = IDX


class TestCompressedIDX(FormatContract):
    data_type = IDX
    filename = "sample.idx.gz"
