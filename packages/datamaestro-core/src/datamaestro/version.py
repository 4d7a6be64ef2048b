"""The version of the kernel, without a look at what is installed."""

__all__ = ["VERSION", "__version__"]

VERSION = "2026.11.0"
"""That of the distribution; a test compares both."""

__version__ = VERSION
