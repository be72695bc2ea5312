"""The training loop of tutorials, with the encoders of the default experiment in their usual form.

This script uses nothing from textclf: ``str.split`` for words, a ``DataLoader`` that shuffles, texts padded to the
longest text of their batch, packed sequences for the LSTM, float32, Adam over every parameter. Sizes, epochs and the
choice of the best epoch on validation are the same as in the measurements of textclf.
"""

from __future__ import annotations

import copy
import time
from typing import Any

import torch
from peer import Rows, accuracy_of, ids_of, run_task, vocabulary_of
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence
from torch.utils.data import DataLoader


class BiLSTM(nn.Module):
    """A bidirectional LSTM over packed sequences, then last, mean, max or attention pooling."""

    def __init__(self, dim: int, hidden: int, pooling: str) -> None:
        super().__init__()
        self.lstm = nn.LSTM(dim, hidden, batch_first=True, bidirectional=True)
        self.pooling, self.output_dim = pooling, 2 * hidden
        if pooling == "attention":
            self.attention = nn.Sequential(nn.Linear(2 * hidden, 2 * hidden), nn.Tanh(), nn.Linear(2 * hidden, 1))

    def forward(self, words: Tensor, mask: Tensor) -> Tensor:
        packed = pack_padded_sequence(words, mask.sum(1).cpu(), batch_first=True, enforce_sorted=False)
        states, (final, _) = self.lstm(packed)
        states, _ = pad_packed_sequence(states, batch_first=True)
        if self.pooling == "last":
            return torch.cat([final[0], final[1]], 1)
        if self.pooling == "mean":
            return states.sum(1) / mask.sum(1, keepdim=True)
        if self.pooling == "max":
            return states.masked_fill(~mask[:, :, None], -1e9).max(1).values
        weights = self.attention(states).masked_fill(~mask[:, :, None], -1e9).softmax(1)
        return (weights * states).sum(1)


class Convolutions(nn.Module):
    """Convolutions over 3, 4 and 5 words; feature columns ``(batch, seq, 3 * hidden)``."""

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(nn.Conv1d(dim, hidden, window, padding=window // 2) for window in (3, 4, 5))
        self.output_dim = 3 * hidden

    def forward(self, words: Tensor) -> Tensor:
        columns = [convolution(words.transpose(1, 2)) for convolution in self.convolutions]
        return torch.cat([column[:, :, : words.shape[1]].relu() for column in columns], 1)


class CNN(Convolutions):
    """Convolutions with max pooling over time."""

    def forward(self, words: Tensor, mask: Tensor) -> Tensor:
        return super().forward(words).masked_fill(~mask[:, None], 0.0).max(2).values


class AttentiveCNN(nn.Module):
    """Attention over the columns of a CNN; the last states of an LSTM are the query."""

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.lstm, self.cnn = BiLSTM(dim, hidden, "last"), Convolutions(dim, hidden)
        self.output_dim = self.cnn.output_dim
        self.query = nn.Linear(2 * hidden, self.output_dim)
        self.key, self.energy = nn.Linear(self.output_dim, self.output_dim), nn.Linear(self.output_dim, 1)

    def forward(self, words: Tensor, mask: Tensor) -> Tensor:
        columns = self.cnn(words).transpose(1, 2)
        query = self.query(self.lstm(words, mask))[:, None]
        scores = self.energy(torch.tanh(query + self.key(columns))).masked_fill(~mask[:, :, None], -1e9)
        return (scores.softmax(1) * columns).sum(1)


class ABCNN(nn.Module):
    """ABCNN on one text compared with itself: attention before (1) or after (2) one wide convolution."""

    def __init__(self, dim: int, hidden: int, variant: int, longest: int, window: int = 4) -> None:
        super().__init__()
        self.variant, self.window = variant, window
        if variant == 1:
            self.features = nn.Parameter(torch.randn(longest, dim) * dim**-0.5)
        self.convolution = nn.Conv1d(dim * (2 if variant == 1 else 1), hidden, window, padding=window - 1)
        self.output_dim = dim + hidden

    def forward(self, words: Tensor, mask: Tensor) -> Tensor:
        inputs = words
        if self.variant == 1:
            inputs = torch.cat([words, self.match(words, mask) @ self.features[: words.shape[1]]], 2)
        columns = self.convolution(inputs.transpose(1, 2)).tanh().transpose(1, 2)
        seen = functional.pad(mask, (self.window - 1, 0), value=True)
        if self.variant == 2:
            weights = self.match(columns, seen).sum(2)
            columns = columns * (weights * seen.sum(1, keepdim=True) / weights.sum(1, keepdim=True))[:, :, None]
        mean = (columns * seen[:, :, None]).sum(1) / seen.sum(1, keepdim=True)
        return torch.cat([words.sum(1) / mask.sum(1, keepdim=True), mean], 1)

    @staticmethod
    def match(columns: Tensor, mask: Tensor) -> Tensor:
        matched = 1 / (1 + torch.cdist(columns, columns))
        alone = torch.eye(mask.shape[1], dtype=torch.bool)
        return matched.masked_fill(~(mask[:, :, None] & mask[:, None]) | alone, 0.0)


class SelfAttention(nn.Module):
    """One transformer layer with learned positions, then mean pooling."""

    def __init__(self, dim: int, hidden: int, longest: int) -> None:
        super().__init__()
        self.project, self.positions = nn.Linear(dim, hidden), nn.Embedding(longest, hidden)
        self.layer = nn.TransformerEncoderLayer(hidden, 4, 2 * hidden, 0.1, "gelu", batch_first=True, norm_first=True)
        self.norm, self.output_dim = nn.LayerNorm(hidden), hidden

    def forward(self, words: Tensor, mask: Tensor) -> Tensor:
        states = self.project(words) + self.positions(torch.arange(words.shape[1]))
        states = self.norm(self.layer(states, src_key_padding_mask=~mask))
        return (states * mask[:, :, None]).sum(1) / mask.sum(1, keepdim=True)


class Average(nn.Module):
    """The mean of the word vectors."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.output_dim = dim

    def forward(self, words: Tensor, mask: Tensor) -> Tensor:
        return words.sum(1) / mask.sum(1, keepdim=True)


def encoder_of(model: str, dim: int, hidden: int, longest: int) -> nn.Module:
    """The encoder that textclf calls ``model``."""
    name, _, detail = model.partition("-")
    if name == "lstm":
        return BiLSTM(dim, hidden, detail)
    if name == "abcnn":
        return ABCNN(dim, hidden, int(detail), longest)
    if name == "self_attention":
        return SelfAttention(dim, hidden, longest)
    return {"cnn": CNN, "attentive_cnn": AttentiveCNN}[name](dim, hidden) if name != "none" else Average(dim)


class Classifier(nn.Module):
    """Embedding, dropout, encoder, dropout, linear."""

    def __init__(self, words: int, classes: int, model: str, settings: dict[str, Any]) -> None:
        super().__init__()
        dim, hidden = settings["embedding_dim"], settings["hidden_dim"]
        self.embedding = nn.Embedding(words, dim, padding_idx=0)
        nn.init.normal_(self.embedding.weight, std=0.1)
        self.dropout = nn.Dropout(settings["dropout"])
        self.encoder = encoder_of(model, dim, hidden, settings["max_tokens"])
        self.linear = nn.Linear(self.encoder.output_dim, classes)

    def forward(self, tokens: Tensor) -> Tensor:
        mask = tokens != 0
        words = self.dropout(self.embedding(tokens)) * mask[:, :, None]
        return self.linear(self.dropout(self.encoder(words, mask)))


def collate(rows: list[tuple[Tensor, int]]) -> tuple[Tensor, Tensor]:
    """A batch: ids padded to the longest text, and labels."""
    texts, labels = zip(*rows, strict=True)
    return pad_sequence(list(texts), batch_first=True), torch.tensor(labels)


def run(task: dict[str, Any]) -> dict[str, Any]:
    """Train with the loop of a tutorial; return the seconds of each epoch and the test accuracy."""
    settings, longest = task["settings"], task["settings"]["max_tokens"]
    torch.set_num_threads(task["threads"])
    torch.manual_seed(task["seed"])
    rows = Rows.read(task)
    vocabulary = vocabulary_of(rows.texts["train"])
    splits = {
        name: list(zip(map(torch.tensor, ids_of(texts, vocabulary, longest)), rows.labels[name], strict=True))
        for name, texts in rows.texts.items()
    }
    model = Classifier(len(vocabulary), len(rows.classes), task["model"], settings)
    optimiser = torch.optim.Adam(model.parameters(), lr=settings["learning_rate"])
    loader = DataLoader(splits["train"], settings["batch_size"], shuffle=True, collate_fn=collate)  # type: ignore[arg-type]
    epochs, best, best_state = [], -1.0, model.state_dict()
    for _ in range(settings["epochs"]):
        model.train()
        started, examples = time.perf_counter(), 0
        for step, (tokens, labels) in enumerate(loader):
            if step == task.get("steps"):
                break
            loss = functional.cross_entropy(model(tokens), labels)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 5.0)
            optimiser.step()
            examples += len(labels)
        epochs.append({"examples": examples, "seconds": time.perf_counter() - started})
        accuracy = accuracy_of(predicted(model, splits["validation"]), rows.labels["validation"])
        if accuracy > best:
            best, best_state = accuracy, copy.deepcopy(model.state_dict())
    model.load_state_dict(best_state)
    return {"epochs": epochs, "test_accuracy": accuracy_of(predicted(model, splits["test"]), rows.labels["test"])}


@torch.no_grad()
def predicted(model: Classifier, rows: list[Any]) -> list[int]:
    """The predicted class of each row."""
    model.eval()
    loader = DataLoader(rows, 128, collate_fn=collate)  # type: ignore[arg-type]
    return [label for tokens, _ in loader for label in model(tokens).argmax(1).tolist()]


if __name__ == "__main__":
    run_task(run, "torch")
