"""Tags and tasks: what datasets are about, and what they are used for."""

from __future__ import annotations

from typing import TypeVar

from datamaestro.definitions.decorated import declared_dataset, decorated_dataset
from datamaestro.errors import DefinitionError
from datamaestro.location import definition_site

__all__ = ["datatags", "datatasks", "inherited_words"]

T = TypeVar("T")


class _Annotation:
    """Adds words to a dataset, a data type or a metadataset."""

    attribute = ""

    def __init__(self, *words: str) -> None:
        if not all(isinstance(word, str) and word.strip() for word in words):
            raise DefinitionError(
                f"not the {self.attribute} of a dataset",
                where=definition_site(),
                expected="texts that aren't empty, one after the other: "
                f'@data{self.attribute}("one", "two")',
                found=repr(words),
            )
        self.words = frozenset(words)

    def __call__(self, target: T) -> T:
        decorator = f"data{self.attribute}"
        if isinstance(target, type) and declared_dataset(target) is None:
            own = vars(target).get(f"__{decorator}__", frozenset())
            setattr(target, f"__{decorator}__", own | self.words)
        else:
            definition = decorated_dataset(target, decorator, "@dataset below it, or a data type")
            words = getattr(definition, self.attribute) | self.words
            setattr(definition, self.attribute, words)
        return target


class datatags(_Annotation):  # noqa: N801
    """Say what a dataset, or every dataset of a data type, is about: ``@datatags("images")``."""

    attribute = "tags"


class datatasks(_Annotation):  # noqa: N801
    """Say what it is used for: ``@datatasks("image classification")``."""

    attribute = "tasks"


def inherited_words(attribute: str, *declared: object) -> frozenset[str]:
    """Give the tags or tasks of those that are classes, and of their ancestors."""
    own = f"__data{attribute}__"
    bases = [base for item in declared if isinstance(item, type) for base in item.__mro__]
    return frozenset().union(*(vars(base).get(own, ()) for base in bases))
