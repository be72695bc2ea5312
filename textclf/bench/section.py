"""The sections of the benchmark. Each is one file and one line of the registry here."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from textclf.bench.measurement import Measurement, Options
from textclf.bench.records import BenchRecords
from textclf.registry import Registry


class Section(ABC):
    """A section: what it measures, and how the page shows it.

    Packages that only the measurement needs, such as torch, are imported inside functions, so that the page can be
    written without them.

    Attributes
    ----------
    summary : str
        One line for the help of ``textclf bench``.
    """

    summary: ClassVar[str]

    @abstractmethod
    def measure(self, options: Options) -> Iterator[Measurement]:
        """Measure, and yield each measurement as soon as it is complete."""

    @abstractmethod
    def page(self, records: BenchRecords) -> Iterable[str]:
        """Return the section's lines of Markdown from its own records, of which there is at least one."""

    def chart(self, records: BenchRecords) -> Any:
        """Return an Altair chart, which the page shows as ``figures/NAME.svg``; None if there is none."""
        return None

    def obstacle(self) -> str | None:
        """Return why this machine cannot measure the section, with the way out; None if it can."""
        return None


SECTIONS = Registry(
    "section",
    {
        "training": "textclf.bench.training:Training",
        "step": "textclf.bench.step:Step",
        "precision": "textclf.bench.precision:Precision",
        "inference": "textclf.bench.inference:Inference",
        "texts": "textclf.bench.texts:TextCounts",
        "lengths": "textclf.bench.lengths:TextLengths",
        "overhead": "textclf.bench.overhead:Overhead",
        "gpu": "textclf.bench.gpu:Gpu",
    },
    "textclf.bench_sections",
)
