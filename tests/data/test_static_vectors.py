"""Static tables of token vectors: wordllama, folders and the hub; as word vectors of an encoder."""

from __future__ import annotations

import json
import pickle
from importlib.metadata import distribution
from pathlib import Path
from types import SimpleNamespace

import huggingface_hub
import numpy as np
import pytest
from helpers.commands import Cli, refused
from helpers.static_tables import VECTORS, install_wordllama, uninstall_wordllama, write_table
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from textclf.config import RunConfig
from textclf.data import hub, wordllama
from textclf.data.examples import Examples
from textclf.data.static_vectors import load_static_vectors
from textclf.data.vectors import embedding_matrix, load_vectors
from textclf.errors import ConfigurationError
from textclf.training.fit import Fit

EXTRA = "pip install '.[pretrained]'"


def test_a_word_has_the_mean_of_its_known_tokens(tmp_path: Path) -> None:
    table = load_static_vectors(str(write_table(tmp_path / "table")))
    assert table.dim == 3
    assert [ids.tolist() for ids in table.ids(["good film zebra", "", "plot-bad"])] == [[1, 3], [], [4, 2]]
    words = ["good", "bad-film", "plot-zebra"]
    rows = table.rows(words)
    assert rows.dtype == np.float32
    assert rows.tolist() == [[1, 0, 2], [-0.5, 1.5, 2], [0, 5, 8]]
    assert [word in table for word in [*words, "zebra", "", "[UNK]", "[PAD]"]] == [True] * 3 + [False] * 4


def test_a_text_is_not_cut_by_the_tokenizer_of_the_table(tmp_path: Path) -> None:
    table = load_static_vectors(str(write_table(tmp_path / "table")))
    (ids,) = table.ids(["good " * 1000])
    assert len(ids) == 1000


def test_vectors_that_tokens_share_and_weights_of_tokens_are_applied(tmp_path: Path) -> None:
    shared = np.array([[2, 0, 0], [0, 1, 0]], np.float32)
    weights, mapping = np.array([1, 0.5, 3, 1, 1], np.float32), np.array([0, 0, 1, 1, 0])
    table = load_static_vectors(str(write_table(tmp_path / "table", shared, weights=weights, mapping=mapping)))
    assert table.rows(["good", "bad", "film", "bad-film"]).tolist() == [[1, 0, 0], [0, 3, 0], [0, 1, 0], [0, 2, 0]]


def test_the_checksum_depends_on_every_vector(tmp_path: Path) -> None:
    table = load_static_vectors(str(write_table(tmp_path / "a")))
    assert load_static_vectors(str(write_table(tmp_path / "b"))).sha256 == table.sha256
    other = VECTORS.copy()
    other[4, 2] += 1
    assert load_static_vectors(str(write_table(tmp_path / "c", other))).sha256 != table.sha256


def test_wordllama_is_the_table_of_its_files_and_pickles_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_wordllama(monkeypatch, tmp_path)
    table = load_vectors("wordllama")
    assert table.rows(["bad", "good-film"]).tolist() == [[-1, 0, 4], [0.5, 1.5, 1]]
    content = pickle.dumps(table)
    assert len(content) < 200
    assert pickle.loads(content).sha256 == table.sha256


def test_a_file_called_wordllama_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wordllama").write_text("film 1 2\n", encoding="utf-8")
    assert load_vectors("wordllama").rows(["film"]).tolist() == [[1, 2]]


def test_the_embedding_has_the_vectors_of_words_with_tokens_and_random_ones_for_the_others(tmp_path: Path) -> None:
    table = load_static_vectors(str(write_table(tmp_path / "table")))
    vocabulary = ["[PAD]", "[UNK]", "film", "zebra", "good-bad"]
    matrix, random = embedding_matrix(vocabulary, table, 3, seed=1), embedding_matrix(vocabulary, None, 3, seed=1)
    assert matrix[[2, 4]].tolist() == [[0, 3, 0], [0, 0, 3]]
    assert np.array_equal(matrix[[0, 1, 3]], random[[0, 1, 3]])


def test_the_vocabulary_keeps_the_words_of_other_splits_that_have_tokens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_wordllama(monkeypatch, tmp_path)
    keys = {"encoder": "none", "vectors": "wordllama", "embedding_dim": 3, "vocabulary": "vectors"}
    rows = Examples.of(["good film", "bad film"], ["x", "y"])
    fit = Fit(RunConfig.parse(keys), rows, None, ("x", "y"), other_texts=["plot zebra"])
    assert set(fit.tokenizer.vocabulary) == {"[PAD]", "[UNK]", "film", "good", "bad", "plot"}


@pytest.mark.parametrize("file", [wordllama.WEIGHTS, wordllama.TOKENIZER])
def test_a_file_of_wordllama_with_another_checksum_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    install_wordllama(monkeypatch, tmp_path, altered=file)
    with pytest.raises(ConfigurationError, match=r"^model: .*is not the file of wordllama 0\.4\.0\.post1.*reinstall"):
        load_static_vectors("wordllama")


@pytest.mark.parametrize(
    ("keys", "key"),
    [(["--encoder", "static"], "model"), (["--encoder", "none", "--vectors", "wordllama"], "vectors")],
    ids=["baseline", "vectors"],
)
def test_the_error_without_the_package_says_how_to_install_it(
    cli: Cli, tmp_path: Path, reviews: Path, monkeypatch: pytest.MonkeyPatch, keys: list[str], key: str
) -> None:
    uninstall_wordllama(monkeypatch)
    message = refused(cli, tmp_path, "run", "--dataset", reviews, *keys)
    assert message == f"textclf: {key}: the package wordllama is not installed; in a clone of textclf, {EXTRA}\n"


def test_the_error_for_another_size_names_both(
    cli: Cli, tmp_path: Path, reviews: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_wordllama(monkeypatch, tmp_path)
    message = refused(cli, tmp_path, "run", "--dataset", reviews, "--encoder", "none", "--vectors", "wordllama")
    expected = "textclf: embedding_dim: 100, but vectors in wordllama have 3 values; set embedding_dim to 3\n"
    assert message == expected


def test_a_name_that_is_neither_a_folder_nor_a_table_is_refused(cli: Cli, tmp_path: Path, reviews: Path) -> None:
    run = ("run", "--dataset", reviews, "--encoder", "static", "--set")
    assert 'model: there is no folder "lama"; give wordllama, a folder or' in refused(cli, tmp_path, *run, "model=lama")
    (tmp_path / "empty").mkdir()
    message = refused(cli, tmp_path, *run, "model=empty")
    assert "model: empty is not a table in the format of model2vec (Could not find expected model files" in message
    assert message.count("\n") == 1


@pytest.mark.parametrize(
    ("vectors", "reason"),
    [(VECTORS[:4], "does not match number of vectors"), (np.where(VECTORS > 8, np.nan, VECTORS), "are not finite")],
)
def test_a_damaged_table_is_refused(tmp_path: Path, vectors: np.ndarray, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"model: .*table is not a table .*{reason}"):
        load_static_vectors(str(write_table(tmp_path / "table", vectors)))


@pytest.mark.parametrize(
    ("status", "message"),
    [(404, 'the Hugging Face hub has no "a/b"'), (503, "hub cannot be reached .*wordllama needs no network")],
)
def test_the_error_of_the_hub_is_one_message(monkeypatch: pytest.MonkeyPatch, status: int, message: str) -> None:
    timeouts = []

    def model_info(self: object, name: str, timeout: float) -> None:
        timeouts.append(timeout)
        error = huggingface_hub.errors.HfHubHTTPError.__new__(huggingface_hub.errors.HfHubHTTPError)
        error.response = SimpleNamespace(status_code=status)
        raise error

    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", model_info)
    with pytest.raises(ConfigurationError, match=f"model: .*{message}"):
        load_static_vectors("hub:a/b")
    assert timeouts == [hub.TIMEOUT_SECONDS]


def test_a_table_of_the_hub_is_downloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_table(tmp_path / "table")
    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", lambda self, name, timeout: None)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", lambda name, **options: str(folder))
    assert load_static_vectors("hub:a/b").sha256 == load_static_vectors(str(folder)).sha256


def test_the_list_of_vectors_says_where_they_come_from_and_how_to_install_them(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_wordllama(monkeypatch, tmp_path)
    (entry,) = json.loads(cli("list", "vectors", "--json").stdout)
    assert entry["origin"] == "Llama 2 token embeddings, reduced to 256 dimensions by wordllama"
    assert [entry[key] for key in ("name", "dimensions", "license", "installed")] == [
        "wordllama",
        256,
        "MIT License",
        "1",
    ]
    assert "MIT License; installed, version 1" in " ".join(cli("list", "vectors").stdout.split())
    uninstall_wordllama(monkeypatch)
    assert json.loads(cli("list", "vectors", "wordllama", "--json").stdout)["installed"] is None
    assert f"not installed: in a clone of textclf, {EXTRA}" in " ".join(cli("list", "vectors").stdout.split())


def test_the_published_wordllama_gives_the_vectors_in_its_files() -> None:
    table, package = load_vectors("wordllama"), distribution("wordllama")
    matrix = load_file(str(package.locate_file(wordllama.WEIGHTS)))["embedding.weight"].astype(np.float32)
    rust = Tokenizer.from_file(str(package.locate_file(wordllama.TOKENIZER)))
    assert (table.dim, matrix.shape) == (256, (32_000, 256))
    for word in ("hello", "n't", "pretrained", "🙂"):
        ids = rust.encode(word, add_special_tokens=False).ids
        np.testing.assert_allclose(table.rows([word])[0], matrix[ids].sum(0) / len(ids), atol=1e-5, rtol=0)
        assert word in table
    with_special = rust.encode("hello").ids
    with pytest.raises(AssertionError):  # the first special token, <s>, is not part of a word
        np.testing.assert_allclose(table.rows(["hello"])[0], matrix[with_special].mean(0), atol=1e-5, rtol=0)
