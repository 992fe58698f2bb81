"""What is stored of look-ups: the audit for the operator, recent look-ups for each user.

It is stored a moment later, so no user waits for it; lost records are counted and logged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.access import Asker, Refusal
from bot.domain.call_status import Answer, Outcome, outcome_key
from bot.domain.input.message_id import MessageId
from bot.storage.errors import FailureLogged
from bot.storage.records import Action, AuditEntry, RecentLookup, Recents, RecordWriter
from bot.telemetry import Telemetry


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """Writes what happened, and reads what a person asked recently."""

    writer: RecordWriter
    recents: Recents
    telemetry: Telemetry
    now: Callable[[], datetime]

    def looked_up(self, asked: Asked, answers: Sequence[Answer]) -> None:
        """Store each answer in the audit, and the ids among the person's recent look-ups."""
        for answer in answers:
            outcome = answer.finding.outcome
            self._keep(asked, "lookup", idmsg=answer.message_id, outcome=outcome)
            lookup = RecentLookup(
                team=asked.asker.team,
                user=asked.asker.user,
                idmsg=answer.message_id.value,
                outcome=outcome_key(answer.finding),
                at=self.now(),
            )
            self.writer.add(lookup)

    def refused(self, asked: Asked, reason: Refusal) -> None:
        """Record a refusal."""
        self.telemetry.refused(
            reason=reason.value, user=asked.asker.user, channel=asked.asker.channel
        )
        self._keep(asked, "refusal", reason=reason.value)

    def acted(self, asked: Asked, action: Action, message_ids: Sequence[MessageId]) -> None:
        """Record that the person shared these calls, watches them, or stopped watching them."""
        for message_id in message_ids:
            self._keep(asked, action, idmsg=message_id)

    def began_bulk(self, asked: Asked) -> None:
        """Record that the person started a list, without its calls."""
        self._keep(asked, "bulk")

    async def recent(self, asker: Asker) -> tuple[RecentLookup, ...]:
        """What this person looked up until now, newest first; empty without the database."""
        await self.writer.flush()
        with FailureLogged("recent look-ups cannot be read"):
            return await self.recents.of(asker.team, asker.user)
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
            at=self.now(),
            team=asked.asker.team,
            user=asked.asker.user,
            channel=asked.asker.channel,
            surface=asked.surface.value,
            action=action,
            idmsg_hash=self.telemetry.hashed(idmsg.value) if idmsg is not None else None,
            outcome=outcome.value if outcome is not None else None,
            reason=reason,
        )
        self.writer.add(entry)
