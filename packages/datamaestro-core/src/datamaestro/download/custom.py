"""Downloads that a function of the definition makes."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from datamaestro.checkers import Checker
from datamaestro.download.stored import FolderResource
from datamaestro.errors import DefinitionError
from datamaestro.location import definition_site

if TYPE_CHECKING:
    from datamaestro.context import Context

__all__ = ["Downloader", "custom_download"]


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

    :param name: the resource's name, and the folder's
    :param downloader: the function; see `Downloader`
    :param transient: see `Resource`
    :param checker: verifies the finished folder
    """

    def __init__(
        self,
        name: str,
        downloader: Downloader,
        *,
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
        self.downloader = downloader

    @property
    def fingerprint(self) -> str:
        name = getattr(self.downloader, "__qualname__", type(self.downloader).__qualname__)
        return f"{super().fingerprint} {name}"

    def _download(self, destination: Path) -> None:
        destination.mkdir()
        self.downloader(self.context, destination, force=True)


def _takes(downloader: Any) -> bool:
    """Tell whether something can be called as a `Downloader` is."""
    if not callable(downloader):
        return False
    try:
        inspect.signature(downloader).bind(None, None, force=True)
    except TypeError:
        return False
    except ValueError:  # it is built in, and doesn't tell
        pass
    return True
