"""``textclf list``: every kind of part, and the settings with defaults, units and descriptions."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from helpers.commands import Cli

from textclf.settings import Settings

DESCRIBED = {"settings", "vectors"}  # lists whose entries are described in JSON


@pytest.fixture
def settings(cli: Cli) -> dict[str, dict[str, Any]]:
    done = cli("list", "settings", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    return {setting["name"]: setting for setting in json.loads(done.stdout)}


def test_every_setting_has_a_description_of_one_sentence(settings: dict[str, dict[str, Any]]) -> None:
    assert list(settings) == list(Settings.model_fields)
    for name, setting in settings.items():
        assert {"name", "default", "unit", "description", "type"} <= setting.keys()
        description = setting["description"]
        assert len(description.split()) >= 3, name
        assert description[0].isupper(), name
        assert description.endswith("."), name
        assert ". " not in description, name


def test_settings_in_json_have_default_unit_type_and_bounds(settings: dict[str, dict[str, Any]]) -> None:
    fields = {
        name: {key: value for key, value in setting.items() if key not in {"name", "description"}}
        for name, setting in settings.items()
    }
    bounds = {"exclusiveMinimum": 0, "maximum": 1_000_000}
    assert fields["max_tokens"] == {"default": 256, "unit": "tokens", "type": "integer"} | bounds
    assert fields["patience"] == {"default": 3, "unit": "epochs", "type": ["integer", "null"]} | bounds
    assert fields["batching"] == {
        "default": "buckets",
        "unit": None,
        "type": "string",
        "enum": ["buckets", "shuffled"],
    }
    assert fields["text_column"]["type"] == ["string", "array"]


def test_a_setting_that_counts_something_has_a_unit(settings: dict[str, dict[str, Any]]) -> None:
    units = {name: setting["unit"] for name, setting in settings.items() if setting["unit"] is not None}
    assert units["train_rows"] == units["test_rows"] == units["batch_size"] == "rows"
    assert units["max_tokens"] == units["vocabulary_size"] == "tokens"
    assert units["epochs"] == units["patience"] == "epochs"
    assert units["hidden_dim"] == units["embedding_dim"] == "dimensions"


def test_settings_are_a_table_at_most_80_characters_wide(cli: Cli) -> None:
    lines = cli("list", "settings").stdout.splitlines()
    assert lines[0].split() == ["setting", "default", "description"]
    assert "max_tokens            256 tokens        A longer text is cut after this many" in lines
    assert any(line.startswith("min_frequency         1 occurrence ") for line in lines)
    assert any(line.startswith('condition             ""  ') for line in lines)
    assert [line.split()[0] for line in lines[1:] if line[0] != " "] == list(Settings.model_fields)
    assert max(map(len, cli("list").stdout.splitlines())) <= 80


def test_a_list_without_a_kind_has_all_kinds(cli: Cli) -> None:
    everything = json.loads(cli("list", "--json").stdout)
    headings = [line.removesuffix(":") for line in cli("list").stdout.splitlines() if not line.startswith(" ")]
    assert headings == list(everything)
    assert {"encoders", "poolings", "scores", "normalisers", "interactions", "corpora", "settings"} <= set(everything)
    for kind, content in everything.items():
        assert json.loads(cli("list", kind, "--json").stdout) == content
    assert everything["corpora"] == ["bbc-news", "tweets"]
    assert all(isinstance(name, str) for kind in everything.keys() - DESCRIBED for name in everything[kind])


def test_one_part_is_shown_with_its_options(cli: Cli) -> None:
    lines = cli("list", "poolings", "multi_head").stdout.splitlines()
    assert lines[0].startswith("multi_head: ")
    assert "heads                 4                 Number of queries, r." in lines
    assert "score                 additive          The name of a score; textclf list" in lines
    assert lines[-1] == "for example: --set pooling.normaliser=softmax"
    assert max(map(len, lines)) <= 80
    assert "no options" in cli("list", "poolings", "mean").stdout
    assert cli("list", "corpora", "tweets").stdout == "tweets: 17,824 tweets, 3 sentiments\n"
    assert cli("list", "settings", "epochs").stdout.splitlines()[1].startswith("epochs ")


def test_one_part_in_json_has_its_summary_and_its_options(cli: Cli) -> None:
    part = json.loads(cli("list", "encoders", "cnn", "--json").stdout)
    assert list(part) == ["name", "summary", "options"]
    options = {option.pop("name"): option for option in part["options"]}
    assert list(options) == ["interaction", "windows", "filters", "pooling"]
    assert (options["windows"]["default"], options["windows"]["type"]) == ([3, 4, 5], "array")
    assert (options["pooling"]["default"], options["pooling"]["type"]) == ("max", "pooling")
    variant = json.loads(cli("list", "encoders", "abcnn", "--json").stdout)["options"][0]
    assert variant["enum"] == [0, 1, 2, 3]
    assert json.loads(cli("list", "settings", "epochs", "--json").stdout)["name"] == "epochs"


def test_every_option_of_every_part_has_a_description(cli: Cli) -> None:
    for kind, names in json.loads(cli("list", "--json").stdout).items():
        for name in names if kind not in DESCRIBED else []:
            part = json.loads(cli("list", kind, name, "--json").stdout)
            assert part["summary"], name
            assert all(option["description"] for option in part["options"]), name


def test_an_unknown_part_is_refused_with_a_suggestion(cli: Cli) -> None:
    done = cli("list", "encoders", "lstn")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == 'textclf: encoders: there is no "lstn"; did you mean "lstm"?\n'


def test_a_list_does_not_import_torch() -> None:
    program = "import sys\nfrom textclf.cli import call\ncall(['list'])\nassert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)


def test_help_imports_no_large_package() -> None:
    program = (
        "import sys\nfrom textclf.cli import call\ncall(['--help'])\n"
        "assert not {'torch', 'pydantic', 'numpy', 'pandas'} & set(sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, check=False).returncode == 0
