"""What the look-up found about one call, and under which word it is counted in sums over many."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.domain.call_status import CallStatus, GatewayCode, Outcome
from bot.domain.input.message_id import MessageId
from bot.domain.texts.explanation import Finding

# The gateway works and knows no such id: for whoever reads a sum that is no error of the gateway.
NOT_FOUND: Final = f"gateway.{GatewayCode.NOT_FOUND}"

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was found out about one call.

    Attributes:
        checked_at: when the gateway said so, or when the look-up failed; aware, UTC.
        from_cache: a final status that was asked for before.
        sandbox: given by the sandbox gateway, so about no real call.
    """

    message_id: MessageId
    finding: Finding
    checked_at: datetime
    from_cache: bool = False
    sandbox: bool = False


def outcome_of(finding: Finding) -> Outcome:
    """The outcome of a finding; `LOOKUP_FAILED` for one that is no answer."""
    return finding.outcome if isinstance(finding, CallStatus) else Outcome.LOOKUP_FAILED


def outcome_key(finding: Finding) -> str:
    """The name under which a finding is counted, one of `COUNTED`."""
    if isinstance(finding, CallStatus) and finding.gateway_code == GatewayCode.NOT_FOUND:
        return NOT_FOUND
    return outcome_of(finding).value
