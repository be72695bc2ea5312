"""Load datasets of the Hugging Face hub. This is the only file that imports ``datasets``."""

from __future__ import annotations

from typing import Any

import pandas as pd

from textclf.data.examples import Examples
from textclf.data.reader import SPLITS, ColumnNames, examples_of_frame
from textclf.errors import DataError

TIMEOUT_SECONDS = 5
NOT_FOUND = {401, 404}  # the hub returns 401 for a private dataset, and for some that do not exist


def load_from_hub(name: str, columns: ColumnNames, way_out: str) -> dict[str, Examples]:
    """Load the splits of a dataset of the hub.

    Parameters
    ----------
    name : str
        As in ``datasets.load_dataset``; if there are several configurations, one follows a colon: ``glue:sst2``.
    columns : ColumnNames
    way_out : str
        The end of the message if the hub has no such dataset or cannot be reached: what to do.

    Raises
    ------
    DataError
        If the hub sends no response within `TIMEOUT_SECONDS` or has no such dataset, or if the dataset cannot be loaded
        or lacks a split.
    """
    from huggingface_hub import HfApi

    repository, _, configuration = name.partition(":")
    try:  # check first, because the library datasets tries for half a minute
        HfApi().dataset_info(repository, timeout=TIMEOUT_SECONDS)
    except Exception as error:  # each HTTP library raises errors of its own types
        if is_unknown(error):
            raise DataError(f'there is no dataset "{name}", here or on the hub; {way_out}') from None
        raise DataError(
            f'there is no dataset "{name}" here, and the Hugging Face hub cannot be reached '
            f"({type(error).__name__}); {way_out}"
        ) from None
    from datasets import load_dataset

    try:
        dataset = load_dataset(repository, configuration or None)
    except Exception as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise DataError(f"{name}: the hub's dataset cannot be loaded ({reason})") from None
    names = [split for split in SPLITS if split in dataset]
    if names != ["train"] and not {"train", "test"} <= set(names):
        raise DataError(f"{name}: needs the splits train and test, or train alone; it has {', '.join(dataset)}")
    splits = {
        split: examples_of_frame(_frame(dataset[split], columns), f"{name} ({split})", columns) for split in names
    }
    return {"all": splits["train"]} if names == ["train"] else splits


def is_unknown(error: Exception) -> bool:
    """Return whether an error of the hub means that it has nothing of that name."""
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    status = error.response.status_code if isinstance(error, HfHubHTTPError) else None
    return isinstance(error, HFValidationError) or status in NOT_FOUND


def _frame(rows: Any, columns: ColumnNames) -> pd.DataFrame:
    """Return a split as a table, with the names of the labels if the dataset has them; -1 means a missing label."""
    frame = rows.to_pandas()
    frame.index = pd.RangeIndex(1, len(frame) + 1, name="row")
    feature = rows.features.get(columns.label)
    if columns.label is not None and hasattr(feature, "int2str"):
        names = [feature.int2str(int(label)) if label >= 0 else None for label in frame[columns.label]]
        frame[columns.label] = pd.Series(names, index=frame.index, dtype=object)
    return frame
