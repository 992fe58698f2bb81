"""Many watches of one channel end at once, and Slack takes one message a second there."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain, pairwise

import pytest

from bot.domain.input.message_id import MessageId
from bot.domain.jobs.job import Destination
from bot.domain.jobs.watch import MOST_TOGETHER, Bounds, Watch
from bot.fake_slack.slack_server import LoopbackSlack, running_slack
from bot.fake_slack.state.ledger import UserMessage
from bot.fake_slack.state.workspace import CHANNEL_ID, TEAM_ID, USER_ID
from bot.gateway.sandbox.server import running_sandbox
from bot.settings.settings import Mode
from bot.storage.database import open_database
from bot.storage.jobs.watches import Watches
from tests.support.running_process import environment, first_line, started

POST = "chat.postMessage"
WATCHES = 12
PATIENCE_SECONDS = 120.0


@dataclass
class GatewayClock:
    """The sandbox gateway's clock, which a test sets forward."""

    ahead: float = 0.0

    def __call__(self) -> float:
        """Seconds."""
        return time.monotonic() + self.ahead


@dataclass
class Flood:
    """A Slack, a gateway where no call has a status yet, and watches for these calls."""

    slack: LoopbackSlack
    gateway: str
    database_url: str
    clock: GatewayClock
    stack: AsyncExitStack
    settings: dict[str, str] = field(
        default_factory=lambda: {
            "WATCH_INTERVALS_SECONDS": "1",
            "WATCH_MAX_PER_USER": "100",
            "GATEWAY_REQUESTS_PER_SECOND": "200",
            "GATEWAY_MAX_CONCURRENCY": "50",
        }
    )

    async def watch(self, *threads: str) -> None:
        """Store a watch for each of these threads of one channel."""
        now = datetime.now(UTC)
        for number, thread in enumerate(threads):
            self.slack.said.append(
                UserMessage(channel=CHANNEL_ID, ts=thread, user=USER_ID, team=TEAM_ID, text="?")
            )
            watch = Watch(
                id=f"{number:016x}",
                message_id=MessageId(f"SANDBOX-PENDING-9000.{number:02}"),
                user=USER_ID,
                destination=Destination(team=TEAM_ID, channel=CHANNEL_ID, thread=thread),
                started_at=now,
                expires_at=now + timedelta(hours=1),
                due_at=now,
            )
            async with open_database(self.database_url) as database:
                await Watches(database).add([watch], Bounds(user=100, all=100))

    async def process(self) -> asyncio.subprocess.Process:
        """A real process of the bot."""
        settings = environment(
            self.slack, self.gateway, Mode.HTTP, DATABASE_URL=self.database_url, **self.settings
        )
        process = await self.stack.enter_async_context(started(settings))
        await first_line(process)
        return process

    async def answered(self) -> None:
        """Wait until each call was looked up once; then all have their status."""
        async with open_database(self.database_url) as database, asyncio.timeout(PATIENCE_SECONDS):
            while True:
                watches = await Watches(database).latest(100, only_open=True)
                if all(watch.looks for watch in watches):
                    break
                await asyncio.sleep(0.05)
        self.clock.ahead = 1_000_000.0

    async def in_their_order(self) -> list[str]:
        """The calls, as they got their status."""
        async with open_database(self.database_url) as database:
            watches = await Watches(database).latest(100, only_open=False)
        ordered = sorted(watches, key=lambda watch: watch.decided_at or watch.due_at)
        return [watch.message_id.value[-2:] for watch in ordered]

    @property
    def told(self) -> list[list[str]]:
        """The calls that each message reports; a thread shows their ids in its buttons only."""
        return [
            [*dict.fromkeys(re.findall(r"PENDING-9000\.(\d\d)", json.dumps(message.blocks)))]
            for message in self.slack.messages
        ]

    async def all_told(self, count: int) -> None:
        """Wait until so many calls are reported."""
        await self.slack.wait_for(lambda: len(flat(self.told)) >= count, PATIENCE_SECONDS)


def flat(told: list[list[str]]) -> list[str]:
    """The calls of all messages, in their order."""
    return [*chain.from_iterable(told)]


@asynccontextmanager
async def flood(database_url: str) -> AsyncIterator[Flood]:
    """All of it; processes that were started are gone at its end."""
    clock = GatewayClock()
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(running_slack())
        slack.limit(POST, seconds=1.0)
        gateway = await stack.enter_async_context(running_sandbox(port=0, clock=clock))
        inner = await stack.enter_async_context(AsyncExitStack())
        yield Flood(slack, gateway, database_url, clock, inner)


@pytest.mark.matrix
@pytest.mark.parametrize("processes", [1, 2])
async def test_all_are_told_at_a_message_a_second(shared_url: str, processes: int) -> None:
    """Each once, in their order, and with hardly a refusal, however many processes there are."""
    async with flood(shared_url) as stage:
        await stage.watch(*(f"1795579{number:03}.000001" for number in range(WATCHES)))
        for _ in range(processes):
            await stage.process()
        await stage.answered()
        await stage.all_told(WATCHES)
        due = await stage.in_their_order()
    told = flat(stage.told)
    assert sorted(due) == sorted(told)
    # What is already in hand when another process is refused may go before that.
    late = sum(due.index(later) < due.index(earlier) for earlier, later in pairwise(told))
    posts = sum(call.method == POST for call in stage.slack.calls)
    assert late <= posts - WATCHES <= 2


@pytest.mark.matrix
async def test_one_message_reports_what_ends_together(sqlite_url: str) -> None:
    """For one user and thread; so it takes seconds, not a second for each."""
    async with flood(sqlite_url) as stage:
        await stage.watch(*["1795579000.000001"] * WATCHES)
        await stage.process()
        await stage.answered()
        await stage.all_told(WATCHES)
    assert [f"{number:02}" for number in range(WATCHES)] == flat(stage.told)
    assert len(stage.told) <= 3
    assert MOST_TOGETHER >= max(map(len, stage.told))
