"""ARCHITECTURE.md's table of attention: every row is a valid configuration, every file exists, no part is missing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from textclf.attention.normalisers import NORMALISERS
from textclf.attention.scores import SCORES
from textclf.config import RunConfig
from textclf.encoders import CONTEXTUALISERS, WHOLE_ENCODERS
from textclf.encoders.interactions import INTERACTIONS
from textclf.encoders.poolings import POOLINGS

ROOT = Path(__file__).parents[1]
LINES = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").splitlines()
ROWS = [line.split("|")[2:4] for line in LINES if line.count("|") == 4 and "textclf/" in line]
CHOICES = [re.findall(r"`([\w.]+: \w+)`", part) for part, _ in ROWS]


@pytest.mark.parametrize("choices", CHOICES, ids=str)
def test_every_row_is_a_valid_configuration(choices: list[str]) -> None:
    chosen = yaml.safe_load("\n".join(choice for choice in choices if not choice.startswith("encoder"))) or {}
    chosen = {f"pooling.{key}" if key in {"score", "normaliser"} else key: value for key, value in chosen.items()}
    encoders = [choice.split(": ")[1] for choice in choices if choice.startswith("encoder")] or ["lstm"]
    assert choices
    for encoder in encoders:
        flat = RunConfig.parse({"encoder": encoder} | chosen).flat()
        assert {key: flat[key] for key in chosen} == chosen


def test_every_part_is_in_the_table_with_its_file() -> None:
    files = {path for _, cell in ROWS for path in re.findall(r"`(textclf/\S+\.py)`", cell)}
    kinds = (SCORES, NORMALISERS, POOLINGS, CONTEXTUALISERS, INTERACTIONS, WHOLE_ENCODERS)
    assert files == {kind.module(name).replace(".", "/") + ".py" for kind in kinds for name in kind}
    assert all((ROOT / path).is_file() for path in files)
