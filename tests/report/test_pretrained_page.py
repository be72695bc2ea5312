"""Pages, LaTeX, CSV and the terminal say what is pretrained, only where something is."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from helpers.pretrained_results import ORIGIN, PARTS, pretrained_results
from helpers.rows import predicted, row

from textclf.report import print_summary, write_report
from textclf.results.store import Store

MORE_TEXT = "A pretrained model has seen much more text than the others"
SUBWORDS = "`max_tokens` counts subwords of the model's own tokenizer, not words"
FROZEN = "the training speed does not include this pass."
SENTENCES = (MORE_TEXT, SUBWORDS, FROZEN, ORIGIN)


def test_the_page_says_what_is_pretrained(tmp_path: Path) -> None:
    page = write_report(pretrained_results(tmp_path)).read_text(encoding="utf-8")
    films, _, plain = page.partition("## plain")
    assert "| difference to the best | runs | pretrained |" in films
    assert "| best | 3 | minilm, frozen |" in films
    assert "| encoder parameters | all parameters | pretrained parameters | trained parameters |" in films
    assert "| transformer-mean-full | 0 | 22,770 | 22,000 | 22,770 | 1,500 |" in films
    assert "| tfidf | 0 | 900 | 0 | – | 1,500 | 9,000 | 1.2 | 2.5 | 321 | – |" in films
    assert "| difference to the best | runs |\n" in plain
    assert all(page.count(sentence) == 1 for sentence in SENTENCES)


@pytest.mark.parametrize(
    ("models", "expected"),
    [
        (("lstm-max", "tfidf"), ()),
        (("lstm-max", "static"), (MORE_TEXT, ORIGIN)),
        (("transformer-mean", "lstm-max"), (MORE_TEXT, SUBWORDS, FROZEN)),
        (("transformer-mean-full", "lstm-max"), (MORE_TEXT, SUBWORDS)),
    ],
)
def test_sentences_appear_only_where_they_apply(
    tmp_path: Path, models: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    folder = pretrained_results(tmp_path, models)
    for path in (write_report(folder), write_report(folder, "latex")):
        text = path.read_text(encoding="utf-8").replace(r"\_", "_")
        assert tuple(sentence for sentence in SENTENCES if sentence in text) == expected


def test_latex_and_csv_have_the_words(tmp_path: Path) -> None:
    folder = pretrained_results(tmp_path)
    tables = write_report(folder, "latex").read_text(encoding="utf-8")
    assert r"difference to the best & runs & pretrained \\" in tables
    assert r"& 3 & minilm, fine-tuned \\" in tables
    assert r"static & 0 & 8,514 & 8,000 & 514 & 1,500 & 9,000 & 1.2 & 2.5 & 321 & wordllama vectors \\" in tables
    rows = pd.read_csv(write_report(folder, "csv"))
    words = {model: part["pretrained"] for model, part in PARTS.items()}
    assert rows.dropna(subset="pretrained").set_index("model").pretrained.to_dict() == words


def test_a_terminal_of_80_columns_shows_the_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    print_summary(pretrained_results(tmp_path))
    films, _, plain = capsys.readouterr().out.partition("plain")
    assert all(len(line) <= 80 for line in films.splitlines())
    header = next(line for line in films.splitlines() if "accuracy" in line)
    assert header.split() == ["model", "accuracy", "macro-F1", "vs", "best", "pretrained"]
    shown = [line.rstrip() for line in films.splitlines()]
    assert any(line.startswith("static") and line.endswith(" wordllama vectors") for line in shown)
    assert any(line.startswith("tfidf") and line.endswith(" –") for line in shown)
    assert "pretrained" not in plain


def test_a_terminal_breaks_long_words_into_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = "sentence-transformers/all-MiniLM-L6-v2, frozen"
    with Store(tmp_path, tmp_path / "made.yaml") as store:
        for seed in (1, 2, 3):
            store.append(row("transformer-self_attention", "d", seed, None, 0.75, pretrained=words), predicted(30))
            store.append(row("cnn", "d", seed, None, 0.5), predicted(20))
    print_summary(tmp_path)
    lines = capsys.readouterr().out.splitlines()
    assert all(len(line) <= 80 for line in lines)
    at = next(number for number, line in enumerate(lines) if line.startswith("transformer-"))
    start = lines[at].index("sentence")
    assert "".join(line[start:].strip() for line in lines[at : at + 4]).replace(",", ", ").startswith(words)


def test_the_name_of_a_file_of_vectors_is_text(tmp_path: Path) -> None:
    with Store(tmp_path, tmp_path / "made.yaml") as store:
        store.append(row("cnn", "d", 1, None, 0.75, pretrained="a|<b>.txt vectors"), predicted(30))
    assert r"| a\|\<b\>.txt vectors |" in write_report(tmp_path).read_text(encoding="utf-8")


def test_settings_of_models_with_other_options_are_shown(tmp_path: Path) -> None:
    """An option of encoders that differs between them, and a dataset that has a baseline only."""
    common = {"folds": None, "max_tokens": 64, "train_rows": None, "test_rows": None, "epochs": 3}
    with Store(tmp_path, tmp_path / "made.yaml") as store:
        for name, layer in (("transformer-mean", -1), ("transformer-max", "mix")):
            config = common | {"encoder": "transformer", "layer": layer, "then": "none"}
            store.append(row(name, "films", 1, None, 0.75, config=config), predicted(30))
        store.append(row("tfidf", "plain", 1, None, 0.5, config=common | {"encoder": "tfidf"}), predicted(20))
    page = write_report(tmp_path).read_text(encoding="utf-8")
    assert "| `epochs` | 3 |\n| `then` | none |\n" in page
    assert "| `layer` | mix, -1 | – |" in page
