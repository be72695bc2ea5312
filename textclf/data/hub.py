"""The Hugging Face hub. The only file that imports ``datasets``."""

from __future__ import annotations

from typing import Any

import pandas as pd

from textclf.data.examples import Examples
from textclf.data.reader import SPLITS, ColumnNames, examples_of
from textclf.errors import DataError

TIMEOUT_SECONDS = 5
NOT_FOUND = {401, 404}  # to strangers, what is private is not there


def load_from_hub(name: str, columns: ColumnNames, known: str) -> dict[str, Examples]:
    """The splits of a dataset on the hub.

    Parameters
    ----------
    name : str
        As in ``datasets.load_dataset``, with a configuration behind a colon if it has several: ``glue:sst2``.
    columns : ColumnNames
    known : str
        What to suggest if it cannot be had.

    Raises
    ------
    DataError
        If the hub cannot be reached within seconds, or has no such dataset.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    repository, _, configuration = name.partition(":")
    try:  # datasets itself would try for half a minute
        HfApi().dataset_info(repository, timeout=TIMEOUT_SECONDS)
    except Exception as error:  # each HTTP library has its own
        status = error.response.status_code if isinstance(error, HfHubHTTPError) else None
        if isinstance(error, HFValidationError) or status in NOT_FOUND:
            raise DataError(f'there is no dataset "{name}", here or on the hub; {known}') from None
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
    given = [split for split in SPLITS if split in found]
    if given != ["train"] and not {"train", "test"} <= set(given):
        raise DataError(f"{name}: needs the splits train and test, or train alone; it has {', '.join(found)}")
    splits = {split: examples_of(_frame(found[split], columns), f"{name} ({split})", columns) for split in given}
    return {"all": splits["train"]} if given == ["train"] else splits


def _frame(rows: Any, columns: ColumnNames) -> pd.DataFrame:
    """A split as a table, its labels as words where the dataset names them; -1 stands for a missing one."""
    frame = rows.to_pandas()
    frame.index = pd.RangeIndex(1, len(frame) + 1, name="row")
    feature = rows.features.get(columns.label)
    if columns.label is not None and hasattr(feature, "int2str"):
        known = [feature.int2str(int(label)) if label >= 0 else None for label in frame[columns.label]]
        frame[columns.label] = pd.Series(known, index=frame.index, dtype=object)
    return frame
