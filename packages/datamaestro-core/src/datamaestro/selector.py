"""Selectors, which choose a variant of a dataset: pure functions on text.

``[lang=fr,size=small]`` gives values to axes. A value that holds anything with a
meaning of its own (a comma, a bracket, an equals sign, a space) stands in double
quotes, with the escapes of JSON: ``[name="a, b"]``. Here values are *tokens*: texts
as they are written, quotes included.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from datamaestro.errors import QueryError

__all__ = [
    "SELECTOR",
    "folder_name",
    "format_selector",
    "is_folder_name",
    "parse_selector",
    "quoted",
    "unquoted",
]

_QUOTED = r'"(?:[^"\\]|\\.)*"'
SELECTOR = rf'(?:[^\[\]"]|{_QUOTED})*'
"""A pattern for what stands between the brackets."""

_ITEMS = re.compile(rf'(?:[^,"]|{_QUOTED})+')
_BARE = re.compile(r'[^\s,=\[\]"\\\x00-\x1f\x7f]+')
_BARE_WITH_SPACES = re.compile(r'[^,=\[\]"]+')
_SAFE_FOLDER = re.compile(r"[a-z0-9_=,.+-]*[a-z0-9_=,+-]")
_LONGEST_FOLDER = 80
"""How many characters a folder's name may have: some file systems take 143 bytes at the most."""


def parse_selector(text: str) -> dict[str, str]:
    """Read the inside of a selector: each key and its token.

    :raises QueryError: if it has another form, or a key twice

    >>> parse_selector('lang=fr, name="a,b"')
    {'lang': 'fr', 'name': '"a,b"'}
    """
    if not re.fullmatch(SELECTOR, text):
        raise _unreadable(text, text)
    selector: dict[str, str] = {}
    for item in filter(None, map(str.strip, _ITEMS.findall(text))):
        key, _, token = (part.strip() for part in item.partition("="))
        known = re.fullmatch(_QUOTED, token) or _BARE_WITH_SPACES.fullmatch(token)
        if not key.isidentifier() or not known or key in selector:
            raise _unreadable(text, item)
        selector[key] = token
    return selector


def _unreadable(text: str, item: str) -> QueryError:
    return QueryError(
        f"the selector [{text}] can't be read",
        expected="key=value, each key once, and values with a special character in double quotes",
        found=repr(item),
    )


def format_selector(selector: Mapping[str, str]) -> str:
    """Write a selector of tokens, its keys in alphabetical order; nothing if it is empty.

    >>> format_selector({"size": "small", "lang": "fr"})
    '[lang=fr,size=small]'
    """
    if not selector:
        return ""
    return f"[{','.join(f'{key}={selector[key]}' for key in sorted(selector))}]"


def quoted(text: str) -> str:
    """Give the token for a text: itself where that can't be misread.

    >>> quoted("fr"), quoted("a,b")
    ('fr', '"a,b"')
    """
    return text if _BARE.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def unquoted(token: str) -> str:
    """Give the text that a token stands for.

    :raises QueryError: if it has quotes, and something in them isn't as in JSON

    >>> unquoted('"a,b"')
    'a,b'
    """
    if not token.startswith('"'):
        return token
    try:
        text: str = json.loads(token)
    except ValueError as error:
        raise QueryError(f"a quoted value can't be read: {error}", found=token) from error
    return text


def folder_name(selector: str) -> str:
    """Give the name of a variant's folder, which every file system can hold.

    It tells the variant, as long as that is short and plain. Otherwise the end is a
    hash, which keeps variants apart that a file system would take for the same.

    >>> folder_name("[lang=fr,size=small]"), folder_name("[lang=FR]")
    ('lang=fr,size=small', 'lang=FR~02af0cc6')
    """
    name = selector[1:-1]
    if len(name) <= _LONGEST_FOLDER and _SAFE_FOLDER.fullmatch(name):
        return name
    import hashlib  # which takes a while: most names need none

    digest = hashlib.sha256(selector.encode()).hexdigest()[:8]
    return f"{re.sub(r'[^A-Za-z0-9_=,.+-]+', '_', name)[: _LONGEST_FOLDER - 9]}~{digest}"


def is_folder_name(name: str) -> bool:
    """Tell a variant's folder from that of another dataset below the same one.

    >>> is_folder_name("lang=fr,size=small"), is_folder_name("small")
    (True, False)
    """
    return "=" in name
