"""What a look-up found, as columns: a status by its raw text, which is read anew, or a failure."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from bot.domain.call_status import CallStatus, read_result
from bot.domain.texts.explanation import Finding, LookupFailure


def finding_values(finding: Finding | None) -> dict[str, Any]:
    """The columns of a finding; all null without one."""
    failure = finding if isinstance(finding, LookupFailure) else None
    return {
        "raw": finding.raw if isinstance(finding, CallStatus) else None,
        "error": failure.error if failure is not None else None,
        "error_detail": failure.detail if failure is not None else None,
    }


def finding_of(row: Row[Any]) -> Finding:
    """The finding of a row that has one."""
    if row.error is not None:
        return LookupFailure(error=row.error, detail=row.error_detail or "")
    return read_result(row.raw)
