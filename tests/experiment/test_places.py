"""Keys at the wrong place of an experiment file, and wrong values of ``contrasts``."""

from __future__ import annotations

from pathlib import Path

import pytest

from textclf.errors import ConfigurationError
from textclf.experiment.spec import read_experiment


def problems(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "grid.yaml"
    path.write_text(f"datasets: [mr]\n{text}\n", encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        read_experiment(path)
    return [str(problem).removeprefix(f"{path}: ") for problem in caught.value.problems]


MISPLACED = {
    "models: [{encoder: none, label: mine}]": "models[0].label: not here; a dataset has a label, a model has a name",
    "models: [{encoder: none, contrasts: {a: [b]}}]": "models[0].contrasts: not here; give it at the top of the file",
    "models: [{encoder: none}]\ncross: {epochs: [1]}": "cross: not here; give it in a model",
    "models: [{encoder: none}]\nshared: {cross: {epochs: [1]}}": "shared.cross: not here; give it in a model",
    "models: [{encoder: none}]\nseed: 3": 'seed: unknown key; did you mean "seeds"?',
    "models: [{encoder: none, nam: x}]": 'models[0].nam: encoder "none" takes no such option; did you mean "name"?',
    "models: [{encoder: none, cros: {learning_rate: [0.1]}}]": (
        'models[0].cros: encoder "none" takes no such option; did you mean "cross"?'
    ),
}


@pytest.mark.parametrize(("text", "expected"), MISPLACED.items(), ids=MISPLACED)
def test_a_key_at_the_wrong_place_is_one_problem_with_the_right_place(tmp_path: Path, text: str, expected: str) -> None:
    assert problems(tmp_path, text) == [expected]


@pytest.mark.parametrize("contrasts", ["{none: []}", "[none]", "null", "{a: [2]}", "{a: b}", "{a: null}"])
def test_wrong_contrasts_are_one_problem_with_an_example(tmp_path: Path, contrasts: str) -> None:
    (found,) = problems(tmp_path, f"models: [{{encoder: none}}]\ncontrasts: {contrasts}")
    assert found.startswith(
        "contrasts: expected models with lists of models, such as {lstm-last: [lstm-max, cnn]}, not "
    )
