"""A process of the bot that has watches and bulks only: their real houses, voices of its own.

Run as a program. Its settings come as JSON in the environment. A line on standard input is a
command: `start FIRST COUNT PREFIX` (watches), `bulk COUNT PREFIX`, `press BUTTON:WATCH:USER ...`
(one after the other, `hour` or `stop`), `jump SECONDS` (the clock) or `end`; answers go out as
lines of JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine
from slack_sdk.web.async_client import AsyncWebClient

from bot.composition.configured import access_rules, gateway_of, revealed, utc_now
from bot.composition.jobs import build_bulks, build_poller, build_watches, gatekeeper_of
from bot.domain.access import Asker
from bot.domain.call_status import Answer
from bot.domain.id_lists.id_list import IdList
from bot.domain.input.message_id import MessageId
from bot.domain.jobs.bulk import Bulk
from bot.domain.jobs.job import Destination, OnUnknownDelivery
from bot.domain.timing import Timing
from bot.logs import configure_logging
from bot.services.bulk.service import BulkService
from bot.services.jobs.dependencies import Dependencies
from bot.services.jobs.poller import End
from bot.services.lookup import LookupService
from bot.services.watches.service import Started, WatchService
from bot.settings.settings import Settings
from bot.slack.api.session import open_session
from bot.storage.database import open_database
from bot.storage.stores import Stores
from bot.telemetry import Telemetry
from tests.support.records import AUDIT_KEY, records_on
from tests.watches.thread_voices import ThreadNotifier, ThreadSpeaker


@asynccontextmanager
async def both_houses(
    settings: Settings, timing: Timing
) -> AsyncIterator[tuple[WatchService, BulkService]]:
    """The watches and bulks of this process, kept while the block runs."""
    async with (
        open_database(revealed(settings.database_url), timing=timing) as database,
        gatekeeper_of(settings, database) as gatekeeper,
        gateway_of(settings, gatekeeper=gatekeeper) as gateway,
        open_session() as session,
    ):
        stores = Stores(database, key=AUDIT_KEY, lost=print, timing=timing)
        poller = build_poller(settings, stores, now=utc_now, timing=timing)
        lookups = LookupService(
            gateway=gateway,
            rules=access_rules(settings),
            telemetry=Telemetry(b"key"),
            now=utc_now,
        )
        client = AsyncWebClient(token="xoxb-1", base_url=settings.slack_api_url, session=session)
        means = Dependencies(
            lookups=lookups,
            records=records_on(stores.records, stores.recents, utc_now),
            in_doubt=OnUnknownDelivery(settings.watch_in_doubt),
            heard=nobody_hears,
            dismiss=nobody_is_dismissed,
            now=utc_now,
            timing=timing,
        )
        watching, watch_line, notice_line = build_watches(
            settings, stores, poller, means, ThreadNotifier(client)
        )
        bulks, bulk_line = build_bulks(settings, stores, poller, means, ThreadSpeaker(client))
        end = End(timing.end)
        async with poller.running((watch_line, notice_line, bulk_line), end):
            yield watching, bulks
            end.begin()
            database.hurry(end.left)


async def nobody_is_dismissed(_: object) -> bool:
    """There are no rules."""
    return True


async def nobody_hears(answers: Sequence[Answer]) -> None:
    """There are no admins here."""
    del answers


async def start_watches(watching: WatchService, first: int, count: int, prefix: str) -> list[str]:
    """Watches in twenty threads; their ids."""
    started = []
    for number in range(first, first + count):
        outcomes = await watching.start(
            [MessageId(f"{prefix}{number}")],
            asker=Asker(user=f"U{number}", channel="C1", team="T1"),
            destination=Destination(team="T1", channel="C1", thread=f"{number % 20}.1"),
        )
        started += [one.watch.id for one in outcomes if isinstance(one, Started)]
    return started


async def press(watching: WatchService, button: str, watch: str, user: str) -> str:
    """Watch for another hour, or stop; the end that the person reads, empty where it is stopped."""
    if button == "stop":
        assert await watching.cancel("T1", user, [watch])
        return ""
    (changed,) = await watching.choose_limit("T1", user, [watch], timedelta(hours=1))
    return changed.expires_at.isoformat()


async def start_bulk(bulks: BulkService, count: int, prefix: str) -> str:
    """One list in a thread of its own; its id."""
    outcome = await bulks.start(
        IdList(ids=tuple(MessageId(f"{prefix}{number}") for number in range(1, count + 1))),
        asker=Asker(user="U1", channel="C1", team="T1"),
        destination=Destination(team="T1", channel="C1", thread=f"{prefix}.1"),
    )
    assert isinstance(outcome, Bulk)
    return outcome.id


def _say(answer: Any) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


async def _run() -> None:
    configure_logging(level=os.environ.get("LEVEL", "ERROR"), json=True)
    settings = Settings.of(**json.loads(os.environ["SETTINGS"]))
    timing = Timing(**json.loads(os.environ["TIMING"]))
    loop = asyncio.get_running_loop()
    async with both_houses(settings, timing) as (watching, bulks):
        _say("up")
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            match line.split():
                case ["start", first, count, prefix]:
                    _say(await start_watches(watching, int(first), int(count), prefix))
                case ["bulk", count, prefix]:
                    _say(await start_bulk(bulks, int(count), prefix))
                case ["press", *presses]:
                    for one in presses:
                        _say(await press(watching, *one.split(":")))
                case ["jump", seconds]:
                    moment = datetime.now(UTC) + timedelta(seconds=int(seconds))
                    time_machine.travel(moment).start()
                    _say("jumped")
                case _:
                    break
    _say("ended")


if __name__ == "__main__":
    asyncio.run(_run())
