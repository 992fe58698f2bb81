"""The pace of the bot in each conversation, which all processes share: a row for each.

Notices and reports take their places here, one after the other. Times are from the database's
clock, so clocks of machines may differ; callers get a moment of their own monotonic clock.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from time import monotonic
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Double, and_, delete, literal_column, or_, select

from bot.domain.jobs.job import LONGEST_PAUSE
from bot.domain.timing import Timing
from bot.storage.database import Database
from bot.storage.engines import take_lock
from bot.storage.gate import CLOCKS
from bot.storage.schema import CONVERSATION

# A moment that is later by so many seconds dates from before the clock was set back.
_TOO_LATE: Final = 1_200.0
_AHEAD: Final = 1.2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pace:
    """The row of a conversation: when the next place is, and until when Slack refuses posts."""

    open_at: float = 0.0
    closed_until: float = 0.0


class SharedPace:
    """The rows of the conversations. Its asynchronous methods raise `StorageError`."""

    def __init__(self, database: Database, *, timing: Timing = Timing()) -> None:
        self._database = database
        self._timing = timing
        # Places are taken one by one, so that the oldest notice gets each, and early enough for
        # what precedes a post.
        self._within = _AHEAD * timing.pace
        adding = database.insert(CONVERSATION)
        self._keeping = adding.on_conflict_do_update(
            index_elements=[CONVERSATION.c.channel_id],
            set_={name: adding.excluded[name] for name in ("open_at", "closed_until")},
        )

    async def reserve(self, channel: str, ahead: float) -> float:
        """Take the next place, however late; returns its moment in monotonic seconds.

        Args:
            channel: the conversation.
            ahead: how far this process knows that answers to people have used up the pace.
        """

        def work(connection: Connection) -> float:
            self.lock(connection)
            return self._taken(connection, channel, 0.0, ahead, math.inf) or monotonic()

        return await self._database.write(work, self._timing.gate, lasting=False)

    async def close(self, channel: str, seconds: float) -> None:
        """Let nobody take a place for so long: Slack has refused a post for its rate limit."""

        def work(connection: Connection) -> None:
            self.lock(connection)
            now, pace = self._read(connection, channel)
            until = max(pace.closed_until, now + min(seconds, LONGEST_PAUSE.total_seconds()))
            self._keep(connection, channel, replace(pace, closed_until=until))

        await self._database.write(work, self._timing.gate, lasting=False)

    async def closed(self, channel: str) -> float:
        """For how many seconds nobody takes a place there."""

        def work(connection: Connection) -> float:
            now, pace = self._read(connection, channel)
            return max(0.0, pace.closed_until - now)

        return await self._database.read(work, self._timing.gate)

    async def sweep(self) -> int:
        """Delete the rows whose times have passed, and return their number."""

        def work(connection: Connection) -> int:
            now, pace = _clock_of(connection), CONVERSATION.c
            over = and_(pace.open_at < now, pace.closed_until < now)
            return connection.execute(delete(CONVERSATION).where(over)).rowcount

        return await self._database.write(work)

    def lock(self, connection: Connection) -> None:
        """Keep other processes from taking places until the end of this write transaction."""
        take_lock(connection, CONVERSATION.name)

    def is_shut(self, connection: Connection) -> ColumnElement[bool]:
        """Whether a row's next place is too late to be taken now."""
        now = _clock_of(connection)
        return or_(
            *(
                and_(moment > now + self._within, moment <= now + _TOO_LATE)
                for moment in (CONVERSATION.c.open_at, CONVERSATION.c.closed_until)
            )
        )

    def take(self, connection: Connection, channel: str, ahead: float) -> float | None:
        """Take the next place in a transaction that has the lock, unless it is too late for now.

        Returns:
            its moment in monotonic seconds; `None` if it was not taken.
        """
        return self._taken(connection, channel, self._timing.get_ready, ahead, self._within)

    def _taken(
        self, connection: Connection, channel: str, soonest: float, ahead: float, within: float
    ) -> float | None:
        now, pace = self._read(connection, channel)
        # Right after the database's clock was read, because the places of processes are close.
        here = monotonic()
        moment = max(now + soonest, now + ahead, pace.open_at, pace.closed_until)
        wait = moment - now
        after = moment + self._timing.pace if wait <= within else moment
        # Also where it is not taken: answers of this process hold back the notices of all.
        self._keep(connection, channel, replace(pace, open_at=after))
        return here + wait if wait <= within else None

    def _read(self, connection: Connection, channel: str) -> tuple[float, _Pace]:
        found = select(CONVERSATION).where(CONVERSATION.c.channel_id == channel)
        row = connection.execute(found).first()
        now = float(connection.execute(select(_clock_of(connection))).scalar_one())
        moments = (0.0, 0.0) if row is None else (row.open_at, row.closed_until)
        open_at, closed_until = (0.0 if one > now + _TOO_LATE else one for one in moments)
        return now, _Pace(open_at=open_at, closed_until=closed_until)

    def _keep(self, connection: Connection, channel: str, pace: _Pace) -> None:
        connection.execute(self._keeping, {"channel_id": channel, **asdict(pace)})


def _clock_of(connection: Connection) -> ColumnElement[Any]:
    return literal_column(CLOCKS[connection.dialect.name], Double)
