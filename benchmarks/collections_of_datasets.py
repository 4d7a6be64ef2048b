"""Installed collections of datasets of any size, for the benchmarks of the catalog."""

from __future__ import annotations

from pathlib import Path

from datamaestro.testing import write_distribution

REPOSITORY = """
import random
from pathlib import Path
from datamaestro import Repository
from datamaestro.catalog import Entry

NOUNS = [line.split()[0] for line in Path(__file__).with_name("nouns.txt").read_text().splitlines()]


class Hub(Repository):
    NAMESPACE = "hub"
    DESCRIPTION = "Many datasets"

    def entry_files(self):
        return [Path(__file__).with_name("count.txt")]

    def entries(self):
        count = int(Path(__file__).with_name("count.txt").read_text())
        chance = random.Random(1)
        for number in range(count):
            one, two, three = chance.choices(NOUNS, k=3)
            yield Entry(
                id=f"org.hub.{one}.{two}-{three}-{number}",
                name=f"{two.title()} and {three}",
                description=" ".join(chance.choices(NOUNS, k=20)),
                tags=(one, chance.choice(NOUNS)),
                tasks=(two,),
                types=("datamaestro.data.File", "datamaestro.data.Base"),
                licence="MIT",
                download_size=number * 1000,
            )
"""

MODULE = """
from datamaestro.data import File
from datamaestro.definitions import dataset, datatags, datatasks
from datamaestro.download.single import filedownloader
"""

DEFINITION = '''

@datatags("numbers", "tag{tag}")
@datatasks("counting")
@filedownloader("number.csv", "https://example.org/{number}.csv", size={number}, sha256="{sha256}")
@dataset(File, url="https://example.org/{number}", licence="CC0-1.0")
def number_{number}(number):
    """The number {number}

    Something that is made up, and has {number} as its number.
    """
    return {{"path": number}}
'''


def nouns(count: int = 20_000) -> list[str]:
    """Make words up, always the same."""
    import random

    chance = random.Random(2)
    syllables = [a + b for a in "bdfghjklmnprstvz" for b in "aeiou"]
    return ["".join(chance.choices(syllables, k=chance.randint(2, 5))) for _ in range(count)]


def install_hub(site: Path, count: int) -> None:
    """Install a repository that streams so many entries."""
    write_distribution(
        site,
        "many-datasets",
        files={
            "many_datasets/__init__.py": REPOSITORY,
            "many_datasets/count.txt": str(count),
            "many_datasets/nouns.txt": "\n".join(nouns()),
        },
        entry_points={"datamaestro.repositories": {"hub": "many_datasets:Hub"}},
    )


def install_modules(site: Path, modules: int, definitions: int = 1) -> list[str]:
    """Install a repository with so many modules of definitions; give their names."""
    files = {
        "many_modules/__init__.py": "from datamaestro import Repository\n\n\n"
        'class Many(Repository):\n    NAMESPACE = "many"\n',
        "many_modules/config/__init__.py": "",
        "many_modules/config/org/__init__.py": "",
        "many_modules/config/org/example/__init__.py": "",
    }
    for module in range(modules):
        text = MODULE + "".join(
            DEFINITION.format(number=module * definitions + item, tag=item % 100, sha256="0" * 64)
            for item in range(definitions)
        )
        files[f"many_modules/config/org/example/part{module}.py"] = text
    write_distribution(
        site,
        "many-modules",
        files=files,
        entry_points={"datamaestro.repositories": {"many": "many_modules:Many"}},
    )
    return [f"many_modules.config.org.example.part{module}" for module in range(modules)]
