"""Several real processes on one database, and what may go wrong around them: each watch once."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import AsyncExitStack, closing

import pytest

from tests.support.postgres_server import PostgresServer
from tests.watches.cut_line import cut_line
from tests.watches.watch_stage import WatchProcess, WatchStage, watch_stage

WATCHES = 60
PATIENCE_SECONDS = 300.0
# Longer than anybody waits for the database, and than the first pauses between attempts.
AWAY_SECONDS = 10.0


async def each_once(stage: WatchStage, started: list[str], *processes: WatchProcess) -> None:
    """Every watch is reported, and nothing more comes."""
    await stage.slack.told(len(started), patience=PATIENCE_SECONDS)
    await stage.settled(*processes)
    assert dict.fromkeys(started, 1) == dict(stage.slack.notices)


@pytest.mark.matrix
async def test_a_dead_process_is_replaced_by_its_peer(postgres_url: str) -> None:
    """Nobody starts it again; what it had in hand is taken over."""
    async with watch_stage(postgres_url) as stage:
        first, second = await stage.process(), await stage.process()
        started = await first.start(0, WATCHES, "SANDBOX-PENDING-1.")
        started += await second.start(WATCHES, WATCHES, "SANDBOX-PENDING-1.")
        await stage.slack.told(20, patience=PATIENCE_SECONDS)
        await first.kill()
        await each_once(stage, started, second)


@pytest.mark.matrix
async def test_a_rolling_restart(postgres_url: str) -> None:
    """Each new process comes before an old one ends; whoever ends says so."""
    async with watch_stage(postgres_url) as stage:
        old = await stage.process()
        started = await old.start(0, WATCHES, "SANDBOX-PENDING-3.")
        for number in (1, 2):
            new = await stage.process()
            started += await new.start(number * WATCHES, WATCHES, "SANDBOX-PENDING-3.")
            await asyncio.sleep(1.0)
            assert 0 == await old.end()
            old = new
        await each_once(stage, started, old)


@pytest.mark.parametrize("seconds", [-3_600, pytest.param(3_600, marks=pytest.mark.matrix)])
async def test_a_clock_that_jumps(sqlite_url: str, seconds: int) -> None:
    """Back: nothing waits for the hour. Forward: the limit is over, and that is told."""
    async with watch_stage(sqlite_url, watch_intervals_seconds=[1]) as stage:
        process = await stage.process()
        started = await process.start(0, WATCHES, "SANDBOX-PENDING-1.")
        await process.jump(seconds)
        await each_once(stage, started, process)


@pytest.mark.matrix
async def test_slack_away(sqlite_url: str) -> None:
    """It is asked again with growing pauses, not by everybody at once and again."""
    async with watch_stage(sqlite_url) as stage:
        stage.slack.away = True
        process = await stage.process()
        started = await process.start(0, WATCHES, "SANDBOX-ok.")
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not stage.slack.refused:  # noqa: ASYNC110 - a count tells nobody
                await asyncio.sleep(0.05)
        await asyncio.sleep(AWAY_SECONDS / 2)
        stage.slack.away = False
        tried = stage.slack.refused
        await each_once(stage, started, process)
    assert tried <= WATCHES * 4


@pytest.mark.matrix
async def test_a_postgresql_that_is_away(postgres: PostgresServer, postgres_url: str) -> None:
    """In the middle of all the work; it goes on when the server is back."""
    async with AsyncExitStack() as stack:
        line = await stack.enter_async_context(cut_line(postgres.port))
        url = postgres_url.replace(f":{postgres.port}/", f":{line.port}/")
        stage = await stack.enter_async_context(watch_stage(url))
        process = await stage.process()
        started = await process.start(0, WATCHES, "SANDBOX-PENDING-2.")
        await stage.slack.told(WATCHES // 4, patience=PATIENCE_SECONDS)
        line.cut()
        await asyncio.sleep(AWAY_SECONDS)
        line.mend()
        await each_once(stage, started, process)


@pytest.mark.matrix
async def test_a_sqlite_file_that_is_held(sqlite_url: str) -> None:
    """By another process, for longer than anybody's patience."""
    async with watch_stage(sqlite_url) as stage:
        process = await stage.process()
        started = await process.start(0, WATCHES, "SANDBOX-PENDING-2.")
        await stage.slack.told(WATCHES // 4, patience=PATIENCE_SECONDS)
        with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as holder:
            holder.execute("BEGIN EXCLUSIVE")
            await asyncio.sleep(AWAY_SECONDS)
            holder.rollback()
        await each_once(stage, started, process)
