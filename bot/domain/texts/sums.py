"""Sums over many findings: under which word each is counted, and in what order they are told."""

from __future__ import annotations

from typing import Final

from bot.domain.call_status import CallStatus, Outcome
from bot.domain.texts.explanation import Finding

# The gateway works and knows no such id: for whoever reads a sum that is no error of the gateway.
NOT_FOUND: Final = "gateway.023"
_NOT_FOUND_CODE: Final = "023"

# The names of the phrases `count` and `icon`, in the order in which sums are told.
COUNTED: Final[tuple[str, ...]] = (
    Outcome.ANSWERED,
    Outcome.FAILED,
    Outcome.ERROR,
    Outcome.BLOCKED,
    Outcome.MACHINE,
    Outcome.PENDING,
    NOT_FOUND,
    Outcome.GATEWAY_ERROR,
    Outcome.UNRECOGNISED,
    Outcome.LOOKUP_FAILED,
)


def outcome_of(finding: Finding) -> Outcome:
    """The outcome of a finding; `LOOKUP_FAILED` for one that is no answer."""
    return finding.outcome if isinstance(finding, CallStatus) else Outcome.LOOKUP_FAILED


def outcome_key(finding: Finding) -> str:
    """The name under which a finding is counted, one of `COUNTED`."""
    if isinstance(finding, CallStatus) and finding.gateway_code == _NOT_FOUND_CODE:
        return NOT_FOUND
    return outcome_of(finding).value
