"""The settings of a run that do not depend on its encoder: data, words, sizes and training budget."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from textclf.bounds import Count, Epochs, Fold, Folds, NonNegative, Positive, Seed, Share, Size, Tokens, Words

# settings of files and splits: they have no meaning if texts and labels are passed directly
OF_DATASETS = (
    "dataset",
    "text_column",
    "label_column",
    "pair_column",
    "delimiter",
    "encoding",
    "folds",
    "fold",
    "train_rows",
    "test_rows",
    "drop_near_duplicates",
    "condition",
)


def _setting(default: Any, description: str, unit: str | None = None) -> Any:
    return Field(default, description=description, json_schema_extra={"unit": unit})


class Settings(BaseModel):
    """The settings of a run, without the options of its encoder."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    # data
    dataset: str = _setting("", "The data: a file or a folder, the name of a corpus, or - for standard input.")
    text_column: str | tuple[str, ...] = _setting(
        "text", "The column of the texts; the texts of several columns are joined by a space."
    )
    label_column: str = _setting("label", "The column of the classes.")
    pair_column: str | None = _setting(
        None, "The column of each pair's second text; null uses text_pair if the data has that column."
    )
    delimiter: str | None = _setting(
        None, "The character between two columns of a CSV file; null detects it.", "character"
    )
    encoding: str | None = _setting(None, "The character encoding of the files, as utf-8; null detects it.")
    folds: Folds | None = _setting(
        None, "The number of cross-validation folds; null cuts the data once, into training, validation and test rows."
    )
    fold: Fold | None = _setting(
        None, "The fold that this run is tested on, counted from 0; an experiment runs every fold if it is null."
    )
    split_seed: Seed = _setting(0, "The random seed that decides which rows are training, validation and test rows.")
    train_rows: Count | None = _setting(
        None, "Train on a random sample of this many rows, stratified by class; null uses all.", "rows"
    )
    test_rows: Count | None = _setting(
        None, "Test on a random sample of this many rows, stratified by class; null uses all.", "rows"
    )
    drop_near_duplicates: bool = _setting(
        False, "Whether to remove training and validation rows that are nearly equal to a row of a later split."
    )
    condition: str = _setting("", "A name for this variant of the data, under which the report shows its own table.")
    # words
    tokenizer: Literal["word", "bpe"] = _setting(
        "word", "Split texts into words, or into subwords learned by byte-pair encoding (bpe)."
    )
    vocabulary_size: Words = _setting(
        50_000, "The largest size of the vocabulary; the most frequent tokens are kept.", "tokens"
    )
    min_frequency: Count = _setting(
        1, "A token that occurs less often in the training texts is treated as unknown.", "occurrences"
    )
    max_tokens: Tokens = _setting(256, "A longer text is cut after this many tokens.", "tokens")
    vectors: str | None = _setting(
        None, "A file of pretrained word vectors, or wordllama; null starts from random vectors."
    )
    freeze_vectors: bool = _setting(False, "Whether the word vectors stay fixed during training.")
    vocabulary: Literal["train", "vectors"] = _setting(
        "train",
        "The vocabulary: the words of the training texts (train), or also the words of all splits that the file of "
        "vectors has (vectors).",
    )
    overlap_features: bool = _setting(
        False, "Whether the classifier also receives two counts of the words that the texts of a pair share."
    )
    # size
    embedding_dim: Size = _setting(
        100, "The size of a word vector; pretrained vectors must have this size.", "dimensions"
    )
    hidden_dim: Size = _setting(128, "The size of the encoder's hidden states.", "dimensions")
    dropout: Share = _setting(0.5, "The probability that dropout sets a value to zero during training.")
    # budget
    seed: Seed = _setting(0, "The random seed of initial weights, batch order and dropout.")
    epochs: Epochs = _setting(10, "The largest number of passes over the training rows.", "epochs")
    batch_size: Count = _setting(50, "The number of rows in one training step.", "rows")
    learning_rate: Positive = _setting(1e-3, "The learning rate of the AdamW optimiser.")
    weight_decay: NonNegative = _setting(0.0, "The weight decay of the AdamW optimiser.")
    clip_norm: Positive = _setting(5.0, "Gradients with a larger norm are scaled down to this norm.")
    patience: Epochs | None = _setting(
        3, "Training stops after this many epochs without a better validation result; null never stops early.", "epochs"
    )
    select_by: str | None = _setting(
        None, "The metric that chooses the best epoch and ranks models; null uses accuracy, or MAP for ranked rows."
    )
    batching: Literal["buckets", "shuffled"] = _setting(
        "buckets", "How rows form batches: texts of similar length together, or in random order."
    )
    embedding_updates: Literal["auto", "lazy", "dense"] = _setting(
        "auto", "The word vectors that a step updates: those of its batch (lazy) or all (dense); auto is lazy on a CPU."
    )
    device: str = _setting("auto", "Where to train, as cpu or cuda; auto uses a GPU if there is one.")
    precision: Literal["auto", "float32", "bfloat16"] = _setting(
        "auto", "The number format of training; auto uses the faster one on this device."
    )

    @field_validator("text_column", mode="before")
    @classmethod
    def _text_columns(cls, value: Any) -> Any:
        """Convert a list of one name to a string, so that both have the same fingerprint."""
        names = list(value) if isinstance(value, (list, tuple)) else [value]
        if not names or not all(isinstance(name, str) for name in names):
            raise ValueError(f"expected the name of a column or a list of names, not {value!r}")
        return names[0] if len(names) == 1 else tuple(names)

    @field_validator("fold")
    @classmethod
    def _fold_within_folds(cls, fold: int | None, info: ValidationInfo) -> int | None:
        folds = info.data.get("folds", 0)
        if fold is not None and (folds is None or fold >= folds > 0):
            known = "folds is missing" if folds is None else f"folds: {folds} has 0 to {folds - 1}"
            raise ValueError(f"{fold}, but {known}")
        return fold

    @field_validator("vocabulary")
    @classmethod
    def _vocabulary_of_vectors(cls, vocabulary: str, info: ValidationInfo) -> str:
        if vocabulary == "vectors" and info.data.get("vectors", "wrong") is None:
            raise ValueError("vectors keeps the words of a vector file; set vectors to a file, or omit vocabulary")
        return vocabulary


DEFAULTS = Settings()


def describe_settings() -> list[dict[str, Any]]:
    """Return each setting's name, default, unit and description, and its type and bounds as in JSON Schema."""
    described = []
    for name, schema in Settings.model_json_schema()["properties"].items():
        words = {"default": schema["default"], "unit": schema["unit"], "description": schema["description"]}
        described.append({"name": name} | words | values_of(schema))
    return described


def values_of(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the type, bounds and possible values of a JSON Schema; a list of types if there are several."""
    choices = schema.get("anyOf", [schema])
    types = [choice["type"] for choice in choices if "type" in choice]
    limits = ("enum", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "items")
    bounds = {key: choice[key] for choice in choices for key in limits if key in choice}
    return {"type": types[0] if len(types) == 1 else types} | bounds
