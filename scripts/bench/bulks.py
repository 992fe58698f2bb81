"""Time and memory of a bulk look-up: 1,000 ids, 20 at once, a gateway that takes 100 ms.

The ideal is the gateway's own time: 50 rounds of 100 ms. It is compared with plain look-ups, which
store nothing, with the same behind the rate limit that processes share through the database, with
the durable bulk look-up, which survives a kill, and with a whole list in Slack (`in_slack`). Memory
is what is freed afterwards.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
import tracemalloc
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from tempfile import TemporaryDirectory

from bot.composition.configured import access_rules, gateway_of, revealed, utc_now
from bot.composition.jobs import build_bulks, build_poller, gatekeeper_of
from bot.domain.access import Asker
from bot.domain.audit import AuditKey
from bot.domain.call_status import Answer
from bot.domain.gate import Urgency
from bot.domain.id_lists.id_list import IdList
from bot.domain.input.message_id import MessageId
from bot.domain.jobs.bulk import Bulk, Tally
from bot.domain.jobs.job import Delivery, Destination, OnUnknownDelivery, PostedCard, Report, Trace
from bot.gateway.client import GatewayClient
from bot.services.bulk.service import BulkService
from bot.services.jobs.dependencies import Dependencies
from bot.services.jobs.poller import End
from bot.services.lookup import LookupService
from bot.services.records import Records
from bot.settings.settings import Settings
from bot.storage.database import open_database
from bot.storage.stores import Stores
from bot.telemetry import Telemetry
from scripts.bench.in_slack import seconds_in_slack
from scripts.bench.speed import Row

COUNT, AT_ONCE, LATE_SECONDS = 1_000, 20, 0.1
FEW, MANY = 200, 2_000
_IDEAL = COUNT / AT_ONCE * LATE_SECONDS


@dataclass
class NotingSpeaker:
    """A notifier that sends nothing and records the times."""

    began: float | None = None
    asked: float = 0.0
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def show_progress(self, bulk: Bulk, tally: Tally, *, missing: str = "") -> Report:
        """Record the start and the end of the look-ups."""
        del tally, missing
        self.began = self.began or time.perf_counter()
        if bulk.ending is not None:
            self.asked = time.perf_counter() - self.began
        return Report(delivery=Delivery.SENT)

    async def find_progress(self, bulk: Bulk) -> PostedCard | None:
        """There is none."""
        del bulk
        return None

    async def report(self, bulk: Bulk) -> Report:
        """Report success."""
        del bulk
        return Report(delivery=Delivery.SENT)

    async def trace(self, bulk: Bulk) -> Trace:
        """Find no earlier message."""
        del bulk
        return Trace.NONE

    async def deliver_results(self, bulk: Bulk) -> Report:
        """Record the end."""
        del bulk
        self.over.set()
        return Report(delivery=Delivery.SENT)

    async def trace_result(self, bulk: Bulk) -> Trace:
        """There is none."""
        del bulk
        return Trace.NONE

    async def deliver_columns(self, bulk: Bulk) -> Report:
        """There are none."""
        del bulk
        return Report(delivery=Delivery.SENT)

    async def trace_columns(self, bulk: Bulk) -> Trace:
        """There are none."""
        del bulk
        return Trace.NONE


@asynccontextmanager
async def _gateway() -> AsyncIterator[str]:
    """A sandbox in another process, so that its CPU time is not counted."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "sandbox", "--port", "0"), stdout=PIPE
    )
    assert process.stdout is not None
    line = (await process.stdout.readline()).decode()
    try:
        yield line.split()[3]
    finally:
        process.terminate()
        await process.communicate()


def _settings(folder: str, gateway_url: str) -> Settings:
    return Settings.of(
        database_url=f"sqlite:///{folder}/voicestatus.db",
        gateway_url=gateway_url,
        gateway_credential="B" * 40,
        gateway_token="b" * 6,
        gateway_requests_per_second=1000,
        gateway_max_concurrency=AT_ONCE,
    )


def _lookups(settings: Settings, gateway: GatewayClient) -> LookupService:
    telemetry = Telemetry(b"key")
    rules = access_rules(settings)
    return LookupService(gateway=gateway, rules=rules, telemetry=telemetry, now=utc_now)


@asynccontextmanager
async def _bulk_services(
    settings: Settings, speaker: NotingSpeaker
) -> AsyncIterator[tuple[BulkService, LookupService]]:
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(open_database(revealed(settings.database_url)))
        gatekeeper = await stack.enter_async_context(gatekeeper_of(settings, database))
        gateway = await stack.enter_async_context(gateway_of(settings, gatekeeper=gatekeeper))
        lookups = _lookups(settings, gateway)
        stores = Stores(database, key=AuditKey(b"key"), lost=print)
        stack.push_async_callback(stores.records.flush)
        poller = build_poller(settings, stores, now=utc_now)
        in_doubt = OnUnknownDelivery(settings.watch_in_doubt)
        means = Dependencies(
            lookups=lookups,
            records=Records(
                writer=stores.records,
                recents=stores.recents,
                telemetry=Telemetry(b"key"),
                now=utc_now,
            ),
            in_doubt=in_doubt,
            heard=_ignore,
            dismiss=_done,
            now=utc_now,
        )
        bulks, line = build_bulks(settings, stores, poller, means, speaker)
        await stack.enter_async_context(poller.running([line], End(9.0)))
        yield bulks, lookups


async def _done(_: object) -> bool:
    return True


async def _ignore(answers: Sequence[Answer]) -> None:
    del answers


def _ids(count: int, first: int, late: str) -> tuple[MessageId, ...]:
    """New ids each time, to bypass the cache; their number is below the delay's microseconds."""
    return tuple(MessageId(f"SANDBOX-SLOW-{late}0000{n:05}") for n in range(first, first + count))


async def _plain(lookups: LookupService, first: int) -> float:
    began = time.perf_counter()
    left = iter(_ids(COUNT, first, "0.10"))

    async def work() -> None:
        for message_id in left:
            await lookups.look_up([message_id], urgency=Urgency.BACKGROUND)

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE + AT_ONCE // 2):
            group.create_task(work())
    return time.perf_counter() - began


async def _durable(bulks: BulkService, speaker: NotingSpeaker, ids: tuple[MessageId, ...]) -> float:
    place = Destination(team="T1", channel="C1", thread="1.1")
    speaker.began, speaker.over = None, asyncio.Event()
    asker = Asker(user="U1", channel="C1", team="T1")
    await bulks.start(IdList(ids=ids), asker=asker, destination=place)
    await speaker.over.wait()
    return speaker.asked


async def _held_kib(
    bulks: BulkService, speaker: NotingSpeaker, ids: tuple[MessageId, ...]
) -> float:
    """The peak memory less what remains: the cache of final statuses holds each answer."""
    tracemalloc.start()
    await _durable(bulks, speaker, ids)
    gc.collect()
    stays, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return (peak - stays) / 1024


async def measure_bulks() -> list[Row]:
    """Run the benchmark."""
    speaker = NotingSpeaker()
    with TemporaryDirectory() as folder:
        async with _gateway() as gateway_url:
            settings = _settings(folder, gateway_url)
            async with gateway_of(settings) as gateway:
                plain = await _plain(_lookups(settings, gateway), 0)
            async with _bulk_services(settings, speaker) as (bulks, lookups):
                # By then everything is imported and created.
                await _durable(bulks, speaker, _ids(20, 90_000, "0.00"))
                shared = await _plain(lookups, 10_000)
                durable = await _durable(bulks, speaker, _ids(COUNT, 20_000, "0.10"))
                few = await _held_kib(bulks, speaker, _ids(FEW, 30_000, "0.00"))
                many = await _held_kib(bulks, speaker, _ids(MANY, 40_000, "0.00"))
            lists = [
                [one.value for one in ids]
                for ids in (_ids(AT_ONCE, 50_000, "0.00"), _ids(COUNT, 60_000, "0.10"))
            ]
            in_slack = await seconds_in_slack(gateway_url, lists, AT_ONCE)
    return list(_rows((plain, shared, durable, in_slack), (few, many)))


def _rows(seconds: Sequence[float], memory: Sequence[float]) -> Iterator[Row]:
    names = (
        *("plain path", "behind the shared rate limit", "durable path"),
        "in Slack, a whole process: from the form to the report",
    )
    for name, spent in zip(names, seconds, strict=True):
        what = f"{COUNT:,} calls, {AT_ONCE} at once, {name}"
        yield Row(name=what, value=spent, unit="s", against="ideal", ratio=spent / _IDEAL)
    for count, kib in zip((FEW, MANY), memory, strict=True):
        yield Row(name=f"memory held at the most, {count:,} calls", value=kib, unit="KiB")
