"""Parts: a file's name is its registry name is its name on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

import textclf
from textclf.attention.normalisers import NORMALISERS
from textclf.attention.scores import SCORES
from textclf.encoders import CONTEXTUALISERS, WHOLE_ENCODERS
from textclf.encoders.baselines import BASELINES
from textclf.encoders.interactions import INTERACTIONS
from textclf.encoders.poolings import POOLINGS
from textclf.errors import ConfigurationError
from textclf.registry import Registry, unflatten

ROOT = Path(textclf.__file__).parent
FOLDERS = {
    "attention/scores": SCORES,
    "attention/normalisers": NORMALISERS,
    "encoders/contextualisers": CONTEXTUALISERS,
    "encoders/poolings": POOLINGS,
    "encoders/interactions": INTERACTIONS,
    "encoders/baselines": BASELINES,
}


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_folder_is_the_catalogue(folder: str) -> None:
    files = {path.stem for path in (ROOT / folder).glob("*.py")} - {"__init__"}
    assert files - {"baseline"} == set(FOLDERS[folder]), "beside the base class of baselines"


@pytest.mark.parametrize("registry", [*FOLDERS.values(), WHOLE_ENCODERS])
def test_every_part_is_where_it_says_and_is_documented(registry: Registry) -> None:
    for name in registry:
        assert registry.module(name).rpartition(".")[2] == name
        part = registry[name]
        assert part.__doc__
        assert registry.options(name).part == name
        title = (ROOT.parent / Path(*registry.module(name).split("."))).with_suffix(".py").read_text(encoding="utf-8")
        assert title.startswith('"""'), name
        assert ": " in title.splitlines()[0], "textclf list shows what stands behind the colon"
        assert len(title.splitlines()[0].removesuffix('"""').partition(": ")[2]) <= 62, "in 80 columns"


def test_an_unknown_part() -> None:
    with pytest.raises(ConfigurationError, match='there is no score "dto"; did you mean "dot"'):
        SCORES["dto"]


def test_paths_become_nested() -> None:
    assert unflatten({"a": 1, "b.c.d": 2, "b": "x", "b.e": 3}) == {
        "a": 1,
        "b": {"part": "x", "c": {"d": 2}, "e": 3},
    }
