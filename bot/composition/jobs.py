"""The engine of watches and bulks, put together: their tables, and the poller of both.

Part of the composition root. One engine serves both kinds, each in a line of its own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.composition.connections import ceilings_of
from bot.domain.answer import Answer
from bot.domain.jobs.watch import LONGEST_PAUSE, Schedule
from bot.domain.timing import Timing
from bot.services.jobs.deliver_once import OnUnknownDelivery
from bot.services.jobs.dependencies import Means
from bot.services.lookup import LookupService
from bot.services.poller import Poller
from bot.settings.settings import Settings
from bot.storage.bulks import Bulks
from bot.storage.database import Database
from bot.storage.executors import this_process
from bot.storage.job_queue import JobQueue
from bot.storage.watches import Watches

# More looks than this gain nothing: they would wait for the gateway's ceiling together.
_MOST_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """What watches and bulks of this process live on.

    Attributes:
        timing: how long what lives on it waits for what.
    """

    watches: Watches
    bulks: Bulks
    poller: Poller
    timing: Timing


def build_engine(
    settings: Settings,
    *,
    database: Database,
    now: Callable[[], datetime],
    timing: Timing = Timing(),
) -> Engine:
    """Make it; nothing runs yet."""
    own, watches, bulks = this_process(), Watches(database), Bulks(database, timing=timing)
    tables = ((watches, schedule_of(settings).longest_wait), (bulks, LONGEST_PAUSE))
    queue = JobQueue(database, own=own, tables=tables, now=now)
    poller = Poller(queue, own=own, timing=timing)
    return Engine(watches=watches, bulks=bulks, poller=poller, timing=timing)


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
        lookups=lookups,
        in_doubt=OnUnknownDelivery(settings.watch_in_doubt),
        heard=heard,
        now=now,
        timing=engine.timing,
    )


def schedule_of(settings: Settings) -> Schedule:
    """When watches are looked at."""
    return Schedule(
        intervals=tuple(timedelta(seconds=s) for s in settings.watch_intervals_seconds),
        limit=timedelta(minutes=settings.watch_limit_minutes),
    )


def looks_at_once(settings: Settings) -> int:
    """How many watches may look at the same time.

    So many that the last of them gets through the rate limit in half of the time for a look-up.
    """
    return ceilings_of(settings).at_once(settings.gateway_timeout_seconds / 2, most=_MOST_AT_ONCE)
