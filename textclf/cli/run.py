"""``textclf run``: train one model, measure it, keep it if asked."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

import typer

from textclf.cli.output import one_of_several, print_json
from textclf.errors import ConfigurationError


def run(
    dataset: str = typer.Option(
        ..., help="A corpus (textclf list corpora), a file, a folder, or - for standard input: CSV, JSONL or JSON."
    ),
    encoder: str = typer.Option(..., help="textclf list encoders."),
    pooling: str | None = typer.Option(None, help="textclf list poolings."),
    score: str | None = typer.Option(None, help="textclf list scores."),
    normaliser: str | None = typer.Option(None, help="textclf list normalisers."),
    vectors: str | None = typer.Option(None, help="A file of word vectors (.txt, .vec, .gz)."),
    seed: int | None = typer.Option(None, help="Decides initial weights, batch order and dropout."),
    epochs: int | None = typer.Option(None, help="At most so many."),
    text_column: list[str] = typer.Option([], help="By default: text. Repeatable: the columns are joined by a space."),
    label_column: str | None = typer.Option(None, help="By default: label."),
    pair_column: str | None = typer.Option(None, help="By default: text_pair, if there is one."),
    delimiter: str | None = typer.Option(
        None, help="Between the fields of a line, as ';' or tab. Default: recognised."
    ),
    encoding: str | None = typer.Option(None, help="Of the characters, as windows-1252. Default: recognised."),
    settings: list[str] = typer.Option([], "--set", metavar="KEY=VALUE", help="Any key of a run; repeatable."),
    save: Path | None = typer.Option(None, metavar="DIR", help="Keep the trained model there."),
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
    given = {key: value for key, value in flags.items() if value is not None}
    extra = parse_settings(settings)
    first = not one_of_several() or os.environ.get("RANK") == "0"
    if not first:
        logging.disable()  # one of them tells what there is to tell
        save = None
    if save is not None:
        check_writable(save)

    from textclf.config import RunConfig, label_of, run_keys
    from textclf.data.files import STANDARD_INPUT

    keys = run_keys(encoder, pooling, score, normaliser, given | extra)
    config = RunConfig.parse(keys)
    if config.settings.dataset == STANDARD_INPUT and one_of_several():
        raise ConfigurationError("dataset: - is standard input, which only one process can read; give a file")

    from textclf.training.parallel import ALONE, join

    processes = join(config.settings.device) if one_of_several() else ALONE

    from textclf.experiment.runner import check_run

    check_run(config)

    from textclf.experiment.run import execute

    result = execute(config, label_of(keys), on_epoch=_print_epoch if first else None, processes=processes)
    processes.leave()
    if not first:
        return
    if as_json:
        print_json(result.row)
    else:
        _print_row(result.row)
    if save is not None:  # after the result is printed, which a full disk must not take away
        result.model.save(save)
        typer.echo(f"saved the model to {save}", err=True)


def parse_settings(settings: list[str]) -> dict[str, Any]:
    """``["epochs=3", "windows=[2, 3]"]`` to keys and values, the values as in YAML."""
    import yaml

    parsed = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or not key:
            raise ConfigurationError(f'--set {setting}: expected KEY=VALUE, as in "--set epochs=3"')
        try:
            parsed[key.strip()] = yaml.safe_load(value)
        except yaml.YAMLError:
            raise ConfigurationError(f"--set {setting}: the value is not YAML; quote it") from None
    return parsed


def check_writable(folder: Path) -> None:
    """Find out before the training that its model could not be saved."""
    import tempfile

    from textclf.errors import OutputError
    from textclf.training.folder import check_free

    check_free(folder)
    parent = folder
    while not parent.exists():
        parent = parent.parent
    try:
        tempfile.TemporaryDirectory(dir=parent).cleanup()
    except OSError as error:
        raise OutputError(f"--save {folder}: cannot be written ({error.strerror}); choose another folder") from None


def _print_epoch(record: dict[str, Any]) -> None:
    validation = record["validation_accuracy"]
    accuracy = "" if validation is None else f"  validation accuracy {100 * validation:.1f}"
    rate = record["examples"] / record["seconds"]
    typer.echo(f"epoch {record['epoch']:>2}  loss {record['train_loss']:.4f}{accuracy}  {rate:.0f} texts/s", err=True)


def _near_duplicates(rows: int | None) -> str:
    return "not counted, it would take too long" if rows is None else f"{rows} test rows are almost training rows"


def _print_row(row: dict[str, Any]) -> None:
    rows, test, parameters, speed = row["rows"], row["metrics"]["test"], row["parameters"], row["speed"]
    lines = [
        ("model", row["model"]),
        ("dataset", f"{row['dataset']} ({rows['train']} / {rows['validation']} / {rows['test']} rows)"),
        ("duplicates", _near_duplicates(row["near_duplicates"])),
        *((name.replace("_", " "), f"{value:.4f}") for name, value in test.items()),
        ("parameters", f"{parameters['total']:,} ({parameters['encoder']:,} in the encoder)"),
        ("best epoch", f"{row['best_epoch']} of {len(row['epochs'])}"),
        ("fit", f"{row['fit_seconds']:.1f} s, {speed['train_examples_per_second']:.0f} texts/s"),
        ("inference", f"{speed['inference_examples_per_second']:.0f} texts/s"),
    ]
    for name, value in lines:
        typer.echo(f"{name:<12} {value}")
