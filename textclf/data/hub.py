"""The Hugging Face hub. The only file that imports ``datasets``."""

from __future__ import annotations

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
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    repository, _, configuration = name.partition(":")
    try:  # datasets itself would try for half a minute
        HfApi().dataset_info(repository, timeout=TIMEOUT_SECONDS)
    except (HFValidationError, HfHubHTTPError):
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
        raise DataError(f"{name}: the hub's dataset cannot be loaded ({str(error).splitlines()[0]})") from None
    splits = {}
    for split in (split for split in SPLITS if split in found):
        frame = found[split].to_pandas()
        feature = found[split].features.get(columns.label)
        if hasattr(feature, "int2str"):
            frame[columns.label] = [feature.int2str(int(label)) for label in frame[columns.label]]
        splits[split] = examples_of(frame, f"{name} ({split})", columns)
    if "train" not in splits:
        raise DataError(f"{name}: has no split train; it has {', '.join(found)}")
    return {"all": splits["train"]} if set(splits) == {"train"} else splits
