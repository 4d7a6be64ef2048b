"""What is wrong in a definition is told with its file and line, and what to write instead."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from datamaestro.definitions.dataset_definition import DatasetDefinition
from datamaestro.definitions.files import definitions_in_file
from datamaestro.errors import DatamaestroError, DefinitionError
from datamaestro.testing import MemoryContext

IMPORTS = """\
from pathlib import Path
from datamaestro.data import File
from datamaestro.annotations.agreement import useragreement
from datamaestro.definitions import Dataset, dataset, datatags, hook, metadataset
from datamaestro.download import FileResource, FilesCopy, byvariant, reference
from datamaestro.download.archive import ArchiveMember, ZipDownloader
from datamaestro.download.custom import custom_download
from datamaestro.download.links import linkfile, linkfolder, links
from datamaestro.download.single import ConcatDownloader, FileDownloader, filedownloader
from datamaestro.utils import GlobChecker, HashCheck
from datamaestro.variants import AxesVariants, Axis
URL = "https://example.org/a.txt"
"""

DATASET = """\
@dataset(id="org.example.x"{facts})
class X(Dataset):
    A = {resource}
    def config(self) -> File:
        return File(path="x")
"""


def definitions_in(file: Path) -> list[DatasetDefinition]:
    return [item.usable() for item in definitions_in_file(file)]


def in_dataset(resource: str, facts: str = "") -> str:
    return DATASET.format(resource=resource, facts=facts and f", {facts}")


WRONG = {
    "an axis whose default is none of its values": (
        'AxesVariants(lang=Axis(["fr"], default="en"))',
        1,
        "expected fr, found 'en'",
    ),
    "an axis without values": ("Axis([])", 1, "expected values that differ; or type=… alone"),
    "an axis with a value twice": ('Axis(["a", "a"])', 1, "found ['a', 'a']"),
    "an axis of a name with a meaning": (
        'class V(AxesVariants):\n    resolve = Axis(["a"])',
        1,
        "give it to the constructor: AxesVariants(resolve=Axis(…))",
    ),
    "a fact that nobody knows": (
        in_dataset("None", 'license="MIT"'),
        1,
        "unexpected keyword argument 'license'; did you mean licence?",
    ),
    "an argument of a handler that nobody knows": (
        in_dataset('FileDownloader("a.txt", URL, sha265="0")'),
        3,
        "expected filename, url, mirrors, size, sha256, md5, checker, transient, name, varname, "
        "max_size, found TypeError: FileDownloader.__init__() got an unexpected keyword "
        "argument 'sha265'; did you mean sha256?",
    ),
    "a digest that is no text": (
        "HashCheck(3)",
        1,
        "not a digest of md5: expected 32 hexadecimal digits, found 3",
    ),
    "a SHA-256 that is no text": (
        'FileDownloader("a.txt", URL, sha256=3)',
        1,
        "not the sha256 of a file: expected 64 hexadecimal digits, found 3",
    ),
    "a size in words": (
        'FileDownloader("a.txt", URL, size="1 GB")',
        1,
        "not the size of a file: expected its exact number of bytes, found '1 GB'",
    ),
    "a size below zero": (
        'FileDownloader("a.txt", URL, size=-1)',
        1,
        "expected its exact number of bytes, found -1",
    ),
    "a path for a URL": (
        'FileDownloader("a.txt", Path("a"))',
        1,
        "expected URLs with a scheme, such as https:",
    ),
    "one mirror that is no list": (
        'FileDownloader("a.txt", URL, mirrors=URL)',
        1,
        "mirrors are several URLs: expected a list: ['https://example.org/a.txt']",
    ),
    "a checker that checks nothing": (
        in_dataset('FileDownloader("a.txt", URL, checker="md5")'),
        3,
        "not a checker of such a resource: expected HashCheck('<digest>', 'sha256') of a file",
    ),
    "a checker that is not made": (
        in_dataset('FileDownloader("a.txt", URL, checker=HashCheck)'),
        3,
        "found <class 'datamaestro.checkers.HashCheck'>",
    ),
    "a file that is checked as a folder": (
        in_dataset('FileDownloader("a.txt", URL, checker=GlobChecker("*"))'),
        3,
        "not a checker of such a resource",
    ),
    "a folder that is checked as a file": (
        in_dataset('linkfolder("a", ["/srv/a"], checker=HashCheck("0" * 32))'),
        3,
        "not a checker of such a resource",
    ),
    "a pattern that leads out of the folder": (
        'GlobChecker("../*")',
        1,
        "not a pattern of files in a folder: expected a glob, such as '**/*.xml', found '../*'",
    ),
    "a count of files that is none": (
        'GlobChecker("*", count=-1)',
        1,
        "not the count of some files: expected a whole number, found -1",
    ),
    "mirrors that are none": (
        'FileDownloader("a.txt", URL, mirrors=None)',
        1,
        "mirrors are several URLs: expected a list, found None",
    ),
    "a URL without a host": (
        'FileDownloader("a.txt", "https:///a.txt")',
        1,
        "expected URLs with a scheme, such as https://example.org/data.csv, found 'https:///a.txt'",
    ),
    "a URL with half an address": (
        'FileDownloader("a.txt", "https://[::1/a.txt")',
        1,
        "a source needs a URL",
    ),
    "a part that is no URL": (
        'ConcatDownloader("a.txt", [3])',
        1,
        "a source needs a URL",
    ),
    "a name with a line break": (
        'FileDownloader("a\\nb", URL)',
        1,
        "not a name in a dataset's folder: expected a relative path without '..', printable",
    ),
    "names of members in one text": (
        'ZipDownloader("a", URL, files="a.txt")',
        1,
        "not the names of members: expected several names or globs: ['data/train.csv']",
    ),
    "a folder outside of the archive": (
        'ZipDownloader("a", URL, subpath="../a")',
        1,
        "not the names of members",
    ),
    "a member without a name": (
        'ArchiveMember("a.txt", URL, member="")',
        1,
        "not the names of members",
    ),
    "copies of what is a file": (
        'FilesCopy(FileDownloader("a.txt", URL), {"a": "b"})',
        1,
        "there is no folder to copy files from: expected FilesCopy(RESOURCE,",
    ),
    "copies in one place": (
        'FilesCopy(ZipDownloader("z", URL), {"a": "x", "A/b": "y"})',
        1,
        "two files would be copied to one place",
    ),
    "a function that takes no folder": (
        'custom_download("a", lambda context: None)',
        1,
        "nothing fills 'a': expected a function of context, root and force, found <function",
    ),
    "a link to nothing": (
        'linkfile("a")',
        1,
        "expected absolute paths, or DatafolderPath('NAME', 'path'), found no proposal",
    ),
    "a link to no dataset": (
        'links("all", first=3)',
        1,
        "a reference leads to no dataset",
    ),
    "a link outside of the folder": (
        'links("all", **{"../a": "org.example.y"})',
        1,
        "not a name in a dataset's folder",
    ),
    "a dataset without parentheses": (
        "@dataset\ndef x() -> File: ...",
        1,
        "@dataset is called with something that isn't a data type: expected @dataset(…), with "
        "nothing or",
    ),
    "a metadataset without parentheses": (
        "@metadataset\nclass Shared: ...",
        1,
        "@metadataset is called with something that isn't a data type",
    ),
    "a metadataset that is a function": (
        "@metadataset(File)\ndef shared(): ...",
        1,
        "@metadataset doesn't decorate a class: expected a class, which datasets take",
    ),
    "tags of what is no dataset yet": (
        '@dataset(id="org.example.x")\n@datatags("a")\ndef x() -> File: ...',
        2,
        "datatags doesn't decorate a dataset: expected @dataset below it, or a data type",
    ),
    "a resource of what only inherits from a dataset": (
        '@dataset(id="org.example.x")\nclass X(Dataset):\n    def config(self) -> File: ...\n'
        '@filedownloader("b", "https://example.org/b")\nclass Y(X): ...',
        4,
        "FileDownloader('b') doesn't decorate a dataset: expected @dataset below it",
    ),
    "an agreement that can't be named": (
        'useragreement("Be kind.", id="kindness, and more")',
        1,
        "'kindness, and more' can't be the id of an agreement",
    ),
    "a hook without parentheses": (
        '@hook("pre-use")\ndef warn(dataset): ...\n'
        '@warn\n@dataset(id="org.example.x")\ndef x() -> File: ...',
        3,
        "the hook 'warn' is called wrongly: too many positional arguments: expected @warn(…), with",
    ),
    "variants without axes": (
        'class V(AxesVariants):\n    lang = ["fr"]\n' + in_dataset("None", "variants=V"),
        3,
        "variants without any axis: expected an Axis for each",
    ),
    "an axis that no argument can have": (
        'AxesVariants(**{"a b": Axis(["x"])})',
        1,
        "'a b' isn't an axis: expected an Axis, under a name that an argument can have",
    ),
    "an axis of a number alone": (
        "Axis(3)",
        1,
        "an axis needs several values: expected a list of them, found 3",
    ),
    "a function that may give nothing": (
        '@dataset(id="org.example.x")\ndef x() -> File | None: ...',
        1,
        "x doesn't say of which data type its value is: expected a class derived from "
        "datamaestro.data.Base, as @dataset's argument or as the return annotation, "
        "found File | None",
    ),
    "an axis of several types": (
        'Axis(["a", 1])',
        1,
        "the values of an axis are of several types: expected one type, found int, str",
    ),
    "an axis in a URL where there are no variants": (
        in_dataset('FileDownloader("a.txt", "https://example.org/{lang}.txt")'),
        1,
        "'A' names an axis that isn't there: expected @dataset(…, variants=…), found lang",
    ),
    "a config that takes no self": (
        '@dataset(id="org.example.x")\nclass X(Dataset):\n    def config() -> File: ...',
        1,
        "config takes nothing: expected config(self)",
    ),
    "an id with other characters": (
        '@dataset(id="org.exa mple")\ndef x() -> File: ...',
        1,
        "'org.exa mple' can't be a dataset id: expected names of letters, digits,",
    ),
    "an id that is no text": (
        "@dataset(id=3)\ndef x() -> File: ...",
        1,
        "3 can't be a dataset id: expected names of letters",
    ),
    "a class that gives no value": (
        '@dataset(id="org.example.x")\nclass X(Dataset):\n    pass',
        1,
        "X doesn't say what its value is: expected a method config(self) -> DATA_TYPE",
    ),
    "a function that is asynchronous": (
        '@dataset(id="org.example.x")\nasync def x() -> File: ...',
        1,
        "x can't make the value of a dataset: expected a function that returns it, with a named "
        "argument for each resource and axis, found async def",
    ),
    "a function that yields": (
        '@dataset(id="org.example.x")\ndef x() -> File:\n    yield File(path="a")',
        1,
        "found one that yields",
    ),
    "a function whose arguments have no names": (
        '@dataset(id="org.example.x")\ndef x(*paths) -> File: ...',
        1,
        "found *paths, which nothing fills",
    ),
    "a function whose arguments are known by their positions": (
        '@dataset(id="org.example.x")\ndef x(path, /) -> File: ...',
        1,
        "found path by its position only",
    ),
    "a config that is asynchronous": (
        '@dataset(id="org.example.x")\nclass X(Dataset):\n    async def config(self) -> File: ...',
        1,
        "config can't make the value of a dataset: expected a function that returns it, found",
    ),
    "a config of the class": (
        '@dataset(id="org.example.x")\nclass X(Dataset):\n'
        "    @classmethod\n    def config(cls) -> File: ...",
        1,
        "X.config isn't a method of a dataset: expected def config(self) -> DATA_TYPE, without a "
        "decorator of its own, found classmethod",
    ),
    "a config that is a property": (
        '@dataset(id="org.example.x")\nclass X(Dataset):\n'
        "    @property\n    def config(self) -> File: ...",
        1,
        "X.config isn't a method of a dataset",
    ),
    "a config that is a value": (
        '@dataset(id="org.example.x")\nclass X(Dataset):\n    config = File(path="a")',
        1,
        "X.config isn't a method of a dataset",
    ),
    "a resource with a comma after it": (
        in_dataset('FileDownloader("a.txt", URL),'),
        1,
        "X.A holds a resource in a tuple: expected each as an attribute of its own",
    ),
    "a dataset that is a number": (
        'dataset(File, id="org.example.x")(3)',
        1,
        "this can't be declared as a dataset: expected a function, a class derived from",
    ),
    "a dataset that is a part of a function": (
        "import functools\ndef x(a, b): ...\n"
        'y = dataset(File, id="org.example.x")(functools.partial(x, 1))',
        3,
        "this can't be declared as a dataset",
    ),
    "a hook that is a dataset": (
        '@hook("pre-use")\n@dataset(id="org.example.x")\ndef x() -> File: ...',
        1,
        "@hook doesn't decorate a function",
    ),
    "a resource for each variant that is one for all": (
        in_dataset(
            'byvariant(FileDownloader("a.txt", URL))',
            'variants=AxesVariants(lang=Axis(["fr"]))',
        ),
        3,
        "byvariant is called with something that isn't a function: expected one that makes the "
        "resource",
    ),
    "a handler whose sources are texts": (
        "class Handler(FileResource):\n    sources = [URL]\n    def _download(self, path): ...\n"
        '@Handler("a.txt")\n@dataset(id="org.example.x")\ndef x(a) -> File: ...',
        5,
        "its resources can't be told: found AttributeError: 'str' object has no attribute 'urls'",
    ),
    "a reference of two arguments, as in version 1": (
        in_dataset('reference("a", "org.example.y")'),
        3,
        "expected dataset, name, reference, varname, found TypeError",
    ),
    "copies of what is no resource": (
        in_dataset('FilesCopy("all", {"a": "b"})'),
        3,
        "expected FilesCopy(RESOURCE, {'name here': 'path in it'}), found FilesCopy('all',",
    ),
    "copies without their names": (
        in_dataset('FilesCopy(ZipDownloader("z", URL), ["a"])'),
        3,
        "found FilesCopy(ZipDownloader('z'), ['a'])",
    ),
    "a folder that nothing fills": (
        in_dataset('custom_download("a", "fill")'),
        3,
        "nothing fills 'a': expected a function of context, root and force, found 'fill'",
    ),
    "a place that is no path": (
        in_dataset('linkfile("a", proposals=[3])'),
        3,
        "'a' can't be there: expected absolute paths, or DatafolderPath('NAME', 'path'), found 3",
    ),
    "a place that depends on the current directory": (
        in_dataset('linkfile("a", ["/srv/a.csv", "data/a.csv"])'),
        3,
        "'a' can't be there: expected absolute paths, or DatafolderPath('NAME', 'path'), "
        "found 'data/a.csv'",
    ),
    "a choice by an axis that isn't there": (
        in_dataset(
            'byvariant(lambda language: FileDownloader("a.txt", URL))',
            'variants=AxesVariants(lang=Axis(["fr"]))',
        ),
        1,
        "'A' names an axis that isn't there: expected lang, found language",
    ),
    "a choice where there are no variants": (
        in_dataset('byvariant(lambda lang: FileDownloader("a.txt", URL))'),
        1,
        "'A' is another resource for each variant, and there are none: expected @dataset(…",
    ),
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "wrong.py"


@pytest.mark.parametrize(("text", "line", "message"), WRONG.values(), ids=list(WRONG))
def test_what_is_wrong_is_told_with_its_line(
    file: Path, text: str, line: int, message: str
) -> None:
    file.write_text(IMPORTS + text + "\n", encoding="utf-8")
    line += IMPORTS.count("\n")
    with pytest.raises(DefinitionError, match=re.escape(message)) as caught:
        definitions_in(file)
    assert str(caught.value).startswith(f"{file}:{line}: ")
    assert "\n" not in str(caught.value)


def test_two_definitions_of_one_id_are_told_with_both_lines(file: Path) -> None:
    text = '@dataset(id="org.example.x")\ndef {name}() -> File: ...\n'
    file.write_text(IMPORTS + text.format(name="a") + text.format(name="b"), encoding="utf-8")
    first = IMPORTS.count("\n") + 1
    message = (
        f"{file}:{first + 2}: .* two definitions have this id: found the other at {file}:{first};"
    )
    with pytest.raises(DefinitionError, match=message):
        definitions_in(file)


@pytest.mark.parametrize("wanted", ["org.example.nowhere", "edu.uci.iris[size=small]"])
def test_a_reference_that_leads_nowhere_is_told_with_the_line_of_its_dataset(
    file: Path, memory: MemoryContext, wanted: str
) -> None:
    file.write_text(IMPORTS + in_dataset(f'reference("{wanted}")'), encoding="utf-8")
    (definition,) = definitions_in(file)
    with pytest.raises(DatamaestroError) as caught:
        memory.prepare(definition)
    assert str(caught.value).startswith(f"{definition.location}: ")


def test_a_wrong_parameter_is_told_with_the_line_of_its_dataset(
    file: Path, memory: MemoryContext
) -> None:
    text = '@dataset(id="org.example.x")\ndef x() -> File:\n    return File(path=3)\n'
    file.write_text(IMPORTS + text, encoding="utf-8")
    (definition,) = definitions_in(file)
    with pytest.raises(DefinitionError, match=r"File\.path has the wrong type") as caught:
        memory.prepare(definition)
    assert str(caught.value).startswith(f"{definition.location}: ")


@pytest.fixture
def memory(home: Path) -> MemoryContext:
    return MemoryContext(home / "datamaestro")
