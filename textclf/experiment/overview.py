"""The models of an experiment file with the number of their runs, without running them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from textclf.errors import counted
from textclf.escape import visible
from textclf.experiment.spec import Experiment


def overview(experiment: Experiment) -> Iterator[str]:
    """Yield, for each dataset, its name and its models with their numbers of runs; then one line with the totals."""
    datasets: dict[str, Counter[str]] = {}
    for run in experiment.runs:
        settings = run.config.settings
        title = ", ".join(filter(None, [run.title(settings.dataset), settings.condition]))
        datasets.setdefault(title, Counter())[run.label] += 1
    for title, models in datasets.items():
        yield visible(f"{title}:")
        width = max(map(len, models))
        for label, count in models.items():
            yield visible(f"  {label:<{width}}  {counted(count, 'run')}")
    runs = counted(len(experiment.runs), "run")
    models_of_all = {label for models in datasets.values() for label in models}
    yield f"{counted(len(datasets), 'dataset')}, {counted(len(models_of_all), 'model')}, {runs}"
