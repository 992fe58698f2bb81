"""Which findings can be watched, and on which of them a card offers it.

Typing `watch` is a clear wish, so every status that may still change is watched; a button appears
only if waiting is the right next step for an agent.
"""

from __future__ import annotations

from enum import StrEnum

from bot.domain.call_status import REFUSING, CallStatus, GatewayCode, Outcome
from bot.domain.texts.explanation import Finding


class NotWatchable(StrEnum):
    """Why a call is not watched.

    `FINAL`: its status will not change. `REFUSED`: the gateway refuses this bot, so a poll would
    find nothing.
    """

    FINAL = "final"
    REFUSED = "refused"


def why_not_watchable(finding: Finding) -> NotWatchable | None:
    """Why this is not watched; `None` if it can be."""
    if not isinstance(finding, CallStatus):
        return None
    if finding.final:
        return NotWatchable.FINAL
    return NotWatchable.REFUSED if finding.gateway_code in REFUSING else None


def invites_watch(finding: Finding) -> bool:
    """Whether a card offers a watch: no status yet, or an id that the gateway may not know yet."""
    return isinstance(finding, CallStatus) and (
        finding.outcome is Outcome.PENDING or finding.gateway_code == GatewayCode.NOT_FOUND
    )
