"""Watches and lists, with the poller and the rate limit that processes share through the database.

Part of the composition root, apart from the listeners, because jobs outlive a request.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Final

import structlog

from bot.composition.connections import Now, ceilings_of, revealed
from bot.domain.answer import Answer
from bot.domain.jobs.bulk import MOST_OPEN
from bot.domain.jobs.watch import LONGEST_PAUSE, Schedule, most_open
from bot.domain.timing import Timing
from bot.gateway.ceiling import LocalGate
from bot.services.bulk.notifier import BulkNotifier
from bot.services.bulk.service import BulkService
from bot.services.bulk.turns import BulkTurns
from bot.services.gatekeeper import SharingGatekeeper, sharing
from bot.services.jobs.deliver_once import OnUnknownDelivery
from bot.services.jobs.dependencies import Means
from bot.services.lookup import LookupService
from bot.services.poller import Line, Poller
from bot.services.watches.notifier import Notifier
from bot.services.watches.service import Watching
from bot.services.watches.turns import WatchTurns
from bot.settings.settings import Settings
from bot.storage.bulks import BulkBounds
from bot.storage.database import Database, open_database
from bot.storage.errors import StorageError
from bot.storage.executors import this_process
from bot.storage.gate import SharedGate
from bot.storage.job_queue import JobQueue
from bot.storage.stores import Stores
from bot.storage.watches import Bounds

# By then a request that was cut off at its deadline is certainly over.
_LEASE_MARGIN_SECONDS: Final = 5.0
# More look-ups than this gain nothing: all would wait for the rate limit together.
_MOST_LOOKS_AT_ONCE: Final = 200
# Open lists of all users: at 10 requests a second, 50 of the longest take more than half a day.
_MOST_OPEN_LISTS: Final = 50
# Lists in progress share the requests that may run at once, so more would only slow each down.
_LISTS_AT_ONCE: Final = 8

_log = structlog.get_logger(__name__)


@asynccontextmanager
async def gatekeeper_of(
    settings: Settings, database: Database, *, timing: Timing = Timing()
) -> AsyncIterator[SharingGatekeeper]:
    """The rate limit that all processes on this database share."""
    ceilings = ceilings_of(settings)
    lease = settings.gateway_timeout_seconds + _LEASE_MARGIN_SECONDS
    shared = SharedGate(database, ceilings, lease_seconds=lease, timing=timing)
    async with sharing(shared, LocalGate(ceilings, timing=timing), timing=timing) as gatekeeper:
        yield gatekeeper


@asynccontextmanager
async def gatekeeper_beside_a_bot(settings: Settings) -> AsyncIterator[SharingGatekeeper | None]:
    """The same for a terminal command; `None` where the database cannot be used."""
    async with AsyncExitStack() as stack:
        try:
            database = await stack.enter_async_context(
                open_database(revealed(settings.database_url))
            )
        except StorageError:
            yield None
        else:
            yield await stack.enter_async_context(gatekeeper_of(settings, database))


def build_poller(
    settings: Settings, stores: Stores, *, now: Now, timing: Timing = Timing()
) -> Poller:
    """The poller of both kinds of jobs; it does not run yet."""
    own = this_process()
    tables = (
        (stores.watches, schedule_of(settings).longest_wait),
        (stores.bulks, LONGEST_PAUSE),
    )
    queue = JobQueue(stores.database, own=own, tables=tables, now=now)
    return Poller(queue, own=own, timing=timing)


def means_of(
    settings: Settings,
    *,
    lookups: LookupService,
    heard: Callable[[Sequence[Answer]], Awaitable[None]],
    now: Now,
    timing: Timing = Timing(),
) -> Means:
    """What the turns of both kinds need.

    `heard` looks at each answer for what the admins must act on; it raises nothing.
    """
    in_doubt = OnUnknownDelivery(settings.watch_in_doubt)
    return Means(lookups=lookups, in_doubt=in_doubt, heard=heard, now=now, timing=timing)


def build_watches(
    settings: Settings, stores: Stores, poller: Poller, means: Means, notifier: Notifier
) -> tuple[Watching, Line]:
    """What people use, and what the poller takes up."""
    watches, schedule = stores.watches, schedule_of(settings)
    turns = WatchTurns(watches=watches, notifier=notifier, schedule=schedule, means=means)
    watching = Watching(
        watches=watches,
        wake=poller.wake,
        schedule=schedule,
        bounds=bounds_of(settings),
        now=means.now,
    )
    room = looks_at_once(settings)
    return watching, Line(watches, take_up=turns.take_up, leave=turns.leave, room=room)


def build_bulks(
    settings: Settings, stores: Stores, poller: Poller, means: Means, speaker: BulkNotifier
) -> tuple[BulkService, Line]:
    """What people use, and what the poller takes up."""
    at_once = calls_at_once(settings)
    turns = BulkTurns(bulks=stores.bulks, speaker=speaker, at_once=at_once, means=means)
    bounds = BulkBounds(user=MOST_OPEN, all=_MOST_OPEN_LISTS)
    bulks = BulkService(bulks=stores.bulks, wake=poller.wake, bounds=bounds, now=means.now)
    line = Line(stores.bulks, take_up=turns.take_up, leave=turns.leave, room=_LISTS_AT_ONCE)
    return bulks, line


def schedule_of(settings: Settings) -> Schedule:
    """When watches look up their calls."""
    return Schedule(
        intervals=tuple(timedelta(seconds=s) for s in settings.watch_intervals_seconds),
        limit=timedelta(minutes=settings.watch_limit_minutes),
    )


def looks_at_once(settings: Settings) -> int:
    """How many watches may look at the same time.

    So many that the last of them gets through the rate limit in half of the time for a look-up.
    """
    seconds = settings.gateway_timeout_seconds / 2
    return ceilings_of(settings).at_once(seconds, most=_MOST_LOOKS_AT_ONCE)


def bounds_of(settings: Settings) -> Bounds:
    """How many watches may be open: no more than the rate limit on the gateway allows."""
    carried = most_open(settings.gateway_requests_per_second, schedule_of(settings))
    wanted = settings.watch_max_open
    if wanted is not None and wanted > carried:
        _log.warning(
            "WATCH_MAX_OPEN is lowered to what GATEWAY_REQUESTS_PER_SECOND carries", count=carried
        )
    return Bounds(
        user=settings.watch_max_per_user,
        channel=settings.watch_max_per_channel,
        all=min(wanted or carried, carried),
    )


def calls_at_once(settings: Settings) -> int:
    """As many calls of lists as get through the rate limit in a quarter of the time for a look-up.

    Watches wait in the same queue, so their look-ups then get through in time as well.
    """
    return ceilings_of(settings).at_once(settings.gateway_timeout_seconds / 4)
