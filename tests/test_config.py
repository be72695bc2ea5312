"""Configurations: defaults, paths, labels, fingerprints, and all problems reported together."""

from __future__ import annotations

import pytest

from textclf.config import RunConfig, label_of, run_keys
from textclf.encoders import ENCODERS
from textclf.errors import ConfigurationError, Problem


def problems(**flat: object) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        RunConfig.parse(flat)
    return list(map(str, caught.value.problems))


@pytest.mark.parametrize("name", ENCODERS)
def test_every_encoder_works_with_its_defaults_alone(name: str) -> None:
    config = RunConfig.parse({"encoder": name})
    assert RunConfig.parse(config.flat()).flat() == config.flat()


def test_parts_are_addressed_by_a_path() -> None:
    flat = RunConfig.parse({"encoder": "lstm", "pooling.score": "dot", "pooling.query": "last"}).flat()
    assert (flat["pooling"], flat["pooling.score"], flat["pooling.query"]) == ("attention", "dot", "last")
    assert flat["pooling.normaliser"] == "softmax"
    nested = RunConfig.parse({"encoder": "lstm", "pooling.score": "additive", "pooling.score.dim": 64}).flat()
    assert nested["pooling.score.dim"] == 64


@pytest.mark.parametrize(
    ("keys", "label"),
    [
        ({"encoder": "lstm"}, "lstm"),
        ({"encoder": "lstm", "pooling": None, "hidden_dim": 3}, "lstm"),
        ({"encoder": "lstm", "pooling": "last"}, "lstm-last"),
        ({"encoder": "lstm", "pooling.score": "dot", "pooling": "attention"}, "lstm-attention-dot"),
        ({"encoder": "abcnn", "variant": 2, "seed": 3}, "abcnn-2"),
        ({"encoder": "tfidf"}, "tfidf"),
    ],
)
def test_the_label_joins_the_names_of_the_chosen_parts(keys: dict, label: str) -> None:
    assert label_of(keys) == label


def test_all_problems_are_reported_together() -> None:
    messages = problems(encoder="lstm", pooling="atention", epochs=0, learning_rat=0.1, hidden_dim="wide")
    assert [line.partition(":")[0] for line in messages] == ["hidden_dim", "epochs", "learning_rat", "pooling"]
    assert 'did you mean "learning_rate"?' in messages[2]
    assert messages[3] == 'pooling: there is no pooling "atention"; did you mean "attention"?'


def test_problems_have_a_key_and_a_message() -> None:
    with pytest.raises(ConfigurationError) as caught:
        RunConfig.parse({"encoder": "lstm", "epochs": 0, "pooling.score": "dott", "vocabulary": "vectors", "a..b": 1})
    assert caught.value.problems == [
        Problem("vocabulary", "vectors keeps the words of a vector file; set vectors to a file, or omit vocabulary"),
        Problem("epochs", "input should be greater than 0, not 0"),
        Problem("a..b", "expected a name before and after each dot, as in pooling.score"),
        Problem("pooling.score", 'there is no score "dott"; did you mean "dot"?'),
    ]
    assert str(caught.value) == "\n".join(f"{problem.key}: {problem.message}" for problem in caught.value.problems)


def test_a_string_is_a_problem_without_a_key() -> None:
    error = ConfigurationError(["a: sentence", Problem("epochs", "missing", "grid.yaml")])
    assert error.problems[0] == Problem("", "a: sentence")
    assert str(error) == "a: sentence\ngrid.yaml: epochs: missing"


def test_an_option_that_the_encoder_does_not_take_is_an_error() -> None:
    assert problems(encoder="tfidf", pooling="max")[0].startswith(
        'pooling: encoder "tfidf" takes no such option; known'
    )
    assert "lstm" in problems(encoder="lstm", variant=2)[0]
    assert problems(encoder="lstm", **{"pooling": "mean", "pooling.score": "dot"})[0].startswith("pooling.score: ")


def test_a_missing_or_wrong_encoder_or_fold_is_an_error() -> None:
    assert problems()[0].startswith("encoder: missing; known: abcnn")
    assert problems(encoder="lstn") == ['encoder: there is no "lstn"; did you mean "lstm"?']
    assert problems(encoder="lstm", folds=3, fold=3) == ["fold: 3, but folds: 3 has 0 to 2"]


def test_the_fingerprint_covers_configuration_and_data() -> None:
    base = RunConfig.parse({"encoder": "lstm"})
    assert base.fingerprint("a") == RunConfig.parse({"encoder": "lstm", "pooling": "attention"}).fingerprint("a")
    others = [base.fingerprint("b")]
    others += [base.replace(**changes).fingerprint("a") for changes in ({"seed": 1}, {"pooling.score": "dot"})]
    assert len({base.fingerprint("a"), *others}) == 4


@pytest.mark.parametrize(
    ("encoder", "pooling", "expected"),
    [
        ("lstm", None, "pooling.score"),
        ("cnn", "attention", "pooling.score"),
        ("attentive_cnn", None, "score"),
        ("self_attention", None, "score"),
        ("self_attention", "attention", "pooling.score"),
        ("no_such", None, "score"),
    ],
)
def test_score_is_an_option_of_the_encoder_or_of_its_pooling(encoder, pooling, expected):
    keys = run_keys(encoder, pooling, "dot", None, {"epochs": 3})
    assert keys == {"encoder": encoder, expected: "dot", "epochs": 3} | (
        {} if pooling is None else {"pooling": pooling}
    )
