"""Parts: the name of a file is the part's name in the registry and on the command line; options and defaults."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import pytest
from helpers.registering import registered

import textclf
from textclf.attention.normalisers import NORMALISERS
from textclf.attention.scores import SCORES
from textclf.encoders import CONTEXTUALISERS, WHOLE_ENCODERS
from textclf.encoders.baselines import BASELINES
from textclf.encoders.composed_options import ComposedOptions
from textclf.encoders.contextualisers import Contextualisers
from textclf.encoders.interactions import INTERACTIONS
from textclf.encoders.poolings import POOLINGS
from textclf.encoders.poolings.mean import MeanPooling
from textclf.errors import ConfigurationError
from textclf.registry import PartOptions, Registry, flatten, unflatten

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
def test_every_file_of_the_folder_is_a_registered_part(folder: str) -> None:
    files = {path.stem for path in (ROOT / folder).glob("*.py")} - {"__init__"}
    assert files - {"baseline"} == set(FOLDERS[folder]), "baseline.py holds the base class, not a part"


@pytest.mark.parametrize("registry", [*FOLDERS.values(), WHOLE_ENCODERS])
def test_every_part_has_its_file_and_its_documentation(registry: Registry) -> None:
    for name in registry:
        assert registry.module(name).rpartition(".")[2] == name
        part = registry[name]
        assert part.__doc__
        assert registry.options(name).part == name
        title = (ROOT.parent / Path(*registry.module(name).split("."))).with_suffix(".py").read_text(encoding="utf-8")
        assert title.startswith('"""'), name
        assert ": " in title.splitlines()[0], "textclf list shows the text after the colon"
        assert len(title.splitlines()[0].removesuffix('"""').partition(": ")[2]) <= 62, "one line of 80 columns"


EVERY_PART = [(registry, name) for registry in (*FOLDERS.values(), WHOLE_ENCODERS) for name in registry]


@pytest.mark.parametrize(("registry", "name"), EVERY_PART, ids=lambda value: str(value)[:20])
def test_the_default_of_an_option_is_written_only_in_the_options(registry: Registry, name: str) -> None:
    part = registry[name]
    options = part.Options.model_fields.keys() - {"part"}
    parameters = inspect.signature(part).parameters
    assert options <= parameters.keys()
    for option in options:
        assert parameters[option].kind is inspect.Parameter.KEYWORD_ONLY, option
        assert parameters[option].default is inspect.Parameter.empty, option


class Shift:
    """A contextualiser with one option."""

    default_pooling = "max"

    class Options(PartOptions):
        places: int = 1

    def __init__(self, sizes: object, *, places: int) -> None:
        self.sizes, self.places = sizes, places


def test_the_composition_adds_pooling_and_interaction_to_the_options_of_a_contextualiser() -> None:
    contextualisers = Contextualisers("encoder", {"shift": Shift})
    encoders = WHOLE_ENCODERS | contextualisers
    for registry in (contextualisers, encoders):
        options = registry.options("shift", unflatten({"places": 2, "pooling": "attention", "pooling.score": "dot"}))
        assert isinstance(options, ComposedOptions)
        assert list(type(options).model_fields) == ["part", "interaction", "places", "pooling"]
        assert flatten(options)["pooling.score"] == "dot"
    assert encoders.options("shift").pooling.part == "max"
    assert contextualisers.build(options, "sizes").__dict__ == {"sizes": "sizes", "places": 2}
    with pytest.raises(ConfigurationError, match='pooling: encoder "abcnn" takes no such option'):
        encoders.options("abcnn", {"pooling": "max"})
    with pytest.raises(ConfigurationError, match='there is no encoder "shfit"; did you mean "shift"'):
        encoders.options("shfit")


def test_an_unknown_part_is_refused_with_a_suggestion() -> None:
    with pytest.raises(ConfigurationError, match='there is no score "dto"; did you mean "dot"'):
        SCORES["dto"]


def test_keys_with_dots_become_nested_mappings() -> None:
    assert unflatten({"a": 1, "b.c.d": 2, "b": "x", "b.e": 3}) == {
        "a": 1,
        "b": {"part": "x", "c": {"d": 2}, "e": 3},
    }


WRONG_PARTS = [
    ("First Word!", MeanPooling, "the name of a pooling: expected lower-case letters, digits and _, a letter first"),
    ("2nd", MeanPooling, "the name of a pooling: expected lower-case letters"),
    ("ähnlich", MeanPooling, "the name of a pooling: expected lower-case letters"),
    (3, MeanPooling, "the name of a pooling: expected lower-case letters, digits and _, a letter first, not 3"),
    ("no", 3, 'pooling "no": expected a class or "module:Class", not 3'),
    ("no", "a module", 'pooling "no": expected a class or "module:Class", not \'a module\''),
]


@pytest.mark.parametrize(("name", "part", "message"), WRONG_PARTS, ids=lambda value: str(value)[:12])
def test_a_name_or_a_part_of_the_wrong_form_is_refused(name: Any, part: Any, message: str) -> None:
    before = set(POOLINGS)
    with pytest.raises(ConfigurationError, match=re.escape(message)):
        POOLINGS.register(name, part)
    assert set(POOLINGS) == before


def test_a_part_may_be_registered_by_its_module_and_class() -> None:
    with registered((POOLINGS, "again_2", "textclf.encoders.poolings.mean:MeanPooling")):
        assert POOLINGS["again_2"] is MeanPooling
