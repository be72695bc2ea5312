"""Training: which words a model knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from textclf.config import RunConfig
from textclf.data.examples import Examples
from textclf.training.fit import Fit

TRAINING = Examples.of(["b b rare", "b a a unknown"], ["x", "y"])
OTHERS = ["later b strange"]


@pytest.mark.parametrize("limit", [{"min_frequency": 2}, {"vocabulary_size": 4}])
@pytest.mark.parametrize(
    ("vocabulary", "words"), [("vectors", ["b", "a", "later", "rare"]), ("train", ["b", "a"])], ids=["vectors", "train"]
)
@pytest.mark.parametrize("keep", [False, True])
def test_words_that_the_vector_file_has_are_kept_however_rare_in_every_split(
    tmp_path: Path, limit: dict[str, int], vocabulary: str, words: list[str], keep: bool
) -> None:
    path = tmp_path / "vectors.txt"
    path.write_text("a 1 2\nb 1 2\nrare 3 4\nlater 5 6\nnowhere 7 8\n", encoding="utf-8")
    config = RunConfig.parse(
        {"encoder": "none", "vectors": str(path), "embedding_dim": 2, "vocabulary": vocabulary, **limit}
    )
    fit = Fit(config, TRAINING, None, ("x", "y"), OTHERS, keep=keep)
    assert fit.tokenizer.vocabulary == ["[PAD]", "[UNK]", *words]
