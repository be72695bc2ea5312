"""``textclf predict``: classify texts with a saved model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from textclf.cli.output import print_json, print_text
from textclf.cli.plugin_option import PLUGIN
from textclf.errors import ConfigurationError
from textclf.escape import visible
from textclf.paths import user_path

if TYPE_CHECKING:
    from textclf.data.files import FileOptions
    from textclf.training.model import Model


def predict(
    model: Path = typer.Argument(
        ..., parser=user_path, metavar="MODEL_DIR", help="A folder that textclf run --save wrote."
    ),
    texts: list[str] = typer.Argument(None, metavar="[TEXT]...", help="Texts to classify."),
    input_file: Path | None = typer.Option(
        None,
        "--input",
        parser=user_path,
        metavar="FILE",
        help="A CSV, TSV, JSONL, JSON, Excel or Parquet file with texts, a .txt file with one text a line, "
        "or - for standard input: CSV, JSONL or JSON.",
    ),
    text_column: list[str] = typer.Option(
        ["text"], help="The column of FILE with the texts. Repeatable: texts are joined by a space."
    ),
    pair_column: str | None = typer.Option(
        None, help="The column of second texts, for a model of pairs; by default text_pair."
    ),
    delimiter: str | None = typer.Option(
        None, help="The character between two columns, such as ';' or tab. By default detected."
    ),
    encoding: str | None = typer.Option(
        None, help="The character encoding, such as windows-1252. By default detected."
    ),
    precision: str = typer.Option(
        "float32",
        help="float32, or bfloat16: faster on processors that support it; a text's probabilities then depend slightly "
        "(in the third digit) on the other texts.",
    ),
    plugin: list[Path] = PLUGIN,
    as_json: bool = typer.Option(False, "--json", help="Print one JSON document."),
) -> None:
    """Print the class of each text and its probability.

    Examples:  textclf predict model/ "a moving film" "dull"

    textclf predict model/ --input new.csv --json

    textclf predict model/ --input many.csv --precision bfloat16

    zcat new.csv.gz | textclf predict model/ --input -

    A model of pairs takes texts two by two. Write -- before texts that begin with a -.
    """
    if not texts and input_file is None:
        raise ConfigurationError("predict: nothing to classify; give texts, or a file with --input")
    if input_file is None and (delimiter or encoding):
        raise ConfigurationError("predict: --delimiter and --encoding are for the file of --input; leave them out")
    from textclf.data.files import FileOptions
    from textclf.training.model import Model

    loaded = Model.load(model)
    if pair_column is not None and not loaded.pairs:
        raise ConfigurationError("predict: this model reads single texts; leave --pair-column out")
    columns = _columns(texts or [], loaded.pairs)
    if input_file is not None:
        options = FileOptions(delimiter, encoding)
        for name, values in _columns_of_file(input_file, text_column, pair_column, loaded.pairs, options).items():
            columns[name] += values
    predictions = _predictions(loaded, columns, precision)
    if as_json:
        print_json(predictions)
    else:
        _print_predictions(predictions, list(columns))


def _columns(texts: list[str], pairs: bool) -> dict[str, list[str]]:
    """Return the texts of the command line by column name; for pairs, they alternate between two columns."""
    if not pairs:
        return {"text": list(texts)}
    if len(texts) % 2:
        raise ConfigurationError("predict: this model reads pairs of texts; give texts two by two")
    return {"text": texts[::2], "text_pair": texts[1::2]}


def _columns_of_file(
    file: Path, text_column: list[str], pair_column: str | None, pairs: bool, options: FileOptions
) -> dict[str, list[str]]:
    from textclf.data.reader import PAIR_COLUMN, ColumnNames, read_unlabelled

    names = ColumnNames(tuple(text_column), label=None, pair=(pair_column or PAIR_COLUMN) if pairs else None)
    examples = read_unlabelled(file, names, options)
    if not pairs:
        return {"text": list(examples.texts)}
    if examples.pairs is None:
        raise ConfigurationError(f"predict: this model reads pairs of texts; {file} has one text a line")
    return {"text": list(examples.texts), "text_pair": list(examples.pairs)}


def _predictions(model: Model, columns: dict[str, list[str]], precision: str) -> list[dict[str, Any]]:
    """Return one JSON object for each row: its texts, its label and the probability of each class."""
    import numpy as np

    from textclf.data.examples import Examples

    rows = len(columns["text"])
    examples = Examples(columns["text"], None, np.arange(rows), columns.get("text_pair"))
    probabilities = model.predict_proba(examples, precision=precision)
    labels = model.predict(probabilities)
    return [
        {name: column[row] for name, column in columns.items()}
        | {"label": labels[row], "probabilities": dict(zip(model.classes, map(float, probabilities[row]), strict=True))}
        for row in range(rows)
    ]


def _print_predictions(predictions: list[dict[str, Any]], columns: list[str]) -> None:
    """Print the labels of each row, their probabilities and the row's texts."""
    for prediction in predictions:
        label = prediction["label"]
        labels = label if isinstance(label, tuple) else (label,)
        probabilities = (f"{prediction['probabilities'][label]:.3f}" for label in labels)
        texts = [" ".join(prediction[name].split()) for name in columns]
        print_text("\t".join([", ".join(map(visible, labels)), ", ".join(probabilities), *map(visible, texts)]))
