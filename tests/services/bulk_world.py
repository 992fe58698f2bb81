"""A world for bulks: that of the watches, with a speaker whose answers a test writes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from bot.domain.access import Asker
from bot.domain.id_lists.id_list import IdList, IgnoredLine
from bot.domain.input.message_id import MessageId
from bot.domain.jobs.bulk import Bulk, BulkItem, Tally
from bot.domain.jobs.job import Delivery, PostedCard, Report, Trace
from bot.domain.jobs.watch import Bounds
from bot.services.bulk.service import BulkService
from bot.services.bulk.sharing import ProgressPace
from bot.services.bulk.turns import BulkTurns
from bot.storage.jobs.bulks import Bulks
from bot.storage.jobs.pace import SharedPace
from tests.services.watch_world import THREAD, World, watch_world

CARD = PostedCard(channel="C1", ts="2.2")
BOUNDS = Bounds(user=3, all=4)
# Quick enough for tests; a card is still not touched at every turn of the loop.
QUICK = {
    "progress_every": 0.05,
    "card_least": 0.01,
    "stop_seen": 0.02,
    "answers_kept": 0.02,
    "down_rest": 0.05,
    "hand_over": 5.0,
}
AT_ONCE = 5


@dataclass
class WrittenSpeaker:
    """A speaker whose answers are written beforehand; without one all goes well."""

    reports: list[Report | Exception] = field(default_factory=list)
    traces: list[Trace] = field(default_factory=list)
    shown: list[tuple[Bulk, Tally]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    reported: list[Bulk] = field(default_factory=list)
    traced: list[Bulk] = field(default_factory=list)
    handed: list[Bulk] = field(default_factory=list)
    showings: list[Report] = field(default_factory=list)
    shows: asyncio.Event = field(default_factory=asyncio.Event)
    handovers: list[Report | Exception] = field(default_factory=list)
    result_traces: list[Trace] = field(default_factory=list)
    results_traced: list[Bulk] = field(default_factory=list)
    columns: list[Report] = field(default_factory=list)
    own: list[Bulk] = field(default_factory=list)
    own_traces: list[Trace] = field(default_factory=list)
    own_traced: list[Bulk] = field(default_factory=list)
    looked_for: list[Bulk] = field(default_factory=list)
    found: PostedCard | None = None

    def __post_init__(self) -> None:
        self.shows.set()

    async def show_progress(self, bulk: Bulk, tally: Tally, *, missing: str = "") -> Report:
        """Take it, when the test lets it through; without a written answer all goes well."""
        self.missing.append(missing)
        self.shown.append((bulk, tally))
        await self.shows.wait()
        card = None if bulk.card is not None else CARD
        return self.showings.pop(0) if self.showings else Report(delivery=Delivery.SENT, card=card)

    async def find_progress(self, bulk: Bulk) -> PostedCard | None:
        """What the test says."""
        self.looked_for.append(bulk)
        return self.found

    async def report(self, bulk: Bulk) -> Report:
        """Take it, and answer as written."""
        self.reported.append(bulk)
        answer = self.reports.pop(0) if self.reports else Report(delivery=Delivery.SENT)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def trace(self, bulk: Bulk) -> Trace:
        """Answer as written."""
        self.traced.append(bulk)
        return self.traces.pop(0) if self.traces else Trace.NONE

    async def deliver_results(self, bulk: Bulk) -> Report:
        """Take it, and answer as written."""
        self.handed.append(bulk)
        answer = self.handovers.pop(0) if self.handovers else Report(delivery=Delivery.SENT)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def trace_result(self, bulk: Bulk) -> Trace:
        """Answer as written."""
        self.results_traced.append(bulk)
        return self.result_traces.pop(0) if self.result_traces else Trace.NONE

    async def deliver_columns(self, bulk: Bulk) -> Report:
        """Take it, and answer as written."""
        self.own.append(bulk)
        return self.columns.pop(0) if self.columns else Report(delivery=Delivery.SENT)

    async def trace_columns(self, bulk: Bulk) -> Trace:
        """Answer as written."""
        self.own_traced.append(bulk)
        return self.own_traces.pop(0) if self.own_traces else Trace.NONE


@dataclass(kw_only=True)
class BulkWorld:
    """All of it."""

    base: World
    speaker: WrittenSpeaker = field(default_factory=WrittenSpeaker)
    table: Bulks = field(init=False)

    def __post_init__(self) -> None:
        self.table = Bulks(self.base.database)

    @property
    def bulks(self) -> BulkService:
        """What people use."""
        return BulkService(
            bulks=self.table,
            wake=lambda: self.base.wakes.append(None),
            bounds=BOUNDS,
            now=self.base.clock,
        )

    def turns(self, at_once: int = AT_ONCE, **changes: float) -> BulkTurns:
        """What the poller uses."""
        dependencies = self.base.means()
        timing = replace(dependencies.timing, **(QUICK | changes))
        dependencies = replace(dependencies, timing=timing)
        return BulkTurns(
            bulks=self.table,
            notifier=self.speaker,
            at_once=at_once,
            pace=ProgressPace(
                SharedPace(self.base.database, timing=replace(timing, pace=timing.progress_every))
            ),
            dependencies=dependencies,
        )

    async def start(
        self, *idmsgs: str, user: str = "U1", lines: Sequence[IgnoredLine] = (), width: int = 1
    ) -> Bulk:
        """Start one of a file with so many columns in the thread."""
        ids = tuple(map(MessageId, idmsgs))
        given = IdList(ids=ids, ignored=tuple(lines), width=width)
        asker = Asker(user=user, channel=THREAD.channel, team=THREAD.team)
        file = {"name": "ids.csv", "file": "F1", "digest": "0f"}
        bulk = await self.bulks.start(given, asker=asker, destination=THREAD, **file)
        assert isinstance(bulk, Bulk)
        return bulk

    async def taken(self, bulk: Bulk, *, executor: str = "e1") -> Bulk:
        """The bulk in the hand of a process of this name."""
        bulk = await self.read(bulk)
        mine = replace(bulk, worker=executor)
        assert await Bulks(self.base.database).replace(bulk, mine)
        return mine

    async def turn(self, bulk: Bulk) -> Bulk:
        """Let it be taken up when it is due; the bulk as it stands then."""
        bulk = await self.read(bulk)
        self.base.clock.now = max(self.base.clock.now, bulk.due_at)
        await self.turns().take_up(await self.taken(bulk))
        return await self.read(bulk)

    async def read(self, bulk: Bulk) -> Bulk:
        """The bulk as it stands in the table."""
        found = await self.table.get(bulk.id)
        assert found is not None
        return found

    async def items(self, bulk: Bulk) -> list[BulkItem]:
        """Its calls."""
        return [item async for item in self.bulks.results(bulk.id)]

    @property
    def asked(self) -> list[str | None]:
        """The ids that the gateway was asked for."""
        return self.base.asked


@asynccontextmanager
async def bulk_world() -> AsyncIterator[BulkWorld]:
    """A new world at noon."""
    async with watch_world() as base:
        yield BulkWorld(base=base)
