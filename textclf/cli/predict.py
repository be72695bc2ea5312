"""``textclf predict``: classify texts with a saved model."""

from __future__ import annotations

from pathlib import Path

import typer

from textclf.cli.output import print_json
from textclf.errors import ConfigurationError


def predict(
    model: Path = typer.Argument(..., metavar="MODEL_DIR", help="What textclf run --save wrote."),
    texts: list[str] = typer.Argument(None, metavar="[TEXT]...", help="Texts to classify."),
    input_file: Path | None = typer.Option(
        None, "--input", metavar="FILE", help="A CSV, TSV, JSONL or Parquet file with texts, or a .txt, one a line."
    ),
    text_column: str = typer.Option("text", help="The column of FILE that holds them."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON document."),
) -> None:
    """Print the class of each text, and how probable it is.

    Examples:  textclf predict model/ "a moving film" "dull"

    textclf predict model/ --input new.csv --json
    """
    if not texts and input_file is None:
        raise ConfigurationError("predict: nothing to classify; give texts, or a file with --input")
    from textclf.data.examples import Examples
    from textclf.data.local import read_texts
    from textclf.training.model import Model

    loaded = Model.load(model)
    every = [*(texts or []), *(read_texts(input_file, text_column) if input_file is not None else [])]
    probabilities = loaded.predict_proba(Examples.of(every))
    predictions = [
        {
            "text": text,
            "label": loaded.classes[row.argmax()],
            "probabilities": dict(zip(loaded.classes, map(float, row), strict=True)),
        }
        for text, row in zip(every, probabilities, strict=True)
    ]
    if as_json:
        print_json(predictions)
        return
    for prediction in predictions:
        label = prediction["label"]
        typer.echo(f"{label}\t{prediction['probabilities'][label]:.3f}\t{' '.join(prediction['text'].split())}")
