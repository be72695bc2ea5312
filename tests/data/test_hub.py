"""Datasets of the hub. The tests replace the hub by a dataset in memory, or by a server that fails or is silent."""

import os
import socket
import subprocess
import sys
from types import SimpleNamespace

import huggingface_hub
import pandas as pd
import pytest
from helpers.defaults import column_names, defaults
from huggingface_hub.errors import HfHubHTTPError

from textclf.data import hub
from textclf.errors import DataError
from textclf.experiment.preparation import FILE_SETTINGS


class Names:
    """The names of the labels, as ``datasets.ClassLabel`` holds them."""

    def int2str(self, number):
        return ["neg", "pos"][number]


def split(rows, label=None):
    frame = pd.DataFrame(rows, columns=["text", "label"])
    return SimpleNamespace(to_pandas=frame.copy, features={"text": None, "label": label})


@pytest.fixture
def serve(monkeypatch):
    """Replace the hub by one that returns the given splits for every dataset."""
    import datasets

    def serve(**splits):
        calls = []
        monkeypatch.setattr(huggingface_hub.HfApi, "dataset_info", lambda self, name, timeout: calls.append(name))
        monkeypatch.setattr(datasets, "load_dataset", lambda *name: calls.append(name) or splits)
        return calls

    return serve


def load(name="someone/films"):
    return hub.load_from_hub(name, column_names(), "did you mean")


def test_labels_get_their_names(serve):
    serve(train=split([("x", 1), ("y", 0)], Names()), test=split([("z", 1)], Names()))
    splits = load()
    assert list(splits) == ["train", "test"]
    assert (splits["train"].texts, splits["train"].labels) == (["x", "y"], ["pos", "neg"])
    assert splits["test"].labels == ["pos"]


def test_labels_without_names_stay_as_they_are(serve):
    serve(train=split([("x", "a"), ("y", "b")]))
    assert load()["all"].labels == ["a", "b"]


def test_a_configuration_follows_a_colon(serve):
    calls = serve(train=split([("x", 1)]))
    load("glue:sst2")
    assert calls == ["glue", ("glue", "sst2")]


def test_the_error_for_a_row_without_a_label_names_its_split_and_row(serve):
    serve(train=split([("x", 1)], Names()), test=split([("y", 0), ("z", -1)], Names()))
    with pytest.raises(DataError, match=r"someone/films \(test\), row 2: no label"):
        load()


@pytest.mark.parametrize("names", [["train", "validation"], ["test"], ["unsupervised"]])
def test_the_error_for_missing_splits_lists_the_splits_that_exist(serve, names):
    serve(**{name: split([("x", "a")]) for name in names})
    with pytest.raises(DataError, match=f"it has {', '.join(names)}"):
        load()


@pytest.mark.parametrize("message", ["bad file\nsecond line", ""])
def test_a_dataset_that_cannot_be_loaded_gets_an_error_of_one_line(serve, monkeypatch, message):
    import datasets

    def load_dataset(*name):
        raise RuntimeError(message)

    serve()
    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    with pytest.raises(DataError) as error:
        load()
    assert (message.partition("\n")[0] or "RuntimeError") in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("status", "message"), [(404, "here or on the hub"), (401, "here or on"), (503, "cannot be reached")]
)
def test_the_message_depends_on_the_status_of_the_hub(monkeypatch, status, message):
    def dataset_info(self, name, timeout):
        error = HfHubHTTPError.__new__(HfHubHTTPError)
        error.response = SimpleNamespace(status_code=status)
        raise error

    monkeypatch.setattr(huggingface_hub.HfApi, "dataset_info", dataset_info)
    with pytest.raises(DataError, match=message):
        load()


def test_a_hub_that_sends_no_response_is_an_error_after_a_timeout(monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        api = huggingface_hub.HfApi(endpoint=address)
        monkeypatch.setattr(huggingface_hub, "HfApi", lambda: api)
        monkeypatch.setattr(hub, "TIMEOUT_SECONDS", 0.2)
        with pytest.raises(DataError, match="cannot be reached"):
            load()


def test_without_a_network_the_message_names_the_local_datasets(tmp_path):
    (tmp_path / "trec").mkdir()
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    environment |= {"HF_ENDPOINT": "http://127.0.0.1:1", "TEXTCLF_DATA": str(tmp_path)}
    code = (
        "from textclf.data.corpora import load_corpus\n"
        "from textclf.errors import DataError\n"
        "for name in ('tweeets', 'treck', 'someone/films'):\n"
        f"    try: load_corpus(name, **{defaults(FILE_SETTINGS)})\n"
        "    except DataError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment, timeout=60
    )
    misspelt, near, unknown = done.stdout.splitlines()
    assert 'did you mean "tweets"?' in misspelt
    assert 'did you mean "trec"?' in near
    assert "give a path" in unknown
    assert all(
        "cannot be reached" in line and "Bundled: bbc-news, tweets" in line for line in (misspelt, near, unknown)
    )
