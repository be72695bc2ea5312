"""The base class of report formats."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textclf.registry import PartOptions


class Format:
    """A report format.

    Attributes
    ----------
    summary : str
        One line for the help of ``textclf report``.
    """

    summary: ClassVar[str] = ""

    class Options(PartOptions):
        pass

    def write(self, folder: Path) -> Path:
        """Write the report of a folder of results into this folder, and return the path of the report.

        Raises
        ------
        TextclfError
            If the folder is no folder of results, or if it cannot be read or written.
        """
        raise TypeError(f"{type(self).__name__} does not define write")
