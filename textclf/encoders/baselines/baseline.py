"""The base class of baselines: the contract that each of them keeps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from textclf.registry import PartOptions


class Baseline:
    """A classifier that is fitted once, without an encoder, epochs or a seed; an encoder has to beat it.

    A baseline reads strings: a column of texts, or two columns for pairs, each text cut after ``max_tokens`` tokens.
    The same training split must give the same baseline, because a baseline is fitted once for each split, not for
    each seed. An array ``(n, classes)`` has a column for every class of the dataset, also for a class without a
    training row.

    Parameters
    ----------
    classes : int
        The number of classes. A subclass adds its ``Options`` as keywords.

    Attributes
    ----------
    reads_texts : bool, default True
        False if predictions do not depend on the texts; the task then gives no warnings about the predictions.
    """

    reads_texts: ClassVar[bool] = True

    class Options(PartOptions):
        pass

    def __init__(self, classes: int) -> None:
        self.classes = classes

    @classmethod
    def files_sha256(cls, options: Any) -> str:
        """Return a hash of the files outside the data that decide the result, such as a table of vectors; else empty.

        ``options`` are this class's ``Options``.

        Raises
        ------
        ConfigurationError
            If the files cannot be used.
        """
        return ""

    @classmethod
    def pretrained(cls, options: Any) -> str | None:
        """Return what is pretrained, in words for tables, such as ``"wordllama vectors"``; None if nothing is."""
        return None

    @classmethod
    def pretrained_origin(cls, options: Any) -> str | None:
        """Return a sentence part that says where the pretrained part comes from; None if nothing is pretrained."""
        return None

    def fit(self, labels: np.ndarray, *columns: Sequence[str]) -> Any:
        """Learn from a training split, deterministically, and return self.

        Parameters
        ----------
        labels : np.ndarray
            ``(n,)`` int64, class indices; a class may have no row.
        *columns : sequence of str
            The texts; for pairs also the second texts.

        Raises
        ------
        DataError
            If nothing can be learned from these texts. The user sees the message: say what is wrong and the way out.
        """
        raise TypeError(f"{type(self).__name__} does not define fit")

    def predict_proba(self, *columns: Sequence[str]) -> np.ndarray:
        """Return probabilities ``(n, classes)`` that are finite and sum to 1; each row depends on its own text alone.

        A class without a training row has probability 0. For an array of another shape, or with numbers that are not
        finite, the user sees an error that names the baseline.
        """
        raise TypeError(f"{type(self).__name__} does not define predict_proba")

    def parameters(self) -> int:
        """Return the number of learned numbers; results show it as the size of the classifier."""
        raise TypeError(f"{type(self).__name__} does not define parameters")

    def pretrained_parameters(self) -> int:
        """Return the number of numbers that come from pretrained word vectors."""
        return 0

    def state(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Return everything that was learned: arrays of 64-bit numbers, and values that JSON can hold."""
        raise TypeError(f"{type(self).__name__} does not define state")

    def restore(self, arrays: dict[str, np.ndarray], values: dict[str, Any]) -> Any:
        """Restore what `state` returned, and return self, which then predicts exactly the same probabilities.

        Raises
        ------
        ValueError, KeyError
            If the state does not belong to this baseline or has another number of classes. The state comes from a
            file, so check shapes and ranges. The user sees that the saved model is damaged.
        """
        raise TypeError(f"{type(self).__name__} does not define restore")
