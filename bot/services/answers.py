"""What the look-up found, as values; light to import, for all who only show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain.input.message_id import MessageId
from bot.domain.texts.explanation import Finding


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
