"""CoNLL-U files."""

from pathlib import Path

import pytest

from datamaestro.errors import DataFormatError, ParameterError
from datamaestro.testing import FormatContract
from datamaestro_text.conllu import CoNLLU, Treebank

FILE = """\
# newdoc
# sent_id = a-1
# text = Du thé = bon
1-2\tDu\t_\t_\t_\t_\t_\t_\t_\t_
1\tDe\tde\tADP\t_\t_\t3\tcase\t_\t_
2\tle\tle\tDET\t_\tDefinite=Def\t3\tdet\t_\t_
3\tthé\tthé\tNOUN\t_\t_\t0\troot\t_\t_
3.1\test\têtre\tAUX\t_\t_\t_\t_\t3:cop\t_

1\tNon\tnon\tINTJ\t_\t_\t0\troot\t_\tSpaceAfter=No
2\t#\t#\tSYM\t_\t_\t1\tdep\t_\t_

"""


@pytest.fixture
def write(tmp_path: Path):
    def make(text: str | bytes) -> CoNLLU:
        path = tmp_path / "sentences.conllu"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return CoNLLU(path=path)

    return make


def test_sentences_come_with_comments_and_tokens(write):
    first, second = write(FILE)
    assert first.comments[0] == "newdoc"
    assert first.metadata == {"sent_id": "a-1", "text": "Du thé = bon"}
    assert [token.form for token in first.tokens] == ["Du", "De", "le", "thé", "est"]
    assert first.tokens[2].feats == "Definite=Def"
    assert second.comments == ()
    assert second.tokens[0].misc == "SpaceAfter=No"
    assert second.tokens[1].form == "#"


def test_words_are_neither_tokens_of_several_words_nor_empty_nodes(write):
    first, _ = write(FILE)
    assert [word.form for word in first.words] == ["De", "le", "thé"]


def test_sentences_can_be_read_again(write):
    sentences = write(FILE)
    assert list(sentences) == list(sentences)


def test_line_ends_of_windows_are_line_ends(write):
    assert list(write(FILE.replace("\n", "\r\n"))) == list(write(FILE))


def test_a_space_that_unicode_takes_for_a_line_end_is_text(write):
    (sentence,) = write("1\ta\u2028b\tab\tX\t_\t_\t0\troot\t_\t_\n\n")
    assert sentence.tokens[0].form == "a\u2028b"


def test_an_empty_file_holds_no_sentence(write):
    assert list(write("")) == []


@pytest.mark.parametrize("ending", ["\n\n", "\n", "\tX\t_\n\n"])
def test_a_line_without_ten_fields_is_an_error_that_names_it(write, ending):
    line = FILE.count("\n") + 1
    with pytest.raises(DataFormatError, match=rf"sentences\.conllu:{line}: .*expected 10 fields"):
        list(write(FILE + "1\tcut" + ending))


@pytest.mark.parametrize("cut", ["\n", "# text = more\n", FILE.splitlines()[6] + "\n"])
def test_a_file_that_ends_within_a_sentence_is_an_error(write, cut):
    text = FILE[:-1] if cut == "\n" else FILE + cut
    with pytest.raises(DataFormatError, match="ends within a sentence"):
        list(write(text))


def test_bytes_that_are_no_text_are_an_error_that_names_the_line(write):
    with pytest.raises(DataFormatError, match=r"sentences\.conllu:2: the line isn't UTF-8"):
        list(write(b"# text = a\n# \xe9t\xe9\n"))


def test_a_treebank_is_made_of_sentences():
    with pytest.raises(ParameterError, match=r"Treebank\.train.*CoNLLU"):
        Treebank(train=Path("train.conllu"))


class TestContract(FormatContract):
    data_type = CoNLLU
