"""The latest look-ups of a person, for their App Home. Ids are stored in plain text here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, delete, select

from bot.storage.database import Database
from bot.storage.locks import take_lock
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

    async def remember(self, lookup: RecentLookup) -> None:
        """Store a look-up in place of an older one of the same id; delete what exceeds `KEPT`."""
        values = {"outcome": lookup.outcome, "at": lookup.at}
        statement = self._database.insert(RECENT).values(
            team_id=lookup.team, user_id=lookup.user, idmsg=lookup.idmsg, **values
        )
        # Concurrent look-ups of one id may finish out of order.
        newer = statement.excluded.at >= RECENT.c.at
        upsert = statement.on_conflict_do_update(
            index_elements=list(RECENT.primary_key), set_=values, where=newer
        )
        person = _of_person(lookup.team, lookup.user)
        kept = (
            select(RECENT.c.idmsg).where(person).order_by(RECENT.c.at.desc(), RECENT.c.idmsg)
        ).limit(KEPT)

        def work(connection: Connection) -> None:
            # Two concurrent transactions would not see each other's row, and leave one too many.
            take_lock(connection, "recent", lookup.team, lookup.user)
            connection.execute(upsert)
            connection.execute(delete(RECENT).where(person, RECENT.c.idmsg.not_in(kept)))

        await self._database.write(work)

    async def of(self, team: str, user: str) -> tuple[RecentLookup, ...]:
        """The person's look-ups, newest first."""
        statement = (
            select(RECENT)
            .where(_of_person(team, user))
            .order_by(RECENT.c.at.desc(), RECENT.c.idmsg)
            .limit(KEPT)
        )
        rows = await self._database.read(lambda connection: connection.execute(statement).all())
        return tuple(
            RecentLookup(team=team, user=user, idmsg=row.idmsg, outcome=row.outcome, at=row.at)
            for row in rows
        )

    async def sweep(self, older_than: datetime) -> int:
        """Delete the look-ups from before that moment, and return their number."""
        return await self._database.sweep(RECENT.c.at, older_than)


def _of_person(team: str, user: str) -> ColumnElement[bool]:
    return and_(RECENT.c.team_id == team, RECENT.c.user_id == user)
