"""Writing definitions and plugins for their authors."""

from datamaestro.create.recognition import recognized_resource, recognized_value

__all__ = ["recognized_resource", "recognized_value"]
