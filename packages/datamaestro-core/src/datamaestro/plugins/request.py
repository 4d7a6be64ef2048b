"""What a plugin is asked when a dataset is to be prepared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from datamaestro.context import Context
    from datamaestro.definitions.dataset_definition import DatasetDefinition

__all__ = ["PrepareRequest"]


class PrepareRequest(NamedTuple):
    """What was asked of ``prepare_dataset``, for plugins that may answer instead.

    :param dataset: the dataset's definition
    :param context: where its data live
    :param variant: the chosen values of its axes
    :param download: whether missing data may be fetched now; None if the caller
        leaves it to whoever prepares
    :param build: makes the value without fetching anything
    :param prepare: does what the kernel would: fetch, and make the value
    :param force: whether what is there has to be fetched again, which `prepare` does then
    :param only: the parts of the value that are to be made ready; all if there are none
    :param part: the names that lead to what is to be given; none for the whole value
    """

    dataset: DatasetDefinition
    context: Context
    variant: Mapping[str, Any] = {}
    download: bool | None = None
    build: Callable[[], Any] = lambda: None
    prepare: Callable[[], Any] = lambda: None
    force: bool = False
    only: tuple[str, ...] = ()
    part: tuple[str, ...] = ()
