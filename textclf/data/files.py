"""Read files as text: standard input, gzip, character encodings. An error names the line."""

from __future__ import annotations

import gzip
import io
import logging
import re
import sys
import zlib
from dataclasses import dataclass, field
from pathlib import Path

from textclf.errors import ConfigurationError, DataError, Problem

STANDARD_INPUT = "-"
TEXT_SUFFIXES = (".csv", ".tsv", ".jsonl", ".json")
SUFFIXES = (*TEXT_SUFFIXES, *(f"{suffix}.gz" for suffix in TEXT_SUFFIXES), ".parquet", ".xlsx")
NAMED_DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "\\t": "\t"}  # a shell passes \t as two characters
BYTE_ORDER_MARKS = {  # UTF-32 first, because its mark begins with that of UTF-16
    b"\xff\xfe\x00\x00": "utf-32",
    b"\x00\x00\xfe\xff": "utf-32",
    b"\xef\xbb\xbf": "utf-8",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
TITLES = {"utf-32": "UTF-32", "utf-16": "UTF-16", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16", "utf-8": "UTF-8"}
GZIP_MAGIC = b"\x1f\x8b"
BINARY_FORMATS = {b"PK\x03\x04": ("an Excel or zip file", ".xlsx"), b"PAR1": ("a Parquet file", ".parquet")}
SAMPLE_BYTES = 256  # the first bytes; zeros among them mean UTF-16
# The size limits of an uncompressed gzip file; a compressed text expands 3 to 30 times.
LARGEST_EXPANSION, ALWAYS_ALLOWED_BYTES = 200, 100 * 1024**2
log = logging.getLogger("textclf")


@dataclass(frozen=True)
class FileOptions:
    """How to read a text file.

    Attributes
    ----------
    delimiter : str, optional
        One character, or ``comma``, ``semicolon``, ``tab``; None detects it.
    encoding : str, optional
        A name that Python knows; None detects it.

    Raises
    ------
    ConfigurationError
        If the delimiter is not one character or the encoding is unknown.
    """

    delimiter: str | None = None
    encoding: str | None = None

    def __post_init__(self) -> None:
        separator = self.separator
        if separator is not None and (len(separator) != 1 or separator in '"\r\n\0'):
            raise ConfigurationError(
                Problem(
                    "delimiter", f"{self.delimiter!r} cannot separate fields; give one character, such as ';', or tab"
                )
            )
        if self.encoding is not None:
            try:
                io.TextIOWrapper(io.BytesIO(), encoding=self.encoding)
            except (LookupError, ValueError):
                raise ConfigurationError(
                    Problem(
                        "encoding",
                        f"there is no {self.encoding!r}; use utf-8, utf-16, windows-1252 or gb18030, for example",
                    )
                ) from None

    @property
    def separator(self) -> str | None:
        """The delimiter as one character; None if it must be detected."""
        return None if self.delimiter is None else NAMED_DELIMITERS.get(self.delimiter.lower(), self.delimiter)


DETECTED = FileOptions()


@dataclass(frozen=True)
class TextFile:
    """A decoded file.

    Attributes
    ----------
    source : str
        The file's name in messages.
    text : str
    remarks : list of str
        Unusual properties that were detected, such as an encoding other than UTF-8; format readers add more.
    """

    source: str
    text: str
    remarks: list[str] = field(default_factory=list)


def suffix_of(name: str) -> str | None:
    """Return the longest known suffix of a file name, such as ``.csv.gz``; None if there is none."""
    return next((suffix for suffix in sorted(SUFFIXES, key=len, reverse=True) if name.lower().endswith(suffix)), None)


def source_of(path: Path) -> str:
    """Return the name of a file in messages."""
    return "standard input" if str(path) == STANDARD_INPUT else str(path)


def read_text(path: Path, encoding: str | None = None) -> TextFile:
    """Read, uncompress and decode a file, or standard input for the path ``-``.

    Without ``encoding``, a byte order mark decides; else zeros in every second byte mean UTF-16; else the encoding is
    UTF-8 if at least half of the characters beyond ASCII are valid; else it is Windows-1252. NUL characters are removed
    with a warning.

    Raises
    ------
    DataError
        If the file cannot be read, uncompressed or decoded. A decoding error names the line of the first wrong byte.
    """
    source, content = source_of(path), read_bytes(path)
    for magic, (kind, suffix) in BINARY_FORMATS.items():
        if content.startswith(magic):
            raise DataError(f"{source}: is {kind}, not text; give it as a file whose name ends in {suffix}")
    codec = encoding or _detect_encoding(content)
    title = TITLES.get(codec.lower(), encoding or "UTF-8 or Windows-1252")
    try:
        text = content.decode(codec)
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode(codec, errors="ignore").removeprefix("\ufeff")
        lines = lines_of(before)
        raise DataError(
            f"{source}, line {len(lines)}: character {len(lines[-1]) + 1} (byte 0x{error.object[error.start]:02x}) "
            f"is not {title}; save the file as UTF-8, or name its encoding with --encoding"
        ) from None
    except UnicodeError as error:
        raise DataError(f"{source}: not {title} ({error}); name its encoding with --encoding") from None
    if "\ufeff" in text:  # joined files also have one at the start of later lines
        text = re.sub("^\ufeff", "", text, flags=re.MULTILINE)
    if count := text.count("\0"):
        log.warning("%s: %d NUL characters removed", source, count)
        text = text.replace("\0", "")
    unusual = encoding is None and codec != "utf-8"
    return TextFile(source, text, [f"as {TITLES.get(codec, 'Windows-1252')}"] if unusual else [])


def read_bytes(path: Path) -> bytes:
    """Return the content of a file or of standard input, uncompressed if it is a gzip file."""
    source = source_of(path)
    if str(path) == STANDARD_INPUT and sys.stdin is None:  # Python sets it to None if it is closed
        raise DataError(f"{source}: is closed; send a file to it, or give the name of a file")
    try:
        content = sys.stdin.buffer.read() if str(path) == STANDARD_INPUT else path.read_bytes()
    except OSError as error:
        raise DataError(f"{source}: cannot be read ({error.strerror})") from None
    if not (content.startswith(GZIP_MAGIC) or source.lower().endswith(".gz")):
        return content
    limit = max(ALWAYS_ALLOWED_BYTES, LARGEST_EXPANSION * len(content))
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            uncompressed = file.read(limit + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{source}: not a whole gzip file ({error}); compress it again") from None
    if len(uncompressed) > limit:
        raise DataError(
            f"{source}: uncompressed, it has more than {limit:,} bytes, over {LARGEST_EXPANSION} times its size; "
            "if that is right, uncompress it yourself"
        )
    return uncompressed


def lines_of(text: str) -> list[str]:
    """Split a text at the line ends of Unix, Windows and old Macs; `str.splitlines` splits at U+2028 and others too."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _detect_encoding(content: bytes) -> str:
    """Return the encoding of a file, by the rules of `read_text`."""
    for mark, codec in BYTE_ORDER_MARKS.items():
        if content.startswith(mark):
            return codec
    even, odd = content[0:SAMPLE_BYTES:2], content[1:SAMPLE_BYTES:2]
    for codec, high, low in (("utf-16-be", even, odd), ("utf-16-le", odd, even)):
        if 4 * high.count(0) > len(high) and not low.count(0):
            return codec
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "utf-8" if _mostly_utf8(content) else "cp1252"
    return "utf-8"


def _mostly_utf8(content: bytes) -> bool:
    """Return whether at most half of the characters beyond ASCII are invalid, as in UTF-8 with a few wrong bytes."""
    text = content.decode("utf-8", errors="replace")
    invalid = text.count("\ufffd")
    return len(text) - len(text.encode("ascii", errors="ignore")) >= 2 * invalid
