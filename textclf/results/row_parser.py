"""Parse the lines of the files of a results folder."""

from __future__ import annotations

import json
from typing import cast

from pydantic import ValidationError

from textclf.errors import DataError
from textclf.registry import problems_of
from textclf.results.rows import AnyLine, FailedRow, OkRow, RunRow

STATUSES: dict[str, type[RunRow]] = {"ok": OkRow, "failed": FailedRow}


def parse_row(line: str, kind: type[AnyLine], where: str) -> AnyLine:
    """Parse a line of a file whose rows are of class ``kind``; ``where`` names the line in messages.

    Raises
    ------
    DataError
        If the line is not a row, lacks keys or has invalid values.
    """
    try:
        keys = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{where}: not JSON ({getattr(error, 'msg', error)}); remove the line and resume") from None
    if not isinstance(keys, dict):
        raise DataError(f"{where}: not a row, which is a JSON object; remove the line and resume")
    if keys.get("schema_version") in (0, 1):
        raise DataError(f"{where}: from an older textclf, whose rows are different; --fresh starts again")
    if kind is RunRow:
        kind = cast(type[AnyLine], STATUSES.get(str(keys.get("status")), kind))
    try:
        return kind.model_validate(keys)
    except ValidationError as error:
        raise DataError(f"{where}: {_problem(error)}; remove the line and resume") from None


def _problem(error: ValidationError) -> str:
    lacking = [".".join(map(str, item["loc"])) for item in error.errors() if item["type"] == "missing"]
    return f"lacks {', '.join(lacking)}" if lacking else str(problems_of(error)[0])
