"""What is selected of an archive, and what it is called then."""

from __future__ import annotations

from pathlib import Path

import pytest
from archive_builders import Entry, link, tar, tar_file, tar_folder, tar_link, zipped
from archive_routes import make, stored

from datamaestro.errors import DefinitionError
from datamaestro_download_archive import (
    ArchiveLimitError,
    MemberNotFoundError,
    TarDownloader,
    UnsafeArchiveError,
    ZipDownloader,
)
from datamaestro_download_archive.selection import neighbours

NAMES = ["top/a.csv", "top/b.txt", "top/sub/c.csv", "top/sub/d[1].csv", "top/sub/deep/e.txt"]
ARCHIVES = {
    "zip": (ZipDownloader, zipped(*[Entry(name, name.encode()) for name in NAMES])),
    "tar": (TarDownloader, tar(*[tar_file(name, name.encode()) for name in NAMES])),
}


@pytest.fixture(params=ARCHIVES)
def chosen(request, tmp_path):
    """Unpack with some options, and give the names of the files, which hold their old names."""
    handler, data = ARCHIVES[request.param]

    def unpack(**options: object) -> dict[str, str]:
        made = make(handler("data", stored(data, tmp_path).as_uri(), **options), tmp_path / "work")
        return contents(made)

    return unpack


def contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_single_top_folder_is_unwrapped(chosen):
    assert set(chosen()) == {name.removeprefix("top/") for name in NAMES}


def test_it_stays_when_the_definition_says_so(chosen):
    assert set(chosen(unwrap=False)) == set(NAMES)


def test_only_one_level_is_unwrapped(chosen):
    assert set(chosen(files=["top/sub/deep/*"])) == {"sub/deep/e.txt"}


def test_two_top_members_are_not_unwrapped(tmp_path):
    data = stored(zipped(Entry("top/a"), Entry("b")), tmp_path)
    made = make(ZipDownloader("data", data.as_uri()), tmp_path / "work")
    assert set(contents(made)) == {"top/a", "b"}


def test_a_single_file_is_no_folder_to_unwrap(tmp_path):
    data = stored(tar(tar_file("only")), tmp_path)
    made = make(TarDownloader("data", data.as_uri()), tmp_path / "work")
    assert set(contents(made)) == {"only"}


def test_a_top_folder_of_the_name_of_a_member_in_it(tmp_path):
    data = stored(tar(tar_file("x/x/y"), tar_file("x/z")), tmp_path)
    made = make(TarDownloader("data", data.as_uri()), tmp_path / "work")
    assert set(contents(made)) == {"x/y", "z"}


def test_subpath_selects_a_folder_and_drops_its_name(chosen):
    assert chosen(subpath="top/sub") == {
        "c.csv": "top/sub/c.csv",
        "d[1].csv": "top/sub/d[1].csv",
        "deep/e.txt": "top/sub/deep/e.txt",
    }


def test_subpath_may_end_with_a_slash(chosen):
    assert set(chosen(subpath="./top/sub/", files=["top/sub/c.csv"])) == {"c.csv"}


@pytest.mark.parametrize("outside", ["top/a.csv", "top/?.txt"])
def test_files_outside_of_the_subpath_are_an_error(outside, chosen):
    with pytest.raises(MemberNotFoundError, match=r"no member '.*' in 'top/sub'") as caught:
        chosen(subpath="top/sub", files=["top/sub/c.csv", outside])
    assert "top/sub/" in caught.value.found
    assert "b.txt" not in caught.value.found


def test_a_folder_above_the_subpath_means_all_below_that(chosen):
    assert len(chosen(subpath="top/sub", files=["top"])) == 3


def test_a_subpath_that_is_not_there_is_named_before_files_in_it(chosen):
    with pytest.raises(MemberNotFoundError, match=r"no member 'top/sup'"):
        chosen(subpath="top/sup", files=["top/sup/c.csv"])


@pytest.mark.parametrize("handler", [ZipDownloader, TarDownloader])
def test_no_files_are_a_mistake(handler):
    with pytest.raises(DefinitionError, match="selects no files") as caught:
        handler("data", "https://example.org/a", files=[])
    assert caught.value.where.startswith(f"{__file__}:")


def test_files_are_names_in_the_archive(chosen):
    assert set(chosen(files={"top/a.csv", "top/sub/c.csv"})) == {"a.csv", "sub/c.csv"}


def test_files_may_be_globs(chosen):
    assert set(chosen(files=["*.csv"])) == {"a.csv", "sub/c.csv", "sub/d[1].csv"}


def test_a_name_with_brackets_is_a_name_first(chosen):
    assert set(chosen(files=["top/sub/d[1].csv"], unwrap=False)) == {"top/sub/d[1].csv"}


def test_a_folder_among_files_means_all_below_it(chosen):
    assert set(chosen(files=["top/sub"], unwrap=False)) == {name for name in NAMES if "sub" in name}


def test_a_folder_and_all_that_is_in_it_may_both_be_listed(chosen):
    assert chosen(files=["top/sub/deep", "top/sub/deep/e.txt"], unwrap=False) == {
        "top/sub/deep/e.txt": "top/sub/deep/e.txt"
    }


def test_a_file_that_is_not_there_is_an_error_with_the_nearest_names(chosen):
    with pytest.raises(MemberNotFoundError, match=r"nearest are .*'top/sub/c.csv'"):
        chosen(files=["top/a.csv", "top/sup/c.csv"])


@pytest.mark.parametrize("wrong", ["trainnig/00023.png", "training/0023.png"])
def test_a_wrong_name_is_compared_with_few_of_many_others(wrong):
    names = [
        f"{folder}/{number:05}.png" for folder in ("test", "training") for number in range(5000)
    ]
    few = neighbours(wrong, names)
    assert "training/00023.png" in few
    assert len(few) < len(names) / 20


def test_a_name_without_its_folder_is_an_error_that_names_it_with(chosen):
    with pytest.raises(MemberNotFoundError, match=r"'top/sub/deep/e.txt'"):
        chosen(files=["e.txt"])


def test_a_glob_that_matches_nothing_is_an_error(chosen):
    with pytest.raises(MemberNotFoundError, match=r"'\*\.json'"):
        chosen(files=["*.csv", "*.json"])


def test_a_subpath_that_is_not_there_is_an_error_with_the_nearest_folders(chosen):
    with pytest.raises(MemberNotFoundError, match=r"'top/sub'"):
        chosen(subpath="top/suub")


def test_a_subpath_that_is_a_file_is_an_error(chosen):
    with pytest.raises(MemberNotFoundError, match="isn't a folder"):
        chosen(subpath="top/a.csv")


def test_one_text_for_files_is_a_mistake(tmp_path):
    with pytest.raises(DefinitionError, match="several names"):
        ZipDownloader("data", "https://example.org/a.zip", files="a.csv")


def test_a_link_to_what_is_not_selected_by_subpath_is_refused(tmp_path):
    data = stored(tar(tar_folder("d"), tar_link("d/l", "../x"), tar_file("x")), tmp_path)
    with pytest.raises(UnsafeArchiveError, match="outside of 'd'"):
        make(TarDownloader("data", data.as_uri(), subpath="d"), tmp_path / "work")


def test_a_hard_link_to_what_is_not_selected_is_an_error(tmp_path):
    data = stored(tar(tar_file("a"), tar_link("b", "a", b"1")), tmp_path)
    with pytest.raises(MemberNotFoundError, match="isn't selected"):
        make(TarDownloader("data", data.as_uri(), files=["b"]), tmp_path / "work")


@pytest.fixture(params=["tar", "zip"])
def linked(request, tmp_path):
    """Unpack an archive with links: two to what is there, d/no to nothing."""
    if request.param == "tar":
        links = [tar_link("d/l", "a"), tar_link("d/no", "b"), tar_link("f", "e")]
        handler, data = TarDownloader, tar(tar_file("d/a"), *links, tar_file("e/x"))
    else:
        links = [link("d/l", "a"), link("d/no", "b"), link("f", "e")]
        handler, data = ZipDownloader, zipped(Entry("d/a"), *links, Entry("e/x"))
    url = stored(data, tmp_path).as_uri()
    return lambda **options: make(handler("data", url, **options), tmp_path / "work")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"files": ["d/l"]}, "'d/l' is a symbolic link to 'd/a', which isn't selected"),
        ({"files": ["d/l"], "subpath": "d"}, "'d/l' is a symbolic link to 'd/a'"),
        ({"files": ["d", "f"]}, "'f' is a symbolic link to 'e'"),
    ],
)
def test_a_symbolic_link_to_what_is_not_selected_is_an_error(options, says, linked, tmp_path):
    with pytest.raises(MemberNotFoundError, match=says):
        linked(**options)
    assert not (tmp_path / "work" / "made").exists()


@pytest.mark.parametrize(
    ("options", "place"),
    [({}, "d/no"), ({"files": ["d"]}, "no"), ({"subpath": "d"}, "no"), ({"files": ["d/no"]}, "no")],
)
def test_a_link_that_leads_to_nothing_in_the_archive_stays_as_it_is(options, place, linked):
    assert (linked(**options) / place).readlink() == Path("b")


def test_nested_archives_become_folders(tmp_path):
    inner_tar = tar(tar_file("n1/1.jpg"), tar_file("n1/2.jpg"))
    inner_zip = zipped(Entry("3.jpg"))
    data = tar(
        tar_file("train/n1.tar", inner_tar), tar_file("train/n2.zip", inner_zip), tar_file("x")
    )
    archive = stored(data, tmp_path)
    made = make(
        TarDownloader("data", archive.as_uri(), nested=["*.tar", "*.zip"]), tmp_path / "work"
    )
    assert set(contents(made)) == {"train/n1/1.jpg", "train/n1/2.jpg", "train/n2/3.jpg", "x"}


NESTED = zipped(Entry("top/in/x.zip", zipped(Entry("in/y"), Entry("z"))), Entry("top/b"))


@pytest.mark.parametrize("name", ["top/in/x.zip", "./top//in/x.zip", "top/*.zip", "top/in"])
@pytest.mark.parametrize(
    ("options", "place"),
    [
        ({}, "in/x"),
        ({"unwrap": False}, "top/in/x"),
        ({"subpath": "top"}, "in/x"),
        ({"subpath": "top", "files": ["top/in"]}, "x"),
        ({"subpath": "top/in"}, "x"),
        ({"subpath": "./top/", "unwrap": False}, "in/x"),
    ],
)
def test_nested_archives_are_named_as_in_the_archive_whatever_is_unwrapped(
    options, place, name, tmp_path
):
    resource = ZipDownloader("data", stored(NESTED, tmp_path).as_uri(), nested=[name], **options)
    made = make(resource, tmp_path / "work")
    assert set(contents(made / place)) == {"in/y", "z"}


@pytest.mark.parametrize("name", ["no.zip", "x.zip", "in/x.zip", "*.tar"])
def test_a_name_of_a_nested_archive_that_no_member_has_is_an_error(name, tmp_path):
    url = stored(NESTED, tmp_path).as_uri()
    with pytest.raises(MemberNotFoundError, match=r"'top/in/x\.zip'"):
        make(ZipDownloader("data", url, nested=["top/in/x.zip", name]), tmp_path / "work")
    assert not (tmp_path / "work" / "made").exists()


def test_members_of_nested_archives_are_named_as_in_these(tmp_path):
    inner = tar(tar_file("t/deep.zip", zipped(Entry("x"), Entry("y"))), tar_file("t/z"))
    url = stored(zipped(Entry("outer/inner.tar", inner)), tmp_path).as_uri()
    nested = ["outer/inner.tar", "t/deep.zip"]
    made = make(ZipDownloader("data", url, nested=nested), tmp_path / "work")
    assert set(contents(made)) == {"inner/deep/x", "inner/deep/y", "inner/z"}


@pytest.mark.parametrize("options", [{}, {"unwrap": False}, {"subpath": "top/d"}])
@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_a_link_to_a_nested_archive_is_an_error(options, kind, tmp_path):
    inner = zipped(Entry("x"))
    if kind == "tar":
        latest = tar_link("top/d/latest.zip", "v1.zip")
        handler, data = TarDownloader, tar(tar_file("top/d/v1.zip", inner), latest)
    else:
        latest = link("top/d/latest.zip", "v1.zip")
        handler, data = ZipDownloader, zipped(Entry("top/d/v1.zip", inner), latest)
    resource = handler("data", stored(data, tmp_path).as_uri(), nested=["*/v1.zip"], **options)
    says = r"'top/d/latest\.zip' is a symbolic link to 'top/d/v1\.zip', which is unpacked"
    with pytest.raises(MemberNotFoundError, match=says):
        make(resource, tmp_path / "work")
    assert not (tmp_path / "work" / "made").exists()


def test_a_link_to_or_into_the_folder_that_a_nested_archive_becomes_stays(tmp_path):
    data = tar(
        tar_file("v1.zip", zipped(Entry("x", b"1"), Entry("y"))),
        tar_file("inner", zipped(Entry("x", b"2"), Entry("y"))),
        tar_link("first", "v1/x"),
        tar_link("second", "inner"),
    )
    url = stored(data, tmp_path).as_uri()
    made = make(TarDownloader("data", url, nested=["v1.zip", "inner"]), tmp_path / "work")
    assert (made / "first").read_text() == "1"
    assert (made / "second" / "x").read_text() == "2"


def test_archives_that_are_not_named_stay_files(tmp_path):
    archive = stored(zipped(Entry("a.zip", zipped(Entry("b"))), Entry("x")), tmp_path)
    made = make(ZipDownloader("data", archive.as_uri()), tmp_path / "work")
    assert (made / "a.zip").read_bytes() == zipped(Entry("b"))


def test_nesting_is_limited(tmp_path):
    data = zipped(Entry("core"))
    for level in range(5):
        data = zipped(Entry(f"{level}.zip", data), Entry("x"))
    with pytest.raises(ArchiveLimitError, match="too deep"):
        make(
            ZipDownloader("data", stored(data, tmp_path).as_uri(), nested=["*.zip"]),
            tmp_path / "work",
        )
    assert not (tmp_path / "work" / "made").exists()


def test_limits_count_nested_archives_together(tmp_path):
    inner = zipped(Entry("a", bytes(600)))
    data = zipped(Entry("1.zip", inner), Entry("2.zip", inner))
    options = {"nested": ["*.zip"], "max_size": 2 * len(inner) + 1000}
    with pytest.raises(ArchiveLimitError, match="max_size"):
        make(ZipDownloader("data", stored(data, tmp_path).as_uri(), **options), tmp_path / "work")


def test_a_nested_archive_whose_folder_is_there_already_is_refused(tmp_path):
    data = zipped(Entry("a.zip", zipped(Entry("b"))), Entry("a/c"))
    with pytest.raises(UnsafeArchiveError, match="already"):
        make(
            ZipDownloader("data", stored(data, tmp_path).as_uri(), nested=["*.zip"]),
            tmp_path / "work",
        )


@pytest.mark.parametrize("other", ["inner.unwrap", ".nested0", "inner.aside"])
def test_what_lies_beside_a_nested_archive_stays(other, tmp_path):
    inner = tar(tar_file("top/x"), tar_file("top/y"))
    data = tar(tar_file("inner.tar", inner), tar_file(f"{other}/kept"), tar_file("z"))
    url = stored(data, tmp_path).as_uri()
    made = make(TarDownloader("data", url, nested=["*.tar"]), tmp_path / "work")
    assert set(contents(made)) == {"inner/x", "inner/y", f"{other}/kept", "z"}


@pytest.mark.parametrize("name", [".zip", "..zip", "...zip", "..tar.gz", "...tar.bz2"])
def test_a_nested_archive_whose_name_is_all_suffix_keeps_it(name, tmp_path):
    data = zipped(Entry(f"d/{name}", zipped(Entry("x"), Entry("y"))), Entry("z"))
    url = stored(data, tmp_path).as_uri()
    made = make(ZipDownloader("data", url, nested=["d"]), tmp_path / "work")
    assert set(contents(made)) == {f"d/{name}/x", f"d/{name}/y", "z"}
