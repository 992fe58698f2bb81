"""The cards during an outage or a pause of the gateway, and the alerts to admins."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import aiohttp

from bot.domain.gateway_health import FAILURES_TO_OPEN
from bot.fake_slack.state.workspace import OTHER_USER_ID, USER_ID
from bot.settings.settings import Mode
from tests.slack.watching import until
from tests.support.reading import copied, heading, seen
from tests.support.scene import UNHURRIED, Scene, Stages
from tests.support.wording import PT, phrase, say, verdict

# Retries without delay, no probe in between, and a pause longer than the test.
STEADY = replace(
    UNHURRIED, retry_initial=0.0, retry_jitter=0.001, first_probe=60.0, first_pause=60.0
)


@asynccontextmanager
async def outage(stages: Stages, mode: Mode) -> AsyncIterator[Scene]:
    """A bot whose gateway has refused several look-ups in a row."""
    nowhere = "http://127.0.0.1:9/service.asmx"
    async with stages.scene(mode, timing=STEADY, gateway_url=nowhere) as bot:
        for number in range(FAILURES_TO_OPEN):
            card = await bot.answer(f"MPG00000000000{number}")
            assert verdict("!connection_refused") == heading(card)
        yield bot


async def metrics(bot: Scene) -> str:
    """The text that Prometheus scrapes."""
    async with aiohttp.ClientSession() as session, session.get(bot.url("/metrics")) as response:
        return await response.text()


async def test_while_the_gateway_is_down_people_are_told_at_once_and_since_when(
    mode: Mode, stages: Stages
) -> None:
    """In the user's language and time zone; so does `health`."""
    async with outage(stages, mode) as bot:
        card = await bot.answer("SANDBOX-BUSY")
        health = await bot.answer("health")
        await bot.answer("lang pt")
        portuguese = await bot.answer("SANDBOX-BUSY")

        assert "voicestatus_gateway_up 0.0" in await metrics(bot)

    assert verdict("!gateway_down") == heading(card)
    assert "gateway_down: connection_refused" in seen(card)
    assert phrase("moment.gateway_down").search(seen(card))
    assert phrase("health.down").search(seen(health))
    assert phrase("moment.gateway_down", PT).search(seen(portuguese))


async def test_health_says_when_the_gateway_recovered(mode: Mode, stages: Stages) -> None:
    """Without a question in between: the bot probes the gateway."""
    timing = replace(STEADY, first_probe=0.02)
    async with stages.scene(mode, timing=timing) as bot:
        for _ in range(FAILURES_TO_OPEN):
            await bot.answer("SANDBOX-FAULT-close")
        await until(lambda: bot.running.gateway.health.recovered_at is not None)
        told = await bot.answer("health")

    assert phrase("health.recovered").search(seen(told))


async def test_the_admins_are_told_once_and_not_for_each_agent(mode: Mode, stages: Stages) -> None:
    """Each gets a direct message; the agents' cards say that no report is needed."""
    admins = frozenset({USER_ID, OTHER_USER_ID})
    async with stages.scene(mode, admin_users=admins) as bot:
        for _ in range(3):
            await bot.answer("SANDBOX-001")
        await bot.slack.wait_for(lambda: len(bot.slack.messages) >= 5)
        told = [one for one in bot.slack.messages if not one.ephemeral]
        cards = [one for one in bot.slack.messages if one.ephemeral]

    assert 2 == len(told)
    assert all(say("admin.keys_body", code="001") in seen(one) for one in told)
    assert all(say("advice.admins_told") in seen(one) for one in cards)
    assert {""} == {copied(one) for one in cards}


async def test_without_admins_agents_are_not_told_that_somebody_knows(bot: Scene) -> None:
    """No admin got an alert."""
    card = await bot.answer("SANDBOX-001")

    assert say("advice.admins_told") not in seen(card)
    assert "001" in copied(card)


async def test_code_900_is_a_pause_that_people_are_told_of(mode: Mode, stages: Stages) -> None:
    """With its end; until then the gateway gets no request."""
    async with stages.scene(mode, timing=STEADY) as bot:
        await bot.answer("SANDBOX-900")
        card = await bot.answer("SANDBOX-OK")
        health = await bot.answer("health")

        assert ["SANDBOX-900"] == bot.asked
    assert verdict("!paused") == heading(card)
    assert phrase("moment.paused").search(seen(card))
    assert phrase("health.paused").search(seen(health))
