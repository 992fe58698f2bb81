"""The watches: the truth that people see and that outlives the process.

Beside the recent look-ups this is where ids stand in clear, until they are swept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.call_status import CallStatus, read_result
from bot.domain.explanation import Finding, LookupFailure
from bot.domain.message_id import MessageId
from bot.domain.watch import Bound, Destination, Ending, PostedCard, Sighting, State, Watch
from bot.storage.database import Database
from bot.storage.locks import hold_lock
from bot.storage.schema import WATCH
from bot.storage.sweeping import sweep


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How many watches may be open at once."""

    user: int
    channel: int
    all: int


class Watches:
    """The table of watches. Every method raises `StorageError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, new: Sequence[Watch], bounds: Bounds) -> tuple[Watch | Bound, ...]:
        """Keep each of these watches of one person for one destination.

        Returns:
            for each the watch itself; the open one that there is already for that id and
            destination; or the bound that leaves no room for it.
        """
        first = new[0]
        async with self._database.writing() as connection:
            # Two at once would each not count the other's.
            await hold_lock(connection, "watch")
            room = await _room(connection, first, bounds)
            outcomes: list[Watch | Bound] = []
            for watch in new:
                outcome = await self._add_one(connection, watch, room)
                outcomes.append(outcome)
                if outcome is watch:
                    room = {bound: left - 1 for bound, left in room.items()}
        return tuple(outcomes)

    async def _add_one(
        self, connection: AsyncConnection, watch: Watch, room: Mapping[Bound, int]
    ) -> Watch | Bound:
        there = (await connection.execute(_open_for(watch))).first()
        if there is not None:
            return _watch(there)
        for bound, left in room.items():
            if left <= 0:
                return bound
        await connection.execute(WATCH.insert().values(_values(watch)))
        return watch

    async def get(self, watch_id: str) -> Watch | None:
        """One watch; `None` where there is none of that id."""
        async with self._database.reading() as connection:
            row = (await connection.execute(select(WATCH).where(WATCH.c.id == watch_id))).first()
        return None if row is None else _watch(row)

    async def open_like(self, watch: Watch) -> Watch | None:
        """The open watch for the same call and destination; `None` where there is none."""
        async with self._database.reading() as connection:
            row = (await connection.execute(_open_for(watch))).first()
        return None if row is None else _watch(row)

    async def replace(self, old: Watch, new: Watch) -> bool:
        """Put a watch in the place of what it was, unless somebody else has changed it since.

        Returns:
            whether it stands there now; also when an earlier call, whose answer was lost, did it.
        """
        same = and_(
            WATCH.c.id == old.id,
            WATCH.c.turn == old.turn,
            WATCH.c.state == old.state.value,
            WATCH.c.attempts == old.attempts,
            WATCH.c.teller.is_not_distinct_from(old.teller),
        )
        async with self._database.writing() as connection:
            done = await connection.execute(update(WATCH).where(same).values(_values(new)))
            if done.rowcount:
                return True
            stands = select(WATCH).where(WATCH.c.id == new.id)
            row = (await connection.execute(stands)).first()
        return row is not None and _watch(row) == new

    async def open_of(self, team: str, user: str) -> tuple[Watch, ...]:
        """The open watches of a person, the oldest first."""
        mine = and_(WATCH.c.team_id == team, WATCH.c.user_id == user, _is_open())
        return await self._select(select(WATCH).where(mine).order_by(WATCH.c.started_at))

    async def latest(self, limit: int, *, only_open: bool) -> tuple[Watch, ...]:
        """The watches of everybody, the newest first."""
        found = select(WATCH).order_by(WATCH.c.started_at.desc(), WATCH.c.id).limit(limit)
        return await self._select(found.where(_is_open()) if only_open else found)

    async def due_before(
        self, moment: datetime, limit: int, *, after: Watch | None = None
    ) -> tuple[Watch, ...]:
        """Open watches that were due before that moment, the longest overdue first.

        They begin behind the one that they are to come after.
        """
        place = (WATCH.c.due_at, WATCH.c.id)
        found = (
            select(WATCH).where(_is_open(), WATCH.c.due_at < moment).order_by(*place).limit(limit)
        )
        if after is not None:
            found = found.where(tuple_(*place) > (after.due_at, after.id))
        return await self._select(found)

    async def due_after(self, moment: datetime, limit: int) -> tuple[Watch, ...]:
        """Open watches that are due after that moment."""
        late = select(WATCH).where(_is_open(), WATCH.c.due_at > moment).limit(limit)
        return await self._select(late)

    async def count_open(self) -> int:
        """How many watches are open."""
        async with self._database.reading() as connection:
            return await _count(connection, _is_open())

    async def sweep(self, older_than: datetime) -> int:
        """Delete the watches that ended before that moment, and say how many they were."""
        return await sweep(self._database, WATCH.c.ended_at, older_than)

    async def _select(self, statement: Select[Any]) -> tuple[Watch, ...]:
        async with self._database.reading() as connection:
            rows = (await connection.execute(statement)).all()
        return tuple(map(_watch, rows))


def _is_open() -> ColumnElement[bool]:
    return WATCH.c.ended_at.is_(None)


async def _room(connection: AsyncConnection, watch: Watch, bounds: Bounds) -> dict[Bound, int]:
    """How many more there may be; the narrowest bound comes first, because it is told."""
    place = watch.destination
    of_user = and_(WATCH.c.team_id == place.team, WATCH.c.user_id == watch.user, _is_open())
    of_channel = and_(
        WATCH.c.team_id == place.team, WATCH.c.channel_id == place.channel, _is_open()
    )
    return {
        Bound.USER: bounds.user - await _count(connection, of_user),
        Bound.CHANNEL: bounds.channel - await _count(connection, of_channel),
        Bound.ALL: bounds.all - await _count(connection, _is_open()),
    }


async def _count(connection: AsyncConnection, which: ColumnElement[bool]) -> int:
    counted = await connection.execute(select(func.count()).select_from(WATCH).where(which))
    return counted.scalar_one()


def _open_for(watch: Watch) -> Select[Any]:
    place = watch.destination
    return select(WATCH).where(
        WATCH.c.team_id == place.team,
        WATCH.c.channel_id == place.channel,
        WATCH.c.thread_ts == (place.thread or ""),
        WATCH.c.idmsg == watch.message_id.value,
        _is_open(),
    )


def _values(watch: Watch) -> dict[str, Any]:
    last, card = watch.last, watch.card
    finding = last.finding if last is not None else None
    failure = finding if isinstance(finding, LookupFailure) else None
    return {
        "id": watch.id,
        "idmsg": watch.message_id.value,
        "user_id": watch.user,
        "team_id": watch.destination.team,
        "channel_id": watch.destination.channel,
        "thread_ts": watch.destination.thread or "",
        "card_channel_id": card.channel if card is not None else None,
        "card_ts": card.ts if card is not None else None,
        "started_at": watch.started_at,
        "expires_at": watch.expires_at,
        "due_at": watch.due_at,
        "state": watch.state.value,
        "looks": watch.looks,
        "unknown": watch.unknown,
        "turn": watch.turn,
        "raw": finding.raw if isinstance(finding, CallStatus) else None,
        "error": failure.error if failure is not None else None,
        "error_detail": failure.detail if failure is not None else None,
        "checked_at": last.checked_at if last is not None else None,
        "sandbox": last is not None and last.sandbox,
        "ending": watch.ending.value if watch.ending is not None else None,
        "attempts": watch.attempts,
        "doubtful": watch.doubtful,
        "teller": watch.teller,
        "decided_at": watch.decided_at,
        "ended_at": watch.ended_at,
    }


def _watch(row: Row[Any]) -> Watch:
    return Watch(
        id=row.id,
        message_id=MessageId(row.idmsg),
        user=row.user_id,
        destination=Destination(
            team=row.team_id, channel=row.channel_id, thread=row.thread_ts or None
        ),
        card=_card(row),
        started_at=row.started_at,
        expires_at=row.expires_at,
        due_at=row.due_at,
        state=State(row.state),
        looks=row.looks,
        unknown=row.unknown,
        turn=row.turn,
        last=_sighting(row),
        ending=Ending(row.ending) if row.ending is not None else None,
        attempts=row.attempts,
        doubtful=row.doubtful,
        teller=row.teller,
        decided_at=row.decided_at,
        ended_at=row.ended_at,
    )


def _card(row: Row[Any]) -> PostedCard | None:
    return None if row.card_ts is None else PostedCard(channel=row.card_channel_id, ts=row.card_ts)


def _sighting(row: Row[Any]) -> Sighting | None:
    if row.checked_at is None:
        return None
    return Sighting(finding=_finding(row), checked_at=row.checked_at, sandbox=row.sandbox)


def _finding(row: Row[Any]) -> Finding:
    if row.error is not None:
        return LookupFailure(error=row.error, detail=row.error_detail or "")
    return read_result(row.raw)
