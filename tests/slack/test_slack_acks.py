"""Acknowledgements: at once, without a body, whatever the gateway does."""

from __future__ import annotations

import asyncio

import pytest
from scene import Scene, heading

TWENTY = 20
AT_ONCE_SECONDS = 1.0


@pytest.mark.notes
@pytest.mark.slow
async def test_twenty_commands_at_once_are_acknowledged_at_once(bot: Scene) -> None:
    """The gateway takes three seconds for each; no acknowledgement waits for it."""
    ids = [f"SANDBOX-SLOW-3.{number:02d}" for number in range(TWENTY)]

    await asyncio.gather(*(bot.type(idmsg) for idmsg in ids))
    await bot.settled(2 * TWENTY, patience=8)

    assert [(200, "")] * TWENTY == [(ack.status, ack.body) for ack in bot.acks]
    assert max(ack.seconds for ack in bot.acks) < AT_ONCE_SECONDS
    assert {True} == {heading(message).startswith("✅") for message in bot.slack.messages}
    assert TWENTY == len(bot.slack.messages)


@pytest.mark.parametrize("typed", ["SANDBOX-OK", "help", "", "+55 (11) 98765-4321"])
async def test_an_acknowledgement_has_no_body(bot: Scene, typed: str) -> None:
    """The answer goes by the response URL; a body would be shown a second time."""
    ack = await bot.type(typed)
    await bot.slack.wait_for_message()

    assert (200, "") == (ack.status, ack.body)
    assert 1 == len(bot.slack.messages)


async def test_ten_agents_who_ask_for_one_id_cause_one_request(bot: Scene) -> None:
    """Each gets a card of their own."""
    await asyncio.gather(*(bot.type("SANDBOX-SLOW-0.2") for _ in range(10)))
    await bot.settled(10)

    assert ["SANDBOX-SLOW-0.2"] == bot.asked
    assert 10 == len(bot.slack.messages)
