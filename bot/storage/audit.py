"""Who asked what, when, where and through which surface, for the admins. Ids are hashed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, bindparam, insert, select

from bot.storage.database import Database, parameters
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
        names = ("team", "user", "channel")
        self._adding = insert(AUDIT).values({f"{name}_id": bindparam(name) for name in names})
        owners = [AUDIT.c[f"{name}_id"].label(name) for name in names]
        rest = [AUDIT.c[one.name] for one in fields(AuditEntry) if one.name not in names]
        newest = AUDIT.c.at.desc(), AUDIT.c.id.desc()
        self._reading = select(*owners, *rest).order_by(*newest).limit(bindparam("limit"))

    def add(self, connection: Connection, entries: Sequence[AuditEntry]) -> None:
        """Add entries, at least one, in a write transaction."""
        connection.execute(self._adding, [parameters(entry) for entry in entries])

    async def recent(self, limit: int) -> tuple[AuditEntry, ...]:
        """The latest entries, newest first."""
        rows = await self._database.read(
            lambda connection: connection.execute(self._reading, {"limit": limit}).all()
        )
        return tuple(AuditEntry(**row._asdict()) for row in rows)

    async def sweep(self, older_than: datetime) -> int:
        """Delete the entries from before that moment, and return their number."""
        return await self._database.sweep(AUDIT.c.at, older_than)
