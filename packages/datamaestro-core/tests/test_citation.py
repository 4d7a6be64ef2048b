"""How to cite datasets: as their authors say, and as well as it can be made up."""

import importlib
import sys

import pytest

from datamaestro.catalog import Entry
from datamaestro.citation import bibtex, csl_json, plain_text
from datamaestro.errors import DefinitionError, DependencyError
from datamaestro.user_paths import typed

MNIST = r"""
@article{lecun1998,
  title = {Gradient-Based Learning Applied to {MNIST}},
  author = {LeCun, Yann and Fr{\"o}be, Maik and van der Berg, Jr, Jo},
  journal = {Proceedings \& Papers},
  year = 1998, month = jun, volume = 86, number = 11, pages = {2278--2324},
  doi = {10.1109/5.726791},
}
"""


@pytest.fixture
def entry(definitions):
    """Give a function that makes an entry of the catalog from what a definition says."""

    def make(name="digits", text="Digits", **facts):
        module = definitions(
            "from datamaestro.data import Folder\n"
            "from datamaestro.definitions import dataset\n"
            f"@dataset(Folder, id='org.example.{name}', **{facts!r})\n"
            f"def {name}():\n    {text!r}\n",
            name=f"definitions_of_{name}",
        )
        return Entry.of(getattr(module, name))

    return make


def test_a_declared_citation_is_given_as_it_stands(entry):
    assert bibtex([entry(citation=MNIST)]) == MNIST.strip()


def test_several_are_given_one_after_the_other(entry):
    other = "@misc{other, title = {Other}}"
    found = bibtex([entry(citation=MNIST), entry("letters", citation=other)])
    assert found == f"{MNIST.strip()}\n\n{other}"


def test_what_two_datasets_ask_for_is_given_once(entry):
    assert bibtex([entry(citation=MNIST), entry("letters", citation=MNIST)]) == MNIST.strip()


def test_a_key_that_stands_for_two_things_gets_a_number(entry):
    other = "@misc{LeCun1998, title = {Other, not lecun1998,}}"
    found = bibtex([entry(citation=MNIST), entry("letters", citation=other)])
    assert found.endswith("@misc{LeCun1998-2, title = {Other, not lecun1998,}}")
    assert [i["id"] for i in csl_json([entry(citation=MNIST), entry("l", citation=other)])] == [
        "lecun1998",
        "LeCun1998-2",
    ]


def test_what_got_a_number_is_given_once_too(entry):
    asked = ["@misc{a, title={X}}", "@misc{a, title={Y}}", "@misc{a, title={Y}}"]
    found = [entry(f"d{number}", citation=text) for number, text in enumerate(asked)]
    assert bibtex(found) == "@misc{a, title={X}}\n\n@misc{a-2, title={Y}}"


@pytest.mark.parametrize(
    ("text", "numbered"),
    [
        (r"@misc{a, title={\"Y}}", r"@misc{a-2, title={\"Y}}"),
        (
            "@misc{a, title={Y}}\n@misc{a-2, title={Z}}",
            "@misc{a-3, title={Y}}\n@misc{a-2, title={Z}}",
        ),
        (
            "@inbook{b, title={Y}, crossref={A}}\n@book{a, title={Z}}",
            "@inbook{b, title={Y}, crossref={A-2}}\n@book{a-2, title={Z}}",
        ),
    ],
)
def test_a_number_leads_from_and_to_the_same_entries(entry, text, numbered):
    found = bibtex([entry(citation="@misc{a, title={X}}"), entry("letters", citation=text)])
    assert found == f"@misc{{a, title={{X}}}}\n\n{numbered}"


def test_a_key_may_have_signs_that_mean_something_in_expressions(entry):
    first, second = (
        entry(name, citation=rf"@misc{{x+(\1, title = {{{name}}}}}") for name in ("a", "b")
    )
    assert bibtex([first, second]).endswith(r"@misc{x+(\1-2, title = {b}}")


def test_what_an_entry_refers_to_completes_it(entry):
    text = """
    @inproceedings{paper, title = {Paper}, author = {Doe, Jo}, crossref = {volume}}
    @proceedings{volume, title = {Volume}, booktitle = {The Volume}, year = 2020}
    """
    first, _ = csl_json([entry(citation=text)])
    assert first["container-title"] == "The Volume"
    assert plain_text([entry(citation=text)])[0] == "Jo Doe. Paper. In The Volume. 2020."


@pytest.mark.parametrize(
    "date", ["year = 2020, month = 5", "year = 2020, month = may", "date = {2020-05-17}"]
)
def test_a_date_may_be_written_in_every_way(entry, date):
    found = [entry(citation=f"@misc{{x, title = {{X}}, {date}}}")]
    assert csl_json(found)[0]["issued"] == {"date-parts": [[2020, 5]]}
    assert plain_text(found) == ["X. May 2020."]


def test_csl_json_has_every_field_without_the_marks_of_latex(entry):
    assert csl_json([entry(citation=MNIST)]) == [
        {
            "id": "lecun1998",
            "type": "article-journal",
            "author": [
                {"family": "LeCun", "given": "Yann"},
                {"family": "Fröbe", "given": "Maik"},
                {
                    "family": "Berg",
                    "given": "Jo",
                    "non-dropping-particle": "van der",
                    "suffix": "Jr",
                },
            ],
            "title": "Gradient-Based Learning Applied to MNIST",
            "container-title": "Proceedings & Papers",
            "volume": "86",
            "issue": "11",
            "page": "2278-2324",
            "DOI": "10.1109/5.726791",
            "issued": {"date-parts": [[1998, 6]]},
        }
    ]


def test_csl_json_takes_no_institution_apart_and_knows_others(entry):
    authors = r"{World Health {\'O}rganization} and Smith, Jo and {\'E}mile and others"
    (item,) = csl_json([entry(citation=f"@misc{{x, author={{{authors}}}, title={{X}}}}")])
    assert item["author"] == [
        {"literal": "World Health Órganization"},
        {"family": "Smith", "given": "Jo"},
        {"family": "Émile"},
        {"literal": "others"},
    ]


def test_text_is_one_line_for_each(entry):
    (line,) = plain_text([entry(citation=MNIST)])
    assert line.startswith(
        "Yann LeCun, Maik Fröbe, and Jo van der Berg, Jr. Gradient-based learning"
    )
    assert line.endswith(
        "Proceedings & Papers, 86(11):2278\N{EN DASH}2324, June 1998. doi:10.1109/5.726791."
    )


@pytest.mark.parametrize("kind", ["dataset", "online", "software", "misc"])
def test_text_is_given_for_types_that_bibtex_did_not_know(entry, kind):
    (line,) = plain_text([entry(citation=f"@{kind}{{x, title={{{{Some Data}}}}, year=2020}}")])
    assert line.startswith("Some Data")


@pytest.mark.parametrize("kind", ["article", "book", "inproceedings", "phdthesis", "techreport"])
def test_text_is_given_where_something_is_missing(entry, kind):
    text = f"@{kind}{{x, title={{Some}}, year=2020, eprint={{2001.00001}}}}"
    assert plain_text([entry(citation=text)]) == ["Some. 2020. arXiv:2001.00001."]


@pytest.mark.parametrize("name", ["手書き数字", "Café № 5 ☃", "50 % {of", "a}b"])
def test_a_name_may_be_in_any_script(entry, name):
    (item,) = csl_json([entry(text=name)])
    assert item["title"] == name.replace("{", "").replace("}", "")


def test_where_nothing_is_declared_an_entry_is_made(entry):
    found = entry(text="Names & Numbers in Éire", url="https://example.org/a_b", doi="10.1000/x_y")
    assert bibtex([found]) == (
        "@misc{org.example.digits,\n"
        "  title = {{Names \\& Numbers in \\'Eire}},\n"
        "  doi = {10.1000/x_y},\n"
        "  url = {https://example.org/a_b},\n"
        "  note = {Dataset org.example.digits},\n"
        "}"
    )
    (item,) = csl_json([found])
    assert (item["title"], item["URL"]) == ("Names & Numbers in Éire", "https://example.org/a_b")


def test_a_dataset_without_a_name_is_cited_by_its_id(entry):
    (item,) = csl_json([entry(text="")])
    assert item["title"] == "org.example.digits"


@pytest.mark.parametrize("text", ["Yann LeCun, 1998", "@article{x, title={"])
def test_a_citation_that_is_not_bibtex_at_all_is_no_definition(entry, text):
    with pytest.raises(DefinitionError, match=r"expected an entry of BibTeX"):
        entry(citation=text)


@pytest.mark.parametrize("text", ["@misc{,title={a}}"])
def test_a_citation_that_is_not_bibtex_is_the_definitions_error(entry, text):
    with pytest.raises(
        DefinitionError, match=r"the citation of org\.example\.digits can't be read"
    ):
        bibtex([entry(citation=text)])


def test_without_the_library_the_error_tells_what_to_install(entry, monkeypatch):
    found = entry(citation=MNIST)
    monkeypatch.setattr(sys, "path", [])
    for name in [name for name in sys.modules if name.partition(".")[0] == "pybtex"]:
        monkeypatch.delitem(sys.modules, name)
    importlib.invalidate_caches()
    with pytest.raises(DependencyError) as caught:
        bibtex([found])
    # As it is typed in the shell: some take brackets for something else.
    assert caught.value.hint == typed(["pip", "install", "datamaestro-core[cite]"])


def test_a_percent_sign_in_a_text_begins_no_comment(entry):
    text = r"@misc{a, title = {A}, howpublished = {\url{https://example.org/a%20b}}, note = {9\%}}"
    cited = entry(citation=text)
    assert bibtex([cited]) == text
    assert "https://example.org/a%20b" in plain_text([cited])[0]
    assert csl_json([cited])[0]["note"] == "9%"


@pytest.mark.parametrize("form", [csl_json, plain_text])
def test_latex_that_cant_be_read_is_told_with_the_dataset(entry, form):
    with pytest.raises(
        DefinitionError, match=r"the citation of org\.example\.digits can't be read"
    ):
        form([entry(citation="@misc{a, title = {\\}}")])
