"""What runs read: prepared once, and passed to the workers of a grid without being read again."""

from __future__ import annotations

import pickle
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from textclf.config import RunConfig
from textclf.data import vectors as vectors_module
from textclf.experiment.backends import processes
from textclf.experiment.preparation import Data, data_of, forget
from textclf.experiment.spec import Job, Run

NOT_NEEDED = ("torch._dynamo", "sympy", "altair", "scipy", "sklearn", "datasets", "datasketch")


def config(reviews: Path, **keys: Any) -> RunConfig:
    return RunConfig.parse({"encoder": "none", "dataset": str(reviews), "embedding_dim": 3, "epochs": 1} | keys)


def data_for(reviews: Path, **keys: Any) -> Data:
    forget()
    return data_of(config(reviews, **keys))


def shared(job: Job) -> tuple[str, int] | str:
    """The texts that came with a job, and in how many files those of all jobs lie."""
    if job.data is None:
        return "no data"
    return " ".join(job.data.corpus.splits["all"].texts), len(list(Path(job.run.label).glob("textclf-*/*")))


def test_runs_with_the_same_split_settings_share_their_splits(reviews: Path) -> None:
    data = data_for(reviews)
    splits = data.splits(config(reviews, seed=1))
    assert data.splits(config(reviews, seed=2)) is splits
    assert data.splits(config(reviews, split_seed=1)).test.texts != splits.test.texts
    assert data.splits(config(reviews, train_rows=20)).train.texts != splits.train.texts


def test_splits_are_not_sent_along(reviews: Path) -> None:
    data = data_for(reviews)
    size = len(pickle.dumps(data))
    data.splits(config(reviews))
    assert len(pickle.dumps(data)) == size


def test_workers_get_data_from_one_file_that_is_gone_afterwards(
    reviews: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "TemporaryDirectory", partial(tempfile.TemporaryDirectory, dir=tmp_path))
    data, run = data_for(reviews), Run(config(reviews), str(tmp_path))
    texts = " ".join(data.corpus.splits["all"].texts)
    reviews.unlink()
    found = list(processes.outcomes(shared, [Job(run, "test", data)] * 3, 1))
    assert [(outcome.value, outcome.error) for outcome in found] == [((texts, 1), None)] * 3
    assert all(outcome.job.data is data for outcome in found)
    assert not list(tmp_path.iterdir())


def test_where_no_file_can_be_written_workers_read_anew(
    reviews: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = partial(tempfile.TemporaryDirectory, dir=tmp_path / "missing")
    monkeypatch.setattr(tempfile, "TemporaryDirectory", missing)
    run, data = Run(config(reviews), ""), data_for(reviews)
    (outcome,) = processes.outcomes(shared, [Job(run, "test", data)], 1)
    assert (outcome.value, outcome.error) == ("no data", None)


def test_vectors_that_are_sent_are_mapped_and_neither_copied_nor_checked_again(
    reviews: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "vectors.txt"
    file.write_text("".join(f"word{number} 1 2 {number}\n" for number in range(1000)), encoding="utf-8")
    vectors = data_for(reviews, vectors=str(file)).vectors
    assert vectors is not None
    content = pickle.dumps(vectors)
    monkeypatch.setattr(vectors_module, "file_sha256", lambda path: pytest.fail("hashed again"))
    there = pickle.loads(content)
    assert len(content) < 1000
    assert (there.words, there.sha256) == (vectors.words, vectors.sha256)
    assert (there.matrix == vectors.matrix).all()
    assert not there.matrix.flags.owndata


def test_a_run_imports_nothing_that_it_does_not_need(reviews: Path) -> None:
    """Torch's compiler, charts and scikit-learn take a second each; in this process others have imported them."""
    arguments = ["run", "--dataset", str(reviews), "--encoder", "lstm", "--pooling", "attention", "--epochs", "1"]
    code = (
        "import sys; from textclf.cli import call; from textclf.data import near_duplicates\n"
        "near_duplicates._cached_rows = lambda *rows: []  # which are kept in the cache, but for the first run\n"
        f"assert call({arguments}) == 0; print(sorted({{*{NOT_NEEDED}}} & {{*sys.modules}}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"
