"""Who asked what, when, where and through which surface, for the admins. Ids are hashed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import insert, select

from bot.storage.database import Database
from bot.storage.schema import AUDIT

Action = Literal["lookup", "refusal", "share", "watch", "cancel", "bulk"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One action of a user.

    Attributes:
        at: when, aware.
        surface: where they asked, such as "command" or "shortcut".
        idmsg_hash: the keyed hash of the id; `None` where the action is about no single id.
        outcome: the result of a look-up.
        reason: why it was refused, or the error's code.
    """

    at: datetime
    team: str
    user: str
    channel: str
    surface: str
    action: Action
    idmsg_hash: str | None = None
    outcome: str | None = None
    reason: str | None = None


class Audit:
    """The record of what users did. Every method raises `StorageError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, entry: AuditEntry) -> None:
        """Add an entry."""
        statement = insert(AUDIT).values(
            at=entry.at,
            team_id=entry.team,
            user_id=entry.user,
            channel_id=entry.channel,
            surface=entry.surface,
            action=entry.action,
            idmsg_hash=entry.idmsg_hash,
            outcome=entry.outcome,
            reason=entry.reason,
        )
        await self._database.write(lambda connection: connection.execute(statement))

    async def recent(self, limit: int) -> tuple[AuditEntry, ...]:
        """The latest entries, newest first."""
        statement = select(AUDIT).order_by(AUDIT.c.at.desc(), AUDIT.c.id.desc()).limit(limit)
        rows = await self._database.read(lambda connection: connection.execute(statement).all())
        return tuple(
            AuditEntry(
                at=row.at,
                team=row.team_id,
                user=row.user_id,
                channel=row.channel_id,
                surface=row.surface,
                action=row.action,
                idmsg_hash=row.idmsg_hash,
                outcome=row.outcome,
                reason=row.reason,
            )
            for row in rows
        )

    async def sweep(self, older_than: datetime) -> int:
        """Delete the entries from before that moment, and return their number."""
        return await self._database.sweep(AUDIT.c.at, older_than)
