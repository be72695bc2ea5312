"""The sections of a report on settings, measurement and provenance."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from textclf.escape import code, markdown
from textclf.report.cells import LOWER_IS_BETTER
from textclf.report.markdown_tables import markdown_table
from textclf.results.experiment_records import Records
from textclf.results.rows import OkRow
from textclf.results.tables import quality_table

SETTINGS_OF_A_RUN = {"seed", "fold", "dataset"}
DATA_SETTINGS = {"folds", "split_seed", "train_rows", "test_rows", "max_tokens", "condition", "delimiter", "encoding"}
SPEEDS = (
    "Speeds are measured after the runs, with one model at a time on the machine, and are medians of repeated "
    "measurements. "
)
MORE_TEXT = (
    "A pretrained model has seen much more text than the others, so comparing it with them is not a comparison of "
    "encoders with the same data."
)
SUBWORDS = (
    "For a language model (frozen or fine-tuned), `max_tokens` counts subwords of the model's own tokenizer, not "
    "words, so it may read less of a long text than the other models."
)
FROZEN = (
    "The token states of a frozen model are computed once, kept in float16 and shared by all runs; the training speed "
    "does not include this pass."
)


def shared_settings(rows: list[OkRow]) -> Iterable[str]:
    """Tables of the settings with one value for all models, and of the settings and sizes of each dataset."""
    trained = [row for row in rows if row.kind == "encoder"] or rows
    keys = [key for key in trained[0].config if all(key in row.config for row in trained)]
    keys = [key for key in keys if key not in SETTINGS_OF_A_RUN | DATA_SETTINGS and key not in {"encoder", "pooling"}]
    same = {key: trained[0].config[key] for key in keys if len(_values(trained, key)) == 1}
    yield from markdown_table(["setting", "value"], [[f"`{key}`", _value(value)] for key, value in same.items()])
    differing = [key for key in keys if key not in same]
    datasets = list(dict.fromkeys(row.dataset for row in rows))
    yield ""
    yield from markdown_table(
        ["by dataset", *map(markdown, datasets)],
        [
            [title, *(value([row for row in rows if row.dataset == dataset]) for dataset in datasets)]
            for title, value in [
                ("rows (training / validation / test)", _sizes),
                ("test rows with a near-duplicate in training (Jaccard index of words ≥ 0.8)", _near_duplicates),
                *((f"`{key}`", _of_dataset(key)) for key in ("folds", "max_tokens", "train_rows", "test_rows")),
                *((f"`{key}`", _of_dataset(key)) for key in differing),
                ("seeds", lambda own: ", ".join(map(str, sorted({row.seed for row in own if row.kind == "encoder"})))),
            ]
        ],
    )
    yield ""
    yield (
        "All models, also the baselines, read the same rows, and each text is cut after `max_tokens` tokens. Baselines "
        "are deterministic, so they have one run for each split, and no epochs."
    )


def explanation(records: Records) -> str:
    """What the numbers in the tables are, and how they were measured."""
    columns = [column for dataset in records.datasets for column in quality_table(dataset).columns]
    plain = dict.fromkeys(column.title for column in columns if column.kind == "metric" and column.unit != "%")
    exceptions = f", except {', '.join(plain)}" if plain else ""
    lower = f" {LOWER_IS_BETTER}." if any(column.higher_is_better is False for column in columns) else ""
    folds = any(row.fold is not None for row in records.rows)
    over = "seeds, or over folds if the dataset has them" if folds else "seeds"
    measured = any(model.speed for dataset in records.datasets for model in dataset.models)
    return (
        f"Metrics are in percent and differences in percentage points{exceptions}.{lower} "
        f"± is half of the 95 % t interval over {over}. A difference compares two models on the same test examples "
        f"with the same seeds; its 95 % interval is a bootstrap interval over both. {SPEEDS if measured else ''}The "
        "fit seconds (median) and the peak memory (maximum, with Python and the libraries) are measured during the "
        "runs, several of which share the machine. Baselines have no encoder, so their number of encoder parameters "
        "is 0." + "".join(f" {sentence}" for sentence in _on_pretrained(records.rows))
    )


def _on_pretrained(rows: list[OkRow]) -> Iterable[str]:
    """Yield what the reader has to know about pretrained parts of models, one sentence each."""
    if any(row.pretrained for row in rows):
        yield MORE_TEXT
    if any(row.language_model for row in rows):
        yield SUBWORDS
    if any(row.language_model == "frozen" for row in rows):
        yield FROZEN
    yield from dict.fromkeys(f"{markdown(row.pretrained_origin)}." for row in rows if row.pretrained_origin)


def _values(rows: list[OkRow], key: str) -> set[str]:
    return {repr(row.config[key]) for row in rows}


def _of_dataset(key: str) -> Any:
    def value(rows: list[OkRow]) -> str:
        trained = [row for row in rows if row.kind == "encoder"] or rows
        return ", ".join(dict.fromkeys(_value(row.config.get(key)) for row in trained))

    return value


def _value(value: Any) -> str:
    return "–" if value is None or value == "" else markdown(value) if isinstance(value, str) else str(value)


def _sizes(rows: list[OkRow]) -> str:
    sizes = dict.fromkeys((row.rows.train, row.rows.validation, row.rows.test) for row in rows)
    return " / ".join(
        f"{min(column):,}" if min(column) == max(column) else f"{min(column):,}–{max(column):,}"
        for column in zip(*sizes, strict=True)
    )


def _near_duplicates(rows: list[OkRow]) -> str:
    counts = {row.near_duplicates for row in rows if "near_duplicates" in row.model_fields_set}
    if not counts:
        return "not recorded"
    numbers = [count for count in counts if count is not None]
    if not numbers:
        return "not counted, it would take too long"
    return "–".join(f"{number:,}" for number in sorted({min(numbers), max(numbers)}))


def provenance_lines(records: Records, again: str) -> Iterable[str]:
    origins = [row.provenance for row in records.rows]
    versions = [", ".join(f"{package} {number}" for package, number in origin.versions.items()) for origin in origins]
    started = sorted(origin.started_at for origin in origins)
    facts = {
        "reproduce": code(again),
        "machine": _unique(origin.machine for origin in origins),
        "device, precision": _unique(
            f"{origin.device}, {origin.precision}" if row.kind == "encoder" else None
            for row, origin in zip(records.rows, origins, strict=True)
        ),
        "threads per run": _unique(str(origin.threads) for origin in origins),
        "versions": _unique(versions),
        "commit": _unique(str(origin.commit) for origin in origins),
        "started": f"{started[0]} to {started[-1]}",
        "runs": f"{len(records.rows)} done, {len(records.failed)} failed",
    }
    for fact, value in facts.items():
        yield f"- {fact}: {value}"


def _unique(values: Iterable[str | None]) -> str:
    return "; ".join(dict.fromkeys(value for value in values if value is not None))
