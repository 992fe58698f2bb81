"""When nothing could be found out: the card says that, and never that the call failed.

What each fault of the gateway becomes is proved in tests/gateway; what the card of each error says
stands in the snapshot of the cards. Here is one of each kind.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.settings.settings import Mode
from tests.support.reading import copied, heading, seen
from tests.support.scene import UNHURRIED, Scene, Stages
from tests.support.wording import ANSWERED, PT, say, verdict

# Repetitions follow at once.
AT_ONCE = replace(UNHURRIED, retry_initial=0.0, retry_jitter=0.001)


@pytest.mark.parametrize(
    ("fault", "error", "shown"),
    [
        ("forbidden", "http_status", "http_status (HTTP 403)"),
        ("server", "fault_server", "fault_server"),
        ("truncated", "connection_lost", "connection_lost"),
        ("html", "not_soap", "not_soap"),
    ],
)
async def test_a_fault_is_a_failed_look_up_and_not_a_failed_call(
    bot: Scene, fault: str, error: str, shown: str
) -> None:
    """The card names the error and brings a report to copy; the gateway was asked once."""
    card = await bot.answer(f"SANDBOX-FAULT-{fault}")

    assert verdict(f"!{error}") == heading(card)
    assert shown in seen(card)
    assert shown in copied(card)
    assert [f"SANDBOX-FAULT-{fault}"] == bot.asked


async def test_what_got_lost_on_its_way_is_asked_again(mode: Mode, stages: Stages) -> None:
    """The person waits for one card; at the sandbox it says that no real call is meant."""
    async with stages.scene(mode, timing=AT_ONCE) as bot:
        await bot.answer("SANDBOX-OK")
        card = await bot.answer("SANDBOX-FAULT-close")

        assert verdict("!connection_lost") == heading(card)
        assert say("card.sandbox") in seen(card)
        assert ["SANDBOX-OK", *["SANDBOX-FAULT-close"] * 3] == bot.asked


async def test_a_failed_look_up_speaks_portuguese_only(mode: Mode, stages: Stages) -> None:
    """The error's title and what to do about it come from the same catalogue."""
    async with stages.scene(mode, bot_language="pt-BR") as bot:
        card = await bot.answer("SANDBOX-FAULT-html")

    assert verdict("!not_soap", PT) == heading(card)
    assert PT.error("not_soap").advice in seen(card)


async def test_a_gateway_that_is_not_there_is_a_failed_look_up(mode: Mode, stages: Stages) -> None:
    """Nothing listens at GATEWAY_URL: the person is told, and who must act."""
    nowhere = "http://127.0.0.1:9/service.asmx"
    async with stages.scene(mode, timing=AT_ONCE, gateway_url=nowhere) as bot:
        card = await bot.answer("SANDBOX-OK")

    assert verdict("!connection_refused") == heading(card)


async def test_a_gateway_that_is_too_slow_is_given_up_at_the_deadline(
    mode: Mode, stages: Stages
) -> None:
    """The deadline is GATEWAY_TIMEOUT_SECONDS."""
    async with stages.scene(mode, gateway_timeout_seconds=0.5) as bot:
        card = await bot.answer("SANDBOX-FAULT-hang")

    assert verdict("!timeout") == heading(card)


async def test_an_odd_but_readable_reply_is_read(bot: Scene) -> None:
    """Whatever it is encoded in."""
    assert ANSWERED == heading(await bot.answer("SANDBOX-FAULT-utf16"))


async def test_a_hostile_result_is_shown_bounded_and_without_effect(bot: Scene) -> None:
    """Raw text of the gateway rings nobody, reorders nothing and stays short."""
    for fault in ("unsafe-text", "long-text", "rtl"):
        card = await bot.answer(f"SANDBOX-FAULT-{fault}")

        assert not {"\u202e", "\u200f", "\u2066"} & set(seen(card))
        assert 3_000 > len(seen(card))
        assert say("icon.answered") not in seen(card)
