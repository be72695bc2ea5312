"""`fit` in threads, and with settings of torch that a caller may have changed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager

import numpy as np
import pytest
import torch

from textclf import TextClassifier
from textclf.training.device import denormals_are_flushed, float32_default, use_one_core

TEXTS = [f"{word} film number {number}" for number in range(30) for word in ("good", "bad")]
LABELS = ["pos", "neg"] * 30


def fitted(seed: int = 0, encoder: str = "lstm") -> np.ndarray:
    model = TextClassifier(
        encoder=encoder, hidden_dim=4, embedding_dim=6, epochs=2, batch_size=8, random_state=seed, device="cpu"
    )
    return model.fit(TEXTS, LABELS).predict_proba(TEXTS)


@contextlib.contextmanager
def float64() -> Iterator[None]:
    torch.set_default_dtype(torch.float64)
    try:
        yield
        assert torch.get_default_dtype() == torch.float64, "the caller's default is restored"
    finally:
        torch.set_default_dtype(torch.float32)


def test_fits_in_several_threads_equal_those_in_one_thread() -> None:
    expected = [fitted(seed) for seed in (0, 1)]
    assert not np.array_equal(*expected)
    torch.manual_seed(7)
    before = torch.get_rng_state()
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(fitted, [0, 1] * 4))
    for number, result in enumerate(results):
        assert np.array_equal(result, expected[number % 2])
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("surroundings", [torch.no_grad, torch.inference_mode, float64])
@pytest.mark.parametrize("encoder", ["lstm", "hierarchical", "tfidf"])
def test_fit_does_not_depend_on_the_settings_of_the_caller(
    surroundings: Callable[[], AbstractContextManager[None]], encoder: str
) -> None:
    expected = fitted(encoder=encoder)
    with surroundings():
        assert np.array_equal(fitted(encoder=encoder), expected)


def test_the_default_dtype_is_restored_when_the_last_thread_leaves() -> None:
    def entered(_: int) -> torch.dtype:
        with float32_default(), float32_default():
            return torch.zeros(1).dtype

    with float64(), ThreadPoolExecutor(4) as pool:
        assert set(pool.map(entered, range(200))) == {torch.float32}
        with pytest.raises(KeyError), float32_default():
            raise KeyError
        assert torch.zeros(1).dtype == torch.float64


@pytest.mark.parametrize("surroundings", [torch.no_grad, torch.inference_mode, float64])
def test_a_model_loads_with_every_setting_of_the_caller(
    surroundings: Callable[[], AbstractContextManager[None]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("model")
    model = TextClassifier(hidden_dim=4, embedding_dim=6, epochs=1, pooling="attention").fit(TEXTS, LABELS)
    model.save(folder)
    with surroundings():
        again = TextClassifier.load(folder)
        assert np.array_equal(again.predict_proba(TEXTS), model.predict_proba(TEXTS))
        assert again.attention_weights(TEXTS[:1])[0][1].dtype == np.float32
    assert np.array_equal(again.predict_proba(TEXTS), model.predict_proba(TEXTS))


@pytest.fixture
def denormals() -> Iterator[Callable[[bool], bool]]:
    """A function that sets whether this thread flushes denormal numbers; after the test the setting is restored."""
    before = denormals_are_flushed()
    yield torch.set_flush_denormal
    torch.set_flush_denormal(before)


@pytest.mark.parametrize("flushed", [True, False])
def test_fit_and_predict_do_not_change_the_callers_denormals(denormals: Callable[[bool], bool], flushed: bool) -> None:
    denormals(flushed)
    fitted()
    assert (np.array([1e-310]) * np.array([1.0]) == 0).all() == flushed


def test_denormals_are_flushed_during_a_fit(denormals: Callable[[bool], bool], monkeypatch: pytest.MonkeyPatch) -> None:
    denormals(False)
    seen: list[bool] = []
    tanh = torch.Tensor.tanh

    def watched(tensor: torch.Tensor) -> torch.Tensor:
        seen.append(denormals_are_flushed())
        return tanh(tensor)

    monkeypatch.setattr(torch.Tensor, "tanh", watched)  # the additive score calls tanh
    fitted(encoder="attentive_cnn")
    assert seen
    assert all(seen)
    use_one_core()
    assert denormals_are_flushed(), "a worker keeps the setting"
