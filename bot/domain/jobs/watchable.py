"""Whether there is anything to wait for: which findings are watched, and on which that is offered.

Whoever types `watch` means it, so all is watched that may still change by itself; a button is put
only where waiting is what an agent should do.
"""

from __future__ import annotations

from enum import StrEnum

from bot.domain.call_status import REFUSING, CallStatus, GatewayCode, Outcome
from bot.domain.texts.explanation import Finding


class NotWatchable(StrEnum):
    """Why a call is not watched.

    `FINAL`: its status will not change. `REFUSED`: the gateway refuses this bot, so that a look
    would find nothing out.
    """

    FINAL = "final"
    REFUSED = "refused"


def why_not_watchable(finding: Finding) -> NotWatchable | None:
    """Why this is not watched; `None` where it can be."""
    if not isinstance(finding, CallStatus):
        return None
    if finding.final:
        return NotWatchable.FINAL
    return NotWatchable.REFUSED if finding.gateway_code in REFUSING else None


def invites_watch(finding: Finding) -> bool:
    """Whether a card offers it: no status yet, or an id that the gateway may not know yet."""
    return isinstance(finding, CallStatus) and (
        finding.outcome is Outcome.PENDING or finding.gateway_code == GatewayCode.NOT_FOUND
    )
