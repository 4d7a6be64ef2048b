"""How to cite datasets: BibTeX, CSL JSON, or lines of text.

A definition's ``citation`` is BibTeX. pybtex reads and checks it; where none is
declared, an entry is made from what else is known. Only who cites needs that
library: ``pip install datamaestro-core[cite]``.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Mapping
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

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def bibtex(entries: Iterable[Entry]) -> str:
    """Give the citations of datasets as BibTeX, each once.

    What is declared is given as it stands; only a key that was used before for
    something else gets a number.

    :raises DefinitionError: if what is declared isn't BibTeX
    """
    return "\n\n".join(text for text, _ in _bibliography(entries))


def csl_json(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """Give the citations of datasets as CSL JSON, which citation styles are applied to.

    :raises DefinitionError: as :func:`bibtex`
    """
    return [
        _csl(key, reference)
        for _, references in _bibliography(entries)
        for key, reference in references.items()
    ]


def plain_text(entries: Iterable[Entry]) -> list[str]:
    """Give the citations of datasets as text, one line each.

    :raises DefinitionError: as :func:`bibtex`
    """
    plugin = _pybtex("pybtex.plugin")
    style = plugin.find_plugin("pybtex.style.formatting", "plain")()
    backend = plugin.find_plugin("pybtex.backends", "plaintext")()
    lines = []
    for _, references in _bibliography(entries):
        for reference in references.values():
            if not hasattr(style, f"get_{reference.type}_template"):
                reference.type = "misc"
            (formatted,) = style.format_entries([reference])
            lines.append(formatted.text.render(backend))
    return lines


def _bibliography(entries: Iterable[Entry]) -> list[tuple[str, Mapping[str, Reference]]]:
    """Give the texts of all citations, each once, and what they say, their keys unique."""
    found: dict[str, Mapping[str, Reference]] = {}
    taken: set[str] = set()
    for entry in entries:
        text = entry.citation or _made(entry)
        text = "\n".join(line.rstrip() for line in text.strip().splitlines())
        if text in found:
            continue
        for key in _parsed(text, entry):
            free = _free(key, taken)
            taken.add(free.lower())
            if free != key:
                text = re.sub(rf"(@\w+\s*{{\s*){re.escape(key)}(?=\s*,)", rf"\g<1>{free}", text)
        found[text] = _parsed(text, entry)
    return list(found.items())


def _free(key: str, taken: set[str]) -> str:
    number = 2
    free = key
    while free.lower() in taken:
        free, number = f"{key}-{number}", number + 1
    return free


def _made(entry: Entry) -> str:
    """Make an entry of BibTeX from what is known about a dataset."""
    required("latexcodec", EXTRA)  # importing it makes Python know LaTeX as an encoding
    encoded: Any = codecs.encode(entry.name or entry.id, "ulatex")
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
    problem = "no entry"
    try:
        references: Mapping[str, Reference] = database.parse_string(text, "bibtex").entries
        if references:
            return references
    except _pybtex("pybtex.exceptions").PybtexError as error:
        problem = str(error)
    raise DefinitionError(
        f"the citation of {entry.id} can't be read",
        where=entry.source,
        expected="an entry of BibTeX",
        found=problem,
    )


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
        month = reference.fields.get("month", "").lower()[:3]
        parts = [int(year), *([_MONTHS.index(month) + 1] if month in _MONTHS else [])]
        item["issued"] = {"date-parts": [parts]}
    return item


def _name(person: Person) -> dict[str, str]:
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
