"""The states of frozen language models, computed before the runs that read them."""

from __future__ import annotations

from collections.abc import Iterable

from textclf.experiment.busy import busy
from textclf.experiment.plan import Planned
from textclf.experiment.preparation import Prepared
from textclf.training.fit import Fit


def compute_states(planned: Iterable[Planned]) -> None:
    """Store the states that the runs need in the cache, with all cores; runs with the same tokens share them."""
    done = set()
    for run in planned:
        config, prepared = run.run.config, run.prepared
        options = config.language_model
        if options is None or not options.frozen:
            continue
        key = (prepared.sha256, id(prepared.splits), options.layer, options.joint, config.settings.max_tokens)
        if key not in done:
            done.add(key)
            with busy(f"computing the states of {options.model} for {run.dataset}"):
                _compute(run, prepared)


def _compute(run: Planned, prepared: Prepared) -> None:
    splits = prepared.splits
    fit = Fit(
        run.run.config,
        splits.train,
        splits.validation,
        splits.classes,
        task=prepared.task,
        language_model=prepared.language_model,
        cache_tokens=True,
    )
    for split in splits.parts().values():
        fit.model.batches(split, cache_tokens=True, cache_states=True)
