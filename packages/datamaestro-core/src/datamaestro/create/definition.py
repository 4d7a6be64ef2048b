"""The text of a definition."""

from __future__ import annotations

import keyword
import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from datamaestro.create.dataset import FoundPart, FoundResource, folder_of
from datamaestro.identifiers import unaccented

__all__ = ["definition_text", "module_parts"]

WIDTH = 88
"""Longer lines are broken, as formatters do."""

RESERVED = frozenset({"id", "self"})
"""Names that no part of a value can have."""

SPLITS = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val", "dev", "development"),
    "test": ("test", "testing"),
}
"""The words in a file's name by which a part of ``Supervised`` is known."""

TEMPLATE = '''"""Datasets of {host}."""

{imports}


@{declaration}
class {class_name}(Dataset):
    """{class_name}

    TODO: say what the dataset holds, who made it, and how it is meant to be used.
    """

{resources}

    def config(self) -> {annotation}:
        return {value}
'''

BASE = {
    "datamaestro.definitions:Dataset",
    "datamaestro.definitions:dataset",
}


@dataclass(frozen=True)
class _Value:
    """An expression and what it needs.

    :param text: the expression
    :param annotation: its type
    :param targets: what is imported for it
    """

    text: str
    annotation: str
    targets: frozenset[str]


def definition_text(dataset_id: str, resources: Sequence[FoundResource]) -> str:
    """Give the module that declares a dataset.

    :param resources: what it downloads, and what that is
    """
    imported = {target.rpartition(":")[2] for target in _proposed(resources)}
    attributes = _distinct(
        (_identifier(item.proposal.name.upper()) for item in resources), imported
    )
    places = _distinct_places(item.proposal.name for item in resources)
    declared = [_declaration(*item) for item in zip(attributes, places, resources, strict=True)]
    value = _value(
        [
            (attribute, part)
            for attribute, item in zip(attributes, resources, strict=True)
            for part in item.parts
        ]
    )
    targets = BASE | value.targets | {item.proposal.target for item in resources}
    url = resources[0].source.url
    metadata = [f'id="{dataset_id}"']
    if url.startswith(("http:", "https:")):
        metadata.append(f"url={_quoted(folder_of(url))}")
    return TEMPLATE.format(
        host=".".join(dataset_id.split(".")[:2]),
        imports=_imports(targets),
        declaration=_call("dataset", metadata, indent=0),
        class_name=_class_name(dataset_id, imported),
        resources="\n".join(declared),
        annotation=value.annotation,
        value=value.text,
    )


def module_parts(dataset_id: str) -> list[str]:
    """Give the names of the packages and the module that a dataset's id points to."""
    return [_identifier(part) for part in dataset_id.split(".")]


# --- the value


def _value(parts: list[tuple[str, FoundPart]]) -> _Value:
    """Give what builds the value: one data type, splits, or parts by their names."""
    if len(parts) == 1:
        return _part_value(*parts[0], indent=2)
    splits = [_split(part.name) for _, part in parts]
    if "train" in splits and None not in splits and len(set(splits)) == len(splits):
        by_split = dict(zip(splits, parts, strict=True))
        return _supervised(
            {name: _part_value(*by_split[name], indent=3) for name in SPLITS if name in by_split}
        )
    names = _distinct((_identifier(part.name.lower()) for _, part in parts), RESERVED)
    values = {name: _part_value(*pair, indent=3) for name, pair in zip(names, parts, strict=True)}
    # By its module: another data type has the name Generic too.
    return _owner("data.Generic", values, "data.Generic", {"datamaestro:data"})


def _supervised(values: Mapping[str, _Value]) -> _Value:
    types = {value.annotation for value in values.values()}
    targets = {"datamaestro.data.ml:Supervised"}
    if len(types) == 1:
        common = types.pop()
    else:
        common = "Base"
        targets.add("datamaestro.data:Base")
    return _owner("Supervised", values, f"Supervised[{common}, {common}, {common}]", targets)


def _owner(name: str, values: Mapping[str, _Value], annotation: str, targets: set[str]) -> _Value:
    """Give what builds a value that holds others."""
    arguments = [f"{parameter}={value.text}" for parameter, value in values.items()]
    needed = targets.union(*(value.targets for value in values.values()))
    return _Value(_broken_call(name, arguments, indent=2), annotation, frozenset(needed))


def _part_value(attribute: str, part: FoundPart, indent: int) -> _Value:
    path = f"self.{attribute}.path"
    for name in part.inside.parts:
        path += f" / {_quoted(name)}"
    name = part.proposal.target.rpartition(":")[2]
    arguments = [f"path={path}"]
    arguments += [f"{key}={_code(item)}" for key, item in part.proposal.parameters.items()]
    return _Value(_call(name, arguments, indent), name, frozenset({part.proposal.target}))


def _split(name: str) -> str | None:
    words = set(re.split(r"[^a-z]+", name.lower()))
    found = [split for split, known in SPLITS.items() if words & set(known)]
    return found[0] if len(found) == 1 else None


# --- code


def _declaration(attribute: str, place: str, resource: FoundResource) -> str:
    proposal, source = resource.proposal, resource.source
    arguments = [
        _quoted(place),
        _quoted(source.url),
        *(f"{name}={_code(value)}" for name, value in proposal.options.items()),
        f"size={source.size}",
        f'sha256="{source.sha256}"',
    ]
    name = proposal.target.rpartition(":")[2]
    return f"    {attribute} = " + _broken_call(name, arguments, indent=1)


def _call(name: str, arguments: Sequence[str], indent: int) -> str:
    """Write a call on one line, if it fits after some text."""
    line = f"{name}({', '.join(arguments)})"
    before = len("validation=") + 4 * indent
    return line if before + len(line) < WIDTH else _broken_call(name, arguments, indent)


def _broken_call(name: str, arguments: Iterable[str], indent: int) -> str:
    """Write a call with an argument on each line."""
    space = "    " * indent
    inside = "".join(f"{space}    {argument},\n" for argument in arguments)
    return f"{name}(\n{inside}{space})"


def _imports(targets: Iterable[str]) -> str:
    by_module: dict[str, list[str]] = {}
    for target in targets:
        module, _, name = target.partition(":")
        by_module.setdefault(module, []).append(name)
    return "\n".join(
        f"from {module} import {', '.join(sorted(names))}"
        for module, names in sorted(by_module.items())
    )


def _code(value: object) -> str:
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_code, value))}]"
    return repr(value)


def _quoted(text: str) -> str:
    quoted = repr(text)
    return quoted if '"' in text else f'"{quoted[1:-1]}"'


# --- names


def _proposed(resources: Iterable[FoundResource]) -> Iterator[str]:
    """Give the classes that a definition is written with."""
    yield from BASE
    for item in resources:
        yield item.proposal.target
        yield from (part.proposal.target for part in item.parts)


def _class_name(dataset_id: str, imported: Container[str]) -> str:
    words = re.split(r"[^a-zA-Z0-9]+", dataset_id.rpartition(".")[2])
    name = "".join(word[:1].upper() + word[1:] for word in words)
    free = name.isidentifier() and not keyword.iskeyword(name) and name not in imported
    return name if free else f"Dataset{name}"


def _identifier(text: str) -> str:
    """Make a name of Python from a text."""
    stem = unaccented(re.sub(r"\.[^./]*$", "", text))
    name = re.sub(r"\W+", "_", stem, flags=re.ASCII).strip("_") or "data"
    return f"_{name}" if not name.isidentifier() or keyword.iskeyword(name) else name


def _distinct(names: Iterable[str], reserved: Container[str] = ()) -> list[str]:
    """Number names that there are twice, or that are reserved."""
    found: list[str] = []
    for name in names:
        count = 2
        distinct = name
        while distinct in found or distinct in reserved:
            distinct = f"{name}_{count}"
            count += 1
        found.append(distinct)
    return found


def _distinct_places(names: Iterable[str]) -> list[str]:
    """Number the names of files and folders that there are twice, as file systems compare them.

    Braces would stand for an axis, and not every file system has names with the others.
    """
    found: dict[str, str] = {}
    for name in names:
        printable = "".join(item if item.isprintable() else "_" for item in name)
        stem, dot, suffixes = re.sub(r'[{}\\:*?"<>|]', "_", printable).partition(".")
        place, count = f"{stem}{dot}{suffixes}", 2
        while place.casefold() in found:
            place = f"{stem}_{count}{dot}{suffixes}"
            count += 1
        found[place.casefold()] = place
    return list(found.values())
