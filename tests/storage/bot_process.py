"""A process of the bot that does one thing with the database when it is told to.

Run as a program: each line on standard input is a job and the address of a database; answers go out
as lines of JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from bot.domain.audit import AuditEntry
from bot.domain.gate import RateLimits, Urgency
from bot.domain.timing import Timing
from bot.gateway.line import Ticket
from bot.gateway.request_queue import LocalGate, RequestQueue
from bot.services.gatekeeper import SharingGatekeeper
from bot.storage.audit import Audit
from bot.storage.claims import SeenEvents
from bot.storage.database import Database, open_database
from bot.storage.gate import SharedGate
from bot.storage.hash_key import load_hash_key
from tests.support.records import AUDIT_KEY, recent, writer_of

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
UNHURRIED = Timing(redelivery=30.0)
KEYS = 100
TURNS = 30
LIMITS = RateLimits(requests_per_second=40, max_concurrency=3)


async def _open(database: Database) -> None:
    await database.ping()
    _say("opened")


async def _hash_key(database: Database) -> None:
    _say((await load_hash_key(database)).hex())


async def _seen_events(database: Database) -> None:
    seen = SeenEvents(database, timing=UNHURRIED)
    _say([key for key in range(KEYS) if await seen.new_of([str(key)], NOON)])


async def _write_for_ever(database: Database) -> None:
    """Say each key once it is committed."""
    seen = SeenEvents(database, timing=UNHURRIED)
    key = 0
    while await seen.new_of([str(key)], NOON):
        _say(key)
        key += 1


async def _ask_the_gate(database: Database) -> None:
    """Go through the gate so many times, several at once, and say from when until when."""
    gate = SharedGate(database, LIMITS)
    turns: list[tuple[float, float]] = []
    async with aclosing(SharingGatekeeper(gate, LocalGate(LIMITS))) as gatekeeper:
        queue = RequestQueue(gatekeeper)

        async def go() -> None:
            give_up_at = asyncio.get_running_loop().time() + 60
            async with queue.turn(Ticket(Urgency.PERSON, give_up_at, {""})):
                began = time.time()
                await asyncio.sleep(0.05)
                turns.append((began, time.time()))

        await asyncio.gather(*(go() for _ in range(TURNS)))
    _say(turns)


async def _record_and_die(database: Database) -> None:
    """Let one record be stored by itself, and be killed right after the next one."""
    writer = writer_of(database)
    writer.add(_entry("stored"))
    while not await recent(Audit(database, AUDIT_KEY), 1):  # noqa: ASYNC110 - a table tells nobody
        await asyncio.sleep(0.01)
    _say("stored")
    writer.add(_entry("lost"))
    os.kill(os.getpid(), signal.SIGKILL)


def _entry(user: str) -> AuditEntry:
    return AuditEntry(
        at=NOON, team="T1", user=user, channel="C1", surface="command", action="refusal"
    )


JOBS: Mapping[str, Callable[[Database], Awaitable[None]]] = MappingProxyType(
    {
        "open": _open,
        "hash_key": _hash_key,
        "seen_events": _seen_events,
        "write_for_ever": _write_for_ever,
        "ask_the_gate": _ask_the_gate,
        "record_and_die": _record_and_die,
    }
)


def _say(answer: Any) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


async def _run(job: str, url: str) -> None:
    async with open_database(url) as database:
        await JOBS[job](database)


if __name__ == "__main__":
    _say("ready")
    for line in sys.stdin:
        asyncio.run(_run(*line.split()))
