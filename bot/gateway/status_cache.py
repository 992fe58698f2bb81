"""Final statuses of one gateway account, kept in memory so that a second asker need not wait.

Keeps nothing that may still change, no error, and nothing beyond the life of the process.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from cachetools import TTLCache

from bot.domain.call_status import CheckedStatus
from bot.domain.input.message_id import MessageId

LIFETIME: Final = timedelta(hours=24)
MAX_STATUSES: Final = 10_000


class StatusCache:
    """Final statuses by IDMSG, for `LIFETIME`, at most `MAX_STATUSES` of them.

    Args:
        now: the present moment, aware.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._kept: TTLCache[MessageId, CheckedStatus, datetime] = TTLCache(
            maxsize=MAX_STATUSES, ttl=LIFETIME, timer=now
        )

    def get(self, message_id: MessageId) -> CheckedStatus | None:
        """The kept status, marked as such, with the moment at which it was checked."""
        kept = self._kept.get(message_id)
        return None if kept is None else replace(kept, from_cache=True)

    def clear(self) -> None:
        """Drop everything."""
        self._kept.clear()

    def keep(self, message_id: MessageId, checked: CheckedStatus) -> None:
        """Keep a status if it is final; forget about any other."""
        if checked.status.final:
            self._kept[message_id] = checked
