"""What the look-up found about one call, and the outcome it is counted under in summaries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.domain.call_status import GatewayCode, Outcome
from bot.domain.input.message_id import MessageId
from bot.domain.texts.explanation import Finding

# The gateway works and does not know the id, so a summary does not count it as a gateway error.
NOT_FOUND: Final = f"gateway.{GatewayCode.NOT_FOUND}"

# The names of the phrases `count` and `icon`, in the order in which summaries list them.
# Outcomes of calls come first, then those without a status; an unknown id comes between them.
_OF_CALLS: Final = 6
COUNTED: Final[tuple[str, ...]] = (*[*Outcome][:_OF_CALLS], NOT_FOUND, *[*Outcome][_OF_CALLS:])


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The result of one look-up.

    Attributes:
        checked_at: when the gateway answered, or when the look-up failed; aware, UTC.
        from_cache: a final status from an earlier look-up.
        sandbox: the sandbox gateway answered, so there was no real call.
    """

    message_id: MessageId
    finding: Finding
    checked_at: datetime
    from_cache: bool = False
    sandbox: bool = False


def outcome_of(finding: Finding) -> Outcome:
    """The outcome of a finding; `LOOKUP_FAILED` if the look-up failed."""
    return finding.outcome


def outcome_key(finding: Finding) -> str:
    """The name under which a finding is counted, one of `COUNTED`."""
    if finding.gateway_code == GatewayCode.NOT_FOUND:
        return NOT_FOUND
    return outcome_of(finding).value
