"""A plug-in file: parts that textclf does not have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from textclf.attention.attend import Score
from textclf.attention.scores import SCORES
from textclf.bench.measurement import Measurement, Options
from textclf.bench.records import BenchRecords
from textclf.bench.section import SECTIONS, Section
from textclf.encoders.baselines import BASELINES
from textclf.encoders.baselines.majority import Majority
from textclf.encoders.encoder import Context, Pooled, Pooling, Sizes
from textclf.encoders.poolings import POOLINGS
from textclf.metrics import METRICS
from textclf.metrics.metric import Metric
from textclf.registry import PartOptions
from textclf.report.formats import FORMATS
from textclf.report.formats.format import Format
from textclf.results.data_frame import read_results


class NegativeDistance(Score):
    """-‖q - k‖²."""

    same_size = True

    class Options(PartOptions):
        pass

    def forward(self, queries: Tensor, keys: Tensor) -> Tensor:
        return -((queries[:, :, None] - keys[:, None]) ** 2).sum(-1)


class FirstPooling(Pooling):
    """The state of the first word."""

    class Options(PartOptions):
        pass

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.output_dim = sizes.word_dim

    def forward(self, context: Context, mask: Tensor) -> Pooled:
        return Pooled(context.states[:, 0])


class Uniform(Majority):
    """The same probability for every class."""

    def fit(self, labels: Any, *columns: Any) -> Uniform:
        return self


class Mistakes(Metric):
    """The number of rows whose most probable class is wrong, for each hundred rows."""

    title = "mistakes"
    higher_is_better = False
    percent = False

    def per_unit(self, labels: np.ndarray, probabilities: np.ndarray, groups: object = None) -> np.ndarray:
        return 100.0 * (probabilities.argmax(1) != labels)


class Constant(Section):
    """A measurement that always gives 1."""

    summary = "the constant 1"

    def measure(self, options: Options) -> Iterator[Measurement]:
        yield Measurement("constant", "one", "textclf", "s", [1.0])

    def page(self, records: BenchRecords) -> Iterable[str]:
        yield from ["", "## A constant", "", f"{len(records)} record"]


class Shout(Format):
    """Writes ``shout.txt``, the names of the models in capitals."""

    summary = "shout.txt: the names of the models in capitals"

    def write(self, folder: Path) -> Path:
        models = sorted(set(read_results(folder)["model"]))
        (folder / "shout.txt").write_text("\n".join(models).upper(), encoding="utf-8")
        return folder / "shout.txt"


METRICS.register("mistakes", Mistakes)
SECTIONS.register("constant", Constant)
FORMATS.register("shout", Shout)
SCORES.register("negative_distance", NegativeDistance)
POOLINGS.register("begin", FirstPooling)
BASELINES.register("uniform", Uniform)
