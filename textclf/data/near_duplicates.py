"""Near-duplicates: rows of one split with almost the same words as a row of another split."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from textclf.data.cache import cached, digest
from textclf.data.examples import Examples

SIMILAR = 0.8  # the word sets of near-duplicates have at least this Jaccard index
LEFT_OUT = re.compile(r"https?://\S*|@\w+")  # links and user names, which differ between copies of a tweet
WORD = re.compile(r"\w+")
# Locality-sensitive hashing proposes pairs: with 16 bands of 4 hashes it proposes 99.98 % of pairs whose index is 0.8.
BANDS, HASHES = 16, 4
# Limits for about one second per 10,000 texts: a text takes about 50 µs, a character 0.1 µs and a candidate 0.3 µs.
CHARACTERS, CHARACTERS_A_TEXT = 8_000_000, 400  # in total, and per text
TEXTS = 200_000
CANDIDATES_A_TEXT = 50


def near_duplicates(examples: Examples, others: Examples) -> list[int]:
    """Return the rows of ``examples`` that have a near-duplicate in ``others``."""
    rows = _cached_rows(examples, others, None)
    assert rows is not None
    return rows


def count_near_duplicates(examples: Examples, others: Examples) -> int | None:
    """Count the rows of ``examples`` with a near-duplicate in ``others``; None if that would take too long.

    The limits are numbers of texts, characters and candidates, not seconds, so every machine gives the same result.
    """
    texts = len(examples) + len(others)
    characters = sum(map(len, examples.all_texts())) + sum(map(len, others.all_texts()))
    if texts > TEXTS or characters > max(CHARACTERS, CHARACTERS_A_TEXT * texts):
        return None
    rows = _cached_rows(examples, others, CANDIDATES_A_TEXT * texts)
    return None if rows is None else len(rows)


def _cached_rows(examples: Examples, others: Examples, most_candidates: int | None) -> list[int] | None:
    def save(rows: list[int] | None, path: Path) -> None:
        path.write_text(json.dumps(rows), encoding="utf-8")

    def load(path: Path) -> list[int] | None:
        return json.loads(path.read_text(encoding="utf-8"))

    method = str((SIMILAR, LEFT_OUT.pattern, WORD.pattern, BANDS, HASHES, most_candidates))
    key = digest("near-duplicates", method, version("datasketch"), examples.sha256(), others.sha256())
    return cached(key, lambda: _rows(examples, others, most_candidates), load, save)


def _rows(examples: Examples, others: Examples, most_candidates: int | None) -> list[int] | None:
    """Return the rows with a near-duplicate; None if there are more than ``most_candidates`` pairs to compare."""
    from datasketch import MinHash, MinHashLSH  # the import takes half a second

    numbers: dict[str, int] = {}  # a number for each word; MinHash permutes numbers, so words need no other hash
    empty = MinHash(num_perm=BANDS * HASHES, hashfunc=int)
    index = MinHashLSH(num_perm=BANDS * HASHES, params=(BANDS, HASHES))
    indexed, queried = sorted((examples, others), key=len)
    sets = list(_word_sets(indexed, numbers))
    for row, words in enumerate(sets):
        if words:
            index.insert(row, _sketch(empty, words), check_duplication=False)
    rows: set[int] = set()
    candidates = 0
    for row, words in enumerate(_word_sets(queried, numbers)):
        similar = index.query(_sketch(empty, words)) if words else []
        candidates += len(similar)
        if most_candidates is not None and candidates > most_candidates:
            return None
        rows.update(
            row if queried is examples else other for other in similar if _jaccard(words, sets[other]) >= SIMILAR
        )
    return sorted(rows)


def _word_sets(examples: Examples, numbers: dict[str, int]) -> Iterator[frozenset[int]]:
    """Yield the numbers of each row's words; a word has different numbers in the first and the second text."""
    for first, second in examples.identities():
        words = [*_words(first), *(f"{word} 2" for word in _words(second))]
        yield frozenset(numbers.setdefault(word, len(numbers)) for word in words)


def _words(text: str) -> list[str]:
    return WORD.findall(LEFT_OUT.sub(" ", text.lower()))


def _sketch(empty: Any, words: frozenset[int]) -> Any:
    sketch = empty.copy()
    sketch.update_batch(words)
    return sketch


def _jaccard(left: frozenset[int], right: frozenset[int]) -> float:
    shared = len(left & right)
    return shared / (len(left) + len(right) - shared)
