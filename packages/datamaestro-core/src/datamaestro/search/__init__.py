"""Search: what is asked of the catalog, as text or as conditions to combine.

A query is made of terms, all of which must hold::

    mnist                   the id or the name has it, or a word of the description, the
                            tags, the tasks or the axes of variants begins with it
    "image classification"  the same, for these words one after the other
    ^com\\..*digits          the id or the name matches this regular expression
    tag:images              a tag matches
    task:classification     a task matches
    repo:image              the repository is this one (also ``repository:``)
    type:ImageClass         the data type, or one of its ancestors, matches
    license:cc-by           the licence matches (also ``licence:``)
    lang:fr                 a language of the content is this one, or a kind of it
    size:<1GB               so much is downloaded
    prepared:yes            the data are on this machine

``OR`` stands between alternatives, ``NOT`` or ``-`` before what must not hold, and
parentheses around what belongs together. Matching is anywhere in the text, upper and
lower case alike; quotes hold a value with spaces together: ``task:"image classification"``.
"""

from datamaestro.search.conditions import (
    AndCondition,
    Condition,
    NotCondition,
    OrCondition,
)
from datamaestro.search.fields import (
    LanguageCondition,
    LicenceCondition,
    PreparedCondition,
    RepositoryCondition,
    SizeCondition,
    TagCondition,
    TaskCondition,
    TypeCondition,
)
from datamaestro.search.parsing import parse_query
from datamaestro.search.spelling import corrected
from datamaestro.search.text import PhraseCondition, TextCondition, WordCondition

__all__ = [
    "AndCondition",
    "Condition",
    "LanguageCondition",
    "LicenceCondition",
    "NotCondition",
    "OrCondition",
    "PhraseCondition",
    "PreparedCondition",
    "RepositoryCondition",
    "SizeCondition",
    "TagCondition",
    "TaskCondition",
    "TextCondition",
    "TypeCondition",
    "WordCondition",
    "corrected",
    "parse_query",
]
