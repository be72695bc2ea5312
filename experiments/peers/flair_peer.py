"""Flair: its ``TextClassifier`` over ``DocumentRNNEmbeddings``, trained by its ``ModelTrainer``.

Flair has no attention pooling for recurrent documents, so this is ``lstm-attention`` except for the pooling: it takes
the states at the first and the last word, which hold the last state of each direction. The word vectors are a trainable
table (``OneHotEmbeddings`` over every word of the training split), not pretrained. Words are split beforehand, as in
``tutorial.py``, so that Flair does not run its own tokeniser. Adam runs at a constant rate, without the annealing that
``ModelTrainer`` attaches by default.
"""

from __future__ import annotations

import logging
import sys
import tempfile
import time
from typing import Any

import flair
import torch
from flair.data import Corpus, Sentence
from flair.datasets import FlairDatapointDataset
from flair.embeddings import DocumentRNNEmbeddings, OneHotEmbeddings
from flair.models import TextClassifier
from flair.samplers import FlairSampler
from flair.trainers import ModelTrainer
from flair.trainers.plugins import TrainerPlugin
from peer import Rows, accuracy_of, run_task


class RandomRows(FlairSampler):
    """A sampler that draws a given number of rows, anew in each epoch."""

    def __init__(self, rows: int) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return min(self.rows, self.num_samples)

    def __iter__(self) -> Any:
        return iter(torch.randperm(self.num_samples)[: self.rows].tolist())


class Clock(TrainerPlugin):
    """Count the examples and seconds of each training epoch, without the evaluation, which follows the epoch."""

    def __init__(self) -> None:
        super().__init__()
        self.epochs: list[dict[str, float]] = []

    @TrainerPlugin.hook
    def before_training_epoch(self, **state: Any) -> None:
        """Start the clock."""
        self.started, self.examples = time.perf_counter(), 0

    @TrainerPlugin.hook
    def after_training_batch(self, batch: list[Sentence], **state: Any) -> None:
        """Count the examples."""
        self.examples += len(batch)

    @TrainerPlugin.hook
    def after_training_epoch(self, **state: Any) -> None:
        """Read the clock."""
        self.epochs.append({"examples": self.examples, "seconds": time.perf_counter() - self.started})


def sentence(text: str, longest: int) -> Sentence:
    """The first ``longest`` words; a text without words is one unknown word."""
    return Sentence(text.lower().split()[:longest] or ["<unk>"])


def corpus_of(rows: Rows, longest: int) -> Corpus:
    """The labelled training and validation splits, without the test split, which the trainer would evaluate too."""
    splits = {}
    for name in ("train", "validation"):
        labelled = [
            sentence(text, longest).add_label("class", rows.classes[label])
            for text, label in zip(rows.texts[name], rows.labels[name], strict=True)
        ]
        splits[name] = FlairDatapointDataset(labelled)
    return Corpus(splits["train"], splits["validation"], sample_missing_splits=False)


def classifier(corpus: Corpus, settings: dict[str, Any]) -> TextClassifier:
    """Embedding, dropout, bidirectional LSTM, dropout, linear."""
    words = OneHotEmbeddings.from_corpus(corpus, min_freq=1, embedding_length=settings["embedding_dim"])
    document = DocumentRNNEmbeddings(
        [words],
        hidden_size=settings["hidden_dim"],
        reproject_words=False,
        bidirectional=True,
        dropout=settings["dropout"],
        rnn_type="LSTM",
    )
    labels = corpus.make_label_dictionary("class", add_unk=False)
    return TextClassifier(document, "class", label_dictionary=labels)


def predicted(model: TextClassifier, texts: list[str], longest: int) -> list[str]:
    """The predicted class of each text."""
    sentences = [sentence(text, longest) for text in texts]
    model.predict(sentences, mini_batch_size=128)
    return [each.get_label("class").value for each in sentences]


def timed_prediction(model: TextClassifier, texts: list[str]) -> dict[str, float]:
    """Seconds from strings to labels with Flair's defaults: its own tokeniser and its own batch size."""
    started = time.perf_counter()
    sentences = [Sentence(text) for text in texts]
    model.predict(sentences)
    labels = [each.get_label("class").value for each in sentences]
    return {"examples": len(labels), "seconds": time.perf_counter() - started}


def trained(task: dict[str, Any], rows: Rows) -> tuple[TextClassifier, list[dict[str, float]]]:
    """The model after its best epoch on validation, and examples and seconds of each epoch."""
    settings, clock = task["settings"], Clock()
    corpus = corpus_of(rows, settings["max_tokens"])
    model = classifier(corpus, settings)
    with tempfile.TemporaryDirectory() as folder:
        ModelTrainer(model, corpus).train(
            folder,
            learning_rate=settings["learning_rate"],
            mini_batch_size=settings["batch_size"],
            eval_batch_size=128,
            max_epochs=settings["epochs"],
            optimizer=torch.optim.Adam,
            sampler=RandomRows(task["steps"] * settings["batch_size"]) if task.get("steps") else None,
            embeddings_storage_mode="none",
            save_final_model=False,
            plugins=[clock],
            attach_default_scheduler=False,
        )
    return model.eval(), clock.epochs


def run(task: dict[str, Any]) -> dict[str, Any]:
    """Train with ``ModelTrainer``; return each epoch's time and the test accuracy, or only prediction times."""
    longest = task["settings"]["max_tokens"]
    for handler in flair.logger.handlers:
        handler.setStream(sys.stderr)  # the import set them to standard output
    flair.logger.setLevel(logging.WARNING)  # one of its messages prints the whole vocabulary
    flair.device = torch.device("cpu")
    torch.set_num_threads(task["threads"])
    flair.set_seed(task["seed"])
    rows = Rows.read(task)
    model, epochs = trained(task, rows)
    texts = rows.texts["test"]
    if task.get("measure") == "predict":
        return {"predict": [timed_prediction(model, texts) for _ in range(1 + task["repeats"])][1:]}
    labels = [rows.classes[label] for label in rows.labels["test"]]
    return {"epochs": epochs, "test_accuracy": accuracy_of(predicted(model, texts, longest), labels)}


if __name__ == "__main__":
    run_task(run, "flair", "torch")
