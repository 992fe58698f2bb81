"""The notices of watches that are due: claimed by conversation, at its pace, in their order.

The watches that have their ending are the queue, so all processes share it. A place in a
conversation goes to the notice that has waited longest, with those for the same user and thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, false, func, not_, or_, select

from bot.domain.jobs.watch import MOST_TOGETHER, State, Watch, goes_with
from bot.storage.jobs.pace import SharedPace
from bot.storage.jobs.table import Wanted, is_free
from bot.storage.jobs.watches import Watches
from bot.storage.schema import CONVERSATION, WATCH

# How many are read at once; the first of each conversation decide.
_PAGE: Final = 500
# How many that are in doubt are searched for at once.
_MOST_DOUBTS: Final = 100
# A notice that has waited for so long no longer waits for answers to people.
_LONG_OVERDUE: Final = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Watches of one conversation that a process has claimed together.

    Attributes:
        watches: those of one message; or any, if all are doubtful.
        place: when the message may be posted, in monotonic seconds.
    """

    watches: tuple[Watch, ...]
    place: float = 0.0

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of its watches."""
        return tuple(watch.id for watch in self.watches)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notices:
    """What `Watches` has to report.

    Attributes:
        ahead: for how many seconds the posts of this process have used up a conversation's pace.
    """

    watches: Watches
    pace: SharedPace
    ahead: Callable[[str], float]

    def claim(
        self, connection: Connection, wanted: Wanted, *, worker: str, now: datetime
    ) -> tuple[Notice, ...]:
        """Claim the oldest notices whose conversation has a place, in a write transaction."""
        columns = WATCH.c
        telling = and_(columns.state == State.TELLING.value, is_free(columns, wanted, worker))
        due = and_(telling, columns.due_at <= now)
        found = connection.execute(select(columns.id).where(due).limit(1)).first()
        if found is None or wanted.room <= 0:
            return ()
        self.pace.lock(connection)
        # One that is not due yet, and was never tried, may go along with one that is.
        which = and_(telling, or_(columns.due_at <= now, columns.attempts == 0))
        notices, room = list[Notice](), wanted.room
        for waiting in self._by_conversation(connection, which):
            for watches in _grouped(waiting, now):
                notice = self._placed(connection, watches[:room], now)
                if notice is not None:
                    mine = self.watches.take(connection, notice.watches, worker=worker, now=now)
                    notices.append(replace(notice, watches=mine))
                    room -= len(mine)
            if room <= 0:
                break
        return tuple(notices)

    def _by_conversation(
        self, connection: Connection, which: ColumnElement[bool]
    ) -> Iterable[list[Watch]]:
        """The watches whose conversation may have a place, in their order, by conversation."""
        columns = WATCH.c
        here = CONVERSATION.c.channel_id == columns.channel_id
        shut = func.coalesce(self.pace.is_shut(connection), false())
        found = (
            select(WATCH)
            .outerjoin(CONVERSATION, here)
            .where(which, or_(columns.doubtful, not_(shut)))
            .order_by(columns.decided_at, columns.id)
            .limit(_PAGE)
            .with_for_update(of=WATCH, skip_locked=True)
        )
        waiting: dict[str, list[Watch]] = {}
        for row in connection.execute(found):
            watch = self.watches.job_of(row)
            waiting.setdefault(watch.destination.channel, []).append(watch)
        return waiting.values()

    def _placed(
        self, connection: Connection, watches: Sequence[Watch], now: datetime
    ) -> Notice | None:
        """The notice with its place; `None` if there is no place for it now, or no watch."""
        if not watches:
            return None
        first = watches[0]
        if first.doubtful:
            return Notice(watches=tuple(watches))
        channel = first.destination.channel
        overdue = first.decided_at is not None and now - first.decided_at > _LONG_OVERDUE
        ahead = 0.0 if overdue else self.ahead(channel)
        place = self.pace.take(connection, channel, ahead)
        return None if place is None else Notice(watches=tuple(watches), place=place)


def _grouped(waiting: Sequence[Watch], now: datetime) -> tuple[Sequence[Watch], Sequence[Watch]]:
    """What is claimed of one conversation: all that are in doubt, and the next message."""
    doubtful = [watch for watch in waiting if watch.doubtful][:_MOST_DOUBTS]
    certain = [watch for watch in waiting if not watch.doubtful]
    first = next((watch for watch in certain if watch.due_at <= now), None)
    if first is None:
        return doubtful, ()
    return doubtful, [watch for watch in certain if goes_with(watch, first)][:MOST_TOGETHER]
