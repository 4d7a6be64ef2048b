"""Nothing any more: its import says what to write instead."""

from datamaestro.earlier import gone

raise gone(__name__)
