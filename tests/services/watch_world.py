"""A world for watches: a real table, a real look-up, a clock and a Slack that a test sets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from bot.domain.access import AccessRules, Asker, Circle, Refusal, refusal
from bot.domain.call_status import Answer
from bot.domain.gate import RateLimits
from bot.domain.input.message_id import MessageId
from bot.domain.jobs.job import (
    Delivery,
    Destination,
    Job,
    OnUnknownDelivery,
    PostedCard,
    Report,
    Trace,
)
from bot.domain.jobs.watch import Bounds, Schedule, State, Watch
from bot.domain.timing import Timing
from bot.gateway.client import open_gateway
from bot.gateway.protocol.soap import Account, SoapVersion
from bot.gateway.sandbox.server import running_sandbox
from bot.services.jobs.dependencies import Dependencies
from bot.services.jobs.pace import Pace
from bot.services.lookup import LookupService
from bot.services.watches.service import Started, WatchService
from bot.services.watches.turns import WatchTurns
from bot.storage.database import Database, open_database
from bot.storage.jobs.notices import Notice, Notices
from bot.storage.jobs.pace import SharedPace
from bot.storage.jobs.table import Wanted
from bot.storage.jobs.watches import Watches
from bot.storage.records import Recents, RecordWriter
from bot.telemetry import Telemetry
from tests.support.records import records_on, writer_of
from tests.support.seen_requests import SeenRequest, recording

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SCHEDULE = Schedule(
    intervals=tuple(timedelta(seconds=s) for s in (15, 30, 60, 120, 300)),
    limit=timedelta(minutes=30),
)
BOUNDS = Bounds(user=3, channel=4, all=5)
# Notices wait for nothing.
UNPACED = Timing(pace=0.0, gather=0.0, get_ready=0.0)
THREAD = Destination(team="T1", channel="C1", thread="1.1")
ANA = Asker(user="U1", channel="C1", team="T1")


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
class WrittenSlack:
    """A notifier whose answers are written beforehand; without one all goes well."""

    reports: list[Report | Exception] = field(default_factory=list)
    traces: list[Trace] = field(default_factory=list)
    told: list[Watch] = field(default_factory=list)
    traced: list[Watch] = field(default_factory=list)
    updated: list[Watch] = field(default_factory=list)

    async def tell(self, *watches: Watch) -> Report:
        """Take the notice, and answer as written."""
        self.told += watches
        answer = self.reports.pop(0) if self.reports else Report(delivery=Delivery.SENT)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def find_sent(self, watches: Sequence[Watch]) -> AsyncIterator[Trace]:
        """Answer as written."""
        for watch in watches:
            self.traced.append(watch)
            yield self.traces.pop(0) if self.traces else Trace.NONE

    async def update_card(self, watch: Watch) -> Report:
        """Take the update, and answer as written."""
        self.updated.append(watch)
        return Report(delivery=Delivery.SENT)


class ChangingRules(LookupService):
    """Looks up by rules that a test changes."""

    now_valid = AccessRules()

    def refusal(self, asker: Asker, circle: Circle = Circle.USERS) -> Refusal | None:
        """By the rules of this moment."""
        return refusal(asker, self.now_valid, circle)


@dataclass(kw_only=True)
class World:
    """All of it."""

    database: Database
    clock: Clock
    lookups: ChangingRules
    requests: list[SeenRequest]
    wakes: list[None] = field(default_factory=list)
    slack: WrittenSlack = field(default_factory=WrittenSlack)
    in_doubt: OnUnknownDelivery = OnUnknownDelivery.RESEND
    heard: list[Answer] = field(default_factory=list)
    undelivered: list[str] = field(default_factory=list)
    dismissed: list[Job] = field(default_factory=list)
    dismissing: bool = True
    timing: Timing = UNPACED
    watches: Watches = field(init=False)
    pace: Pace = field(init=False)
    writer: RecordWriter = field(init=False)

    def __post_init__(self) -> None:
        self.watches = Watches(self.database)
        self.pace = Pace(SharedPace(self.database, timing=UNPACED), timing=UNPACED)
        self.writer = writer_of(self.database)

    @property
    def watching(self) -> WatchService:
        """What people use."""
        return WatchService(
            watches=self.watches,
            wake=lambda: self.wakes.append(None),
            schedule=SCHEDULE,
            bounds=BOUNDS,
            now=self.clock,
        )

    def turns(self) -> WatchTurns:
        """What the poller uses."""
        return WatchTurns(
            watches=self.watches,
            notifier=self.slack,
            schedule=SCHEDULE,
            dependencies=self.means(),
            pace=self.pace,
            wake=lambda: self.wakes.append(None),
        )

    def means(self) -> Dependencies:
        """What turns of any kind need."""
        return Dependencies(
            lookups=self.lookups,
            records=records_on(self.writer, Recents(self.database), self.clock),
            in_doubt=self.in_doubt,
            heard=self._hear,
            dismiss=self._dismiss,
            undelivered=self.undelivered.append,
            now=self.clock,
            timing=self.timing,
        )

    async def _dismiss(self, job: Job) -> bool:
        self.dismissed.append(job)
        return self.dismissing

    async def _hear(self, answers: Sequence[Answer]) -> None:
        self.heard += answers

    async def start(self, idmsg: str, *, card: PostedCard | None = None) -> Watch:
        """Start one watch in the thread."""
        (outcome,) = await self.watching.start(
            [MessageId(idmsg)], asker=ANA, destination=THREAD, card=card
        )
        assert isinstance(outcome, Started)
        return outcome.watch

    async def taken(self, watch: Watch, *, executor: str = "e1") -> Watch:
        """The watch in the hand of a process of this name."""
        watch = await self.read(watch)
        mine = replace(watch, worker=executor)
        assert await Watches(self.database).replace(watch, mine)
        return mine

    async def turn(self, watch: Watch) -> Watch:
        """Let it be taken up when it is due; the watch as it stands then."""
        watch = await self.read(watch)
        self.clock.now = max(self.clock.now, watch.due_at)
        return await self.turn_now(watch)

    async def turn_now(self, watch: Watch) -> Watch:
        """Let it be taken up, whatever the clock says."""
        turns, mine = self.turns(), await self.taken(watch)
        if mine.state is State.TELLING:
            assert await Watches(self.database).replace(mine, replace(mine, worker=None))
        else:
            await turns.take_up(mine)
        await self.tell_all(turns)
        return await self.read(watch)

    async def tell_all(self, turns: WatchTurns) -> None:
        """Let all notices that are due be posted; after a doubt, one gets its place next."""
        while notices := await self.notices():
            for notice in notices:
                await turns.tell(notice)

    async def notices(self) -> tuple[Notice, ...]:
        """The notices that a process claims now."""
        shared = SharedPace(self.database, timing=UNPACED)
        notices = Notices(watches=Watches(self.database), pace=shared, ahead=self.pace.ahead)
        wanted = Wanted(jobs=notices, room=100, in_hand=())
        return await self.database.write(
            lambda connection: notices.claim(connection, wanted, worker="e1", now=self.clock.now)
        )

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
        url = await stack.enter_async_context(
            running_sandbox(port=0, middlewares=[recording(requests)])
        )
        gateway = await stack.enter_async_context(
            open_gateway(
                url=url,
                account=Account("C" * 40, "T0K3N5"),
                version=SoapVersion.V1_1,
                timeout_seconds=5,
                limits=RateLimits(requests_per_second=1000, max_concurrency=10),
                now=clock,
            )
        )
        lookups = ChangingRules(
            gateway=gateway, rules=AccessRules(), telemetry=Telemetry(b"key"), now=clock
        )
        world = World(database=database, clock=clock, lookups=lookups, requests=requests)
        yield world
        await world.writer.flush()
