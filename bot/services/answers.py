"""What the look-up found, as values; light to import, for all who only show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain.explanation import Finding
from bot.domain.message_id import MessageId


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


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayHealth:
    """How the gateway has been answering since this process started.

    Attributes:
        last_answer: when it last gave any answer of its own, an error code included.
        last_failure: the last look-up that found nothing out, if it came after that.
    """

    since: datetime
    last_answer: datetime | None = None
    last_failure: datetime | None = None
    last_error: str | None = None
