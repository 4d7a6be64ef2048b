"""Member names are hostile input: which are safe, and what they mean.

A name is refused if any system could read it as a place outside the archive's
folder: Windows' separators, drives and shares count on every system, so that data
prepared here can be copied there. What only Windows can't hold is refused there.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from datamaestro_download_archive.errors import shown, unsafe
from datamaestro_download_archive.plain_names import LONGEST_PART, WINDOWS

__all__ = ["LinkTarget", "fold", "resolve_below", "resolve_link", "safe_name"]

LONGEST_NAME = 3072
"""Bytes of a whole name: leaves room for the data folder's own path in 4096."""

DEEPEST = 128
"""Parts of a name: beyond that, programs that walk folders recursively fail."""

_PLAIN = re.compile(r"(?:[A-Za-z0-9_][\w.+=,@()\[\]# -]*/)*[A-Za-z0-9_][\w.+=,@()\[\]# -]*", re.A)
_DRIVE = re.compile(r"[A-Za-z]:")
_SEPARATORS = re.compile(r"[\\/]")
_WINDOWS_DEVICE = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])(?:[. ].*|$)", re.IGNORECASE
)
_ESCAPED = re.compile("[\udc80-\udcff]")
_WINDOWS_CHARACTERS = re.compile(r'[<>:"|?*\\]')


def safe_name(name: str, archive: str) -> str:
    """Give a member's name as a relative path with single slashes.

    The result is empty for the archive's own folder (``./``).

    :param name: as the archive has it
    :param archive: the archive, for messages
    :raises UnsafeArchiveError: if it isn't safe
    """
    if len(name) <= LONGEST_PART and not WINDOWS and _PLAIN.fullmatch(name):
        return name
    problem = _problem(name)
    parts = _parts(name)
    if problem is None:
        problem = _problem_of_length(parts)
    if problem is None and WINDOWS:
        problem = next(filter(None, map(_problem_on_windows, parts)), None)
    if problem is not None:
        raise unsafe(name, archive, problem)
    return "/".join(parts)


def _problem(name: str) -> str | None:
    """Tell why a name isn't safe on some system, or None."""
    if not name:
        return "has no name"
    if any(unicodedata.category(character) == "Cc" for character in name):
        return "has a control character in its name"
    if name[0] in "/\\":
        return "has an absolute path"
    if _DRIVE.match(name):
        return "has a drive letter"
    if ".." in _SEPARATORS.split(name):
        return "has '..' in its path"
    return None


def _problem_of_length(parts: list[str]) -> str | None:
    lengths = [_length(part) for part in parts]
    if len(parts) > DEEPEST:
        return f"lies deeper than {DEEPEST} folders"
    if sum(lengths) + len(lengths) > LONGEST_NAME or max(lengths, default=0) > LONGEST_PART:
        return "has too long a name"
    return None


def _length(part: str) -> int:
    """Give the bytes of a name: of what isn't UTF-8, each is a character that takes three."""
    return len(part.encode("utf-8", "surrogatepass")) - 2 * len(_ESCAPED.findall(part))


def _problem_on_windows(part: str) -> str | None:
    if _WINDOWS_CHARACTERS.search(part) or part[-1] in " .":
        return "has a name that Windows can't hold"
    if _WINDOWS_DEVICE.match(part):
        return "has the name of a Windows device"
    return None


class LinkTarget(NamedTuple):
    """Where a symbolic link leads.

    :param place: the path
    :param folder: the folder of the archive that the link lies in
    :param text: what it holds
    :param below: the folder of the archive that `place` counts from
    """

    place: str
    folder: str
    text: str
    below: str = ""

    def through(self) -> Iterator[str]:
        """Give all paths that it passes on its way, `place` included, as `place` is given.

        They aren't kept: together they may be a hundred times as long as the text.
        """
        start = f"{self.below}/" if self.below else ""
        parts = _parts(self.folder)
        for step in _parts(self.text):
            if step == "..":
                parts.pop()
                continue
            parts.append(step)
            path = "/".join(parts)
            if path.startswith(start):
                yield path[len(start) :]


def resolve_link(name: str, target: str, archive: str) -> LinkTarget:
    """Find where, in the archive, a symbolic link leads.

    This is by the names alone, which is right as long as no path on the way is a link.

    :param name: the link's own name, safe
    :param target: what it holds
    :raises UnsafeArchiveError: if that lies outside, or can't be a link's target
    """
    steps = _parts(target)
    problem = _problem(target)
    if problem is None or problem.endswith("'..' in its path"):
        problem = _problem_of_length([step for step in steps if step != ".."])
    if problem is not None:
        raise unsafe(name, archive, f"is a link to {shown(target)}, which {problem}")
    if "\\" in target:
        raise unsafe(name, archive, f"is a link to {shown(target)}, with backslashes")
    folder = name.rpartition("/")[0]
    parts = _parts(folder)
    for step in steps:
        if step != "..":
            parts.append(step)
        elif parts:
            parts.pop()
        else:
            raise unsafe(name, archive, f"is a link to {shown(target)}, which lies outside")
    return LinkTarget("/".join(parts), folder, target)


def resolve_below(name: str, target: str, archive: str, subpath: str) -> LinkTarget:
    """Find where, below the folder `subpath` of the archive, a symbolic link leads.

    :raises UnsafeArchiveError: if it leads elsewhere
    """
    resolved = resolve_link(name, target, archive)
    if not subpath:
        return resolved
    if resolved.place != subpath and not resolved.place.startswith(f"{subpath}/"):
        raise unsafe(name, archive, f"is a link to {shown(target)}, outside of {shown(subpath)}")
    return resolved._replace(place=resolved.place[len(subpath) + 1 :], below=subpath)


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in ("", ".")]


def fold(name: str) -> str:
    """Give a key that names share if a file system without case or forms takes them for one."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())
