"""Failed look-ups: the card says so, and never that the call failed.

tests/gateway covers the error for each fault of the gateway, and the snapshot of the cards covers
the card of each error. These tests have one of each kind.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.settings.settings import Mode
from tests.support.reading import copied, heading, seen
from tests.support.scene import UNHURRIED, Scene, Stages
from tests.support.wording import ANSWERED, PT, say, verdict

# No delay between retries.
AT_ONCE = replace(UNHURRIED, retry_initial=0.0, retry_jitter=0.001)


@pytest.mark.parametrize(
    ("fault", "error", "shown"),
    [
        ("forbidden", "http_status", "http_status: HTTP 403"),
        ("server", "fault_server", "fault_server"),
        ("truncated", "connection_lost", "connection_lost"),
        ("html", "not_soap", "not_soap"),
    ],
)
async def test_a_fault_is_a_failed_look_up_and_not_a_failed_call(
    bot: Scene, fault: str, error: str, shown: str
) -> None:
    """The card has the error and a report to copy; the gateway got one request."""
    card = await bot.answer(f"SANDBOX-FAULT-{fault}")

    assert verdict(f"!{error}") == heading(card)
    assert shown in seen(card)
    assert shown in copied(card)
    assert [f"SANDBOX-FAULT-{fault}"] == bot.asked


async def test_what_got_lost_on_its_way_is_asked_again(mode: Mode, stages: Stages) -> None:
    """The user waits for one card, which says that the sandbox answered."""
    async with stages.scene(mode, timing=AT_ONCE) as bot:
        await bot.answer("SANDBOX-OK")
        card = await bot.answer("SANDBOX-FAULT-close")

        assert verdict("!connection_lost") == heading(card)
        assert say("card.sandbox") in seen(card)
        assert ["SANDBOX-OK", *["SANDBOX-FAULT-close"] * 3] == bot.asked


async def test_a_failed_look_up_speaks_portuguese_only(mode: Mode, stages: Stages) -> None:
    """The error's title and its advice are from the same catalogue."""
    async with stages.scene(mode, bot_language="pt-BR") as bot:
        card = await bot.answer("SANDBOX-FAULT-html")

    assert verdict("!not_soap", PT) == heading(card)
    assert PT.error("not_soap").advice in seen(card)


async def test_a_gateway_that_is_not_there_is_a_failed_look_up(mode: Mode, stages: Stages) -> None:
    """GATEWAY_URL refuses connections: the card says so, and who must act."""
    nowhere = "http://127.0.0.1:9/service.asmx"
    async with stages.scene(mode, timing=AT_ONCE, gateway_url=nowhere) as bot:
        card = await bot.answer("SANDBOX-OK")

    assert verdict("!connection_refused") == heading(card)


async def test_a_gateway_that_is_too_slow_is_given_up_at_the_deadline(
    mode: Mode, stages: Stages
) -> None:
    """GATEWAY_TIMEOUT_SECONDS is the deadline."""
    async with stages.scene(mode, gateway_timeout_seconds=0.5) as bot:
        card = await bot.answer("SANDBOX-FAULT-hang")

    assert verdict("!timeout") == heading(card)


async def test_an_odd_but_readable_reply_is_read(bot: Scene) -> None:
    """In any encoding."""
    assert ANSWERED == heading(await bot.answer("SANDBOX-FAULT-utf16"))


async def test_a_hostile_result_is_shown_bounded_and_without_effect(bot: Scene) -> None:
    """The raw result mentions no one, reorders no text and is bounded."""
    for fault in ("unsafe-text", "long-text", "rtl"):
        card = await bot.answer(f"SANDBOX-FAULT-{fault}")

        assert not {"\u202e", "\u200f", "\u2066"} & set(seen(card))
        assert 3_000 > len(seen(card))
        assert say("icon.answered") not in seen(card)
