"""``textclf run``: train one model, measure it, and save it if requested."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from textclf.cli.output import print_json, print_line, print_message
from textclf.cli.plugin_option import PLUGIN
from textclf.errors import ConfigurationError, Interrupted, counted
from textclf.escape import HALF_CHARACTERS
from textclf.paths import user_path
from textclf.training.launch import is_distributed, is_first

if TYPE_CHECKING:
    from textclf.experiment.execution import Result
    from textclf.results.rows import OkRow


def run(
    dataset: str = typer.Option(
        ..., help="A corpus (textclf list corpora), a file, a folder, or - for standard input: CSV, JSONL or JSON."
    ),
    encoder: str = typer.Option(..., help="The encoder; see textclf list encoders."),
    pooling: str | None = typer.Option(None, help="The pooling; see textclf list poolings."),
    score: str | None = typer.Option(None, help="The score; see textclf list scores."),
    normaliser: str | None = typer.Option(None, help="The normaliser; see textclf list normalisers."),
    vectors: str | None = typer.Option(None, help="A file of word vectors (.txt, .vec, .gz)."),
    seed: int | None = typer.Option(None, help="The random seed of initial weights, batch order and dropout."),
    epochs: int | None = typer.Option(None, help="The largest number of epochs."),
    text_column: list[str] = typer.Option(
        [], help="The column of the texts; by default text. Repeatable: texts are joined by a space."
    ),
    label_column: str | None = typer.Option(None, help="The column of the classes; by default label."),
    pair_column: str | None = typer.Option(
        None, help="The column of second texts; by default text_pair, if there is one."
    ),
    delimiter: str | None = typer.Option(
        None, help="The character between two columns, such as ';' or tab. By default detected."
    ),
    encoding: str | None = typer.Option(
        None, help="The character encoding, such as windows-1252. By default detected."
    ),
    settings: list[str] = typer.Option(
        [],
        "--set",
        metavar="KEY=VALUE",
        help="Any setting of a run (textclf list settings) or option of the encoder. Repeatable.",
    ),
    plugin: list[Path] = PLUGIN,
    save: Path | None = typer.Option(
        None, parser=user_path, metavar="DIR", help="Save the trained model in this folder."
    ),
    as_json: bool = typer.Option(False, "--json", help="Print the row as one JSON document."),
) -> None:
    """Train one model and measure it on the test split.

    Examples:  textclf run --dataset tweets --encoder tfidf

    textclf run --dataset my.csv --encoder lstm --pooling attention --save model/

    textclf run --dataset mail.csv.gz --encoder cnn --text-column subject --text-column body

    textclf run --dataset bbc-news --encoder cnn --set max_tokens=64 --epochs 2

    torchrun --nproc-per-node 2 -m textclf run --dataset my.csv --encoder lstm
    """
    flags: dict[str, Any] = {
        "dataset": dataset,
        "vectors": vectors,
        "seed": seed,
        "epochs": epochs,
        "text_column": text_column or None,
        "label_column": label_column,
        "pair_column": pair_column,
        "delimiter": delimiter,
        "encoding": encoding,
    }
    chosen = {key: value for key, value in flags.items() if value is not None}
    extra = parse_settings(settings)
    for key in chosen.keys() & extra.keys():
        raise ConfigurationError(f"--set {key}: --{key.replace('_', '-')} is given too; leave one out")
    first = is_first()
    if not first:
        logging.disable()  # of several processes only the first one prints and saves
    elif save is not None:
        check_writable(save)

    from textclf.config import run_keys
    from textclf.experiment.busy import busy

    keys = run_keys(encoder, pooling, score, normaliser, chosen | extra)
    try:
        with busy("training") if first else nullcontext():
            result = _train(keys, on_epoch=_print_epoch if first else None)
    except KeyboardInterrupt:
        raise Interrupted("nothing was saved") from None
    if first:
        _print_and_save(result, as_json, save)


def _print_and_save(result: Result, as_json: bool, save: Path | None) -> None:
    for warning in result.row.warnings:
        print_message(f"warning: {result.row.model}: {warning}")
    try:
        if as_json:
            print_json(result.row.to_dict())
        else:
            _print_row(result.row, len(result.model.classes))
    finally:  # the model is saved even if standard output cannot be written
        if save is not None:
            result.model.save(save)
            print_message(f"saved the model to {save}")


def _train(keys: dict[str, Any], on_epoch: Callable[[dict[str, Any], str], None] | None) -> Result:
    """Prepare and execute one run, in this process or together with the other processes of torchrun."""
    from textclf.config import RunConfig, label_of
    from textclf.data.files import STANDARD_INPUT

    config = RunConfig.parse(keys)
    if config.settings.dataset == STANDARD_INPUT and is_distributed():
        raise ConfigurationError("dataset: - is standard input, which only one process can read; give a file")

    from textclf.experiment.execution import execute
    from textclf.experiment.preparation import prepare
    from textclf.training.parallel import ALONE, join

    processes = join(config.settings.device) if is_distributed() else ALONE
    prepared = prepare(config)
    result = execute(config, prepared, label_of(keys), on_epoch=on_epoch, processes=processes)
    processes.leave()
    return result


def parse_settings(settings: list[str]) -> dict[str, Any]:
    """Return the keys of settings like ``"windows=[2, 3]"`` with their values, which are YAML."""
    from textclf.yaml_reader import parse_yaml

    parsed: dict[str, Any] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        key = key.strip()
        if not equals or not key:
            raise ConfigurationError(f'--set {setting}: expected KEY=VALUE, as in "--set epochs=3"')
        if key in parsed:
            raise ConfigurationError(f"--set {key}: given twice; leave one out")
        parsed[key] = parse_yaml(value, f"--set {setting}")
    return parsed


def check_writable(folder: Path) -> None:
    """Check before training that a model can be saved in ``folder``."""
    import tempfile

    from textclf.errors import OutputError
    from textclf.training.folder import check_free

    check_free(folder)
    if HALF_CHARACTERS.search(str(folder)):
        raise OutputError(f"--save {folder}: is not UTF-8; choose another name")
    parent = folder
    while not parent.exists():
        parent = parent.parent
    try:
        tempfile.TemporaryDirectory(dir=parent).cleanup()
    except OSError as error:
        raise OutputError(f"--save {folder}: cannot be written ({error.strerror}); choose another folder") from None


def _print_epoch(record: dict[str, Any], metric: str) -> None:
    from textclf.metrics import title_of

    value = record["validation_metric"]
    validation = "" if value is None else f"  validation {title_of(metric)} {_with_unit(metric, value)}"
    rate = record["examples"] / record["seconds"]
    print_message(f"epoch {record['epoch']:>2}  loss {record['train_loss']:.4f}{validation}  {rate:.0f} texts/s")


def _print_row(row: OkRow, classes: int) -> None:
    from textclf.metrics import title_of

    rows, parameters, speed = row.rows, row.parameters, row.speed
    sizes = f"{rows.train} / {rows.validation} / {rows.test} rows"
    lines = [
        ("model", row.model),
        ("dataset", f"{row.dataset} ({sizes}, {classes} classes)"),
        ("duplicates", _near_duplicates(row.near_duplicates)),
        *((title_of(name), _with_unit(name, value)) for name, value in row.metrics["test"].items()),
        ("parameters", f"{parameters.total:,} ({parameters.encoder:,} in the encoder)"),
        *([("pretrained", _pretrained(row))] if row.pretrained else []),
        *([("best epoch", f"{row.best_epoch} of {len(row.epochs)}")] if row.epochs else []),
        ("fit", f"{row.fit_seconds:.1f} s, {speed.train_examples_per_second:.0f} texts/s"),
        ("inference", f"{speed.inference_examples_per_second:.0f} texts/s"),
    ]
    for name, value in lines:
        print_line(f"{name:<12} {value}")


def _pretrained(row: OkRow) -> str:
    trained = "" if row.parameters.trained is None else f", {row.parameters.trained:,} trained"
    return f"{row.pretrained} ({row.parameters.pretrained:,} parameters{trained})"


def _near_duplicates(rows: int | None) -> str:
    if rows is None:
        return "not counted, it would take too long"
    return f"{counted(rows, 'test row')} with a near-duplicate in training"


def _with_unit(metric: str, value: float) -> str:
    from textclf.metrics import is_percent, text_of

    return f"{text_of(metric, value)}{' %' if is_percent(metric) else ''}"
