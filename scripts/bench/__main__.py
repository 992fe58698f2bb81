"""`make bench`: this bot and a plain one side by side, on loopback, in one run.

Both bots, the gateway and Slack share one process and its cores, so only ratios are meaningful.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from bot.composition.bootstrap import running_bot
from bot.fake_slack.people.person import Person, person_over_http, person_over_socket
from bot.fake_slack.slack_server import LoopbackSlack, running_slack
from bot.gateway.protocol.soap import Account
from bot.gateway.sandbox import SeenRequest, running_sandbox
from bot.settings.settings import Mode, Settings
from bot.telemetry import configure_logging
from bot.web.slack_endpoint import SLACK_PATH
from scripts.bench.bulks import measure_bulks
from scripts.bench.files import measure_files
from scripts.bench.lists import measure_lists
from scripts.bench.plain_bot import running_plain_bot
from scripts.bench.watches import measure_watches

CREDENTIAL, TOKEN = "B" * 40, "b" * 6
ROUNDS = 5
LOOKUPS = 60
BURST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Medians over the rounds."""

    ack_ms: float
    cpu_ms: float


async def _measure(slack: LoopbackSlack, person: Person, idmsg: Callable[[int], str]) -> Figures:
    acks: list[float] = []
    cpu: list[float] = []
    number = 0
    for _ in range(ROUNDS):
        before, seen = time.process_time(), len(slack.posts)
        for _ in range(LOOKUPS):
            number += 1
            ack = await person.command("/voicestatus", idmsg(number))
            acks.append(ack.seconds * 1000)
            await slack.wait_for(lambda: len(slack.posts) > seen, 5)  # noqa: B023 - awaited here
            seen += 1
        cpu.append((time.process_time() - before) * 1000 / LOOKUPS)
    return Figures(ack_ms=statistics.median(acks), cpu_ms=statistics.median(cpu))


def _settings(slack: LoopbackSlack, gateway_url: str, mode: Mode) -> Settings:
    return Settings.of(
        bot_mode=mode,
        bot_port=0,
        slack_api_url=slack.api_url,
        slack_bot_token=slack.bot_token,
        slack_app_token=slack.app_token,
        slack_signing_secret=slack.signing_secret,
        gateway_url=gateway_url,
        gateway_credential=CREDENTIAL,
        gateway_token=TOKEN,
        gateway_requests_per_second=1000,
        gateway_max_concurrency=50,
    )


def _fresh(number: int) -> str:
    # A new id each time, to bypass the cache.
    return f"SANDBOX-ok.{number}.00"


async def _plain(slack: LoopbackSlack, gateway_url: str, stack: AsyncExitStack) -> Figures:
    port = await stack.enter_async_context(
        running_plain_bot(
            slack_url=slack.api_url,
            token=slack.bot_token,
            signing_secret=slack.signing_secret,
            gateway_url=gateway_url,
            account=Account(CREDENTIAL, TOKEN),
        )
    )
    address = f"http://127.0.0.1:{port}{SLACK_PATH}"
    person = await stack.enter_async_context(person_over_http(slack, address))
    return await _measure(slack, person, _fresh)


async def _ours(
    slack: LoopbackSlack, gateway_url: str, mode: Mode, stack: AsyncExitStack
) -> tuple[Figures, Person]:
    bot = await stack.enter_async_context(running_bot(_settings(slack, gateway_url, mode)))
    if mode is Mode.SOCKET:
        person = person_over_socket(slack)
        await slack.wait_for(lambda: bool(slack.socket.live()), 5)
    else:
        address = f"http://127.0.0.1:{bot.port}{SLACK_PATH}"
        person = await stack.enter_async_context(person_over_http(slack, address))
    return await _measure(slack, person, _fresh), person


async def _burst(slack: LoopbackSlack, person: Person, requests: list[SeenRequest]) -> list[int]:
    """200 users ask for one id at once: gateway calls, cards, new connections to Slack."""
    requests.clear()
    cards, connections = len(slack.posts), slack.connections
    await asyncio.gather(
        *(person.command("/voicestatus", "SANDBOX-SLOW-0.3") for _ in range(BURST))
    )
    await slack.wait_for(lambda: len(slack.posts) >= cards + BURST, 20)
    return [len(requests), len(slack.posts) - cards, slack.connections - connections]


async def _run(show: Callable[[Table], None]) -> None:
    requests: list[SeenRequest] = []
    async with AsyncExitStack() as stack:
        gateway_url = await stack.enter_async_context(running_sandbox(port=0, requests=requests))
        slack = await stack.enter_async_context(running_slack())
        plain = await _plain(slack, gateway_url, stack)
        http, person = await _ours(slack, gateway_url, Mode.HTTP, stack)
        burst = await _burst(slack, person, requests)
        socket, _ = await _ours(slack, gateway_url, Mode.SOCKET, stack)
    show(_speed(plain, http, socket))
    show(_counts(burst))
    show(measure_files())
    show(await measure_lists())
    show(await measure_bulks())
    show(await measure_watches())


def _speed(plain: Figures, http: Figures, socket: Figures) -> Table:
    table = Table("", "plain bot", "HTTP mode", "x plain", "Socket Mode", "x plain", box=None)
    for name, field in (("ack, median, ms", "ack_ms"), ("CPU, both worlds included, ms", "cpu_ms")):
        base, ours, other = (float(getattr(f, field)) for f in (plain, http, socket))
        table.add_row(
            name,
            f"{base:.2f}",
            f"{ours:.2f}",
            f"{ours / base:.2f}",
            f"{other:.2f}",
            f"{other / base:.2f}",
        )
    return table


def _counts(burst: list[int]) -> Table:
    table = Table(f"{BURST} people ask for one id at once", "count", box=None)
    for name, count in zip(("gateway calls", "answers", "new connections"), burst, strict=True):
        table.add_row(name, str(count))
    return table


def main() -> None:
    """Run all benchmarks and print the figures."""
    configure_logging(level="ERROR", json=False)
    asyncio.run(_run(Console(width=100).print))


if __name__ == "__main__":
    main()
