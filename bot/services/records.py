"""What is stored of look-ups: the audit for the operator, recent look-ups for each user.

It is stored a moment later, so nobody waits for it; what cannot be stored is counted and logged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import structlog

from bot.domain.access import Asker, Refusal
from bot.domain.answer import Answer, outcome_key, outcome_of
from bot.domain.call_status import Outcome
from bot.domain.input.message_id import MessageId
from bot.storage.audit import Action, AuditEntry
from bot.storage.errors import StorageError
from bot.storage.recents import RecentLookup, Recents
from bot.storage.record_writer import RecordWriter
from bot.telemetry import Telemetry

_log = structlog.get_logger(__name__)


class Surface(StrEnum):
    """Where a user asked; named in the audit."""

    COMMAND = "command"
    MENTION = "mention"
    DIRECT_MESSAGE = "direct_message"
    MESSAGE_SHORTCUT = "message_shortcut"
    GLOBAL_SHORTCUT = "global_shortcut"
    BUTTON = "button"
    HOME = "home"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who asked, and where."""

    asker: Asker
    surface: Surface


class Records:
    """Writes what happened, and reads what a person asked recently."""

    def __init__(
        self,
        *,
        writer: RecordWriter,
        recents: Recents,
        telemetry: Telemetry,
        now: Callable[[], datetime],
    ) -> None:
        self._writer = writer
        self._recents = recents
        self._telemetry = telemetry
        self._now = now

    def looked_up(self, asked: Asked, answers: Sequence[Answer]) -> None:
        """Store each answer in the audit, and the ids among the person's recent look-ups."""
        for answer in answers:
            outcome = outcome_of(answer.finding)
            self._keep(asked, "lookup", idmsg=answer.message_id, outcome=outcome)
            lookup = RecentLookup(
                team=asked.asker.team,
                user=asked.asker.user,
                idmsg=answer.message_id.value,
                outcome=outcome_key(answer.finding),
                at=self._now(),
            )
            self._writer.add(lookup)

    def refused(self, asked: Asked, reason: Refusal) -> None:
        """Record a refusal."""
        self._telemetry.refused(
            reason=reason.value, user=asked.asker.user, channel=asked.asker.channel
        )
        self._keep(asked, "refusal", reason=reason.value)

    def shared(self, asked: Asked, message_ids: Sequence[MessageId]) -> None:
        """Record that these calls were shown to a channel."""
        for message_id in message_ids:
            self._keep(asked, "share", idmsg=message_id)

    def watched(self, asked: Asked, message_ids: Sequence[MessageId]) -> None:
        """Record that the person watches these calls."""
        for message_id in message_ids:
            self._keep(asked, "watch", idmsg=message_id)

    def cancelled(self, asked: Asked, message_ids: Sequence[MessageId]) -> None:
        """Record that the person stopped watching these calls."""
        for message_id in message_ids:
            self._keep(asked, "cancel", idmsg=message_id)

    def began_bulk(self, asked: Asked) -> None:
        """Record that the person started a list, without its calls."""
        self._keep(asked, "bulk")

    async def recent(self, asker: Asker) -> tuple[RecentLookup, ...]:
        """What this person looked up until now, newest first; empty without the database."""
        await self._writer.flush()
        try:
            return await self._recents.of(asker.team, asker.user)
        except StorageError as error:
            _log.warning("recent look-ups cannot be read", error=error.code)
            return ()

    def _keep(
        self,
        asked: Asked,
        action: Action,
        *,
        idmsg: MessageId | None = None,
        outcome: Outcome | None = None,
        reason: str | None = None,
    ) -> None:
        entry = AuditEntry(
            at=self._now(),
            team=asked.asker.team,
            user=asked.asker.user,
            channel=asked.asker.channel,
            surface=asked.surface.value,
            action=action,
            idmsg_hash=self._telemetry.hashed(idmsg.value) if idmsg is not None else None,
            outcome=outcome.value if outcome is not None else None,
            reason=reason,
        )
        self._writer.add(entry)
