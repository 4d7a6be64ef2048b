"""How to cite datasets: BibTeX, CSL JSON, or lines of text.

A definition's ``citation`` is BibTeX. pybtex reads and checks it; where none is
declared, an entry is made from what else is known. Only those who cite need that
library: ``pip install 'datamaestro-core[cite]'``.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any

from datamaestro.catalog import Entry
from datamaestro.data.optional import required
from datamaestro.errors import DefinitionError

if TYPE_CHECKING:
    from pybtex.database import Entry as Reference, Person

__all__ = ["bibtex", "csl_json", "plain_text"]

EXTRA = "datamaestro-core[cite]"
"""What to install to have the libraries."""

_TYPES = {
    "article": "article-journal",
    "book": "book",
    "booklet": "pamphlet",
    "conference": "paper-conference",
    "dataset": "dataset",
    "inbook": "chapter",
    "incollection": "chapter",
    "inproceedings": "paper-conference",
    "mastersthesis": "thesis",
    "online": "webpage",
    "phdthesis": "thesis",
    "proceedings": "book",
    "software": "software",
    "techreport": "report",
    "thesis": "thesis",
    "unpublished": "manuscript",
}
"""The types of CSL 1.0.2 by those of BibTeX and BibLaTeX; others are documents."""

_FIELDS = {
    "title": ("title",),
    "container-title": ("journal", "journaltitle", "booktitle"),
    "volume": ("volume",),
    "issue": ("number",),
    "edition": ("edition",),
    "publisher": ("publisher", "institution", "school", "organization"),
    "publisher-place": ("address", "location"),
    "page": ("pages",),
    "version": ("version",),
    "note": ("note",),
    "DOI": ("doi",),
    "URL": ("url",),
    "ISBN": ("isbn",),
    "ISSN": ("issn",),
}
"""The variables of CSL, and the fields of BibTeX that give them, the first that there is."""

_VERBATIM = ("doi", "eprint", "pubmed", "url")
"""The fields that aren't LaTeX."""

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)

_KEY = r"(@\w+\s*[{{(]\s*|\bcrossref\s*=\s*[{{\"]\s*)({})(?=\s*[,}})\"])"
"""Where a key stands: at the beginning of its entry, or in one that refers to it."""

_LITERAL = re.compile(r"others|\{[^\\{](?:[^{}]|\{[^{}]*\})*\}")
"""What isn't a person's name: an institution's, in braces; and ``others``, CSL's "et al." too."""


def bibtex(entries: Iterable[Entry]) -> str:
    """Give the citations of datasets as BibTeX, each once.

    What is declared is given as it stands; only a key that was used before for
    something else gets a number.

    :raises DefinitionError: if what is declared isn't BibTeX
    """
    return "\n\n".join(text for _, text, _ in _bibliography(entries))


def csl_json(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """Give the citations of datasets as CSL JSON, which citation styles are applied to.

    :raises DefinitionError: as :func:`bibtex`
    """
    found = []
    for entry, references in _cited(entries):
        with _readable(entry):
            found += [_csl(key, reference) for key, reference in references.items()]
    return found


def plain_text(entries: Iterable[Entry]) -> list[str]:
    """Give the citations of datasets as text, one line each.

    :raises DefinitionError: as :func:`bibtex`
    """
    plugin = _pybtex("pybtex.plugin")
    style = plugin.find_plugin("pybtex.style.formatting", "plain")()
    backend = plugin.find_plugin("pybtex.backends", "plaintext")()
    found = []
    for entry, references in _cited(entries):
        with _readable(entry):
            found += [_formatted(item, style).text.render(backend) for item in references.values()]
    return found


def _formatted(reference: Reference, style: Any) -> Any:
    """Format an entry as its type asks, or as ``misc`` if it lacks what the type asks for."""
    try:
        if hasattr(style, f"get_{reference.type}_template"):
            (formatted,) = style.format_entries([reference])
            return formatted
    except _pybtex("pybtex.style.template").FieldIsMissing:
        pass
    reference.type = "misc"
    (formatted,) = style.format_entries([reference])
    return formatted


def _bibliography(entries: Iterable[Entry]) -> list[tuple[Entry, str, Mapping[str, Reference]]]:
    """Give all citations, each once: a dataset, the text and its entries, under unique keys."""
    found: dict[str, tuple[Entry, str, Mapping[str, Reference]]] = {}
    taken: set[str] = set()
    for entry in entries:
        declared = entry.citation or _made(entry)
        declared = "\n".join(line.rstrip() for line in declared.strip().splitlines())
        if declared in found:
            continue
        references = _parsed(declared, entry)
        keys = _free(references, taken)
        taken.update(keys.values())
        text = _renamed(declared, keys)
        parsed = references if text == declared else _parsed(text, entry)
        found[declared] = entry, text, parsed
    return list(found.values())


def _cited(entries: Iterable[Entry]) -> Iterator[tuple[Entry, Mapping[str, Reference]]]:
    return ((entry, references) for entry, _, references in _bibliography(entries))


def _free(keys: Iterable[str], taken: set[str]) -> dict[str, str]:
    """Give for each key one that isn't taken, both in lower case."""
    own = [key.lower() for key in keys]
    free: dict[str, str] = {}
    for key in own:
        free[key] = key
        if key in taken:
            used = taken.union(own, free.values())
            numbered = (f"{key}-{number}" for number in count(2))
            free[key] = next(item for item in numbered if item not in used)
    return free


def _renamed(text: str, keys: Mapping[str, str]) -> str:
    """Put the new keys, which only have numbers added, into a text."""
    changed = "|".join(re.escape(key) for key, free in keys.items() if free != key)
    if not changed:
        return text

    def replaced(match: re.Match[str]) -> str:
        key = match[2]
        return f"{match[1]}{key}{keys[key.lower()][len(key) :]}"

    return re.sub(_KEY.format(changed), replaced, text, flags=re.IGNORECASE)


def _made(entry: Entry) -> str:
    """Make an entry of BibTeX from what is known about a dataset."""
    required("latexcodec", EXTRA)  # importing it makes Python know LaTeX as an encoding
    name = re.sub("[{}]", "", entry.name) or entry.id  # a brace alone can't be written
    encoded: Any = codecs.encode(name, "ulatex", "keep")
    fields = {
        "title": f"{{{encoded}}}",  # a name keeps its capitals
        "doi": entry.doi,
        "url": entry.url,
        "note": f"Dataset {entry.id}",
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@misc{{{entry.id},", *lines, "}"])


def _parsed(text: str, entry: Entry) -> Mapping[str, Reference]:
    database = _pybtex("pybtex.database")
    with _readable(entry):
        references: Mapping[str, Reference] = database.parse_string(text, "bibtex").entries
        if not references:
            raise ValueError("no entry")
        for reference in references.values():
            _complete(reference, references)
    return references


@contextmanager
def _readable(entry: Entry) -> Iterator[None]:
    """Blame a dataset's citation for what can't be read: as BibTeX, or the LaTeX in it.

    :raises DefinitionError: if something can't
    """
    try:
        yield
    except (_pybtex("pybtex.exceptions").PybtexError, ValueError) as error:
        raise DefinitionError(
            f"the citation of {entry.id} can't be read",
            where=entry.source,
            expected="an entry of BibTeX",
            found=error,
        ) from error


def _complete(reference: Reference, others: Mapping[str, Reference]) -> None:
    """Add what an entry inherits from the one that it refers to, and the date as BibTeX has it.

    A % in a text means itself, as in the URLs of notes; only in LaTeX files it begins a comment.
    """
    fields = reference.fields
    texts = {name: value for name, value in fields.items() if name not in _VERBATIM}
    fields.update({name: re.sub(r"(?<!\\)%", r"\%", value) for name, value in texts.items()})
    whole = others.get(fields.get("crossref", ""))
    if whole is not None:
        for own, inherited in (fields, whole.fields), (reference.persons, whole.persons):
            own.update({name: value for name, value in inherited.items() if name not in own})
    date = re.match(r"(\d{4})(?:-(\d\d))?", fields.get("date", ""))
    if date is not None and "year" not in fields:
        fields.update({"year": date[1], "month": date[2] or ""})
    month = fields.get("month", "")
    if month.isdecimal() and 1 <= int(month) <= len(_MONTHS):
        fields["month"] = _MONTHS[int(month) - 1]


def _csl(key: str, reference: Reference) -> dict[str, Any]:
    item: dict[str, Any] = {"id": key, "type": _TYPES.get(reference.type.lower(), "document")}
    for role, people in reference.persons.items():
        item[role] = [_name(person) for person in people]
    for variable, names in _FIELDS.items():
        value = next((reference.fields[name] for name in names if name in reference.fields), None)
        if value is not None:
            item[variable] = value if variable in ("DOI", "URL") else _decoded(value)
    if "page" in item:
        item["page"] = re.sub("[-\N{EN DASH}]+", "-", item["page"])
    year = reference.fields.get("year", "")
    if year.isdecimal():
        beginning = reference.fields.get("month", "").lower()[:3]
        month = [i for i, name in enumerate(_MONTHS, 1) if name.lower()[:3] == beginning]
        item["issued"] = {"date-parts": [[int(year), *month]]}
    return item


def _name(person: Person) -> dict[str, str]:
    if _LITERAL.fullmatch(str(person)):
        return {"literal": _decoded(str(person))}
    parts = {
        "family": person.last_names,
        "given": [*person.first_names, *person.middle_names],
        "non-dropping-particle": person.prelast_names,
        "suffix": person.lineage_names,
    }
    return {name: _decoded(" ".join(words)) for name, words in parts.items() if words}


def _decoded(text: str) -> str:
    """Give a text of LaTeX as plain text: accents as letters, without braces."""
    return str(_pybtex("pybtex.richtext").Text.from_latex(text))


def _pybtex(module: str) -> Any:
    return required(module, EXTRA)
