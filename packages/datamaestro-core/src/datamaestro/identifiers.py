"""Dataset ids and their selectors: pure functions on text.

A dataset id is a reversed domain and a name, ``com.lecun.mnist``. Where it is
looked up, a repository may stand before it (``image:com.lecun.mnist``), a selector
of a variant after it (``com.example.corpus[lang=fr,size=small]``), and then a part of
its value (``com.example.corpus[lang=fr].train``). In the place of an id, a file and the
name of what it declares may stand: ``./corpora.py:Letters``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from datamaestro.errors import QueryError
from datamaestro.selector import SELECTOR, folder_name, format_selector, parse_selector

__all__ = [
    "Identifier",
    "closest",
    "did_you_mean",
    "from_class_name",
    "from_url",
    "is_component",
    "is_dataset_id",
    "parse",
    "relative_path",
    "unaccented",
]

_COMPONENT = r"[A-Za-z0-9_][A-Za-z0-9_+-]*"
_DATASET_ID = re.compile(rf"{_COMPONENT}(?:\.{_COMPONENT})*")
_REFERENCE = re.compile(
    rf"(?:(?P<repository>{_COMPONENT}):)?(?P<name>{_DATASET_ID.pattern})"
    rf"(?:\[(?P<selector>{SELECTOR})\](?P<part>(?:\.{_COMPONENT})*))?"
)
_IN_FILE = re.compile(r"(?P<file>.+\.py):(?P<name>.+)")
_UPPER_RUN = re.compile(r"([A-Z]+)([A-Z][a-z])")
_LOWER_UPPER = re.compile(r"([a-z0-9])([A-Z])")


class Identifier(NamedTuple):
    """What a user writes to name a dataset.

    :param name: the dataset id itself, ``com.lecun.mnist``; or the name of a definition
        in `file`
    :param repository: the repository it must come from, if one was named
    :param selector: the chosen values of a variant's axes, as they are written
    :param part: the names that lead to a part of the dataset's value
    :param file: the file that declares it, if one was named
    """

    name: str
    repository: str | None = None
    selector: Mapping[str, str] = {}
    part: tuple[str, ...] = ()
    file: str | None = None

    def __str__(self) -> str:
        origin = self.repository or self.file
        prefix = "" if origin is None else f"{origin}:"
        part = "".join(f".{name}" for name in self.part)
        return f"{prefix}{self.name}{format_selector(self.selector)}{part}"

    def covers(self, other: Identifier) -> bool:
        """Tell whether it also names another's dataset; what it leaves open fits any.

        >>> parse("org.corpus[lang=fr]").covers(parse("text:org.corpus[lang=fr,size=small]"))
        True
        """
        return (
            self.name == other.name
            and self.repository in (None, other.repository)
            and self.selector.items() <= other.selector.items()
        )

    def shorter(self) -> Iterator[Identifier]:
        """Give what else it may name: parts of the datasets that its beginnings name.

        >>> [(item.name, item.part) for item in parse("com.lecun.mnist.test").shorter()]
        [('com.lecun.mnist', ('test',)), ('com.lecun', ('mnist', 'test')), \
('com', ('lecun', 'mnist', 'test'))]
        """
        components = self.name.split(".")
        for length in range(len(components) - 1, 0, -1):
            name, part = ".".join(components[:length]), (*components[length:], *self.part)
            yield self._replace(name=name, part=part)


def is_component(value: object) -> bool:
    """Tell whether a value is a text without dots that a dataset id could consist of."""
    return isinstance(value, str) and re.fullmatch(_COMPONENT, value) is not None


def is_dataset_id(text: str) -> bool:
    """Tell whether `text` has the form of a dataset id, without repository or selector."""
    return _DATASET_ID.fullmatch(text) is not None


def parse(text: str) -> Identifier:
    """Read ``[repository:]id[key=value,…].part``, or ``file.py:name[key=value,…].part``.

    :raises QueryError: if `text` has another form, or is something else

    >>> parse("image:com.lecun.mnist").repository
    'image'
    >>> parse("./corpora.py:Letters").file
    './corpora.py'
    >>> parse("com.example.corpus[size=small,lang=fr]").selector
    {'size': 'small', 'lang': 'fr'}
    """
    given = text.strip() if isinstance(text, str) else ""
    in_file = _IN_FILE.fullmatch(given)
    match = _REFERENCE.fullmatch(given if in_file is None else in_file["name"])
    if match is None or (in_file is not None and match["repository"]):
        raise QueryError(
            "not a dataset id",
            expected="[repository:]reversed.domain.name[key=value,…], or file.py:name",
            found=repr(text),
        )
    part = tuple((match["part"] or "").split(".")[1:])
    return Identifier(
        match["name"],
        match["repository"],
        parse_selector(match["selector"] or ""),
        part,
        None if in_file is None else in_file["file"],
    )


def from_class_name(name: str) -> str:
    """Make the last part of a dataset id from the name of a class or function.

    >>> from_class_name("ProcessedMNIST"), from_class_name("boston")
    ('processed.mnist', 'boston')
    """
    name = _UPPER_RUN.sub(r"\1.\2", name)
    return _LOWER_UPPER.sub(r"\1.\2", name).lower()


def from_url(url: str) -> str:
    """Propose a dataset id for something that lies at `url`.

    An address of numbers is nobody's name, and so is a folder of this machine.

    >>> from_url("http://yann.lecun.com/exdb/mnist/"), from_url("http://10.0.0.1/a/été.csv.gz")
    ('com.lecun.yann.exdb.mnist', 'local.a.ete')
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").split(".")[::-1]
    path = unquote(parts.path).rstrip("/").split("/")
    if not host[0]:
        host, path = ["local"], path[-1:]
    elif ":" in (parts.hostname or "") or host[0].isdigit():
        host = ["local"]
    elif host[-1] == "www":
        host.pop()
    path = [re.sub(r"(\.[^.]*)?(\.(gz|bz2|xz|zst))?$", "", part) for part in path]
    lower = (unaccented(part.lower()) for part in host + path)
    cleaned = (re.sub(r"[^a-z0-9_+-]+", "-", part).strip("-") for part in lower)
    return ".".join(part for part in cleaned if part)


def unaccented(text: str) -> str:
    """Give a text with plain letters in the place of those with accents.

    >>> unaccented("Œuvres de l'été")
    "Œuvres de l'ete"
    """
    import unicodedata

    found = unicodedata.normalize("NFKD", text)
    return "".join(item for item in found if not unicodedata.combining(item))


def relative_path(dataset_id: str) -> PurePosixPath:
    """Give the folder of a dataset below its repository's: one level for each component.

    A variant has one of its own in that.

    >>> str(relative_path("com.lecun.mnist")), str(relative_path("org.corpus[lang=fr]"))
    ('com/lecun/mnist', 'org/corpus/lang=fr')
    """
    family, bracket, rest = dataset_id.partition("[")
    folder = PurePosixPath(*family.split("."))
    return folder / folder_name(bracket + rest) if bracket else folder


def closest(name: str, candidates: Iterable[str], limit: int = 3) -> list[str]:
    """Give the candidates that look most like `name`, the best first.

    The last component counts on its own as well, since people remember ``mnist``
    better than the domain before it.
    """
    import difflib

    known = sorted(set(candidates))
    by_tail: dict[str, list[str]] = {}
    for candidate in known:
        by_tail.setdefault(candidate.rpartition(".")[2].lower(), []).append(candidate)
    found = difflib.get_close_matches(name, known, n=limit, cutoff=0.75)
    for tail in difflib.get_close_matches(name.rpartition(".")[2].lower(), by_tail, n=limit):
        found.extend(by_tail[tail])
    return list(dict.fromkeys(found))[:limit]


def did_you_mean(name: str, candidates: Iterable[str], limit: int = 3) -> str | None:
    """Make the hint about a name that isn't a candidate; None if it resembles none."""
    near = closest(name, candidates, limit)
    return f"did you mean {' or '.join(near)}?" if near else None
