"""What is stored of look-ups: the audit for the operator, recent look-ups for each user.

It is stored a moment later, so no user waits for it; lost records are counted and logged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.access import Asker, Refusal
from bot.domain.audit import Action, AuditEntry
from bot.domain.call_status import Answer, Finding, outcome_key
from bot.domain.input.message_id import MessageId
from bot.domain.jobs.bulk import Bulk
from bot.domain.jobs.watch import Watch
from bot.storage.errors import FailureLogged
from bot.storage.records import RecentLookup, Recents, RecordWriter
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
    WATCH = "watch"
    LIST = "list"
    TERMINAL = "terminal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who asked, and where."""

    team: str
    user: str
    channel: str
    surface: Surface

    @classmethod
    def of_job(cls, job: Watch | Bulk) -> Asked:
        """Who started a watch or a list, and where."""
        return cls(
            team=job.destination.team,
            user=job.user,
            channel=job.destination.channel,
            surface=Surface.WATCH if isinstance(job, Watch) else Surface.LIST,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """Writes what happened, and reads what a person asked recently."""

    writer: RecordWriter
    recents: Recents
    telemetry: Telemetry
    now: Callable[[], datetime]

    def looked_up(self, asked: Asked, answers: Sequence[Answer]) -> None:
        """Store each answer in the audit, and the ids among the person's recent look-ups."""
        self.audit(asked, answers)
        for answer in answers:
            lookup = RecentLookup(
                team=asked.team,
                user=asked.user,
                idmsg=answer.message_id.value,
                outcome=outcome_key(answer.finding),
                at=self.now(),
            )
            self.writer.add(lookup)

    def refused(self, asked: Asked, reason: Refusal) -> None:
        """Record a refusal."""
        self.telemetry.refused(reason=reason.value, user=asked.user, channel=asked.channel)
        self._keep(asked, "refusal", reason=reason.value)

    def audit(self, asked: Asked, answers: Sequence[Answer]) -> None:
        """Store each answer in the audit alone."""
        for answer in answers:
            self._keep_answers(asked, [(answer.message_id, answer.finding)])

    def listed(self, bulk: Bulk, found: Sequence[tuple[MessageId, Finding]]) -> None:
        """Store answers of a list in the audit, all in one entry."""
        if found:
            self._keep_answers(Asked.of_job(bulk), found)

    def acted(
        self, asked: Asked, action: Action, message_ids: Sequence[MessageId | None] = (None,)
    ) -> None:
        """Record what the person did, for each of these calls; or once, without a call."""
        for message_id in message_ids:
            self._keep(asked, action, idmsg=self._hashed(message_id))

    async def recent(self, asker: Asker) -> tuple[RecentLookup, ...]:
        """What this person looked up until now, newest first; empty without the database."""
        await self.writer.flush()
        with FailureLogged("recent look-ups cannot be read"):
            return await self.recents.of(asker.team, asker.user)
        return ()

    def _keep_answers(self, asked: Asked, found: Sequence[tuple[MessageId, Finding]]) -> None:
        hashes = " ".join(self.telemetry.hashed(message_id.value) for message_id, _ in found)
        outcomes = " ".join(finding.outcome.value for _, finding in found)
        self._keep(asked, "lookup", idmsg=hashes, outcome=outcomes)

    def _hashed(self, message_id: MessageId | None) -> str | None:
        return self.telemetry.hashed(message_id.value) if message_id is not None else None

    def _keep(
        self,
        asked: Asked,
        action: Action,
        *,
        idmsg: str | None = None,
        outcome: str | None = None,
        reason: str | None = None,
    ) -> None:
        entry = AuditEntry(
            at=self.now(),
            team=asked.team,
            user=asked.user,
            channel=asked.channel,
            surface=asked.surface.value,
            action=action,
            idmsg_hash=idmsg,
            outcome=outcome,
            reason=reason,
        )
        self.writer.add(entry)
