"""Line-based text files; shipped by ``datamaestro-format-text``."""

from datamaestro.facade import shipped_by

with shipped_by("datamaestro-format-text", package="datamaestro_format_text"):
    from datamaestro_format_text import TSV, JSONLines, Lines

__all__ = ["TSV", "JSONLines", "Lines"]
