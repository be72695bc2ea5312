"""The tokenizer of a language model: special tokens, truncation, pairs as one sequence, and words of subwords."""

import pytest
from helpers.language_model import PIECES, tiny_tokenizer
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import BertProcessing, RobertaProcessing

from textclf.data.subwords import SubwordTokenizer
from textclf.errors import ModelFolderError


@pytest.fixture
def tokenizer():
    return SubwordTokenizer(tiny_tokenizer())


def pieces(tokens):
    """Return the pieces of each text, separated by spaces."""
    bounds = zip(tokens.offsets[:-1], tokens.offsets[1:], strict=True)
    return [" ".join(PIECES[number] for number in tokens.ids[start:end]) for start, end in bounds]


def test_special_tokens_are_around_a_text(tokenizer):
    assert pieces(tokenizer.encode(["A good film.", "seeing"], 9)) == [
        "[CLS] a good film . [SEP]",
        "[CLS] see ##ing [SEP]",
    ]
    assert [PIECES[number] for number in tokenizer.special_ids] == ["[CLS]", "[SEP]"]
    assert (tokenizer.special_tokens(), tokenizer.special_tokens(joint=True)) == (2, 3)


def test_the_maximum_counts_subwords_without_special_tokens(tokenizer):
    text = ["good films, great plot"]
    assert pieces(tokenizer.encode(text, 2)) == ["[CLS] good film [SEP]"]
    assert pieces(tokenizer.encode(text, 5)) == ["[CLS] good film ##s , great [SEP]"]
    assert pieces(tokenizer.encode(text, 6)) == pieces(tokenizer.encode(text, 60))


def test_a_special_token_that_a_text_contains_is_text(tokenizer):
    row = pieces(tokenizer.encode(["good [SEP] film [CLS]"], 20))[0].split()
    assert (row[0], row[-1]) == ("[CLS]", "[SEP]")
    assert not {"[CLS]", "[SEP]"} & set(row[1:-1])
    trusting = tiny_tokenizer().encode("good [SEP] film [CLS]").tokens
    assert "[SEP]" in trusting[1:-1], "this test must fail if special tokens are looked for in a text"


def test_an_empty_text_has_special_tokens_only(tokenizer):
    assert pieces(tokenizer.encode(["", " \n"], 5)) == ["[CLS] [SEP]"] * 2
    assert len(tokenizer.encode([], 5)) == 0


def test_without_special_tokens_an_empty_text_is_the_unknown_token():
    rust = Tokenizer(WordPiece({piece: number for number, piece in enumerate(PIECES)}, unk_token="[UNK]"))
    rust.pre_tokenizer = BertPreTokenizer()
    tokenizer = SubwordTokenizer(rust)
    assert tokenizer.special_ids == []
    assert pieces(tokenizer.encode(["", "good"], 5)) == ["[UNK]", "good"]
    assert tokenizer.words([""], 5) == ([""], [0])
    assert tokenizer.words(["good films", "good"], 5) == (["good", "films", "good"], [0, 1, 1, 2])


def test_a_pair_is_one_sequence_with_the_number_of_each_tokens_text(tokenizer):
    tokens = tokenizer.encode_joint(["good film", ""], ["bad", "a plot"], 9, 32)
    assert pieces(tokens) == ["[CLS] good film [SEP] bad [SEP]", "[CLS] [SEP] a plot [SEP]"]
    assert tokens.sentences.tolist() == [0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 1]


@pytest.mark.parametrize(
    ("positions", "expected"),
    [
        (None, "[CLS] a good film . [SEP] the bad plot [SEP]"),
        (10, "[CLS] a good film . [SEP] the bad plot [SEP]"),
        (9, "[CLS] a good film [SEP] the bad plot [SEP]"),
        (8, "[CLS] a good film [SEP] the bad [SEP]"),  # of two equally long texts, the second loses a subword
        (7, "[CLS] a good [SEP] the bad [SEP]"),
        (4, "[CLS] a [SEP] [SEP]"),
    ],
)
def test_the_longer_text_of_a_pair_is_cut_to_the_positions(tokenizer, positions, expected):
    assert pieces(tokenizer.encode_joint(["a good film. the end"], ["the bad plot"], 4, positions)) == [expected]


def test_the_words_of_a_text_are_as_written(tokenizer):
    words, places = tokenizer.words(["The FILMS,  seeing\tzebra!"], 20)
    assert words == ["[CLS]", "The", "FILMS", ",", "seeing", "zebra", "!", "[SEP]"]
    assert places == [0, 1, 2, 2, 3, 4, 4, 5, 6, 7]
    assert len(places) == len(tokenizer.encode(["The FILMS,  seeing\tzebra!"], 20).ids)


def test_a_word_that_is_cut_shows_only_its_subwords_that_are_read(tokenizer):
    assert tokenizer.words(["good Films"], 2) == (["[CLS]", "good", "Film", "[SEP]"], [0, 1, 2, 3])


@pytest.mark.parametrize(
    ("processor", "separators"),
    [
        (None, 1),
        (BertProcessing(("[SEP]", 3), ("[CLS]", 2)), 1),
        (RobertaProcessing(("[SEP]", 3), ("[CLS]", 2)), 2),  # two separators between the texts
    ],
)
def test_the_words_of_a_pair_have_places_in_one_sequence(processor, separators):
    rust = tiny_tokenizer()
    if processor is not None:
        rust.post_processor = processor
    words, places = SubwordTokenizer(rust).words(["Good films", "films"], 9, 32)
    assert words == ["[CLS]", "Good", "films", *["[SEP]"] * separators, "films", "[SEP]"]
    second = 3 + separators
    assert places == [0, 1, 2, 2, *range(3, second), second, second, second + 1]


def test_a_lone_surrogate_keeps_the_places_of_the_words(tokenizer):
    text = "good \ud800x film"
    tokens = pieces(tokenizer.encode([text], 9))[0].split()
    words, places = tokenizer.words([text], 9)
    assert (words[1], words[-2]) == ("good", "film")
    assert len(places) == len(tokens)


def test_many_texts_equal_each_text_alone(tokenizer, monkeypatch):
    monkeypatch.setattr("textclf.data.subwords.AT_ONCE", 2)
    texts = ["good", "", "a bad plot", "seeing films", "end"]
    assert pieces(tokenizer.encode(texts, 9)) == [pieces(tokenizer.encode([text], 9))[0] for text in texts]


def test_the_hash_names_what_decides_the_tokens(tokenizer, tmp_path):
    tokenizer.encode(["good"], 1)
    tokenizer.save(tmp_path / "tokenizer.json")
    assert SubwordTokenizer.load(tmp_path / "tokenizer.json").sha256 == tokenizer.sha256
    cutting = tiny_tokenizer()
    cutting.enable_truncation(3)
    cutting.enable_padding(length=9)
    assert SubwordTokenizer(cutting).sha256 == tokenizer.sha256, "its own truncation and padding are switched off"
    other = tiny_tokenizer()
    other.add_tokens(["zebra"])
    assert SubwordTokenizer(other).sha256 != tokenizer.sha256


def test_a_damaged_file_is_refused(tmp_path):
    path = tmp_path / "tokenizer.json"
    path.write_text("{")
    with pytest.raises(ModelFolderError, match=r"tokenizer\.json: damaged"):
        SubwordTokenizer.load(path)
