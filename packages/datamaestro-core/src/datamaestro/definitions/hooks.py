"""Hooks of datasets: what a definition does before its data are fetched, or used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from datamaestro.definitions.dataset_definition import HOOKS, DatasetDefinition
from datamaestro.definitions.decorated import declared_dataset, decorated_dataset
from datamaestro.errors import DefinitionError
from datamaestro.location import definition_site
from datamaestro.signatures import signature_of

if TYPE_CHECKING:
    from datamaestro.context import Context

__all__ = ["DatasetInContext", "Decorator", "hook"]

T = TypeVar("T")


@dataclass(frozen=True)
class DatasetInContext:
    """What a hook gets: a dataset, and the context in which it is about to be used.

    Attributes of the definition are found here too: ``dataset.id``, ``dataset.url``.

    :param definition: what is declared
    :param context: where its data live
    :param folder: the dataset's folder, which may not be there yet
    """

    definition: DatasetDefinition
    context: Context
    folder: Path

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # of a protocol: a copy is asked for it before it has attributes
            raise AttributeError(name)
        return getattr(self.definition, name)


class Decorator(Protocol):
    """A decorator of datasets."""

    def __call__(self, target: T) -> T:
        """Decorate a dataset, and give it back."""


def hook(name: str) -> Callable[[Callable[..., object]], Callable[..., Decorator]]:
    """Make a decorator of datasets from a function that is to be called before something.

    The function gets a `DatasetInContext`, and then what the decorator was given.
    ``pre-use`` comes first, before anything is fetched or the value is made;
    ``pre-download`` before anything is fetched, once for each preparation that fetches. What
    the function returns doesn't count; an exception prevents what it was called before. ::

        @hook("pre-download")
        def warn(dataset, hours):
            print(f"{dataset.id} takes {hours} hours to download")

        @warn(5)
        @dataset(url="https://example.org")
        class Corpus(Dataset): ...

    :param name: ``pre-use`` or ``pre-download``
    :raises DefinitionError: for another name; or if it decorates something else
    """
    if name not in HOOKS:
        raise DefinitionError(
            f"datasets have no hook {name!r}", where=definition_site(), expected=" or ".join(HOOKS)
        )

    def annotation(function: Callable[..., object]) -> Callable[..., Decorator]:
        if declared_dataset(function) is not None or not callable(function):
            raise DefinitionError(
                "@hook doesn't decorate a function",
                where=definition_site(),
                expected="a function of the dataset, which decorates datasets then",
                found=f"{function!r:.80}",
            )

        def with_arguments(*arguments: Any, **options: Any) -> Decorator:
            _check_call(function, (None, *arguments), options)

            def decorator(target: T) -> T:
                definition = decorated_dataset(target, f"the hook {name!r}")
                definition.register_hook(name, lambda d: function(d, *arguments, **options))
                return target

            return decorator

        return with_arguments

    return annotation


def _check_call(
    function: Callable[..., object], arguments: tuple[Any, ...], options: dict[str, Any]
) -> None:
    """Check that a function takes some arguments, the first of which is the dataset."""
    signature = signature_of(function)
    try:
        signature.bind(*arguments, **options)
    except TypeError as error:
        name = getattr(function, "__name__", type(function).__name__)
        raise DefinitionError(
            f"the hook {name!r} is called wrongly: {error}",
            where=definition_site(),
            expected=f"@{name}(…), with parentheses, and in them what {name}{signature} takes "
            "after the dataset",
        ) from None
