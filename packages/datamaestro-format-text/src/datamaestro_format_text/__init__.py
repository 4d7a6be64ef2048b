"""Line-based text for datamaestro: lines, JSON Lines and TSV, with random access."""

from datamaestro_format_text.jsonlines import JSONLines
from datamaestro_format_text.lines import Lines
from datamaestro_format_text.tsv import TSV

__all__ = ["TSV", "JSONLines", "Lines"]
