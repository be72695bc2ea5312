"""Keras 3 on the torch backend: the classifier that textclf calls ``lstm-attention``, as Keras code is usually written.

Words are mapped to ids beforehand (Keras's own ``TextVectorization`` needs TensorFlow), each split is one matrix padded
to its longest text, ``mask_zero`` hides the padding from the LSTM and from the pooling, and ``fit`` trains.
Sizes, epochs, gradient clipping and the choice of the best epoch on validation are the same as in ``tutorial.py``.
"""

from __future__ import annotations

import os
import time
from typing import Any

import numpy as np
import torch
from peer import Rows, accuracy_of, ids_of, run_task, vocabulary_of

os.environ.update(KERAS_BACKEND="torch", KERAS_TORCH_DEVICE="cpu")  # keras reads these variables when it is imported

import keras


class AttentionPooling(keras.layers.Layer):
    """The mean of the states, weighted by learned scores."""

    def __init__(self, units: int) -> None:
        super().__init__()
        self.supports_masking = True
        self.hidden, self.score = keras.layers.Dense(units, activation="tanh"), keras.layers.Dense(1)

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Create the weights for states of ``shape``, ``(batch, seq, hidden)``."""
        self.hidden.build(shape)
        self.score.build((*shape[:-1], self.hidden.units))

    def call(self, states: Any, mask: Any = None) -> Any:
        """Pool ``(batch, seq, hidden)`` to ``(batch, hidden)``; Keras passes the mask of the embedding."""
        scores = keras.ops.where(mask[:, :, None], self.score(self.hidden(states)), -1e9)
        return keras.ops.sum(keras.ops.softmax(scores, axis=1) * states, axis=1)

    def compute_mask(self, states: Any, previous_mask: Any) -> None:
        """Return None, because pooled vectors have no padding."""


class Clock(keras.callbacks.Callback):
    """Seconds from the start of each epoch to the end of its last training batch, without validation."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Start the clock."""
        self.started = time.perf_counter()
        self.seconds.append(0.0)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Read the clock."""
        self.seconds[-1] = time.perf_counter() - self.started


def classifier(words: int, classes: int, settings: dict[str, Any]) -> keras.Model:
    """Embedding, dropout, bidirectional LSTM, attention pooling, dropout, linear; compiled for training."""
    dim, hidden, dropout = settings["embedding_dim"], settings["hidden_dim"], settings["dropout"]
    tokens = keras.Input((None,), dtype="int32")
    vectors = keras.layers.Embedding(words, dim, keras.initializers.RandomNormal(stddev=0.1), mask_zero=True)(tokens)
    vectors = keras.layers.Dropout(dropout)(vectors)
    states = keras.layers.Bidirectional(keras.layers.LSTM(hidden, return_sequences=True))(vectors)
    pooled = keras.layers.Dropout(dropout)(AttentionPooling(2 * hidden)(states))
    model = keras.Model(tokens, keras.layers.Dense(classes)(pooled))
    model.compile(
        keras.optimizers.Adam(settings["learning_rate"], global_clipnorm=5.0),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


def run(task: dict[str, Any]) -> dict[str, Any]:
    """Train with ``fit``; return the seconds of each epoch and the test accuracy."""
    settings, epochs = task["settings"], task["settings"]["epochs"]
    if task["model"] != "lstm-attention":
        raise ValueError(f"this peer has lstm-attention only, not {task['model']}")
    torch.set_num_threads(task["threads"])
    keras.utils.set_random_seed(task["seed"])
    rows = Rows.read(task)
    vocabulary = vocabulary_of(rows.texts["train"])
    tokens = {
        name: keras.utils.pad_sequences(ids_of(texts, vocabulary, settings["max_tokens"]), padding="post")
        for name, texts in rows.texts.items()
    }
    labels = {name: np.array(indices) for name, indices in rows.labels.items()}
    chosen = np.arange(len(labels["train"]))
    if task.get("steps"):  # not `steps_per_epoch`: an epoch could then contain a smaller batch
        chosen = np.random.permutation(chosen)[: task["steps"] * settings["batch_size"]]
    clock = Clock()
    best = keras.callbacks.EarlyStopping("val_accuracy", patience=epochs, mode="max", restore_best_weights=True)
    model = classifier(len(vocabulary), len(rows.classes), settings)
    model.fit(
        tokens["train"][chosen],
        labels["train"][chosen],
        batch_size=settings["batch_size"],
        epochs=epochs,
        validation_data=(tokens["validation"], labels["validation"]),
        validation_batch_size=128,
        callbacks=[clock, best],
        verbose=0,
    )
    predicted = model.predict(tokens["test"], batch_size=128, verbose=0).argmax(1)
    return {
        "epochs": [{"examples": len(chosen), "seconds": seconds} for seconds in clock.seconds],
        "test_accuracy": accuracy_of(predicted.tolist(), rows.labels["test"]),
    }


if __name__ == "__main__":
    run_task(run, "keras", "torch")
