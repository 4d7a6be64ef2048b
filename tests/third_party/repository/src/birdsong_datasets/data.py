"""Data types for bird songs."""

from datamaestro.data import File, Param

__all__ = ["Checklist"]


class Checklist(File):
    """Names of species, one on each line.

    :param region: where they live
    """

    region: Param[str]

    def species(self) -> list[str]:
        """Read the names."""
        return self.path.read_text(encoding="utf-8").splitlines()
