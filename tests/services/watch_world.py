"""A world for watches: a real table, a real look-up, a clock and a Slack that a test sets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bot.domain.access import AccessRules
from bot.domain.answer import Answer
from bot.domain.input.message_id import MessageId
from bot.domain.jobs.watch import Destination, PostedCard, Schedule, Watch
from bot.domain.timing import Timing
from bot.gateway.client import open_gateway
from bot.gateway.sandbox import SeenRequest, running_sandbox
from bot.services.jobs.deliver_once import OnUnknownDelivery
from bot.services.jobs.dependencies import Means
from bot.services.jobs.outcomes import Delivery, Report, Trace
from bot.services.lookup import LookupService
from bot.services.watches.service import Started, Watching, WatchRequest
from bot.services.watches.turns import WatchTurns
from bot.storage.alarms import Alarm, Ringing
from bot.storage.database import Database, open_database
from bot.storage.errors import StorageError
from bot.storage.watches import Bounds, Watches
from bot.telemetry import Telemetry

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SCHEDULE = Schedule(
    intervals=tuple(timedelta(seconds=s) for s in (15, 30, 60, 120, 300)),
    limit=timedelta(minutes=30),
)
BOUNDS = Bounds(user=3, channel=4, all=5)
THREAD = Destination(team="T1", channel="C1", thread="1.1")


@dataclass
class Clock:
    """The present moment, as a test sets it."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        """That moment."""
        return self.now

    def forward(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


@dataclass
class WrittenAlarms:
    """Alarms that are only written down; a test lets them ring."""

    armed: dict[str, Alarm] = field(default_factory=dict)
    rung: set[str] = field(default_factory=set)
    woken: list[str] = field(default_factory=list)
    taken_over: list[Sequence[str]] = field(default_factory=list)
    sweeps: list[datetime] = field(default_factory=list)
    away: bool = False

    def running(self, ringing: Ringing) -> AbstractAsyncContextManager[None]:
        """Nothing rings by itself."""
        del ringing
        return nullcontext()

    async def arm(self, alarms: Collection[Alarm]) -> tuple[Alarm, ...]:
        """Write these down."""
        self._reach()
        for alarm in alarms:
            if alarm.name not in self.rung:
                self.armed.setdefault(alarm.name, alarm)
        return tuple(alarm for alarm in alarms if alarm.name in self.rung)

    async def wake(self, alarm: Alarm) -> None:
        """Write it down."""
        self.woken.append(alarm.name)

    async def take_over(self, executors: Sequence[str]) -> int:
        """Write them down."""
        self._reach()
        self.taken_over.append(executors)
        return len(executors)

    async def sweep(self, older_than: datetime) -> int:
        """Write it down."""
        self.sweeps.append(older_than)
        return 0

    def _reach(self) -> None:
        if self.away:
            raise StorageError("away")


@dataclass
class WrittenSlack:
    """A notifier whose answers are written beforehand; without one all goes well."""

    reports: list[Report | Exception] = field(default_factory=list)
    traces: list[Trace] = field(default_factory=list)
    told: list[Watch] = field(default_factory=list)
    traced: list[Watch] = field(default_factory=list)
    updated: list[Watch] = field(default_factory=list)

    async def tell(self, watch: Watch) -> Report:
        """Take the notice, and answer as written."""
        self.told.append(watch)
        answer = self.reports.pop(0) if self.reports else Report(delivery=Delivery.SENT)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def trace(self, watch: Watch) -> Trace:
        """Answer as written."""
        self.traced.append(watch)
        return self.traces.pop(0) if self.traces else Trace.NONE

    async def update_card(self, watch: Watch) -> None:
        """Take the update."""
        self.updated.append(watch)


@dataclass(kw_only=True)
class World:
    """All of it."""

    database: Database
    clock: Clock
    lookups: LookupService
    requests: list[SeenRequest]
    alarms: WrittenAlarms = field(default_factory=WrittenAlarms)
    slack: WrittenSlack = field(default_factory=WrittenSlack)
    gone: set[str] = field(default_factory=set)
    in_doubt: OnUnknownDelivery = OnUnknownDelivery.RESEND
    heard: list[Answer] = field(default_factory=list)
    timing: Timing = field(default_factory=Timing)
    watches: Watches = field(init=False)

    def __post_init__(self) -> None:
        self.watches = Watches(self.database)

    @property
    def watching(self) -> Watching:
        """What people use."""
        return Watching(
            watches=self.watches,
            alarms=self.alarms,
            schedule=SCHEDULE,
            bounds=BOUNDS,
            now=self.clock,
        )

    def turns(self, executor: str = "e1") -> WatchTurns:
        """What alarms use, in a process of this name."""
        return WatchTurns(
            watches=self.watches,
            notifier=self.slack,
            schedule=SCHEDULE,
            means=self.means(executor),
        )

    def means(self, executor: str) -> Means:
        """What turns of any kind need, in a process of this name."""
        return Means(
            alarms=self.alarms,
            lookups=self.lookups,
            in_doubt=self.in_doubt,
            executor=executor,
            heard=self._hear,
            is_gone=self.gone.__contains__,
            now=self.clock,
            timing=self.timing,
        )

    async def _hear(self, answers: Sequence[Answer]) -> None:
        self.heard += answers

    async def start(self, idmsg: str, *, card: PostedCard | None = None) -> Watch:
        """Start one watch in the thread."""
        request = WatchRequest(
            user="U1", destination=THREAD, message_ids=(MessageId(idmsg),), card=card
        )
        (outcome,) = await self.watching.start(request)
        assert isinstance(outcome, Started)
        return outcome.watch

    async def ring(self, watch: Watch, *, executor: str = "e1") -> Watch:
        """Let its alarm ring at the moment at which it is due; the watch as it stands then."""
        watch = await self.read(watch)
        self.clock.now = max(self.clock.now, watch.due_at)
        return await self.ring_now(watch, executor=executor)

    async def ring_now(self, watch: Watch, *, executor: str = "e1") -> Watch:
        """Let its alarm ring, whatever the clock says."""
        await self.turns(executor).take_up(watch.id, watch.turn)
        return await self.read(watch)

    async def read(self, watch: Watch) -> Watch:
        """The watch as it stands in the table."""
        found = await self.watches.get(watch.id)
        assert found is not None
        return found

    @property
    def asked(self) -> list[str | None]:
        """The ids that the gateway was asked for."""
        return [request.idmsg for request in self.requests]


@asynccontextmanager
async def watch_world(database_url: str = "sqlite:///:memory:") -> AsyncIterator[World]:
    """A new world at noon."""
    clock, requests = Clock(), list[SeenRequest]()
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(open_database(database_url))
        url = await stack.enter_async_context(running_sandbox(port=0, requests=requests))
        gateway = await stack.enter_async_context(
            open_gateway(
                url=url,
                credential="C" * 40,
                token="T0K3N5",
                soap_version="1.1",
                timeout_seconds=5,
                requests_per_second=1000,
                max_concurrency=10,
                now=clock,
            )
        )
        lookups = LookupService(
            gateway=gateway,
            rules=AccessRules(),
            telemetry=Telemetry(b"key"),
            now=clock,
        )
        yield World(database=database, clock=clock, lookups=lookups, requests=requests)
