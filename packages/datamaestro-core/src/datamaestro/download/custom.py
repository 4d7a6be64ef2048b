"""Downloads that a function of the definition makes."""

from __future__ import annotations

from collections.abc import Collection
from enum import Enum
from functools import partial
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Protocol

from datamaestro.checkers import Checker
from datamaestro.download.stored import FolderResource
from datamaestro.errors import DefinitionError
from datamaestro.location import definition_site
from datamaestro.signatures import signature_of

if TYPE_CHECKING:
    from datamaestro.context import Context

__all__ = ["Downloader", "custom_download"]

_PLAIN = (str, bytes, int, float, complex, type(None))
"""What each process writes alike."""


class Downloader(Protocol):
    """A function that fills a folder."""

    def __call__(self, context: Context, root: Path, *, force: bool = False) -> object:
        """Put files into a folder.

        :param context: the context that it happens in
        :param root: the folder, which is empty; it is moved into place afterwards
        :param force: whether to begin from nothing, which a preparation always does
        """


class custom_download(FolderResource):  # noqa: N801  (documented in lower case)
    """A folder that a function fills, for what no handler can fetch. ::

        def from_service(context, root, *, force=False):
            (root / "data.csv").write_text(ask_service())

        @custom_download("data", from_service)
        @dataset(url="https://example.org")
        def corpus(data) -> Folder: ...

    The folder is made again when another function is named, a `functools.partial` of it gets other
    texts, numbers, paths, or collections of these, or `version` is another. That the function's
    body has changed isn't noticed.

    :param name: the resource's name, and the folder's
    :param downloader: the function; see `Downloader`
    :param version: that of what the function makes: another one when it changes
    :param transient: see `Resource`
    :param checker: verifies the finished folder
    """

    def __init__(
        self,
        name: str,
        downloader: Downloader,
        *,
        version: str = "",
        transient: bool = False,
        checker: Checker | None = None,
    ) -> None:
        super().__init__(name, transient=transient, checker=checker)
        if not _takes(downloader):
            raise DefinitionError(
                f"nothing fills {name!r}",
                where=definition_site(),
                expected="a function of context, root and force",
                found=f"{downloader!r:.80}",
            )
        if not isinstance(version, str):
            raise DefinitionError(
                f"the version of {name!r} isn't a text",
                where=definition_site(),
                expected="version='2'",
                found=repr(version),
            )
        self.downloader = downloader
        self.version = version

    @property
    def fingerprint(self) -> str:
        version = [f"version={self.version}"] if self.version else []
        return " ".join([super().fingerprint, _told(self.downloader), *version])

    def _download(self, destination: Path) -> None:
        destination.mkdir()
        self.downloader(self.context, destination, force=True)


def _takes(downloader: Any) -> bool:
    """Tell whether something can be called as a `Downloader` is."""
    if not callable(downloader):
        return False
    try:
        signature_of(downloader).bind(None, None, force=True)
    except TypeError:
        return False
    except ValueError:  # it is built in, and doesn't tell
        pass
    return True


def _told(value: Any) -> str:
    """Tell what something is, alike in each process: of what has no such text, its type."""
    if isinstance(value, partial):
        keywords = [f"{name}={_told(item)}" for name, item in sorted(value.keywords.items())]
        return f"{_told(value.func)}({', '.join([*map(_told, value.args), *keywords])})"
    if isinstance(value, list | tuple | set | frozenset | dict):
        return _told_together(value)
    if isinstance(value, PurePath):
        return repr(value.as_posix())
    if isinstance(value, Enum):
        return str(value)
    if isinstance(value, _PLAIN):
        return repr(value)
    name: str = getattr(value, "__qualname__", type(value).__qualname__)
    return name


def _told_together(items: Collection[Any]) -> str:
    if isinstance(items, dict):
        return f"{{{', '.join(f'{_told(key)}: {_told(item)}' for key, item in items.items())}}}"
    told = [_told(item) for item in items]
    if isinstance(items, set | frozenset):  # its own order is another in each process
        return f"{{{', '.join(sorted(told))}}}"
    return f"[{', '.join(told)}]"
