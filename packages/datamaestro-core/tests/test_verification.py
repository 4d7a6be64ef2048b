"""Whether prepared data are unchanged, and what can be done about it."""

import errno
import json
import os
import sys
import threading

import pytest

from datamaestro.inventory.manifest import MANIFESTS, stored_files
from datamaestro.inventory.named import find_prepared
from datamaestro.inventory.prepared import Prepared
from datamaestro.inventory.removal import remove_dataset, remove_resource
from datamaestro.inventory.repair import repair
from datamaestro.inventory.verification import verify
from datamaestro.locks.exclusive import locked


def prepared(context, name) -> Prepared:
    context.prepare(f"org.example.{name}")
    (found,) = find_prepared(f"org.example.{name}", context)
    return found


def one(verdicts):
    (verdict,) = verdicts
    return verdict


def status(dataset, context):
    return one(verify([dataset], context)).status


def flip(path):
    """Change a byte of a file, neither its size nor its times."""
    times = path.stat()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


# --- files, whose digest is recorded when they are complete


def test_a_file_as_it_was_made_is_ok(context, shelf):
    verdict = one(verify([prepared(context, "alpha")], context))
    assert (verdict.status, verdict.resource, verdict.is_wrong) == ("ok", "data", False)
    assert verdict.reason.startswith("the same bytes as on 20")


def test_a_file_in_which_a_bit_has_changed_is_changed(context, shelf):
    alpha = prepared(context, "alpha")
    flip(alpha.path("data"))
    assert status(alpha, context) == "changed"


def test_a_file_that_is_gone_is_missing(context, shelf):
    alpha = prepared(context, "alpha")
    alpha.path("data").unlink()
    assert status(alpha, context) == "missing"


def test_what_is_no_file_any_more_is_changed(context, shelf):
    alpha = prepared(context, "alpha")
    alpha.path("data").unlink()
    alpha.path("data").mkdir()
    assert status(alpha, context) == "changed"


def test_what_cant_be_read_for_want_of_a_right_is_unverifiable(context, shelf, monkeypatch):
    beta = prepared(context, "beta")

    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("datamaestro.inventory.verification.stored_files", refuse)
    verdict = one(verify([beta], context))
    assert verdict.status == "unverifiable"
    assert "Permission denied" in verdict.reason


@pytest.mark.parametrize(
    ("number", "status"),
    [
        (errno.EIO, "changed"),
        (errno.ENOENT, "changed"),
        (errno.ESTALE, "unverifiable"),
        (errno.EMFILE, "unverifiable"),
        (errno.ENOMEM, "unverifiable"),
    ],
)
def test_what_cant_be_read_has_changed_only_if_that_is_the_datas_fault(
    context, shelf, monkeypatch, number, status
):
    alpha = prepared(context, "alpha")

    def fail(*arguments):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("datamaestro.inventory.verification.file_digests", fail)
    verdict = one(verify([alpha], context))
    assert (verdict.status, os.strerror(number) in verdict.reason) == (status, True)


def test_whoever_stops_reading_verdicts_waits_for_no_more_hashing(context, shelf, monkeypatch):
    both = prepared(context, "both")
    short, _ = both.records
    begun, ended = threading.Event(), threading.Event()

    def endless(path, algorithms, watch):
        if path == both.path(short):
            begun.wait(10)
            return {"sha256": "none"}
        try:
            while True:
                begun.set()
                watch(1)
        finally:
            ended.set()

    monkeypatch.setattr("datamaestro.inventory.verification.AHEAD", 1)
    monkeypatch.setattr("datamaestro.inventory.verification.file_digests", endless)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    verdicts = verify([both], context)
    assert next(verdicts).resource == short
    verdicts.close()
    assert ended.is_set()


def test_data_are_verified_though_their_plugin_is_gone(context, shelf):
    alpha = prepared(context, "alpha")
    (context.datapath / "shelf").rename(context.datapath / "gone")
    (gone,) = find_prepared("gone:org.example.alpha", context)
    assert status(gone, context) == "ok"
    flip(gone.path("data"))
    assert status(gone, context) == "changed"
    assert alpha.id == gone.id


# --- what another process changes meanwhile


def test_what_is_replaced_meanwhile_is_verified_as_it_is_now(context, shelf):
    alpha = prepared(context, "alpha")
    shelf.CONTENT["memory://host/alpha"] = b"other" * 1000
    context.prepare("org.example.alpha", force=True)
    verdict = one(verify([alpha], context))
    assert (verdict.status, verdict.dataset) == ("ok", prepared(context, "alpha"))


@pytest.mark.parametrize("name", ["alpha", "beta"])
def test_there_is_no_verdict_on_what_is_removed_meanwhile(context, shelf, monkeypatch, name):
    dataset = prepared(context, name)

    def removed_then(path):
        found = stored_files(path)
        remove_dataset(dataset)
        return found

    monkeypatch.setattr("datamaestro.inventory.verification.stored_files", removed_then)
    assert list(verify([dataset], context)) == []


def test_what_differs_while_another_process_is_busy_with_it_is_unverifiable(context, shelf):
    alpha = prepared(context, "alpha")
    flip(alpha.path("data"))
    with locked(alpha.folder / ".state.lock", "a test"):
        verdict = one(verify([alpha], context))
    assert verdict.status == "unverifiable"
    assert verdict.reason == "another process is busy with the dataset"


# --- folders, whose digests are kept from the first verification on


def test_a_folder_is_unverifiable_at_first_and_ok_from_then_on(context, shelf):
    beta = prepared(context, "beta")
    first = one(verify([beta], context))
    assert first.status == "unverifiable"
    assert first.reason.endswith("its digests are kept from now on")
    assert status(beta, context) == "ok"


def test_even_at_first_a_folder_of_another_size_is_changed(context, shelf):
    beta = prepared(context, "beta")
    (beta.path("tree") / "a").write_bytes(b"less")
    verdict = one(verify([beta], context))
    assert (verdict.status, verdict.reason) == ("changed", "expected 2000 bytes, found 1004")
    assert not (beta.folder / MANIFESTS).exists()


def test_the_files_that_have_changed_are_named(context, shelf):
    beta = prepared(context, "beta")
    list(verify([beta], context))
    flip(beta.path("tree") / "a")
    (beta.path("tree") / "b").unlink()
    (beta.path("tree") / "c").touch()
    verdict = one(verify([beta], context))
    assert (verdict.status, verdict.files) == ("changed", ("a", "b", "c"))


def test_folders_in_a_folder_are_looked_through(context, shelf):
    beta = prepared(context, "beta")
    deep = beta.path("tree") / "deep"
    deep.mkdir()
    (beta.path("tree") / "a").rename(deep / "a")
    assert status(beta, context) == "unverifiable"
    assert status(beta, context) == "ok"
    flip(deep / "a")
    assert one(verify([beta], context)).files == ("deep/a",)


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_a_link_in_a_folder_is_compared_by_where_it_leads(context, shelf):
    beta = prepared(context, "beta")
    (beta.path("tree") / "b").unlink()
    (beta.path("tree") / "b").symlink_to("a")
    state = beta.folder / ".state.json"
    document = json.loads(state.read_text())
    document["resources"]["tree"]["size"] = 1001
    state.write_text(json.dumps(document))
    beta = prepared(context, "beta")
    assert status(beta, context) == "unverifiable"
    assert status(beta, context) == "ok"
    (beta.path("tree") / "b").unlink()
    (beta.path("tree") / "b").symlink_to(".")
    assert one(verify([beta], context)).files == ("b",)


def test_digests_of_data_that_were_made_again_since_count_no_more(context, shelf):
    beta = prepared(context, "beta")
    list(verify([beta], context))
    manifest = beta.folder / MANIFESTS / "tree.json"
    document = json.loads(manifest.read_text())
    document["complete"][1] = "2000-01-01T00:00:00+00:00"
    manifest.write_text(json.dumps(document))
    assert status(beta, context) == "unverifiable"


def test_a_damaged_manifest_says_nothing(context, shelf):
    beta = prepared(context, "beta")
    list(verify([beta], context))
    (beta.folder / MANIFESTS / "tree.json").write_text("[}")
    assert status(beta, context) == "unverifiable"


def test_a_manifest_that_cant_be_read_at_this_moment_is_not_replaced(context, shelf, unreadable):
    beta = prepared(context, "beta")
    list(verify([beta], context))
    flip(beta.path("tree") / "a")
    with unreadable("tree.json"):
        verdict = one(verify([beta], context))
    assert (verdict.status, "Input/output" in verdict.reason) == ("unverifiable", True)
    assert status(beta, context) == "changed"


def test_where_digests_cant_be_kept_data_stay_unverifiable(context, shelf):
    beta = prepared(context, "beta")
    (beta.folder / MANIFESTS).write_text("in the way")
    assert one(verify([beta], context)).reason == "no digest of it was recorded or declared"
    assert status(beta, context) == "unverifiable"


def test_what_was_adopted_is_proven_by_its_definition(context, shelf):
    prepared(context, "theta")
    state = context.folder("org.example.theta") / ".state.json"
    state.unlink()
    theta = prepared(context, "theta")
    assert theta.records["data"].sha256 is None
    verdict = one(verify([theta], context))
    assert verdict.status == "ok"
    assert verdict.reason.startswith("what the definition declares proves it")


def test_what_the_definition_disproves_is_changed(context, shelf):
    prepared(context, "theta")
    (context.folder("org.example.theta") / ".state.json").unlink()
    theta = prepared(context, "theta")
    flip(theta.path("data"))
    verdict = one(verify([theta], context))
    assert verdict.status == "changed"
    assert "wrong sha256" in verdict.reason
    assert status(theta, context) == "changed"  # wrong digests aren't kept as the right ones


def test_many_small_files_and_several_datasets_keep_their_order(context, shelf):
    for number in range(250):
        shelf.CONTENT[f"memory://host/{number}"] = str(number).encode()
    many, alpha = prepared(context, "many"), prepared(context, "alpha")
    assert [item.resource for item in verify([many, alpha], context)] == ["tree", "data"]
    flip(many.path("tree") / "n200")
    found = list(verify([alpha, many], context))
    assert [item.status for item in found] == ["ok", "changed"]
    assert found[1].files == ("n200",)


# --- repair


def test_what_has_changed_is_fetched_again(context, shelf):
    alpha = prepared(context, "alpha")
    flip(alpha.path("data"))
    verdict = one(repair(verify([alpha], context), context))
    assert (verdict.status, verdict.repaired) == ("ok", True)
    assert alpha.path("data").read_bytes() == b"alpha" * 1000


def test_what_is_missing_is_fetched_again(context, shelf):
    beta = prepared(context, "beta")
    (beta.path("tree") / "a").unlink()
    verdict = one(repair(verify([beta], context), context))
    assert (verdict.status, verdict.repaired) == ("unverifiable", True)
    assert (beta.path("tree") / "a").read_bytes() == b"a" * 1000


def test_the_digests_of_a_folder_say_nothing_of_the_one_that_replaces_it_at_once(context, shelf):
    assert status(prepared(context, "beta"), context) == "unverifiable"
    assert status(prepared(context, "beta"), context) == "ok"
    shelf.CONTENT["memory://host/a"] = b"A" * 1000
    context.prepare("org.example.beta", force=True)
    assert status(prepared(context, "beta"), context) == "unverifiable"


def test_what_was_never_made_is_not_made_by_a_repair(context, shelf):
    both = prepared(context, "both")
    remove_resource(both, "second")
    (both,) = find_prepared("org.example.both", context)
    flip(both.path("first"))
    shelf.REQUESTS.clear()
    assert one(repair(verify([both], context), context)).repaired
    assert [request.url for request in shelf.REQUESTS] == ["memory://host/a"]


def test_only_what_is_wrong_is_fetched_again(context, shelf):
    both = prepared(context, "both")
    flip(both.path("first"))
    shelf.REQUESTS.clear()
    found = {item.resource: item for item in repair(verify([both], context), context)}
    assert [request.url for request in shelf.REQUESTS] == ["memory://host/a"]
    assert (found["first"].repaired, found["second"].repaired) == (True, False)


def test_what_is_made_from_a_transient_resource_is_made_again_with_it(context, shelf):
    delta = prepared(context, "delta")
    (delta.path("FEW") / "only").write_bytes(b"")
    assert one(repair(verify([delta], context), context)).repaired
    assert (delta.path("FEW") / "only").read_bytes() == b"a" * 1000
    assert not (delta.folder / "ALL").exists()


def test_what_cant_be_fetched_again_stays_as_it_is(context, shelf):
    alpha = prepared(context, "alpha")
    flip(alpha.path("data"))
    ruined = alpha.path("data").read_bytes()
    del shelf.CONTENT["memory://host/alpha"]
    verdict = one(repair(verify([alpha], context), context))
    assert (verdict.status, verdict.repaired) == ("changed", False)
    assert "not repaired: memory://host/alpha: not in memory" in verdict.reason
    assert alpha.path("data").read_bytes() == ruined


def test_what_no_installed_definition_declares_is_not_repaired(context, shelf):
    flip(prepared(context, "alpha").path("data"))
    (context.datapath / "shelf").rename(context.datapath / "gone")
    (gone,) = find_prepared("gone:org.example.alpha", context)
    verdict = one(repair(verify([gone], context), context))
    assert verdict.reason.endswith("not repaired: its definition isn't installed")


def test_a_reader_has_the_old_until_the_new_is_ready(context, shelf):
    alpha = prepared(context, "alpha")
    flip(alpha.path("data"))
    ruined = alpha.path("data").read_bytes()
    wrong = list(verify([alpha], context))
    mending = threading.Thread(target=lambda: list(repair(wrong, context)))
    # The download waits for the lock of its entry in the cache.
    (lock,) = context.cachepath.glob("*.lock")
    with locked(lock, "a test"):
        mending.start()
        assert context.prepare("org.example.alpha").path.read_bytes() == ruined
    mending.join()
    assert context.prepare("org.example.alpha").path.read_bytes() == b"alpha" * 1000
