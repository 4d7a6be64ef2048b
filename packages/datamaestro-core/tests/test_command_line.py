"""The command line, as real processes."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

import datamaestro
from datamaestro.cli.group import LazyGroup
from datamaestro.testing import write_distribution

DEFINITIONS = '''
import os
from datamaestro.data import File
from datamaestro.definitions import dataset, datatags
from datamaestro.download import FileResource, Source
from datamaestro.errors import AgreementError, OfflineError, TransportError, VerificationError

ERRORS = {
    "download": TransportError("no such host", where="https://example.org/x"),
    "verification": VerificationError("wrong sha256", expected="a", found="b"),
    "agreement": AgreementError("to be accepted first"),
    "offline": OfflineError("offline"),
    "interrupt": KeyboardInterrupt(),
    "bug": ZeroDivisionError("a bug\\nin two lines"),
    "end": EOFError("ran out of input"),
    "pipe": BrokenPipeError(32, "Broken pipe"),
    "file": OSError(9, "Bad file descriptor"),
}


class Made(FileResource):
    def _download(self, destination):
        if "FAIL" in os.environ:
            raise ERRORS[os.environ["FAIL"]]
        destination.write_text("made")


@datatags("letters")
@Made("data.txt")
@dataset(File, url="https://example.org/alpha")
def alpha(data):
    """The letter alpha

    Where everything begins.
    """
    return {"path": data}
'''

REPOSITORY = """
from datamaestro import Repository

class Greek(Repository):
    NAMESPACE = "greek"
    DESCRIPTION = "Letters"
"""


@pytest.fixture
def run(tmp_path, home):
    """Give a function that runs the command line with a repository ``greek`` installed."""
    folder = tmp_path / "installed"
    write_distribution(
        folder,
        "repository-greek",
        files={
            "greek/__init__.py": REPOSITORY,
            "greek/config/org/example.py": DEFINITIONS,
        },
        entry_points={"datamaestro.repositories": {"greek": "greek:Greek"}},
    )

    def run(*arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **environment):
        return subprocess.run(
            [sys.executable, "-m", "datamaestro", *arguments],
            env={**os.environ, "PYTHONPATH": str(folder), **environment},
            stdout=stdout,
            stderr=stderr,
            text=True,
            check=False,
        )

    run.folder = folder
    run.home = home
    return run


def value(result):
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


ALPHA = ["org.example.alpha"]


def test_prepare_prints_the_value_as_json(run):
    path = run.home / "datamaestro/data/greek/org/example/alpha/data.txt"
    assert value(run("prepare", "org.example.alpha")) == {
        "path": str(path),
        "id": "org.example.alpha",
    }
    assert path.read_text() == "made"


def test_data_go_where_the_option_says(run, tmp_path):
    path = value(run("--data", str(tmp_path / "d"), "prepare", "org.example.alpha"))["path"]
    assert path.startswith(str(tmp_path / "d"))


def test_data_go_where_the_environment_says(run, tmp_path):
    result = run("prepare", "org.example.alpha", DATAMAESTRO_DIR=str(tmp_path / "e"))
    assert value(result)["path"].startswith(str(tmp_path / "e"))


def test_prepare_writes_to_a_file(run, tmp_path):
    result = run("prepare", "org.example.alpha", "-o", str(tmp_path / "value.json"))
    assert (result.returncode, result.stdout) == (0, "")
    assert json.loads((tmp_path / "value.json").read_text())["id"] == "org.example.alpha"


@pytest.mark.parametrize(
    "arguments",
    [["prepare", "org.example.alpha"], ["lock", "org.example.alpha"], ["create-dataset", "file:x"]],
)
def test_a_file_in_a_folder_that_is_not_there_is_refused_before_any_work(run, arguments):
    folder = run.home / "no such"
    result = run(*arguments, "-o", str(folder / "value"))
    assert (result.returncode, result.stdout) == (2, "")
    assert f"There is no folder '{folder}'." in result.stderr
    assert not folder.exists()
    assert run("list").stdout == ""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
def test_a_pipe_is_not_replaced_by_a_file(run):
    path = run.home / "pipe"
    os.mkfifo(path)
    result = run("prepare", "org.example.alpha", "-o", str(path))
    assert result.returncode == 2
    assert f"'{path}' isn't a regular file" in result.stderr
    assert path.is_fifo()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
@pytest.mark.parametrize("place", ["/dev/stdout", "/dev/stderr", "own"])
def test_a_file_that_a_standard_stream_goes_to_is_not_replaced(run, place):
    own = run.home / "own"
    with own.open("w+") as file:
        file.write("before\n")
        file.flush()
        path = str(own) if place == "own" else place
        result = run("prepare", "org.example.alpha", "-o", path, stdout=file, stderr=file)
    assert result.returncode == 2
    assert own.read_text().startswith("before\n")
    assert "is where a standard stream goes" in own.read_text()


def test_a_dash_is_no_name_of_a_file(run):
    result = run("prepare", "org.example.alpha", "-o", "-")
    assert result.returncode == 2
    assert "'-' isn't a file; without this option, the standard output is used." in result.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows finds no such file")
@pytest.mark.parametrize(
    ("arguments", "exit_code"),
    [
        (["prepare", "org.example.alpha", "-o", "x" * 300], 2),
        (["lock", "org.example.alpha", "-o", "x" * 300], 2),
        (["datafolders", "set", "large", "x" * 300], 1),
        (["create-plugin", "x" * 300, "--kind", "format"], 1),
    ],
)
def test_a_path_that_no_file_system_has_is_an_error_about_it(run, arguments, exit_code):
    result = run(*arguments)
    assert result.returncode == exit_code
    assert "File name too long" in result.stderr
    assert "OSError" not in result.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps the folder of a process")
def test_a_new_plugin_in_a_folder_that_is_gone_is_an_error_about_it(run):
    main = f"{shlex.quote(sys.executable)} -m datamaestro create-plugin x --kind format"
    result = subprocess.run(
        ["sh", "-c", f"mkdir gone && cd gone && rmdir ../gone && {main}"],
        cwd=run.home,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert "this path leads nowhere" in result.stderr


def test_prepare_without_downloads_fails_rather_than_fetch(run):
    result = run("prepare", "--no-downloads", "org.example.alpha")
    assert result.returncode == 7
    assert "found data missing" in result.stderr


def test_prepare_without_downloads_gives_what_is_there(run):
    run("download", "org.example.alpha")
    result = run("prepare", "--no-downloads", "org.example.alpha")
    assert value(result)["id"] == "org.example.alpha"


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8"])
def test_what_the_output_has_no_letters_for_is_escaped(run, encoding):
    name = "Arbres, été, 木 😀"
    file = run.folder / "greek" / "config" / "org" / "more.py"
    header, _, _ = DEFINITIONS.partition("@")
    tree = f"@dataset(File)\ndef tree():\n    {name!r}\n    return {{'path': 'x'}}\n"
    file.write_text(header + tree, encoding="utf-8")

    def printed(*arguments):
        with (run.folder / "output").open("w+b") as output:
            run("info", "org.more.tree", *arguments, stdout=output, PYTHONIOENCODING=encoding)
            output.seek(0)
            return output.read()

    assert printed().splitlines()[0] == name.encode(encoding, "backslashreplace")
    assert json.loads(printed("--json").decode("utf-8"))["name"] == name


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="any name is a text there")
def test_json_is_utf_8_whatever_the_names_of_folders_are(run, tmp_path):
    folder = os.fsdecode(os.fsencode(tmp_path / "caf") + b"\xe9")
    result = run("prepare", "org.example.alpha", DATAMAESTRO_DIR=folder)
    assert json.loads(result.stdout)["path"].startswith(folder)


def test_prepare_names_the_encoders_that_there_are(run):
    result = run("prepare", "org.example.alpha", "--encoder", "morse")
    assert result.returncode == 1
    assert "expected normal, found morse" in result.stderr


def install_encoder(folder, body):
    plugin = (
        "from datamaestro.plugins import EncoderSpec, hookimpl\n"
        "@hookimpl\n"
        "def datamaestro_encoders():\n"
        "    yield EncoderSpec('shout', 'shouting:shout')\n"
    )
    write_distribution(
        folder,
        "shouting",
        files={"shouting.py": f"def shout(value): {body}", "shouting_plugin.py": plugin},
        entry_points={"datamaestro": {"shouting": "shouting_plugin"}},
    )


def test_an_encoder_of_a_plugin_writes_the_value(run):
    install_encoder(run.folder, "return value.id.upper()")
    result = run("prepare", "org.example.alpha", "--encoder", "shout")
    assert result.stdout == "ORG.EXAMPLE.ALPHA\n"


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("return None", "found TypeError: expected a text, found None"),
        ("raise SystemExit(0)", "found SystemExit: 0"),
        ("return 1 / 0", "found ZeroDivisionError: division by zero"),
    ],
)
def test_an_encoder_that_fails_is_told_with_its_plugin(run, body, found):
    install_encoder(run.folder, body)
    result = run("prepare", "org.example.alpha", "--encoder", "shout")
    assert (result.returncode, result.stdout) == (1, "")
    assert f"the encoder 'shout', which shouting 1.0 provides, failed: {found}" in result.stderr


def test_download_prints_nothing_on_the_standard_output(run):
    result = run("download", "org.example.alpha")
    assert (result.returncode, result.stdout) == (0, "")


def test_search_prints_one_id_a_line(run):
    assert run("search", "repo:greek").stdout == "org.example.alpha\n"


def test_search_prints_json(run):
    (entry,) = value(run("search", "repo:greek", "--json"))
    assert (entry["id"], entry["tags"]) == ("org.example.alpha", ["letters"])


def test_search_shows_no_more_than_the_limit(run):
    assert len(run("search", "--limit", "1").stdout.splitlines()) == 1


def test_search_tells_which_word_it_takes_for_another(run):
    result = run("search", "alhpa")
    assert "org.example.alpha" in result.stdout.splitlines()
    assert "Nothing matches 'alhpa'; showing 'alpha'." in result.stderr


def test_a_query_that_cannot_be_read_is_an_error_at_its_place(run):
    result = run("search", "alpha", "(tag:a")
    assert result.returncode == 2
    (line,) = result.stderr.splitlines()
    assert "character 7" in line


def test_search_that_finds_nothing_says_so_and_succeeds(run):
    result = run("search", "repo:greek", "omega")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "No dataset matches.\n")


def test_info_shows_what_is_known(run):
    text = run("info", "org.example.alpha").stdout
    assert text.startswith("The letter alpha\n")
    assert "URL: https://example.org/alpha" in text
    assert text.endswith("Where everything begins.\n")


def test_info_tells_the_folder_of_the_data(run, home):
    assert "Folder:" not in run("info", "org.example.alpha").stdout
    run("--data", str(home / "site"), "download", "org.example.alpha")
    result = run("info", "org.example.alpha", DATAMAESTRO_PATH=str(home / "site"))
    folder = home / "site" / "data" / "greek" / "org" / "example" / "alpha"
    assert f"Folder: {folder}\n" in result.stdout


def test_what_is_prepared_at_the_site_is_found_as_prepared(run, home):
    run("--data", str(home / "site"), "download", "org.example.alpha")
    found = run("search", "prepared:yes", DATAMAESTRO_PATH=str(home / "site"))
    assert found.stdout == "org.example.alpha\n"
    assert run("search", "prepared:yes").stdout == ""


@pytest.mark.parametrize("command", ["download", "prepare"])
def test_force_makes_again_what_is_there(run, home, command):
    run("download", "org.example.alpha")
    (path,) = (home / "datamaestro" / "data").rglob("data.txt")
    path.write_text("same")  # of the same size, so that nothing seems to be missing
    run(command, "org.example.alpha")
    assert path.read_text() == "same"
    assert run(command, "--force", "org.example.alpha").returncode == 0
    assert path.read_text() == "made"


def test_force_and_no_downloads_exclude_each_other(run):
    result = run("prepare", "--force", "--no-downloads", "org.example.alpha")
    assert result.returncode == 2
    assert "--force downloads, and --no-downloads doesn't." in result.stderr


def test_info_prints_json(run):
    assert value(run("info", "org.example.alpha", "--json"))["name"] == "The letter alpha"


def test_repositories_are_listed_with_their_descriptions(run):
    assert "greek: Letters" in run("repositories").stdout.splitlines()
    assert {"id": "greek", "description": "Letters"} in value(run("repositories", "--json"))


def test_data_folders_are_set_listed_and_removed(run, tmp_path):
    assert run("datafolders", "set", "large", str(tmp_path)).returncode == 0
    assert run("datafolders", "list").stdout == f"large\t{tmp_path}\n"
    assert value(run("datafolders", "list", "--json")) == {"large": str(tmp_path)}
    assert run("datafolders", "remove", "large").returncode == 0
    assert run("datafolders", "list").stdout == ""


@pytest.mark.parametrize("arguments", [["--data", "", "list"], ["datafolders", "set", "large", ""]])
def test_the_value_of_a_variable_that_is_not_set_is_no_path(run, arguments):
    result = run(*arguments)
    assert result.returncode == 1
    assert "this path leads nowhere: it is empty" in result.stderr


def test_a_data_folder_that_is_none_is_refused(run, tmp_path):
    result = run("datafolders", "set", "large", str(tmp_path / "nowhere"))
    assert result.returncode == 1
    assert f"{tmp_path / 'nowhere'}: not a folder; make it first" in result.stderr


def test_removing_an_unknown_data_folder_is_an_error(run):
    assert run("datafolders", "remove", "large").returncode == 3


def test_plugins_are_listed_with_what_they_provide(run):
    result = run("plugins")
    assert "repository-greek 1.0\n  repositories: greek" in result.stdout


def test_plugins_that_are_broken_are_listed_with_the_reason(run):
    write_distribution(
        run.folder,
        "broken-plugin",
        files={"broken_plugin.py": "import nothing_of_that_name"},
        entry_points={"datamaestro": {"broken": "broken_plugin"}},
    )
    broken = value(run("plugins", "--json"))["broken"]
    (entry,) = [item for item in broken if item["distribution"] == "broken-plugin"]
    assert entry["version"] == "1.0"
    where = f"{run.folder / 'broken_plugin.py'}:1"
    reason = "ModuleNotFoundError: No module named 'nothing_of_that_name'"
    assert entry["error"] == f"{reason}, at {where}"


def test_a_broken_plugin_is_one_line_of_warning(run):
    write_distribution(
        run.folder,
        "broken-plugin",
        files={"broken_plugin.py": "import nothing_of_that_name"},
        entry_points={"datamaestro": {"broken": "broken_plugin"}},
    )
    result = run("search", "repo:greek")
    assert result.stdout == "org.example.alpha\n"
    assert [line for line in result.stderr.splitlines() if "broken-plugin" in line] == [
        line for line in result.stderr.splitlines() if line.startswith("WARNING:")
    ]


def test_a_command_of_a_plugin_runs(run):
    write_distribution(
        run.folder,
        "greeting",
        files={"greeting.py": "import click\n@click.command\ndef greet(): click.echo('hello')\n"},
        entry_points={"datamaestro.commands": {"greet": "greeting:greet"}},
    )
    assert run("greet").stdout == "hello\n"
    assert "greet" in run("--help").stdout


def test_a_command_that_two_plugins_claim_is_an_error_that_names_both(run):
    for name in ("greeting", "parting"):
        write_distribution(
            run.folder,
            name,
            files={f"{name}.py": "import click\n@click.command\ndef greet(): ..."},
            entry_points={"datamaestro.commands": {"greet": f"{name}:greet"}},
        )
    assert "From greeting and parting." in run("--help").stdout
    result = run("greet")
    assert result.returncode == 1
    assert "2 plugins provide the command 'greet': expected one, found greeting and parting" in (
        result.stderr
    )


def test_commands_of_plugins_are_listed_without_importing_them(run):
    write_distribution(
        run.folder,
        "example-command",
        files={"example_command.py": "raise RuntimeError('imported')"},
        entry_points={"datamaestro.commands": {"greet": "example_command:greet"}},
    )
    result = run("--help")
    assert (result.returncode, result.stderr) == (0, "")
    assert "greet" in result.stdout


def test_a_broken_command_of_a_plugin_does_not_break_the_help(run):
    write_distribution(
        run.folder,
        "greeting",
        files={"greeting.py": "import nothing_of_that_name"},
        entry_points={"datamaestro.commands": {"greet": "greeting:greet"}},
    )
    assert "From greeting." in run("--help").stdout
    result = run("greet")
    assert result.returncode == 1
    assert "the command 'greet', which greeting provides, can't be imported" in result.stderr


def test_orphans_are_folders_that_belong_to_no_dataset(run):
    run("download", "org.example.alpha")
    data = run.home / "datamaestro" / "data"
    (data / "greek" / "org" / "example" / "omega").mkdir()
    (data / "greek" / "org" / "example" / "omega" / "x").write_text("12345")
    (data / "latin").mkdir()
    orphans = [data / "greek" / "org" / "example" / "omega", data / "latin"]
    assert run("orphans").stdout.splitlines() == [str(path) for path in orphans]
    assert run("orphans", "--size").stdout.splitlines()[0] == f"5\t{orphans[0]}"


@pytest.mark.parametrize(("options", "size"), [([], None), (["--size"], 0)])
def test_orphans_have_the_same_keys_in_json_whether_they_are_measured_or_not(run, options, size):
    gone = run.home / "datamaestro" / "data" / "latin"
    gone.mkdir(parents=True)
    found = json.loads(run("orphans", "--json", *options).stdout)
    assert found == [{"path": str(gone), "size": size}]


def test_data_of_a_broken_repository_are_no_orphans(run):
    run("download", "org.example.alpha")
    (run.folder / "greek/config/org/broken.py").write_text("import nothing_of_that_name")
    result = run("orphans")
    assert result.stdout == ""
    assert "is left out: a plugin or a definition is broken" in result.stderr


def test_version_prints_the_version(run):
    assert run("version").stdout == f"{datamaestro.__version__}\n"


# --- exit codes


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        ("download", 4),
        ("verification", 5),
        ("agreement", 6),
        ("offline", 7),
        ("interrupt", 130),
        ("bug", 1),
    ],
)
def test_each_kind_of_failure_has_its_exit_code_and_one_line(run, failure, code):
    result = run("--quiet", "prepare", "org.example.alpha", FAIL=failure)
    assert (result.returncode, result.stdout) == (code, "")
    assert len(result.stderr.strip().splitlines()) == 1


def test_an_unknown_dataset_exits_with_3_and_names_the_closest(run):
    result = run("prepare", "org.example.alhpa")
    assert result.returncode == 3
    assert "did you mean org.example.alpha?" in result.stderr


def test_an_unknown_repository_exits_with_3(run):
    assert run("prepare", "nowhere:org.example.alpha").returncode == 3


@pytest.mark.parametrize(
    "arguments",
    [["no-such-command"], ["prepare"], ["search", "color:red"], ["--no-such-option"]],
)
def test_wrong_usage_exits_with_2(run, arguments):
    assert run(*arguments).returncode == 2


def test_a_misspelt_command_names_the_closest(run):
    assert "Did you mean prepare?" in run("prepair").stderr


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("end", "EOFError: ran out of input"),
        ("pipe", "BrokenPipeError: [Errno 32] Broken pipe"),
        ("file", "OSError: [Errno 9] Bad file descriptor"),
    ],
)
def test_an_error_of_a_definition_is_not_taken_for_one_of_the_program_s_streams(run, name, message):
    result = run("prepare", "org.example.alpha", FAIL=name)
    assert result.returncode == 1
    assert result.stderr.startswith(f"Error: {message}, while making the resource 'data'")


def test_a_data_directory_that_cant_be_made_is_told_as_such(run, tmp_path):
    (tmp_path / "file").touch()
    result = run("--data", str(tmp_path / "file" / "data"), "prepare", "org.example.alpha")
    assert result.returncode == 1
    assert result.stderr.startswith(f"Error: {tmp_path / 'file'}")


def test_a_traceback_is_shown_if_the_program_is_told_to_and_not_the_command(run):
    assert "Traceback" not in run("--data", "list", "info", "--", "--traceback").stderr
    assert "Traceback" in run("--data", "list", "--traceback", "info", "no.such").stderr


def test_an_error_is_one_line_unless_a_traceback_is_asked_for(run):
    assert "Traceback" not in run("prepare", "org.example.alpha", FAIL="bug").stderr
    assert "Traceback" in run("--traceback", "prepare", "org.example.alpha", FAIL="bug").stderr
    assert "Traceback" in run("--debug", "prepare", "org.example.alpha", FAIL="bug").stderr


def test_colors_are_not_used_where_nobody_sees_them(run):
    assert "\033" not in run("prepare", "x.y").stderr


def test_quiet_shows_warnings_and_no_messages(run):
    run("download", "org.example.alpha")
    (run.home / "datamaestro/data/greek/org/example/alpha/.state.json").unlink()
    assert "Verifying" in run("download", "org.example.alpha").stderr
    (run.home / "datamaestro/data/greek/org/example/alpha/.state.json").unlink()
    told = run("--quiet", "download", "org.example.alpha").stderr
    assert "Verifying" not in told
    assert "it is made again" in told


@pytest.mark.parametrize("command", [["search", "omega"], ["list"], ["gc"]])
def test_quiet_hides_what_a_command_says_in_passing(run, command):
    assert run(*command).stderr != ""
    assert run("--quiet", *command).stderr == ""


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["cache", "list"], "The cache is empty."),
        (["cite", "--prepared"], "No dataset is prepared."),
        (["datafolders", "list"], "No data folder is set."),
        (["list"], "No dataset is prepared."),
        (["orphans"], "There are no orphans."),
        (["verify", "--all"], "No dataset is prepared."),
    ],
)
def test_a_list_of_nothing_says_so(run, command, message):
    result = run(*command)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", f"{message}\n")
    assert run("--quiet", *command).stderr == ""


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["agreements", "list"], "No dataset asks for an agreement."),
        (["plugins"], "No plugin is installed."),
        (["repositories"], "No installed plugin provides a repository."),
        (["search"], "No dataset matches."),
    ],
)
def test_where_no_plugin_is_installed_a_list_of_what_they_provide_says_so(home, command, message):
    # Nothing but the kernel and what it needs, whose metadata aren't found.
    script = (
        "import importlib.metadata, sys; importlib.metadata.distributions = lambda **_: iter(())\n"
        f"from datamaestro.cli import main; main({command!r})"
    )
    result = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "DATAMAESTRO_INDEX_DIR": str(home / "index")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "", f"{message}\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["prepare", "x.y", "--locked", "--frozen"], "--locked and --frozen exclude each other."),
        (["prepare", "x.y", "--dry-run", "-o", "value.json"], "--dry-run prints what would be"),
        (["prepare", "x.y", "--dry-run", "--no-downloads"], "--dry-run prints what would be"),
        (["datafolders", "set", "", "."], "no name for a data folder"),
        (["datafolders", "set", "a\tb", "."], "no name for a data folder"),
    ],
)
def test_what_cannot_be_done_as_it_is_asked_for_is_refused(run, arguments, message):
    result = run(*arguments)
    assert result.returncode == 2
    assert message in result.stderr


@pytest.mark.parametrize(
    ("arguments", "correct"),
    [
        (["prepare", "x.y", "--offline"], "datamaestro --offline prepare …"),
        (["list", "--data", "/x"], "datamaestro --data … list …"),
        (["cache", "list", "--quiet"], "datamaestro --quiet cache …"),
    ],
)
def test_an_option_for_every_command_is_told_its_place(run, arguments, correct):
    result = run(*arguments)
    assert result.returncode == 2
    assert f". It stands before the command: {correct}\n" in result.stderr


EVIL = r'''
from datamaestro.data import File
from datamaestro.definitions import dataset
from datamaestro.download import FileResource

class Made(FileResource):
    def _download(self, destination): destination.write_text("made")

@Made("made.txt", name="data")
@dataset(File, id="org.example.evil", licence="MIT\x1b]0;a title\x07", agreement="Be\x9b31m good.")
def Evil(data):
    """Evil \x1b[2J"""
    return {"path": data}
'''


@pytest.fixture
def evil(tmp_path):
    """Give the name of a dataset whose author would command the terminal."""
    path = tmp_path / "evil.py"
    path.write_text(EVIL)
    return f"{path}:Evil"


def test_what_others_have_written_commands_no_terminal(run, evil):
    lines = run("info", evil).stdout.splitlines()
    assert lines[0] == r"Evil \x1b[2J"
    assert r"Licence: MIT\x1b]0;a title\x07" in lines


def test_json_has_what_others_have_written_without_commanding_a_terminal(run, evil):
    result = run("info", evil, "--json")
    assert "Be\x9b31m good." in value(result)["agreement"]
    assert "\x9b" not in result.stdout


def test_an_agreement_commands_no_terminal(run, evil):
    result = run("prepare", evil)
    assert result.returncode == 6
    assert r"Be\x9b31m good." in result.stderr
    assert "\x9b" not in result.stderr


def test_facts_that_are_not_known_are_null_in_json(run):
    for told in (value(run("search", "--json", "alpha"))[0], value(run("info", *ALPHA, "--json"))):
        assert (told["doi"], told["tags"], told["aliases"]) == (None, ["letters"], [])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is full")
def test_a_note_that_nobody_can_read_is_no_failure(run):
    with Path("/dev/full").open("w") as full:
        assert run("list", stderr=full).returncode == 0


def test_a_variant_that_there_is_not_is_not_cited(run):
    assert run("cite", "org.example.alpha[a=b]").returncode == 2


@pytest.mark.parametrize("url", ["http://", "https:///x", "file", "http://[::1"])
def test_a_dataset_is_not_created_from_what_is_no_url(run, url):
    result = run("create-dataset", url)
    assert result.returncode == 2
    assert "not a URL" in result.stderr


@pytest.mark.parametrize("command", ["check", "cite", "lock", "remove", "verify"])
def test_commands_that_take_several_datasets_call_them_alike(run, command):
    assert "DATASETS" not in run(command, "--help").stdout


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("prepare org.example.alpha --encoder ", "normal"),
        ("create-dataset --into gr", "greek"),
        ("datafolders remove cor", "corpora"),
    ],
)
def test_the_shell_completes_names_of_every_kind(run, words, offered):
    run("datafolders", "set", "corpora", str(run.home))
    completion = {
        "_DATAMAESTRO_COMPLETE": "bash_complete",
        "COMP_WORDS": f"datamaestro {words}",
        "COMP_CWORD": str(len(words.split(" "))),
    }
    assert run(**completion).stdout.splitlines() == [f"plain,{offered}"]


def test_a_lock_file_that_isnt_there_is_written_by_the_hint(run, tmp_path):
    path = tmp_path / "of my own.lock"
    result = run("prepare", "--locked", "--lock-file", str(path), "org.example.alpha")
    assert f"'datamaestro lock -o {shlex.quote(str(path))} ID…' writes it" in result.stderr


@pytest.fixture
def lock_of_a_file(run):
    """Give a lock file, and the arguments that use it, of what a file in the home declares."""
    (run.home / "letters.py").write_text(
        "from datamaestro.data import File\n"
        "from datamaestro.definitions import dataset\n"
        "from datamaestro.download import FileResource\n"
        "class Made(FileResource):\n"
        "    def _download(self, destination):\n"
        "        destination.write_text('made')\n"
        "@Made('made.txt')\n"
        "@dataset(id='org.example.of-a-file')\n"
        "def letters(made) -> File:\n"
        "    return File(path=made)\n"
    )
    path = str(run.home / "datamaestro.lock")
    assert run("lock", "-o", path, f"{run.home}/letters.py:letters").returncode == 0
    return [
        ["lock", "-o", path],
        ["lock", "--check", "-o", path],
        ["download", "--locked", "--lock-file", path],
    ]


def test_a_lock_of_what_a_file_declares_asks_for_its_name_again(run, lock_of_a_file):
    for again in lock_of_a_file:
        result = run(*again)
        assert result.returncode == 1
        assert "org.example.of-a-file is declared in a file" in result.stderr
        command = ["datamaestro", *(item for item in again if item != "--check"), "FILE.py:NAME"]
        assert f"'{shlex.join(command)}'" in result.stderr


def test_a_lock_of_what_a_file_declares_does_without_it_where_no_definition_is_needed(
    run, lock_of_a_file
):
    result = run("download", "--frozen", *lock_of_a_file[-1][2:])
    assert "is declared in a file" not in result.stderr


def test_what_a_project_declares_is_not_taken_for_what_was_locked_of_a_file(
    run, lock_of_a_file, monkeypatch
):
    project = "[project]\nname = 'letters'\n[tool.datamaestro]\ndatasets = ['letters.py']\n"
    (run.home / "pyproject.toml").write_text(project)
    monkeypatch.chdir(run.home)
    assert [run(*again).returncode for again in lock_of_a_file] == [1, 1, 1]


def test_a_lock_file_that_is_out_of_date_is_written_by_the_hint(run, tmp_path):
    path = tmp_path / "empty.lock"
    path.write_text("version = 1\n")
    result = run("lock", "--check", "-o", str(path), "org.example.alpha")
    command = f"datamaestro lock -o {shlex.quote(str(path))} org.example.alpha"
    assert f"'{command}' brings it up to date" in result.stderr


LOUD = """
import os, subprocess, sys
from datamaestro.data import File
from datamaestro.definitions import dataset
from datamaestro.download import FileResource

print("imported")

class Loud(FileResource):
    def _download(self, destination):
        subprocess.run([sys.executable, "-c", "print('by a program')"], check=True)
        os.write(1, b"by C\\n")
        destination.write_text("loud")

@Loud("data.txt")
@dataset(File, id="org.example.loud")
def loud(data):
    return {"path": data}
"""


def test_what_handlers_and_their_programs_print_spoils_no_output(run):
    path = run.home / "loud.py"
    path.write_text(LOUD)
    result = run("--quiet", "prepare", f"{path}:loud")
    assert value(result)["id"] == "org.example.loud"
    assert sorted(result.stderr.splitlines()) == ["by C", "by a program", "imported"]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such terminals")
def test_a_table_is_as_wide_as_the_terminal_wherever_messages_go(run):
    import fcntl
    import pty
    import struct
    import termios

    terminal, other = pty.openpty()
    fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 26, 0, 0))
    with os.fdopen(other, "w") as stdout:
        run("search", "repo:greek", stdout=stdout, stderr=subprocess.DEVNULL, COLUMNS="")
        lines = os.read(terminal, 10_000).decode().splitlines()
    os.close(terminal)
    assert lines[0] == "org.example.alpha"  # the name doesn't fit beside the id
    assert max(map(len, lines)) <= 26


def test_a_program_that_runs_a_command_has_its_output_back(run):
    script = (
        "import os\nfrom datamaestro.cli import main\n"
        "try: main(['search', 'repo:greek'])\n"
        "except SystemExit: print('then', flush=True); os.write(1, b'last')"
    )
    result = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(run.folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.stdout == "org.example.alpha\nthen\nlast"


def test_a_reader_that_has_had_enough_gets_no_complaint(run):
    command = [sys.executable, "-m", "datamaestro", "search", "repo:greek", "--json"]
    process = subprocess.Popen(
        command,
        env={**os.environ, "PYTHONPATH": str(run.folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    process.wait()


@pytest.mark.parametrize("command", ["search", "list", "du", "gc"])
def test_an_output_that_is_closed_is_no_terminal(run, command):
    script = f"import sys; sys.stdout = None; from datamaestro.cli import main; main(['{command}'])"
    environment = {**os.environ, "PYTHONPATH": str(run.folder)}
    result = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False
    )
    assert (result.returncode, "Error" in result.stderr) == (0, False)


TALKATIVE = """
print("imported")

from datamaestro.data import File
from datamaestro.definitions import dataset
from datamaestro.download import FileResource


class Made(FileResource):
    def _download(self, destination):
        print("made")
        destination.write_text("made")


@Made("data.txt")
@dataset(id="org.example.talkative")
def talkative(data) -> File:
    \"""What prints all the time\"""
    print("built")
    return File(path=data)
"""


@pytest.mark.parametrize("command", [["prepare"], ["info", "--json"], ["cite", "--json"]])
def test_what_a_definition_prints_is_no_output_of_a_command(run, tmp_path, command):
    definitions = tmp_path / "talkative.py"
    definitions.write_text(TALKATIVE)
    result = run(*command, f"{definitions}:talkative")
    assert value(result)
    assert "imported" in result.stderr


def test_what_a_definition_prints_is_offered_by_no_shell(run, tmp_path):
    definitions = tmp_path / "talkative.py"
    definitions.write_text(TALKATIVE)
    result = run(
        _DATAMAESTRO_COMPLETE="bash_complete",
        COMP_WORDS=f"datamaestro prepare {definitions}:",
        COMP_CWORD="2",
    )
    assert result.stdout == f"plain,{definitions}:talkative\n"


def test_the_command_of_a_plugin_prints_what_it_likes(run):
    command = (
        "import click\n"
        "from datamaestro.cli.session import pass_session\n"
        "@click.command\n"
        "@pass_session\n"
        "def hello(session):\n"
        "    session.context\n"
        "    print('hello')\n"
    )
    write_distribution(
        run.folder,
        "greeting",
        files={"greeting.py": command},
        entry_points={"datamaestro.commands": {"hello": "greeting:hello"}},
    )
    assert run("hello").stdout == "hello\n"


def test_an_interruption_while_the_program_starts_is_told_in_one_line(run):
    (run.folder / "click.py").write_text(
        "import signal\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)  # a job may ignore it\n"
        "signal.raise_signal(signal.SIGINT)\n"
    )
    result = run("search")
    assert (result.returncode, result.stderr) == (130, "Interrupted.\n")


def test_the_shell_completes_dataset_ids(run):
    result = run(
        _DATAMAESTRO_COMPLETE="bash_complete",
        COMP_WORDS="datamaestro prepare org.ex",
        COMP_CWORD="2",
    )
    assert "plain,org.example.alpha" in result.stdout.splitlines()


@pytest.mark.parametrize("command", [*LazyGroup.COMMANDS])
def test_every_command_explains_itself(run, command):
    result = run(command, "--help")
    assert result.returncode == 0
    assert result.stdout.startswith("Usage: datamaestro")


@pytest.fixture
def path(tmp_path):
    """Give a search path with an ``ssh`` that prints what it should run, and exits with 5."""
    ssh = tmp_path / "bin" / "ssh"
    ssh.parent.mkdir()
    ssh.write_text('#!/bin/sh\necho "$@"\nexit 5\n')
    ssh.chmod(0o755)
    return f"{ssh.parent}{os.pathsep}{os.environ['PATH']}"


def test_a_host_runs_the_command_there_through_ssh(run, path):
    result = run("--host", "node1", "--pythonpath", "/opt/py", "prepare", "a.b", PATH=path)
    assert result.stdout == "-- node1 /opt/py -m datamaestro prepare a.b\n"
    assert result.returncode == 5


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "--pause", "inf", "org.example.alpha"],
        ["check", "--pause", "nan", "org.example.alpha"],
        ["gc", "--older-than", "99999999"],
        ["search", "--limit", f"{10**20}"],
    ],
)
def test_a_number_that_nothing_can_be_done_with_is_refused(run, arguments):
    result = run(*arguments)
    assert result.returncode == 2
    assert f"Invalid value for '{arguments[1]}'" in result.stderr


def test_a_host_gets_the_options_before_the_command_and_all_that_follows_it(run, path):
    arguments = ["--quiet", "--data", "/d", "--host=h", "search", "--limit", "1", "--", "--host"]
    result = run(*arguments, PATH=path)
    assert result.stdout == (
        "-- h python3 -m datamaestro --data /d --quiet search --limit 1 -- --host\n"
    )


def test_a_host_runs_commands_that_only_its_plugins_have(run, path):
    result = run("--host", "h", "elsewhere", "--help", PATH=path)
    assert result.stdout == "-- h python3 -m datamaestro elsewhere --help\n"


def test_an_installation_that_an_upgrade_damaged_says_how_to_mend_it(tmp_path):
    for module in (click, datamaestro):
        shutil.copytree(Path(module.__file__).parent, tmp_path / module.__name__)
    # What pip removes when it upgrades from 1.x, whose wheel had these files too.
    for name in ("__init__.py", "context.py", "settings.py", "download/__init__.py"):
        (tmp_path / "datamaestro" / name).unlink()
    result = subprocess.run(
        [
            sys.executable,
            "-S",
            "-c",
            "import datamaestro.cli as c; c.main(['--debug', 'search'])",
        ],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert "pip install --force-reinstall --no-deps datamaestro-core" in line


needs_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs what is always full")


@needs_full
@pytest.mark.parametrize("arguments", [["info", "org.example.alpha"], ["info", "--help"]])
def test_an_output_that_cant_be_written_is_told_as_such(run, arguments):
    with Path("/dev/full").open("w") as full:
        result = run(*arguments, stdout=full)
    assert result.returncode == 1
    assert result.stderr == "Error: can't write to the standard output: No space left on device\n"


@needs_full
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["download", "org.example.alpha"], 0),
        (["--progress", "json", "download", "org.example.alpha"], 0),
        (["info", "nope.x"], 3),
    ],
)
def test_messages_that_cant_be_written_stop_nothing(run, arguments, code):
    with Path("/dev/full").open("w") as full:
        assert run(*arguments, stderr=full).returncode == code
    path = run.home / "datamaestro/data/greek/org/example/alpha/data.txt"
    assert path.exists() == (code == 0)


def test_an_error_of_a_handler_tells_for_which_resource(run):
    result = run("--quiet", "download", "org.example.alpha", FAIL="bug")
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith(
        "Error: ZeroDivisionError: a bug in two lines, "
        "while making the resource 'data' of dataset org.example.alpha, "
    )


def test_the_version_is_an_option_too(run):
    assert run("--version").stdout == run("version").stdout
