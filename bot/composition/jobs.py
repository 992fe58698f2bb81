"""The engine of watches and bulks, put together: their tables, alarms, and the keeper of both.

Part of the composition root. One engine serves both kinds, each in a line of its own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from bot.composition.connections import ceilings_of, revealed
from bot.domain.answer import Answer
from bot.domain.jobs.watch import LONGEST_PAUSE, Schedule
from bot.domain.timing import Timing
from bot.services.jobs.deliver_once import OnUnknownDelivery
from bot.services.jobs.dependencies import Means
from bot.services.jobs.supervisor import Keeper, Upkeep
from bot.services.lookup import LookupService
from bot.settings.settings import Settings
from bot.storage.alarms import Alarms, Ringing, Work
from bot.storage.bulks import Bulks
from bot.storage.database import Database
from bot.storage.durable import alarms_for
from bot.storage.executors import Executor, Executors, this_process
from bot.storage.watches import Watches

# More looks than this gain nothing: they would wait for the gateway's ceiling together.
_MOST_AT_ONCE: Final = 200
# Bulks under way share what may be asked at once, so more of them would only each be slower.
_BULKS_AT_ONCE: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """What watches and bulks of this process live on.

    Attributes:
        own: this process among its peers.
        timing: how long what lives on it waits for what.
    """

    own: Executor
    watches: Watches
    bulks: Bulks
    alarms: Alarms
    keeper: Keeper
    timing: Timing

    @asynccontextmanager
    async def kept(self, ringing: Ringing) -> AsyncIterator[None]:
        """Let alarms ring, and look after what they wake, while the block runs.

        Raises:
            StorageError: the database could not be used.
        """
        async with self.keeper.keeping(ringing):
            yield


def build_engine(
    settings: Settings,
    *,
    database: Database,
    now: Callable[[], datetime],
    timing: Timing = Timing(),
) -> Engine:
    """Make it; nothing runs yet."""
    own, watches, bulks = this_process(), Watches(database), Bulks(database, timing=timing)
    alarms = alarms_for(
        revealed(settings.database_url),
        executor=own.id,
        concurrency=at_once(settings),
        now=now,
        timing=timing,
    )
    longest = schedule_of(settings).longest_wait
    keeper = Keeper(
        own=own,
        executors=Executors(database, own=own, now=now),
        alarms=alarms,
        upkeeps=(
            Upkeep(jobs=watches, alarms=alarms, longest_wait=longest, now=now),
            Upkeep(jobs=bulks, alarms=alarms, longest_wait=LONGEST_PAUSE, now=now),
        ),
        now=now,
        timing=timing,
    )
    return Engine(
        own=own, watches=watches, bulks=bulks, alarms=alarms, keeper=keeper, timing=timing
    )


def means_of(
    settings: Settings,
    *,
    engine: Engine,
    lookups: LookupService,
    heard: Callable[[Sequence[Answer]], Awaitable[None]],
    now: Callable[[], datetime],
) -> Means:
    """What the turns of both kinds need.

    `heard` looks at each answer for what the admins must act on; it raises nothing.
    """
    return Means(
        alarms=engine.alarms,
        lookups=lookups,
        in_doubt=OnUnknownDelivery(settings.watch_in_doubt),
        executor=engine.own.id,
        heard=heard,
        is_gone=engine.keeper.is_gone,
        now=now,
        timing=engine.timing,
    )


def schedule_of(settings: Settings) -> Schedule:
    """When watches are looked at."""
    return Schedule(
        intervals=tuple(timedelta(seconds=s) for s in settings.watch_intervals_seconds),
        limit=timedelta(minutes=settings.watch_limit_minutes),
    )


def at_once(settings: Settings) -> Mapping[Work, int]:
    """How many alarms of each kind may be ringing.

    So many looks that the last of them comes through the ceiling in half of its time.
    """
    half = settings.gateway_timeout_seconds / 2
    looks = ceilings_of(settings).at_once(half, most=_MOST_AT_ONCE)
    return MappingProxyType({Work.WATCH: looks, Work.BULK: _BULKS_AT_ONCE})
