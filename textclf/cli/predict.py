"""``textclf predict``: classify texts with a saved model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from textclf.cli.output import print_json, print_text
from textclf.cli.plugin_option import PLUGIN
from textclf.errors import ConfigurationError
from textclf.escape import visible


def predict(
    model: Path = typer.Argument(..., metavar="MODEL_DIR", help="What textclf run --save wrote."),
    texts: list[str] = typer.Argument(None, metavar="[TEXT]...", help="Texts to classify."),
    input_file: Path | None = typer.Option(
        None,
        "--input",
        metavar="FILE",
        help="A CSV, TSV, JSONL, JSON, Excel or Parquet file with texts, a .txt with one a line, "
        "or - for standard input: CSV, JSONL or JSON.",
    ),
    text_column: list[str] = typer.Option(
        ["text"], help="The column of FILE that holds them. Repeatable: the columns are joined by a space."
    ),
    pair_column: str | None = typer.Option(
        None, help="The column of second texts, for a model of pairs. Default: text_pair."
    ),
    delimiter: str | None = typer.Option(
        None, help="Between the fields of a line, as ';' or tab. Default: recognised."
    ),
    encoding: str | None = typer.Option(None, help="Of the characters, as windows-1252. Default: recognised."),
    precision: str = typer.Option(
        "float32",
        help="float32, or bfloat16: faster on processors that have it; a text's probabilities then depend a little "
        "(in the third digit) on the texts beside it.",
    ),
    plugin: list[Path] = PLUGIN,
    as_json: bool = typer.Option(False, "--json", help="Print one JSON document."),
) -> None:
    """Print the class of each text, and how probable it is.

    Examples:  textclf predict model/ "a moving film" "dull"

    textclf predict model/ --input new.csv --json

    textclf predict model/ --input many.csv --precision bfloat16

    zcat new.csv.gz | textclf predict model/ --input -

    A model of pairs takes texts two by two. Texts that begin with a - stand after --.
    """
    if not texts and input_file is None:
        raise ConfigurationError("predict: nothing to classify; give texts, or a file with --input")
    if input_file is None and (delimiter or encoding):
        raise ConfigurationError("predict: --delimiter and --encoding are for the file of --input; leave them out")
    import numpy as np

    from textclf.data.examples import Examples
    from textclf.data.files import FileOptions
    from textclf.data.reader import PAIR_COLUMN, ColumnNames, read_unlabelled
    from textclf.training.model import Model

    loaded = Model.load(model)
    columns = {"text": list(texts or []), "text_pair": []} if loaded.pairs else {"text": list(texts or [])}
    if loaded.pairs:
        if len(columns["text"]) % 2:
            raise ConfigurationError("predict: this model reads pairs of texts; give texts two by two")
        columns = {"text": columns["text"][::2], "text_pair": columns["text"][1::2]}
    elif pair_column is not None:
        raise ConfigurationError("predict: this model reads single texts; leave --pair-column out")
    if input_file is not None:
        names = ColumnNames(tuple(text_column), label=None, pair=(pair_column or PAIR_COLUMN) if loaded.pairs else None)
        given = read_unlabelled(input_file, names, FileOptions(delimiter, encoding))
        if loaded.pairs and given.pairs is None:
            raise ConfigurationError(f"predict: this model reads pairs of texts; {input_file} has one text a line")
        for column, values in zip(columns.values(), (given.texts, given.pairs or ()), strict=False):
            column += values
    every = Examples(columns["text"], None, np.arange(len(columns["text"])), columns.get("text_pair"))
    probabilities = loaded.predict_proba(every, precision=precision)
    labels = loaded.predict(probabilities)
    predictions: list[dict[str, Any]] = [
        {
            **{name: column[place] for name, column in columns.items()},
            "label": label,
            "probabilities": dict(zip(loaded.classes, map(float, row), strict=True)),
        }
        for place, (label, row) in enumerate(zip(labels, probabilities, strict=True))
    ]
    if as_json:
        print_json(predictions)
        return
    for prediction in predictions:
        own = prediction["label"] if isinstance(prediction["label"], tuple) else (prediction["label"],)
        shares = (f"{prediction['probabilities'][label]:.3f}" for label in own)
        read = [" ".join(prediction[name].split()) for name in columns]
        print_text("\t".join([", ".join(map(visible, own)), ", ".join(shares), *map(visible, read)]))
