"""The latest look-ups of a person, for their App Home. Ids are stored in plain text here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, delete, select

from bot.storage.database import Database, parameters
from bot.storage.engines import take_lock
from bot.storage.schema import RECENT

KEPT: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentLookup:
    """One look-up of a person.

    Attributes:
        outcome: its latest result.
        at: when that was, aware.
    """

    team: str
    user: str
    idmsg: str
    outcome: str
    at: datetime


class Recents:
    """At most `KEPT` look-ups a person, one an id. Every method raises `StorageError`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        new = database.insert(RECENT)
        new = new.values(team_id=bindparam("team"), user_id=bindparam("user"))
        self._remembering = new.on_conflict_do_update(
            index_elements=list(RECENT.primary_key),
            set_={"outcome": new.excluded.outcome, "at": new.excluded.at},
            # Concurrent look-ups of one id may finish out of order.
            where=new.excluded.at >= RECENT.c.at,
        )
        person = (RECENT.c.team_id == bindparam("team")) & (RECENT.c.user_id == bindparam("user"))
        latest = RECENT.c.at.desc(), RECENT.c.idmsg
        kept = select(RECENT.c.idmsg).where(person).order_by(*latest).limit(KEPT)
        self._trimming = delete(RECENT).where(person, RECENT.c.idmsg.not_in(kept))
        self._reading = select(RECENT).where(person).order_by(*latest).limit(KEPT)

    def add(self, connection: Connection, lookups: Sequence[RecentLookup]) -> None:
        """Store look-ups, at least one, in a write transaction, and delete what exceeds `KEPT`.

        Each replaces an older one of the same person and id.
        """
        rows = [parameters(lookup) for lookup in lookups]
        # Two concurrent transactions would not see each other's row, and leave one too many.
        take_lock(connection, "recent")
        connection.execute(self._remembering, rows)
        connection.execute(self._trimming, rows)

    async def of(self, team: str, user: str) -> tuple[RecentLookup, ...]:
        """The person's look-ups, newest first."""
        person = {"team": team, "user": user}
        rows = await self._database.read(lambda found: found.execute(self._reading, person).all())
        return tuple(
            RecentLookup(team=team, user=user, idmsg=row.idmsg, outcome=row.outcome, at=row.at)
            for row in rows
        )

    async def sweep(self, older_than: datetime) -> int:
        """Delete the look-ups from before that moment, and return their number."""
        return await self._database.sweep(RECENT.c.at, older_than)
