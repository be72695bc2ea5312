"""The Hugging Face hub. The only file that imports ``datasets``."""

from __future__ import annotations

from typing import Any

import pandas as pd

from textclf.data.examples import Examples
from textclf.data.local import SPLITS, Columns, examples_of
from textclf.errors import DataError

TIMEOUT_SECONDS = 5


def load_from_hub(name: str, columns: Columns, known: str) -> dict[str, Examples]:
    """The splits of a dataset on the hub.

    Parameters
    ----------
    name : str
        As in ``datasets.load_dataset``, with a configuration behind a colon if it has several: ``glue:sst2``.
    columns : Columns
    known : str
        What to suggest if it cannot be had.

    Raises
    ------
    DataError
        If the hub cannot be reached within seconds, or has no such dataset.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HFValidationError, RepositoryNotFoundError

    repository, _, configuration = name.partition(":")
    try:  # datasets itself would try for half a minute
        HfApi().dataset_info(repository, timeout=TIMEOUT_SECONDS)
    except (HFValidationError, RepositoryNotFoundError):
        raise DataError(f'there is no dataset "{name}", here or on the hub; {known}') from None
    except Exception as error:  # each HTTP library has its own
        raise DataError(
            f'there is no dataset "{name}" here, and the Hugging Face hub cannot be reached '
            f"({type(error).__name__}); {known}"
        ) from None
    from datasets import load_dataset

    try:
        found = load_dataset(repository, configuration or None)
    except Exception as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise DataError(f"{name}: the hub's dataset cannot be loaded ({reason})") from None
    wanted = {"all": "train"} if set(SPLITS) & set(found) == {"train"} else {split: split for split in SPLITS}
    if not ({"train", "test"} <= set(found) or "all" in wanted):
        raise DataError(f"{name}: needs the splits train and test, or train alone; it has {', '.join(found)}")
    return {
        split: examples_of(_frame(found[source], columns), f"{name} ({source})", columns)
        for split, source in wanted.items()
        if source in found
    }


def _frame(rows: Any, columns: Columns) -> pd.DataFrame:
    """A split as a table, its labels as words where the dataset names them; -1 stands for a missing one."""
    frame = rows.to_pandas()
    frame.index = pd.RangeIndex(1, len(frame) + 1, name="row")
    feature = rows.features.get(columns.label)
    if hasattr(feature, "int2str"):
        known = [feature.int2str(int(label)) if label >= 0 else None for label in frame[columns.label]]
        frame[columns.label] = pd.Series(known, index=frame.index, dtype=object)
    return frame
