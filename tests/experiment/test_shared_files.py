"""Files with the inputs of workers: one for each value, removed at the end; vectors are memory-mapped."""

from __future__ import annotations

import pickle
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from textclf.config import RunConfig
from textclf.data import vectors as vectors_module
from textclf.data.vectors import load_vectors
from textclf.experiment.backends import processes
from textclf.experiment.backends.shared_files import SharedFile, SharedFiles
from textclf.experiment.preparation import Preparations, Prepared, prepare
from textclf.experiment.spec import Run
from textclf.experiment.worker import Job


def config(reviews: Path) -> RunConfig:
    return RunConfig.parse({"encoder": "none", "dataset": str(reviews)})


def texts_to_test(job: Job) -> list[str]:
    return list(job.prepared().splits.test.texts)


def test_workers_get_their_inputs_without_the_dataset(
    reviews: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "TemporaryDirectory", partial(tempfile.TemporaryDirectory, dir=tmp_path))
    preparations, run = Preparations(), Run(config(reviews), "none")
    inputs = [preparations.of(run.config), preparations.of(run.config.with_settings(split_seed=1))]
    reviews.unlink()
    with SharedFiles() as files:
        jobs = [Job(run, "test", files.share(prepared)) for prepared in (*inputs, *inputs)]
        assert len(list(tmp_path.glob("textclf-*/*"))) == 2
        outcomes = {
            outcome.job: (outcome.value, outcome.error) for outcome in processes.outcomes(texts_to_test, jobs, 1)
        }
    expected = [(list(prepared.splits.test.texts), None) for prepared in inputs]
    assert [outcomes[job] for job in jobs] == expected * 2
    assert expected[0] != expected[1]
    assert not list(tmp_path.iterdir())


def test_files_are_removed_after_an_interrupt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "TemporaryDirectory", partial(tempfile.TemporaryDirectory, dir=tmp_path))
    with pytest.raises(KeyboardInterrupt), SharedFiles() as files:  # noqa: PT012
        files.share("a value")
        assert list(tmp_path.iterdir())
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


def test_without_a_folder_the_inputs_go_to_the_worker_directly(
    reviews: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = partial(tempfile.TemporaryDirectory, dir=tmp_path / "missing")
    monkeypatch.setattr(tempfile, "TemporaryDirectory", missing)
    prepared = prepare(config(reviews))
    with SharedFiles() as files:
        inputs = files.share(prepared)
    assert inputs is prepared
    (outcome,) = processes.outcomes(texts_to_test, [Job(Run(config(reviews), "none"), "test", inputs)], 1)
    assert (outcome.value, outcome.error) == (list(prepared.splits.test.texts), None)


def test_vectors_are_mapped_and_neither_copied_nor_hashed_again(
    reviews: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "vectors.txt"
    file.write_text("".join(f"word{number} 1 2 {number}\n" for number in range(1000)), encoding="utf-8")
    prepared = prepare(config(reviews))
    vectors = load_vectors(str(file))
    monkeypatch.setattr(vectors_module, "file_sha256", lambda path: pytest.fail("hashed again"))
    with SharedFiles() as files:
        shared = files.share(replace(prepared, vectors=vectors))
        assert isinstance(shared, SharedFile)
        assert shared.path.stat().st_size < len(pickle.dumps(prepared)) + 1000
        loaded: Prepared = shared.load()
    assert loaded.vectors is not None
    assert (loaded.vectors.words, loaded.vectors.sha256) == (vectors.words, vectors.sha256)
    assert (loaded.vectors.matrix == vectors.matrix).all()
    assert not loaded.vectors.matrix.flags.owndata
