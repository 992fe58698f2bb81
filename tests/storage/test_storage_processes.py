"""Real processes on one database: those that start at once, and one that is killed."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.storage.database import open_database
from bot.storage.migrations import OLDEST, load_migrations
from bot.storage.schema import SCHEMA_MIGRATION, SEEN_EVENT, Hashed
from tests.storage.bot_process import KEYS, LIMITS, TURNS

pytestmark = pytest.mark.every_database

AT_ONCE = 4
PASSED_ON = ("PATH", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")
Crew = tuple[Process, ...]
PATIENCE_SECONDS = 60.0


@asynccontextmanager
async def waiting() -> AsyncIterator[Process]:
    """A process that has loaded everything and waits for the word."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.storage.bot_process"),
        stdin=PIPE,
        stdout=PIPE,
        cwd=Path(__file__).parents[2],
        env={name: os.environ[name] for name in PASSED_ON if name in os.environ},
    )
    try:
        assert "ready" == await answer(process)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@pytest.fixture(scope="module")
async def crew() -> AsyncIterator[Crew]:
    """Several processes that wait for the same word."""
    async with AsyncExitStack() as stack:
        yield tuple([await stack.enter_async_context(waiting()) for _ in range(AT_ONCE)])


async def answer(process: Process) -> Any:
    """The next line of a process."""
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE_SECONDS):
        return json.loads(await process.stdout.readline())


async def start(process: Process, job: str, url: str) -> None:
    """Give the word."""
    assert process.stdin is not None
    process.stdin.write(f"{job} {url}\n".encode())
    await process.stdin.drain()


async def all_at_once(crew: Crew, job: str, url: str) -> list[Any]:
    """The answers of several processes that do one job at once."""
    await asyncio.gather(*(start(process, job, url) for process in crew))
    return await asyncio.gather(*map(answer, crew))


async def test_migrations(crew: Crew, shared_url: str) -> None:
    """Processes that find an empty database at once create its tables once."""
    assert ["opened"] * AT_ONCE == await all_at_once(crew, "open", shared_url)
    numbers_of = select(SCHEMA_MIGRATION.c.number)
    async with open_database(shared_url) as database:
        numbers = await database.read(lambda connection: connection.scalars(numbers_of).all())
    assert [OLDEST + len(load_migrations())] == numbers


async def test_hash_key(crew: Crew, shared_url: str) -> None:
    """Processes that start at once get the same key."""
    keys = await all_at_once(crew, "hash_key", shared_url)
    assert 1 == len(set(keys))


async def test_seen_events(crew: Crew, shared_url: str) -> None:
    """Each of a hundred keys is new to exactly one of the processes that ask at once."""
    firsts = await all_at_once(crew, "seen_events", shared_url)
    assert [*range(KEYS)] == sorted(key for answers in firsts for key in answers)


async def test_the_gate(crew: Crew, shared_url: str) -> None:
    """Four processes together start no faster, and have no more under way, than one may."""
    answers = await all_at_once(crew, "ask_the_gate", shared_url)
    turns = sorted(tuple(turn) for turns in answers for turn in turns)
    starts = [start for start, _ in turns]
    at_once = max(sum(begun <= start < ended for begun, ended in turns) for start in starts)

    assert AT_ONCE * TURNS == len(turns)
    assert LIMITS.max_concurrency >= at_once
    # The first one is free; a late wake-up may bring two starts nearer, never the whole row.
    assert starts[-1] - starts[0] >= (len(starts) - 1) * LIMITS.interval - 0.1


@pytest.mark.parametrize(
    "written", [20, *(pytest.param(number, marks=pytest.mark.matrix) for number in (1, 63))]
)
async def test_killed(shared_url: str, written: int) -> None:
    """A process that is killed while it writes loses nothing that it had committed."""
    async with waiting() as process:
        await start(process, "write_for_ever", shared_url)
        committed = [await answer(process) for _ in range(written)]
        process.kill()
        out, _ = await process.communicate()
    committed += [json.loads(line) for line in out.splitlines(keepends=True) if line[-1:] == b"\n"]
    keys = select(SEEN_EVENT.c.event_key)
    async with open_database(shared_url) as database:
        kept = set(await database.read(lambda found: found.scalars(keys).all()))
    assert kept >= {Hashed.of(str(key)) for key in committed}
    # The one whose commit was under way may be there, too; nothing else.
    assert len(kept) <= len(committed) + 1
