"""Whether sources are alive, asked politely."""

import threading

import pytest
from fetched import Fetched

from datamaestro.availability import all_to_check, check_sources, to_check
from datamaestro.context import Context
from datamaestro.data import File
from datamaestro.definitions import dataset
from datamaestro.download import SourceFacts
from datamaestro.errors import OfflineError, SettingsError, TransportError
from datamaestro.inventory.prepared import prepared_datasets
from datamaestro.inventory.reachability import dead_urls
from datamaestro.inventory.replaceable import SourceCheck, irreplaceable
from datamaestro.urls import recognizable

ALPHA = "memory://host/alpha"


def check(context, *names, pause=0.0):
    chosen = to_check([f"org.example.{name}" for name in names], context)
    return check_sources(chosen, context, pause=pause)


def test_a_source_that_answers_is_alive(context, shelf):
    (finding,) = check(context, "alpha")
    assert (finding.status, finding.url, finding.size) == ("alive", ALPHA, 5000)
    assert (finding.dataset, finding.resource) == ("org.example.alpha", "data")


def test_a_source_is_not_fetched(context, shelf, monkeypatch):
    monkeypatch.setattr(shelf.MemoryResponse, "read", lambda *_: pytest.fail("it was read"))
    check(context, "alpha")


def test_a_source_that_gives_nothing_is_dead(context, shelf):
    del shelf.CONTENT[ALPHA]
    (finding,) = check(context, "alpha")
    assert (finding.status, finding.problem) == ("dead", f"{ALPHA}: not in memory")
    assert not finding.temporary


def test_a_transport_that_fails_hides_nothing_of_others(context, shelf, monkeypatch):
    failing = shelf.MemoryTransport.check

    def check_one(self, url):
        return failing(self, url) if url != ALPHA else 1 / 0

    monkeypatch.setattr(shelf.MemoryTransport, "check", check_one)
    alpha, zeta, *_ = check(context, "alpha", "zeta")
    assert (alpha.status, alpha.temporary, zeta.status) == ("dead", True, "dead")
    assert "fails: found ZeroDivisionError: division by zero" in alpha.problem


def test_wrong_settings_make_no_source_dead(context, shelf, monkeypatch):
    context.path.mkdir()
    (context.path / "settings.json").write_text('{"keys": 3}')
    monkeypatch.setattr(shelf.MemoryTransport, "check", lambda *_: context.settings.keys)
    with pytest.raises(SettingsError, match="keys has the wrong type"):
        check(context, "alpha")
    assert dead_urls(context.path) == frozenset()


def test_all_sources_and_mirrors_are_looked_at_in_order(context, shelf):
    shelf.CONTENT["memory://mirror/zeta"] = b"zeta"
    found = check(context, "zeta", "beta")
    assert [(item.url, item.status) for item in found] == [
        ("memory://host/zeta", "dead"),
        ("memory://mirror/zeta", "alive"),
        ("memory://host/a", "alive"),
        ("memory://host/b", "alive"),
    ]


def test_another_size_than_declared_is_a_change(context, shelf):
    shelf.CONTENT["memory://mirror/zeta"] = b"longer"
    finding = check(context, "zeta")[1]
    assert (finding.status, finding.problem) == ("changed", "expected 4 bytes, found 6")


def test_other_content_than_was_fetched_is_a_change(context, shelf):
    context.prepare("org.example.alpha")
    assert check(context, "alpha")[0].status == "alive"
    shelf.CONTENT[ALPHA] = b"other" * 1000
    (finding,) = check(context, "alpha")
    assert finding.status == "changed"
    assert finding.problem.startswith("the content isn't the one that was fetched")


def answering(monkeypatch, shelf, facts):
    monkeypatch.setattr(shelf.MemoryTransport, "check", lambda self, url: facts)


def test_a_web_page_in_the_place_of_data_is_a_change(context, shelf, monkeypatch):
    answering(monkeypatch, shelf, SourceFacts(ALPHA, 5000, None, "text/html"))
    (finding,) = check(context, "alpha")
    assert (finding.status, finding.problem) == ("changed", "it gives a web page")


@pytest.mark.parametrize(
    ("name", "media_type", "status"),
    [
        ("page.xht", "application/xhtml+xml", "alive"),
        ("page.MHTML", "text/html", "alive"),
        ("data.txt", "Text/HTML", "changed"),
    ],
)
def test_a_page_is_told_by_the_same_names_and_types_as_in_downloads(
    context, memory, monkeypatch, name, media_type, status
):
    answering(monkeypatch, memory, SourceFacts(f"memory://host/{name}", None, None, media_type))

    @Fetched("data", f"memory://host/{name}", name="data")
    @dataset(File, id="org.example.page")
    def page(data):
        """Page"""

    (finding,) = check_sources([page.__dataset__], context, pause=0)
    assert finding.status == status


def test_where_a_source_has_moved_is_told(context, shelf, monkeypatch):
    answering(monkeypatch, shelf, SourceFacts("memory://elsewhere/alpha", 5000))
    (finding,) = check(context, "alpha")
    assert (finding.status, finding.location) == ("alive", "memory://elsewhere/alpha")


def test_all_datasets_are_checked_in_the_order_of_their_ids(context, shelf):
    found = [definition.id for definition in all_to_check(context)]
    assert found == sorted(found)
    assert {"org.example.alpha", "org.example.zeta"} <= set(found)


def test_a_url_that_several_datasets_need_is_asked_once(context, shelf):
    found = check(context, "alpha", "omega", "theta")
    assert len(found) == 3
    assert [request.url for request in shelf.REQUESTS] == [ALPHA]


def paused(monkeypatch):
    """Let checks make no pauses; give how long each would have been."""
    pauses = []

    class Impatient(threading.Event):
        def wait(self, timeout=None):
            pauses.append(timeout)
            return False

    monkeypatch.setattr("datamaestro.availability.Event", Impatient)
    return pauses


def test_one_host_is_asked_one_url_after_the_other_with_a_pause(context, shelf, monkeypatch):
    pauses = paused(monkeypatch)
    check(context, "beta", "alpha", pause=0.25)
    assert [request.url for request in shelf.REQUESTS] == [
        "memory://host/a",
        "memory://host/b",
        ALPHA,
    ]
    assert pauses == [0.25, 0.25]


def test_there_is_no_pause_where_no_host_is_asked(context, shelf, monkeypatch):
    pauses = paused(monkeypatch)
    monkeypatch.setattr(shelf.MemoryTransport, "network", False)
    assert [item.status for item in check(context, "beta", pause=0.25)] == ["alive", "alive"]
    assert pauses == []


def test_a_check_that_ends_early_waits_for_no_pause(context, shelf):
    shelf.REFUSED["memory://mirror/zeta"] = OfflineError("not looked at")
    with pytest.raises(OfflineError):
        check(context, "beta", "zeta", pause=3600)


def test_nothing_is_asked_offline(context, shelf):
    offline = Context(context.path, offline=True)
    with pytest.raises(OfflineError):
        check(offline, "alpha")
    assert shelf.REQUESTS == []


# --- what is noted


def test_what_is_found_is_noted_for_later(context, shelf):
    del shelf.CONTENT[ALPHA]
    check(context, "alpha", "beta")
    assert dead_urls(context.path) == {ALPHA}
    shelf.CONTENT[ALPHA] = b"alive"
    check(context, "alpha")
    assert dead_urls(context.path) == set()


SECRET = "memory://me:pass@host/secret?token=abc"


@pytest.fixture
def secret(memory):
    """Give a dataset, no repository's, whose URL lets someone in."""
    memory.CONTENT[SECRET] = b"secret"

    @Fetched("data", SECRET, name="data")
    @dataset(File, id="org.example.secret")
    def secret(data):
        """Secret"""
        return File(path=data)

    return secret.__dataset__


def test_a_url_is_asked_with_its_secrets_and_shown_without(context, memory, secret):
    (finding,) = check_sources([secret], context, pause=0)
    assert (finding.url, finding.status) == ("memory://host/secret?token=***", "alive")
    assert finding.location is None
    assert [request.url for request in memory.REQUESTS] == [SECRET]


def test_where_a_source_has_moved_is_told_without_secrets(context, shelf, monkeypatch):
    answering(monkeypatch, shelf, SourceFacts("memory://elsewhere/alpha?X-Amz-Signature=f00d"))
    (finding,) = check(context, "alpha")
    assert finding.location == "memory://elsewhere/alpha?X-Amz-Signature=***"


def test_what_comes_from_a_dead_url_with_secrets_is_known_to_be_gone(context, memory, secret):
    context.prepare(secret)
    del memory.CONTENT[SECRET]
    check_sources([secret], context, pause=0)
    assert dead_urls(context.path) == {recognizable(SECRET)}
    sources = SourceCheck(context)
    reason = "its source gave nothing when it was last looked at: memory://host/secret?token=***"
    assert sources.why_not(secret.ordered_resources()[0]) == reason
    (prepared,) = prepared_datasets(context.datapath)  # whose definition isn't installed
    assert irreplaceable(prepared, context) == {"data": reason}


def test_an_error_on_the_way_to_every_source_is_noted_of_none(context, shelf):
    shelf.REFUSED[ALPHA] = TransportError("no route", where=ALPHA, retry=True)
    (finding,) = check(context, "alpha")
    assert (finding.status, finding.temporary) == ("dead", True)
    assert not (context.path / "sources.json").exists()


def test_a_directory_that_cant_be_written_disturbs_no_check(context, shelf):
    context.path.mkdir()
    (context.path / ".sources.json.lock").mkdir()
    assert check(context, "alpha")[0].status == "alive"


def test_a_finding_as_json_has_all_that_is_known(context, shelf):
    (finding,) = check(context, "alpha")
    assert finding.to_json() == {
        "id": "org.example.alpha",
        "repository": "shelf",
        "resource": "data",
        "url": ALPHA,
        "status": "alive",
        "problem": None,
        "temporary": False,
        "location": None,
        "size": 5000,
        "declared_size": None,
    }
