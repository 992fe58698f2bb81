"""What people read while the gateway is down or asked for a pause, and what the admins read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from scene import copied, heading, seen
from ways import Ways, visiting

from bot.demo.loopback.workspace import OTHER_USER_ID, USER_ID
from bot.domain.gateway_health import FAILURES_TO_OPEN
from bot.gateway.sandbox import running_sandbox
from bot.settings import Mode

DOWN = "The gateway has not answered since <!date^"
DOWN_PT = "O gateway não responde desde <!date^"


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Repetitions follow at once, and no probe comes in between."""
    monkeypatch.setattr("bot.gateway.inquiry.WAIT_INITIAL", 0.0)
    monkeypatch.setattr("bot.gateway.inquiry.WAIT_JITTER", 0.001)
    monkeypatch.setattr("bot.gateway.circuit.FIRST_PROBE_SECONDS", 60.0)


@asynccontextmanager
async def outage(mode: Mode, **changes: Any) -> AsyncIterator[Ways]:
    """A bot whose gateway has refused several look-ups in a row."""
    async with visiting(mode, gateway_url="http://127.0.0.1:9/service.asmx", **changes) as bot:
        for number in range(FAILURES_TO_OPEN):
            card = await bot.answer(f"MPG00000000000{number}")
            assert "connection_refused" in seen(card)
        yield bot


async def metrics(bot: Ways) -> str:
    """What Prometheus reads."""
    async with aiohttp.ClientSession() as session, session.get(bot.url("/metrics")) as response:
        return await response.text()


async def test_while_the_gateway_is_down_people_are_told_at_once_and_since_when(
    mode: Mode,
) -> None:
    """In their own time zone, and that this says nothing about the call."""
    async with outage(mode) as bot:
        card = await bot.answer("SANDBOX-BUSY")
        await bot.answer("lang pt")
        portuguese = await bot.answer("SANDBOX-BUSY")

        assert "voicestatus_gateway_up 0.0" in await metrics(bot)

    assert heading(card).startswith("🔌 The status could not be looked up: the gateway does not")
    assert DOWN in seen(card)
    assert "gateway_down (connection_refused)" in seen(card)
    assert "says nothing about the call" in seen(card)
    assert DOWN_PT in seen(portuguese)


async def test_health_says_since_when_it_is_down_and_when_it_recovered(
    mode: Mode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without anybody having asked in between."""
    async with outage(mode) as bot:
        assert DOWN in seen(await bot.answer("health"))
    monkeypatch.setattr("bot.gateway.circuit.FIRST_PROBE_SECONDS", 0.05)
    async with running_sandbox(port=0) as url, visiting(mode, gateway_url=url) as bot:
        for _ in range(FAILURES_TO_OPEN):
            await bot.answer("SANDBOX-FAULT-close")
        await bot.slack.wait_for(lambda: True)
        for _ in range(200):
            told = seen(await bot.answer("health"))
            if "After an outage" in told:
                break
    assert "After an outage it has been answering again since <!date^" in told


async def test_the_admins_are_told_once_and_not_for_each_agent(mode: Mode) -> None:
    """Each of them directly; the agents read that they need not tell them."""
    async with visiting(mode, admin_users={USER_ID, OTHER_USER_ID}) as bot:
        for _ in range(3):
            await bot.answer("SANDBOX-001")
        await bot.slack.wait_for(lambda: len(bot.slack.messages) >= 5)
        told = [one for one in bot.slack.messages if not one.ephemeral]
        cards = [one for one in bot.slack.messages if one.ephemeral]

    assert 2 == len(told)
    assert all("code 001" in seen(one) for one in told)
    assert all("this bot itself tells its admins" in seen(one) for one in cards)
    assert {""} == {copied(one) for one in cards}


async def test_without_admins_agents_are_not_told_that_somebody_knows(mode: Mode) -> None:
    """It would not be true."""
    async with visiting(mode) as bot:
        card = await bot.answer("SANDBOX-001")

    assert "tells its admins" not in seen(card)
    assert "001" in copied(card)


async def test_code_900_is_a_pause_that_people_are_told_of(
    mode: Mode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the moment at which it is over; the gateway is not asked meanwhile."""
    monkeypatch.setattr("bot.domain.gate.FIRST_PAUSE_SECONDS", 30.0)
    async with visiting(mode) as bot:
        await bot.answer("SANDBOX-900")
        card = await bot.answer("SANDBOX-OK")
        asked = bot.asked
        told = seen(await bot.answer("health"))

    assert ["SANDBOX-900"] == asked
    assert "It may be asked again from <!date^" in seen(card)
    assert "the gateway asked this bot to slow down" in heading(card)
    assert "nobody asks it before <!date^" in told
