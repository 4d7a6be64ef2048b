"""Typed use of every documented name: nothing runs here, mypy and pyright read it.

A comment that ignores an error asserts it: where the error is gone, mypy complains.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, assert_type

import numpy as np
from numpy.typing import NDArray

import datamaestro
from datamaestro import (
    Context,
    DatamaestroError,
    Repository,
    errors,
    find_dataset,
    get_dataset,
    prepare_dataset,
)
from datamaestro.annotations.agreement import useragreement
from datamaestro.availability import Finding, check_sources
from datamaestro.citation import bibtex, csl_json, plain_text
from datamaestro.context import (
    Context as ContextOfModule,
    DatafolderPath,
    Repository as RepositoryOfContext,
    ResolvablePath,
)
from datamaestro.data import Base, File, Folder, Generic, Meta, Option, Param, csv, tensor, text
from datamaestro.data.ml import FolderBased, Supervised
from datamaestro.definitions import (
    AbstractDataset,
    Dataset,
    DatasetDefinition,
    dataset,
    datatags,
    datatasks,
    hook,
    metadataset,
)
from datamaestro.download import (
    FileResource,
    FilesCopy,
    FolderResource,
    Resource,
    Response,
    Source,
    StoredResource,
    Transport,
    TransportRequest,
    ValueResource,
    byvariant,
    reference,
)
from datamaestro.download.archive import (
    TarDownloader,
    ZipDownloader,
    tardownloader,
    zipdownloader,
)
from datamaestro.download.custom import custom_download
from datamaestro.download.links import linkfile, linkfolder, links
from datamaestro.download.single import (
    ConcatDownloader,
    FileDownloader,
    concatdownload,
    filedownloader,
)
from datamaestro.inventory.named import find_prepared
from datamaestro.inventory.prepared import Prepared, prepared_datasets
from datamaestro.inventory.repair import repair
from datamaestro.inventory.usage import disk_usage
from datamaestro.inventory.verification import Verdict, verify
from datamaestro.lockfile import Lock, lock_datasets, prepare_frozen
from datamaestro.plugins import (
    Candidate,
    Certainty,
    DataTypeSpec,
    EncoderSpec,
    HandlerSpec,
    PrepareRequest,
    RepositorySpec,
    ResourceProposal,
    TransportSpec,
    ValueProposal,
    hookimpl,
)
from datamaestro.preparation.plan import Plan
from datamaestro.record import Item, Record, RecordType, record_type
from datamaestro.settings import Settings, UserSettings
from datamaestro.testing import (
    FileServer,
    FormatContract,
    HandlerContract,
    MockContext,
    RepositoryContract,
    Sampling,
    TransportContract,
    exercise,
)
from datamaestro.utils import GlobChecker, HashCheck
from datamaestro.variants import AxesVariants, Axis, Variants
from datamaestro_image.data import ImageClassification, LabelledImages

# --- contexts, and what users do with them


def contexts() -> None:
    assert_type(Context.instance(), Context)
    assert_type(ContextOfModule(Path("data")), Context)
    context = Context("data", offline=True, keep_downloads=True, site=["/srv/data"])
    assert_type(context.datapath, Path)
    assert_type(context.cachepath, Path)
    assert_type(context.settings, Settings)
    assert_type(context.user_settings, UserSettings)
    assert_type(context.settings.datafolders, dict[str, Path])
    assert_type(context.site_directories, list[Path])
    assert_type(context.user_settings.default_repository, str | None)
    assert_type(context.repositories(), Iterator[Repository])
    assert_type(context.repository("ml"), Repository)
    assert_type(context.datasets(), Iterator[DatasetDefinition])
    assert_type(context.dataset("edu.uci.iris"), DatasetDefinition)
    Context(3)  # type: ignore[arg-type]


def datasets_by_id() -> None:
    assert_type(prepare_dataset("edu.uci.iris"), Any)
    assert_type(prepare_dataset("edu.uci.iris", context=Path("data"), download=False), Any)
    assert_type(prepare_dataset("edu.uci.iris", force=True), Any)
    assert_type(get_dataset("edu.uci.iris", Context("data")), Any)
    definition = find_dataset("edu.uci.iris")
    assert_type(definition, DatasetDefinition)
    assert_type(definition.id, str)
    assert_type(definition.name, str)
    assert_type(definition.tags, frozenset[str])
    assert_type(definition.resources, dict[str, Resource])
    assert_type(datamaestro.prepare_dataset("edu.uci.iris"), Any)


def choices() -> None:
    prepare_dataset("com.lecun.mnist", only=["test"])
    prepare_dataset("org.example.corpus", variant={"lang": "fr"})
    context = Context("data")
    plan = context.plan("com.lecun.mnist", only=["test"])
    assert_type(plan, Plan)
    assert_type(plan.disk_peak, int)
    assert_type(context.missing("com.lecun.mnist", only=["test"]), list[str])
    lock = lock_datasets(["edu.uci.iris"], context)
    assert_type(lock, Lock)
    assert_type(prepare_frozen("edu.uci.iris", context, lock, Path("datamaestro.lock")), Folder)


class Languages(AxesVariants):
    """Variants as authors write them."""

    lang = Axis(["fr", "en"])
    limit = Axis(type=int | None, default=None)


def variants() -> None:
    made = byvariant(lambda lang: FileDownloader("words.txt", f"https://example.org/{lang}"))
    assert_type(made, FileDownloader)
    assert_type(find_dataset("org.example.corpus").variants, Variants | None)
    assert_type(Languages().axes, dict[str, Axis])
    dataset(File, id="org.example.corpus", variants=Languages)
    dataset(File, id="org.example.corpus", variants=AxesVariants(lang=Axis(["fr"])))


def failures() -> None:
    try:
        prepare_dataset("edu.uci.iris")
    except errors.VerificationError as error:
        assert_type(error.expected, str | None)
        assert_type(error.found, str | None)
    except DatamaestroError as error:
        assert_type(error.exit_code, int)


# --- data types


class Lexicon(File):
    """A data type as users write it."""

    language: Param[str]
    lowercase: Meta[bool] = False
    limit: Option[int | None] = None

    def words(self) -> list[str]:
        """Read it."""
        return self.path.read_text(encoding="utf-8").split()[: self.limit]


def data_types(path: Path) -> None:
    lexicon = Lexicon(id="org.example.lexicon", path=path, language="fr")
    assert_type(lexicon.language, str)
    assert_type(lexicon.limit, int | None)
    assert_type(lexicon.path, Path)
    assert_type(lexicon.id, str | None)
    assert_type(Lexicon.C(path=path, language="fr"), Lexicon)
    Lexicon(path=path)  # type: ignore[call-arg]
    Lexicon(path=path, language=3)  # type: ignore[arg-type]
    Lexicon(path, "fr")  # type: ignore[call-arg, arg-type]
    lexicon.language = "en"  # type: ignore[misc]

    assert_type(Folder(path=path).path, Path)
    assert_type(Generic(anything=1), Generic)
    folders = FolderBased(path=path, classes=["cat", "dog"])
    assert_type(folders.classes, Sequence[str])
    split: Supervised[Lexicon, Base, Lexicon] = Supervised(train=lexicon, test=lexicon)
    assert_type(split.train, Lexicon)
    assert_type(split.test, Lexicon | None)
    of_any: Supervised = split
    assert_type(of_any.train, Any)


def formats(path: Path) -> None:
    idx = tensor.IDX(path=path)
    assert_type(idx.data(), NDArray[Any])
    assert_type(idx.shape, tuple[int, ...])
    assert_type(idx.dtype, np.dtype[Any])
    matrix = csv.Matrix(path=path, names_row=0, target="price")
    assert_type(matrix.delimiter, str)
    assert_type(matrix.target, str | int | None)
    csv.Generic(path=path, delimiter=";")
    for line in text.Lines(path=path):
        assert_type(line, str)
    assert_type(text.Lines(path=path)[3], str)
    assert_type(len(text.JSONLines(path=path)), int)
    for row in text.TSV(path=path):
        assert_type(row, list[str])


def images(path: Path) -> None:
    some = LabelledImages(images=tensor.IDX(path=path), labels=tensor.IDX(path=path))
    value = ImageClassification(train=some, test=some)
    assert_type(value.train.images.data(), NDArray[Any])
    ImageClassification(train=tensor.IDX(path=path))  # type: ignore[arg-type]


# --- definitions, in both styles


@datatags("words")
@datatasks("spelling")
@filedownloader(
    "words.txt",
    "https://example.org/words.gz",
    mirrors=["https://example.net/words.gz"],
    size=3,
    sha256=64 * "0",
    checker=HashCheck(32 * "0"),
)
@dataset(Lexicon, url="https://example.org", id="org.example.words", licence="MIT")
def words(words: Path) -> dict[str, Any]:
    """Words"""
    return {"path": words, "language": "fr"}


@datatags("words")
@dataset(url="https://example.org", id="org.example.class")
class Words(Dataset):
    """Words, declared as a class"""

    ARCHIVE = ZipDownloader("archive", "https://example.org/all.zip", md5=32 * "0", transient=True)
    FILE = FileDownloader("words.txt", "https://example.org/words.gz")
    KEPT = FilesCopy(ARCHIVE, {"words.txt": "all/words.txt"})
    PARTS = ConcatDownloader("all.txt", ["https://example.org/1.gz", "https://example.org/2.gz"])
    SOURCES = TarDownloader("sources", "https://example.org/all.tar.gz", files=["*.txt"])
    OTHER = reference("edu.uci.iris")

    def config(self) -> Lexicon:
        assert_type(self.FILE.path, Path)
        assert_type(self.ARCHIVE.path, Path)
        return Lexicon(path=self.FILE.path, language="fr")


@dataset(id="org.example.sized", variants=AxesVariants(size=Axis(["small", "large"])))
class Sized(Dataset):
    """Words, some or more: the value takes the axes that it asks for"""

    FILE = FileDownloader("words.txt", "https://example.org/{size}.gz")

    def config(self, size: str) -> Lexicon:
        return Lexicon(path=self.FILE.path, language=size)


@metadataset(Lexicon)
class Lexicons:
    """What several datasets share"""


@zipdownloader("folder", "https://example.org/all.zip", subpath="all")
@tardownloader("sources", "https://example.org/all.tar.xz")
@concatdownload("parts.txt", ["https://example.org/1.gz"])
@linkfolder("corpus", [DatafolderPath("corpora", "small"), Path("/corpora/small")])
@linkfile("stopwords", ["/corpora/stopwords.txt"])
@links("both", words=words, others="edu.uci.iris")
@reference("org.example.words", name="other")
@dataset(Lexicons, id="org.example.other")
def other(folder: Path, sources: Path, parts: Path, corpus: Path, **paths: Path) -> Lexicon:
    """Everything at once"""
    return Lexicon(path=parts, language="fr")


def declared() -> None:
    assert_type(words, DatasetDefinition)
    assert_type(other, DatasetDefinition)
    str(words.nothing)  # type: ignore[attr-defined]
    assert_type(Words.FILE, FileDownloader)
    assert_type(Words().config(), Lexicon)
    str(Words.NOTHING)  # type: ignore[attr-defined]
    assert_type(Filled.FILE, FileDownloader)
    str(Filled.NOTHING)  # type: ignore[attr-defined]
    assert_type(find_dataset(words), DatasetDefinition)
    assert_type(prepare_dataset(Words).anything, Any)


def anywhere(context: Context) -> Path:
    return ResolvablePath.resolve(context, DatafolderPath("corpora", "small"))


class Words2(RepositoryOfContext):
    """A repository."""

    NAMESPACE = "words"
    DESCRIPTION = "Words"


# --- what definitions say besides


@hook("pre-download")
def announced(dataset: AbstractDataset, words: str) -> None:
    assert_type(dataset.id, str)


terms = useragreement("Be kind.", id="org.example.terms")


@metadataset(licence="MIT", languages=["fr"], timestamp=date(2026, 11, 20))
class Shared:
    """What several datasets share."""


def filled(context: Context, root: Path, *, force: bool = False) -> None:
    (root / "data.txt").write_text("data")


@terms
@announced("a word")
@dataset(Shared, id="org.example.filled", size="1.2 GB", doi="10.1000/182")
class Filled(Dataset):
    """Filled by a function"""

    DATA = custom_download("data", filled, version="2", checker=GlobChecker("*.txt", count=1))
    OTHER = reference(varname="other", reference="org.example.other")
    FILE = FileDownloader.apply("a.txt", "https://example.org/a.txt")
    WHOLE = concatdownload("b.txt", "https://example.org/1", Source(("https://example.org/2",)))

    def config(self) -> Folder:
        assert_type(self.FILE, FileDownloader)
        return Folder(path=self.DATA.path)


# --- records


@dataclass(frozen=True)
class Word(Item):
    word: str


@dataclass(frozen=True)
class Score(Item):
    score: float


def records() -> None:
    record = Record(Word("once"), Score(0.5))
    assert_type(record[Word], Word)
    assert_type(record[Word].word, str)
    assert_type(record.get(Score), Score | None)
    assert_type(record.get(Score, Score(0.0)), Score)
    assert_type(record.update(Score(1.0), target=record_type(Word, Score)), Record)
    assert_type(record.has(Word, Score), bool)
    assert_type(record_type(Word).sub(Score), RecordType)
    assert_type(record_type(Word)(Word("once")), Record)
    record[str]  # type: ignore[type-var]
    Record("once")  # type: ignore[arg-type]


# --- plugins


@hookimpl
def datamaestro_repositories() -> Iterable[RepositorySpec]:
    yield RepositorySpec("words", "public_api:Words2", "Words")


@hookimpl
def datamaestro_handlers() -> Iterable[HandlerSpec]:
    yield HandlerSpec("upper", "public_api:Upper", "A file in upper case")


@hookimpl
def datamaestro_data_types() -> Iterable[DataTypeSpec]:
    yield DataTypeSpec("Lexicon", "public_api:Lexicon", "Words of a language")


@hookimpl
def datamaestro_transports() -> Iterable[TransportSpec]:
    yield TransportSpec(("memory",), "public_api:MemoryTransport")


@hookimpl
def datamaestro_encoders() -> Iterable[EncoderSpec]:
    yield EncoderSpec("repr", "public_api:encode")


@hookimpl
def datamaestro_prepare(request: PrepareRequest) -> Any:
    assert_type(request.dataset, DatasetDefinition)
    assert_type(request.context, Context)
    assert_type(request.build, Callable[[], Any])
    return request.build() if request.download is False else None


def encode(value: object) -> str:
    return repr(value)


class Upper(FileResource):
    """A handler for one file."""

    def __init__(self, filename: str, source: Source) -> None:
        super().__init__(filename)
        self.source = source

    @property
    def sources(self) -> tuple[Source, ...]:
        return (self.source,)

    def _download(self, destination: Path) -> None:
        assert_type(self.fetch(self.source), Path)
        assert_type(self.context, Context)
        with self.open(self.source) as stream:
            assert isinstance(stream, BinaryIO)
            destination.write_bytes(stream.read().upper())


class Pages(FolderResource):
    """A handler for a folder."""

    def _download(self, destination: Path) -> None:
        destination.mkdir()


class Today(ValueResource):
    """A value."""

    def prepare(self) -> str:
        return "today"


class MemoryTransport(Transport):
    """A transport."""

    network = False

    def open(self, request: TransportRequest) -> Response:
        assert_type(request.start, int)
        return MemoryResponse()


class MemoryResponse(Response):
    """What it opens."""

    def read(self, size: int) -> bytes:
        return b""

    def close(self) -> None:
        pass


def recognize(candidate: Candidate) -> ValueProposal | None:
    if not candidate.head().startswith(b"words"):
        return None
    return ValueProposal("public_api:Lexicon", {"language": "fr"}, Certainty.PROVEN)


def recognize_download(download: Candidate, folder: Path) -> ResourceProposal | None:
    assert_type(download.encoding(), str | None)
    return ResourceProposal("public_api:Upper", download.name, download.path)


def pack(resource: StoredResource, path: Path) -> list[bytes]:
    return [path.read_bytes() for _ in resource.sources]


def sample(value: File, sampling: Sampling) -> None:
    assert_type(sampling.words(value), list[str])
    value.path.write_text("\n".join(sampling.words(value)))


class TestWords(RepositoryContract):
    repository = Words2
    unverified: ClassVar[Mapping[str, str]] = {"org.example.words": "nobody tells"}
    samples: ClassVar[Mapping[type[Base], Callable[[Any, Sampling], None]]] = {File: sample}


class TestUpper(HandlerContract):
    handler = Upper
    downloads: ClassVar[Mapping[str, bytes]] = {"words": b"words"}

    def declare(self, sources: Mapping[str, Source], **options: Any) -> Upper:
        return Upper("words", sources["words"])

    def check(self, path: Path) -> None:
        assert path.read_bytes() == b"WORDS"


class TestFormat(FormatContract):
    data_type = File

    def damaged(self, content: bytes) -> Iterable[bytes]:
        return ()


class TestTransport(TransportContract):
    transport = MemoryTransport


def mocked() -> None:
    exercise(MockContext("mock").prepare("org.example.words"))


def server() -> None:
    with FileServer() as running:
        assert_type(running.url("/file"), str)


def what_is_on_disk(context: Context) -> None:
    assert_type(list(prepared_datasets(context.datapath)), list[Prepared])
    found = find_prepared("com.lecun.mnist", context)
    assert_type(disk_usage(context).total.disk, int)
    assert_type(list(repair(verify(found, context), context)), list[Verdict])


def what_is_declared(context: Context) -> None:
    entries = list(context.catalog.entries())
    assert_type(check_sources(context.datasets(), context, pause=1.0), list[Finding])
    assert_type(bibtex(entries), str)
    assert_type(plain_text(entries), list[str])
    assert_type(csl_json(entries), list[dict[str, Any]])
