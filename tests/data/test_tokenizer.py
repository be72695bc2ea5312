"""The tokenizer: texts to token ids."""

import logging
import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from helpers.defaults import train_tokenizer

from textclf.data.tokenizer import Tokenizer
from textclf.errors import ModelFolderError

TEXTS = ["The plot thickens .", "the plot, the END!", "It's 3.5 metres"]


def read(tokenizer, text, max_tokens=100):
    """Encode a text, and return the vocabulary's word for each token."""
    return [tokenizer.vocabulary[token] for token in tokenizer.encode([text], max_tokens).ids]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don't stop", ["do", "n't", "stop"]),
        ("can't WON’T", ["ca", "n't", "wo", "n't"]),
        ("it's we're I've", ["it", "'s", "we", "'re", "i", "'ve"]),
        ("he'll she'd I'm", ["he", "'ll", "she", "'d", "i", "'m"]),
        ("rock 'n' roll, 'dog'", ["rock", "'", "n", "'", "roll", ",", "'", "dog", "'"]),
        ("3.5 or 10,000. End", ["3.5", "or", "10,000", ".", "end"]),
        ("well-made (really?!)", ["well", "-", "made", "(", "really", "?", "!", ")"]),
        ("it 's n't 's", ["it", "'s", "n't", "'s"]),
        ("cafe\u0301 CAFÉ", ["café", "café"]),
        ("a\u2028b\tc\n\nd", ["a", "b", "c", "d"]),
    ],
)
def test_words_are_split_as_in_files_of_word_vectors(text, words):
    assert read(train_tokenizer([text]), text) == words


def test_the_vocabulary_is_pad_and_unknown_then_words_by_frequency_and_alphabet():
    tokenizer = train_tokenizer(["b b b a a c d d"])
    assert tokenizer.vocabulary == ["[PAD]", "[UNK]", "b", "a", "d", "c"]
    assert (tokenizer.PAD, tokenizer.UNKNOWN) == (0, 1)
    assert train_tokenizer(["b b b a a c d d"], vocabulary_size=4).vocabulary == ["[PAD]", "[UNK]", "b", "a"]
    assert train_tokenizer(["b b b a a c d d"], min_frequency=3).vocabulary == ["[PAD]", "[UNK]", "b"]
    smallest = train_tokenizer(["b"], vocabulary_size=1)
    assert smallest.vocabulary == ["[PAD]", "[UNK]"]
    assert smallest.encode(["b"], 5).ids.tolist() == [1]


def test_unknown_words_and_empty_texts_become_one_unknown_token():
    tokens = train_tokenizer(TEXTS).encode(["plot zebra", "", " \n ", "the"], 10)
    assert tokens.lengths.tolist() == [2, 1, 1, 1]
    assert tokens.ids[1:4].tolist() == [1, 1, 1]
    assert tokens.ids[4] != 1


def test_the_word_pad_in_a_text_is_not_the_pad():
    for kind in ("word", "bpe"):
        tokenizer = train_tokenizer(["[pad] x [pad] x"], kind=kind)
        assert read(tokenizer, "[PAD] x") == read(tokenizer, "[pad] x")
        assert 0 not in tokenizer.encode(["[PAD] x"], 10).ids


def test_every_method_cuts_texts_at_max_tokens():
    tokenizer = train_tokenizer(TEXTS)
    text = "The plot, it's THE end"
    assert read(tokenizer, text, 4) == ["the", "plot", ",", "it"]
    assert tokenizer.words(text, 4) == ["The", "plot", ",", "it"]
    assert tokenizer.cut([text, "", "  ", "the"], 4) == ["The plot, it", "", "  ", "the"]
    assert tokenizer.encode([text], 7).lengths.tolist() == tokenizer.encode([text], 99).lengths.tolist() == [7]


def test_words_are_as_written_and_as_many_as_the_tokens():
    tokenizer = train_tokenizer(TEXTS)
    for text in ("İstanbul isn’t é", "naïve 😀 cafe\u0301", "", "x" * 50):
        assert len(tokenizer.words(text, 9)) == tokenizer.encode([text], 9).lengths[0]
    assert tokenizer.words("İstanbul isn’t 😀", 9) == ["İstanbul", "is", "n’t", "😀"]
    assert tokenizer.words(" ", 9) == ["[UNK]"]


def test_words_of_other_texts_are_added_only_if_they_are_known():
    tokenizer = train_tokenizer(["plot end"])
    larger = tokenizer.with_words(["Zebra yak plot", "xenon"], known={"zebra": 0, "xenon": 1, "never": 2})
    assert larger.vocabulary == [*tokenizer.vocabulary, "xenon", "zebra"]
    assert read(larger, "zebra yak") == ["zebra", "[UNK]"]
    assert read(tokenizer, "zebra yak") == ["[UNK]", "[UNK]"]


def test_words_of_other_texts_are_not_added_to_a_bpe_tokenizer():
    tokenizer = train_tokenizer(["low lower lowest"], kind="bpe", vocabulary_size=12)
    assert tokenizer.with_words(["newest"], known={"newest": 0}) is tokenizer


def test_bpe_encodes_an_unseen_word_by_its_pieces():
    tokenizer = train_tokenizer(["low low low lower lower newest newest"], kind="bpe", vocabulary_size=18)
    assert len(tokenizer.vocabulary) == 18
    assert "low" in tokenizer.vocabulary
    pieces = read(tokenizer, "lowest")
    assert "".join(pieces) == "lowest"
    assert 1 < len(pieces) < 6
    assert tokenizer.words("LOWest", 9) == ["LOW" if piece == "low" else piece for piece in pieces]


@pytest.mark.parametrize("kind", ["word", "bpe"])
@pytest.mark.parametrize("texts", [[], [""], [" ", "\n"]])
def test_training_without_words_gives_pad_and_unknown_only(kind, texts):
    tokenizer = train_tokenizer(texts, kind=kind)
    assert tokenizer.vocabulary == ["[PAD]", "[UNK]"]
    assert set(tokenizer.encode(["a b", ""], 5).ids.tolist()) == {1}


def test_a_lone_surrogate_is_read_as_one_replacement_character():
    tokenizer = train_tokenizer(["a \ud800 b"])
    assert read(tokenizer, "a \udcff b") == ["a", "\N{REPLACEMENT CHARACTER}", "b"]
    assert tokenizer.cut(["a \ud800 b"], 2) == ["a \ud800"]


@pytest.mark.parametrize("kind", ["word", "bpe"])
def test_a_loaded_tokenizer_encodes_as_before(tmp_path, kind):
    tokenizer = train_tokenizer(TEXTS, kind=kind, vocabulary_size=40)
    tokenizer.encode(TEXTS, 2)  # max_tokens of this call must not be saved
    tokenizer.save(tmp_path / "tokenizer.json")
    loaded = Tokenizer.load(tmp_path / "tokenizer.json")
    assert 0 not in loaded.encode(["[PAD]"], 10).ids
    assert loaded.vocabulary == tokenizer.vocabulary
    for max_tokens in (2, 50):
        before, after = (each.encode([*TEXTS, "Zebra!"], max_tokens) for each in (tokenizer, loaded))
        assert np.array_equal(before.ids, after.ids)
        assert np.array_equal(before.offsets, after.offsets)


@pytest.mark.parametrize("content", ["", "{}", "not json", '{"version": "1.0", "model": {"type": "None"}}'])
def test_the_error_names_a_damaged_file(tmp_path, content):
    (tmp_path / "tokenizer.json").write_text(content)
    with pytest.raises(ModelFolderError, match=r"tokenizer\.json: damaged"):
        Tokenizer.load(tmp_path / "tokenizer.json")


def test_a_long_text_is_cut_with_one_warning(caplog):
    tokenizer = train_tokenizer(["w x"])
    long = "w " * 200_000
    with caplog.at_level(logging.WARNING, "textclf"):
        assert tokenizer.encode(["x", long, long], 7).lengths.tolist() == [1, 7, 7]
        assert tokenizer.cut([long], 7) == ["w w w w w w w"]
    assert [record.getMessage() for record in caplog.records] == [
        "text 2 has 200000 tokens; the first 7 are read (max_tokens)"
    ]


MILLIONS = 11 * 2**20  # the library fails on a word of this many characters


@pytest.mark.parametrize("character", "a1")
def test_a_word_of_millions_of_characters_is_cut_with_one_warning(character, caplog):
    word = character * MILLIONS
    text = f"x {word} y"
    kept = word[:1000]
    with caplog.at_level(logging.WARNING, "textclf"):
        tokenizer = train_tokenizer([text, "x", text])
        assert read(tokenizer, text) == ["x", kept, "y"]
        assert tokenizer.words(text, 9) == ["x", kept, "y"]
        assert tokenizer.cut([text], 9) == [f"x {kept} y"]
        assert tokenizer.encode([text], 9, sentences=True).sentences.tolist() == [0, 0, 0]
        assert read(tokenizer.with_words([text], {"y"}), text) == ["x", kept, "y"]
    assert [record.getMessage() for record in caplog.records] == [
        f'the word "{word[:20]}…" has {len(word)} characters; the first 1000 of each word are read'
    ]


@pytest.mark.parametrize("kind", ["word", "bpe"])
@pytest.mark.parametrize(
    ("text", "longest"),
    [
        ("a" * 1000, 1000),
        ("a" * 1001, 1000),
        ("1.1," * 300 + "1", 999),
        ("Ⓐ" * 1001, 1000),
        ("กิ" * 600, 1000),
        ("a" + "\u0316" * 1200, 1000),
        ("a." * 600, 1),
        ("1." + "." * 1200, 1),
        ("字。" * 600, 1),
        ("-" * 1200, 1),
        ("\ud800" * 1200, 1),
    ],
)
def test_only_words_of_more_than_a_thousand_characters_are_cut(kind, text, longest, caplog):
    tokenizer = train_tokenizer([text], kind=kind, vocabulary_size=5000)
    words = tokenizer.words(text, 3000)
    if kind == "word":
        assert max(map(len, words)) == longest
    assert ("".join(words) == text) is (len(caplog.records) == 0) is (longest == 1 or len(text) == 1000)


def test_an_ordinary_cut_gives_no_warning(caplog):
    with caplog.at_level(logging.WARNING, "textclf"):
        train_tokenizer(["w"]).encode(["w " * 9_999], 7)
    assert not caplog.records


@pytest.mark.parametrize("kind", ["word", "bpe"])
def test_training_does_not_depend_on_hash_seed_and_threads(kind):
    code = (
        "from textclf.data.tokenizer import Tokenizer\n"
        "texts = [' '.join(f'w{i * j % 101}x{j % 7}' for j in range(1, 40)) for i in range(200)]\n"
        f"tokenizer = Tokenizer.train(texts, kind='{kind}', vocabulary_size=120, min_frequency=1)\n"
        "print(tokenizer.vocabulary, tokenizer.encode(texts, 30).ids.tolist())\n"
    )
    result = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {"PYTHONHASHSEED": seed, "TOKENIZERS_PARALLELISM": parallel},
        ).stdout
        for seed, parallel in (("1", "false"), ("2", "false"), ("3", "true"))
    }
    assert len(result) == 1


@pytest.mark.parametrize("kind", ["word", "bpe"])
@pytest.mark.parametrize("max_tokens", [1, 2, 5, 9, 1000])
def test_a_text_cut_at_max_tokens_has_the_first_tokens_of_the_whole_text(kind, max_tokens):
    texts = [
        "a b c d e f g h i j k l m n o p q r s t u v w x y z " * 3,
        "don't won't can't it's we'll they're I'd " * 4,
        "averyveryverylongwordwithoutanyspaceinit another-hyphenated-one-that-is-long " * 5,
        "short",
        "   " * 50 + "late words after many spaces",
        "café " * 40 + "\ud800 naïve",
    ]
    tokenizer = train_tokenizer(texts, kind=kind, vocabulary_size=80)
    whole = tokenizer.encode(texts, 10_000)
    result = tokenizer.encode(texts, max_tokens)
    for row in range(len(texts)):
        every = whole.ids[whole.offsets[row] : whole.offsets[row + 1]]
        assert result.ids[result.offsets[row] : result.offsets[row + 1]].tolist() == every[:max_tokens].tolist()
    assert [len(tokenizer.words(text, max_tokens)) for text in texts] == result.lengths.tolist()


@pytest.mark.parametrize("at_once", [1, 2, 3])
def test_encoding_in_chunks_equals_encoding_at_once(monkeypatch, caplog, at_once):
    texts = ["a b. c d e. f", "", "b a", "w " * 11_000, "c. d"]
    tokenizer = train_tokenizer(texts)
    whole = tokenizer.encode(texts, 4, sentences=True)
    assert tokenizer.encode(texts, 4).ids.tolist() == whole.ids.tolist()
    monkeypatch.setattr("textclf.data.tokenizer.AT_ONCE", at_once)
    result = train_tokenizer(texts).encode(texts, 4, sentences=True)
    assert result.ids.tolist() == whole.ids.tolist()
    assert result.offsets.tolist() == whole.offsets.tolist() == [0, 4, 5, 7, 11, 14]
    assert result.sentences.tolist() == whole.sentences.tolist()
    assert [record.getMessage().split(" has")[0] for record in caplog.records] == ["text 4"] * 2


def test_two_threads_encode_as_one_thread_does_and_warn_once(monkeypatch, caplog):
    texts = ["a b. c d", "", "b a", "w " * 11_000, "v " * 11_000, "c. d"]
    tokenizer = train_tokenizer(texts)
    whole = tokenizer.encode(texts, 4, sentences=True)
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    monkeypatch.setattr("textclf.data.tokenizer.AT_ONCE", 1)
    caplog.clear()
    result = train_tokenizer(texts).encode(texts, 4, sentences=True)
    torch.set_num_threads(threads)
    for name in ("ids", "offsets", "sentences"):
        assert getattr(result, name).tolist() == getattr(whole, name).tolist()
    assert len(caplog.records) == 1
    assert len(tokenizer.encode([], 4)) == 0
