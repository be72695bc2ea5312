"""A Ray cluster of three nodes gives the rows of the local backend, each once, even if a node is lost."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np
import pytest

from textclf.config import RunConfig
from textclf.data.examples import Examples
from textclf.data.splits import Splits
from textclf.data.vectors import FileVectors, Vectors
from textclf.errors import DataError
from textclf.experiment.grid import run_experiment
from textclf.experiment.preparation import Prepared
from textclf.experiment.spec import Run
from textclf.experiment.worker import Job
from textclf.plugins import load_plugin
from textclf.results.store import read_rows

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]  # the warnings are Ray's own
NODES = 3
cloudpickle.register_pickle_by_value(sys.modules[__name__])  # the cluster's processes cannot import a test


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A head node that executes no jobs, and three nodes with one core each."""
    ray = pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    for _ in range(NODES):
        made.add_node(num_cpus=1)
    ray.init(address=made.address, log_to_driver=False)
    yield made
    ray.shutdown()
    made.shutdown()


def prepared(name: str, vectors: Vectors | None = None) -> Prepared:
    rows = Examples.of([name], ["a"])
    return Prepared(name, "sha", "single_label", Splits(rows, rows, rows, ("a",)), vectors)


def job(label: str, inputs: Prepared) -> Job:
    return Job(Run(RunConfig.parse({"encoder": "none", "dataset": "-"}), label), "test", inputs)


def inputs_of(job: Job) -> tuple[str, float]:
    logging.getLogger("textclf").warning("%s is read", job.run.label)
    if job.run.label == "wrong":
        raise DataError("no such row")
    if job.run.label == "broken":
        raise ZeroDivisionError("by zero")
    inputs = job.prepared()
    assert inputs.vectors is not None
    return inputs.splits.test.texts[0], float(inputs.vectors.matrix.sum())


def test_values_errors_and_warnings_reach_the_caller(
    cluster: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from textclf.experiment.backends.ray import outcomes

    np.save(tmp_path / "matrix.npy", np.arange(6, dtype=np.float32).reshape(2, 3))
    vectors = FileVectors(tmp_path, {"a": 0, "b": 1}, np.load(tmp_path / "matrix.npy", mmap_mode="r"), "sha")
    one, two = prepared("one", vectors), prepared("two", vectors)
    jobs = [job("first", one), job("wrong", one), job("second", two), job("broken", one)]
    started: list[str] = []
    found = {
        outcome.job.run.label: (outcome.value, outcome.error)
        for outcome in outcomes(inputs_of, jobs, 2, lambda job: started.append(job.run.label))
    }
    assert started == ["first", "wrong", "second", "broken"]
    messages = sorted(record.getMessage() for record in caplog.records if record.name == "textclf")
    assert messages == ["broken is read", "first is read", "second is read", "wrong is read"]
    assert found == {
        "first": (("one", 15.0), None),
        "wrong": (None, "no such row"),
        "second": (("two", 15.0), None),
        "broken": (None, "ZeroDivisionError: by zero"),
    }


def test_the_cluster_gives_the_rows_of_the_local_backend(cluster: Any, reviews: Path, tmp_path: Path) -> None:
    grid = tmp_path / "grid.yaml"
    grid.write_text(
        f"datasets: [{reviews}]\nseeds: [1, 2]\nshared: {{hidden_dim: 8, embedding_dim: 12, epochs: 2}}\n"
        "models: [{encoder: lstm}, {encoder: tfidf}]\n",
        encoding="utf-8",
    )
    assert run_experiment(grid, tmp_path / "there", backend="ray").failed == 0
    assert run_experiment(grid, tmp_path / "here", workers=2).failed == 0
    there, here = ({row.fingerprint: row.metrics for row in read_rows(tmp_path / place)} for place in ("there", "here"))
    assert len(read_rows(tmp_path / "there")) == len(there) == 3
    assert there == here
    assert run_experiment(grid, tmp_path / "there", backend="ray").ran == 0


def test_a_plugin_reaches_the_cluster(cluster: Any, reviews: Path, tmp_path: Path) -> None:
    load_plugin(Path(__file__).parents[1] / "helpers/outside_parts.py")
    grid = tmp_path / "grid.yaml"
    grid.write_text(
        f"datasets: [{reviews}]\nshared: {{hidden_dim: 8, embedding_dim: 12, epochs: 1}}\n"
        "models: [{encoder: none, pooling: first}, {encoder: uniform}]\n",
        encoding="utf-8",
    )
    assert run_experiment(grid, tmp_path / "there", backend="ray", speeds=False).failed == 0
    assert run_experiment(grid, tmp_path / "here", workers=2, speeds=False).failed == 0
    there, here = ({row.fingerprint: row.metrics for row in read_rows(tmp_path / place)} for place in ("there", "here"))
    assert there == here


def test_every_job_has_one_outcome_if_a_node_is_lost(cluster: Any, tmp_path: Path) -> None:
    """The first job writes the name of its node and waits; then the test removes that node."""
    from textclf.experiment.backends.ray import outcomes

    call, started = tmp_path / "call", tmp_path / "started"
    os.mkfifo(call)

    def wait_for_the_end(job: Job) -> str:
        import ray

        if job.run.label == "0" and not started.exists():
            started.write_text("", encoding="utf-8")
            with call.open("w", encoding="utf-8") as pipe:
                pipe.write(ray.get_runtime_context().get_node_id())
            with call.open(encoding="utf-8") as pipe:  # blocks until the node is removed, because nothing is written
                pipe.read()
        return job.run.label

    inputs = prepared("one")
    found = outcomes(wait_for_the_end, [job(str(number), inputs) for number in range(7)])
    labels = []
    for outcome in found:
        if not labels:
            node = call.read_text(encoding="utf-8")
            (lost,) = [each for each in cluster.list_all_nodes() if each.node_id == node]
            cluster.remove_node(lost, allow_graceful=False)
        labels.append((outcome.value, outcome.error))
    assert sorted(labels) == [(str(number), None) for number in range(7)]
