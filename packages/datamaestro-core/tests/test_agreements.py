"""Agreements: asked before anything is fetched, of each user, for each text."""

import hashlib
import io
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from datamaestro.agreements import Agreement
from datamaestro.annotations.agreement import useragreement
from datamaestro.context import Context
from datamaestro.data import File
from datamaestro.definitions import Dataset, dataset
from datamaestro.download import FileResource, reference
from datamaestro.errors import AgreementError, DefinitionError
from datamaestro.preparation.operations import remake
from datamaestro.terminal import ask
from datamaestro.testing import write_distribution

TEXT = "For research only.\nDon't pass it on."
MADE: list[str] = []
HASH = hashlib.sha256(b"For research only. Don't pass it on.").hexdigest()


class Made(FileResource):
    """Makes a file, and tells that it did."""

    def _download(self, destination):
        MADE.append(self.dataset.id)
        destination.write_text("made")


@pytest.fixture(autouse=True)
def nothing_made():
    MADE.clear()


def corpus(text=TEXT, dataset_id="org.example.corpus"):
    @dataset(id=dataset_id, agreement=text)
    class Corpus(Dataset):
        """A corpus on terms"""

        DATA = Made("data.txt")

        def config(self) -> File:
            return File(path=self.DATA.path)

    return Corpus


def accepted(context):
    return json.loads(context.user_settings.path.read_text())["agreements"]


# --- declared


def test_both_spellings_declare_the_same():
    @useragreement(TEXT)
    @dataset(File, id="org.example.corpus")
    def decorated():
        """A corpus on terms"""

    assert decorated.agreements == corpus().__dataset__.agreements
    assert decorated.agreements == (Agreement("org.example.corpus", TEXT),)


def test_datasets_may_share_an_agreement():
    terms = useragreement(TEXT, id="org.example.terms")

    @terms
    @dataset(id="org.example.one")
    class One(Dataset):
        """One"""

        def config(self) -> File:
            return File(path="one")

    @terms
    @dataset(File, id="org.example.two")
    def two():
        """Two"""

    assert One.__dataset__.agreements == two.agreements == (Agreement("org.example.terms", TEXT),)


@pytest.mark.parametrize("text", ["", None, 5])
def test_an_agreement_has_a_text(text):
    with pytest.raises(DefinitionError, match="agreement is invalid") as caught:
        useragreement(text)
    assert caught.value.where.startswith(f"{__file__}:")


def test_an_agreement_decorates_a_dataset():
    with pytest.raises(DefinitionError, match="expected @dataset below it"):
        useragreement(TEXT)(File)


def test_the_hash_is_of_the_words():
    assert Agreement("a", TEXT).hash == HASH
    assert Agreement("b", f"  {TEXT}\n\n").hash == HASH
    assert Agreement("a", TEXT.upper()).hash != HASH


# --- required


def test_nothing_is_fetched_before_it_is_accepted(context):
    with pytest.raises(AgreementError) as caught:
        context.prepare(corpus())
    assert MADE == []
    assert caught.value.exit_code == 6
    assert caught.value.__notes__ == [TEXT]
    assert str(caught.value) == (
        "the agreement 'org.example.corpus', which the owner of org.example.corpus asks for, "
        "isn't accepted yet; once you have read it, set DATAMAESTRO_ACCEPT=org.example.corpus"
    )


def test_data_that_are_there_are_asked_about_too(context, another_context, monkeypatch):
    monkeypatch.setenv("DATAMAESTRO_ACCEPT", "org.example.corpus")
    context.prepare(corpus())
    monkeypatch.delenv("DATAMAESTRO_ACCEPT")
    for use in (context.prepare, context.get):
        with pytest.raises(AgreementError):
            use(corpus())


def test_nothing_is_fetched_again_before_it_is_accepted(context):
    with pytest.raises(AgreementError):
        remake(corpus().__dataset__, context, {"data.txt"})
    assert MADE == []


def test_a_dataset_that_is_referred_to_is_asked_about_before_anything_is_fetched(context):
    @dataset(id="org.example.both")
    class Both(Dataset):
        """Refers to a corpus on terms"""

        OWN = Made("own.txt")
        OTHER = reference(corpus())

        def config(self) -> File:
            return self.OTHER.config()

    with pytest.raises(AgreementError, match=r"the owner of org\.example\.corpus"):
        context.prepare(Both)
    assert MADE == []


def test_an_accepted_one_is_not_asked_again(context):
    with context.user_settings.edit() as settings:
        settings.agreements["org.example.corpus"] = HASH
    assert context.prepare(corpus()).path.read_text() == "made"


def test_another_text_is_asked_again(context):
    with context.user_settings.edit() as settings:
        settings.agreements["org.example.corpus"] = HASH
    with pytest.raises(AgreementError, match="has changed since you accepted it"):
        context.prepare(corpus("Pay first."))


def test_an_answer_to_version_1_is_asked_again(context):
    with context.user_settings.edit() as settings:
        settings.agreements["org.example.corpus"] = "yes"
    with pytest.raises(AgreementError):
        context.prepare(corpus())


def test_what_is_accepted_meanwhile_is_seen(context):
    with pytest.raises(AgreementError):
        context.prepare(corpus())
    with Context(context.path).user_settings.edit() as settings:
        settings.agreements["org.example.corpus"] = HASH
    assert context.prepare(corpus()).path.is_file()


@pytest.mark.parametrize("variable", ["org.example.corpus", "x, org.example.corpus ,y"])
def test_the_environment_accepts_by_id(context, monkeypatch, variable):
    monkeypatch.setenv("DATAMAESTRO_ACCEPT", variable)
    assert context.prepare(corpus()).path.is_file()
    assert not context.user_settings.path.exists()


@pytest.mark.parametrize("variable", ["all", "1", "org.example", "org.example.corpus2"])
def test_the_environment_accepts_nothing_else(context, monkeypatch, variable):
    monkeypatch.setenv("DATAMAESTRO_ACCEPT", variable)
    with pytest.raises(AgreementError):
        context.prepare(corpus())


# --- on the command line

REPOSITORY = """
from datamaestro import Repository

class Greek(Repository):
    NAMESPACE = "greek"
"""

DEFINITIONS = f"""
from datamaestro.data import File
from datamaestro.definitions import Dataset, dataset
from datamaestro.download import FileResource, reference

class Made(FileResource):
    def _download(self, destination):
        destination.write_text("made")

@dataset(agreement={TEXT!r})
class Alpha(Dataset):
    DATA = Made("data.txt")
    def config(self) -> File:
        return File(path=self.DATA.path)

@dataset()
class Beta(Dataset):
    ALPHA = reference(Alpha)
    def config(self) -> File:
        return self.ALPHA.config()

@dataset()
class Gamma(Dataset):
    def config(self) -> File:
        return File(path="gamma")
"""


@pytest.fixture
def environment(tmp_path, home):
    folder = write_distribution(
        tmp_path / "installed",
        "repository-greek",
        files={"greek/__init__.py": REPOSITORY, "greek/config/org/example.py": DEFINITIONS},
        entry_points={"datamaestro.repositories": {"greek": "greek:Greek"}},
    )
    return {**os.environ, "PYTHONPATH": str(folder)}


@pytest.fixture
def run(environment):
    def run(*arguments, **variables):
        return subprocess.run(
            [sys.executable, "-m", "datamaestro", *arguments],
            env={**environment, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_without_a_terminal_the_text_is_shown_and_how_to_accept_it(run):
    result = run("prepare", "org.example.alpha")
    assert (result.returncode, result.stdout) == (6, "")
    assert result.stderr.startswith(f"{TEXT}\n\nError: the agreement 'org.example.alpha'")
    assert "datamaestro agreements accept org.example.alpha" in result.stderr


def test_what_a_file_asks_for_is_accepted_as_its_error_says(run, tmp_path):
    file = tmp_path / "terms.py"
    text = """
        from datamaestro.data import File
        from datamaestro.definitions import dataset

        @dataset(id="org.example.of-a-file", agreement="Be kind.")
        def corpus() -> File:
            return File(path="x")
    """
    file.write_text(dedent(text), encoding="utf-8")
    refused = run("prepare", f"{file}:corpus")
    assert refused.returncode == 6
    (command,) = re.findall("run 'datamaestro (.*?)' once", refused.stderr)
    assert run(*command.split(" ", 2)).returncode == 0
    assert run("prepare", f"{file}:corpus").returncode == 0


VARYING = """
    from datamaestro.data import Generic
    from datamaestro.definitions import Dataset, dataset
    from datamaestro.download import reference
    from datamaestro.variants import AxesVariants, Axis

    LANGUAGE = AxesVariants(lang=Axis(["en", "a b"]))

    @dataset(id="org.example.varying", agreement="Be kind.", variants=LANGUAGE)
    def varying(lang) -> Generic:
        return Generic(lang=lang)

    @dataset(id="org.example.referring", agreement="Be patient.", variants=LANGUAGE)
    class Referring(Dataset):
        OTHER = reference("org.example.varying[lang={lang}]")
        def config(self, lang) -> Generic:
            return Generic(lang=lang)
"""


@pytest.fixture
def varying(tmp_path, run):
    (tmp_path / "the terms").mkdir()
    file = tmp_path / "the terms" / "varying.py"
    file.write_text(dedent(VARYING), encoding="utf-8")
    return file


@pytest.mark.skipif(sys.platform == "win32", reason="its shell has other quotes")
def test_what_a_variant_in_a_file_asks_for_is_accepted_as_its_error_says(run, varying):
    name = f'{varying}:varying[lang="a b"]'
    refused = run("prepare", name)
    assert refused.returncode == 6
    (command,) = re.findall("run 'datamaestro (.*)' once", refused.stderr)
    assert shlex.split(command)[2] == name
    assert run(*shlex.split(command)).returncode == 0
    assert run("prepare", name).returncode == 0


@pytest.mark.parametrize("name", ["varying", "Referring"])
def test_a_dataset_stands_for_its_agreements_whichever_variant_is_meant(run, varying, name):
    result = run("agreements", "show", f"{varying}:{name}")
    assert result.stdout == ("Be kind.\n" if name == "varying" else "Be patient.\n")


def test_a_variant_that_is_not_there_has_no_agreement(run, varying):
    result = run("agreements", "accept", f"{varying}:varying[lang=de]")
    assert result.returncode == 2
    assert "the axis 'lang' has another value: expected en, a b, found de" in result.stderr


def test_what_a_notebook_asks_for_is_not_said_to_be_accepted_by_a_command(context):
    # A cell has the name of a file that isn't there.
    program = """
from datamaestro.data import File
from datamaestro.definitions import dataset

@dataset(id="org.example.of-a-cell", agreement="Be kind.")
def corpus() -> File:
    return File(path="x")
"""
    cell = {"__name__": "__main__"}
    exec(compile(program, "/tmp/ipykernel_5/1234.py", "exec"), cell)
    with pytest.raises(AgreementError) as caught:
        context.prepare(cell["corpus"])
    assert caught.value.hint == (
        "once you have read it, set DATAMAESTRO_ACCEPT=org.example.of-a-cell"
    )


@pytest.mark.parametrize("name", ["org.example.alpha", "org.example.beta"])
def test_a_command_accepts_what_a_dataset_needs(run, context, name):
    result = run("agreements", "accept", name)
    assert (result.returncode, result.stdout) == (0, "")
    assert result.stderr == f"{TEXT}\n\nAccepted: org.example.alpha\n"
    assert accepted(context) == {"org.example.alpha": HASH}
    assert run("prepare", "org.example.beta").returncode == 0


def test_the_environment_accepts_on_the_command_line(run):
    result = run("prepare", "org.example.alpha", DATAMAESTRO_ACCEPT="org.example.alpha")
    assert result.returncode == 0


def test_agreements_are_listed_with_their_state(run, context):
    with context.user_settings.edit() as settings:
        settings.agreements["org.example.gone"] = HASH
    assert run("agreements", "list").stdout == (
        "org.example.alpha\topen\torg.example.alpha\n"
        "org.example.gone\taccepted\t(of no installed dataset)\n"
    )
    with context.user_settings.edit() as settings:
        settings.agreements["org.example.alpha"] = "0" * 64
    assert json.loads(run("agreements", "list", "--json").stdout)[0] == {
        "id": "org.example.alpha",
        "state": "changed",
        "datasets": ["org.example.alpha"],
    }


def test_each_text_of_an_agreement_is_listed_with_its_datasets(run, environment):
    module = Path(environment["PYTHONPATH"]) / "greek" / "config" / "org" / "other.py"
    module.write_text(
        "from datamaestro.annotations.agreement import useragreement\n"
        "from datamaestro.data import File\n"
        "from datamaestro.definitions import dataset\n"
        "@useragreement('Another text', id='org.example.alpha')\n"
        "@dataset(File)\n"
        "def delta(): ...\n"
    )
    run("agreements", "accept", "org.other.delta")
    assert run("agreements", "list").stdout == (
        "org.example.alpha\taccepted\torg.other.delta\n"
        "org.example.alpha\tchanged\torg.example.alpha\n"
    )


def test_a_text_is_shown(run):
    assert run("agreements", "show", "org.example.alpha").stdout == f"{TEXT}\n"
    assert json.loads(run("agreements", "show", "org.example.beta", "--json").stdout) == [
        {"id": "org.example.alpha", "state": "open", "text": TEXT}
    ]


def test_an_agreement_is_revoked(run, context):
    run("agreements", "accept", "org.example.alpha")
    run("prepare", "org.example.alpha")
    assert run("agreements", "revoke", "org.example.alpha").returncode == 0
    assert run("prepare", "org.example.alpha").returncode == 6


def test_several_agreements_are_revoked_together_or_none_is(run, context):
    with context.user_settings.edit() as settings:
        settings.agreements = {"org.example.one": "1", "org.example.two": "2"}
    assert run("agreements", "revoke", "org.example.one", "org.example.no").returncode == 3
    assert list(accepted(context)) == ["org.example.one", "org.example.two"]
    assert run("agreements", "revoke", "org.example.one", "org.example.two").returncode == 0
    assert "org.example.one" not in run("agreements", "list").stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("accept", "org.example.alfa"), "did you mean org.example.alpha?"),
        (("accept", "the terms of alpha"), "no installed dataset asks for an agreement 'the terms"),
        (("accept", "nowhere.py:Alpha"), "nowhere.py: no such file of definitions"),
        (("show", "org.example.gamma"), "the dataset org.example.gamma asks for no agreement"),
        (("revoke", "org.example.alpha"), "no agreement 'org.example.alpha' is accepted"),
    ],
)
def test_an_agreement_that_is_not_there_is_an_error(run, arguments, message):
    result = run("agreements", *arguments)
    assert result.returncode == 3
    assert message in result.stderr


def test_a_question_that_nobody_answers_ends_its_line(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert ask("Do you?") is None
    assert capsys.readouterr().err == "Do you? \n"


@pytest.mark.parametrize(("answer", "code"), [("what?\nYes", 0), ("n", 6)])
def test_a_terminal_is_asked(environment, context, answer, code):
    pty = pytest.importorskip("pty", reason="terminals are made otherwise here")
    ours, theirs = pty.openpty()
    os.write(ours, f"{answer}\n".encode())
    process = subprocess.Popen(
        [sys.executable, "-m", "datamaestro", "prepare", "org.example.alpha"],
        env=environment,
        stdin=theirs,
        stderr=theirs,
        stdout=subprocess.PIPE,
        text=True,
    )
    output, _ = process.communicate()
    shown = os.read(ours, 10_000).decode().replace("\r\n", "\n")
    os.close(ours)
    os.close(theirs)
    assert process.returncode == code, shown
    assert f"org.example.alpha may be used on these terms:\n\n{TEXT}\n\n" in shown
    if code == 0:
        assert json.loads(output)["id"] == "org.example.alpha"
        assert accepted(context) == {"org.example.alpha": HASH}
    else:
        assert not context.user_settings.path.exists()
        assert shown.count(TEXT) == 1
