"""When nothing could be found out: the card says that, and never that the call failed."""

from __future__ import annotations

from typing import Final

import pytest
from scene import Scene, copied, heading, playing, seen

from bot.settings import Mode

# Fault of the sandbox -> the error that stands on the card, and how often it is asked for.
FAULTS: Final = {
    "client": ("fault_request", 1),
    "server": ("fault_server", 1),
    "version-mismatch": ("fault_request", 1),
    "must-understand": ("fault_request", 1),
    "fault-200": ("fault_server", 1),
    "html": ("not_soap", 1),
    "html-500": ("http_status (HTTP 500)", 1),
    "unavailable": ("http_unavailable (HTTP 503)", 3),
    "bad-gateway": ("http_unavailable (HTTP 502)", 3),
    "gateway-timeout": ("http_unavailable (HTTP 504)", 3),
    "forbidden": ("http_status (HTTP 403)", 1),
    "not-found": ("http_status (HTTP 404)", 1),
    "redirect": ("redirected (HTTP 302)", 1),
    "reset": ("connection_lost", 3),
    "close": ("connection_lost", 3),
    "truncated": ("connection_lost", 1),
    "bad-charset": ("not_soap", 1),
    "gzip": ("not_soap", 1),
    "gzip-bomb": ("not_soap", 1),
    "doctype": ("unsafe_xml", 1),
    "entity": ("unsafe_xml", 1),
    "entity-bomb": ("unsafe_xml", 1),
    "external-entity": ("unsafe_xml", 1),
    "deep": ("unsafe_xml", 1),
    "huge": ("too_large", 1),
    "malformed": ("not_soap", 1),
    "nil": ("empty_result", 1),
    "missing": ("empty_result", 1),
    "duplicate": ("not_soap", 1),
    "bare-string": ("not_soap", 1),
    "nul": ("not_soap", 1),
}
VERDICT_ON_THE_CALL: Final = (
    "did not go through",
    "The call broke off",
    "was blocked",
    "not completed",
)


@pytest.mark.parametrize("name", FAULTS)
async def test_a_fault_is_a_failed_look_up_and_not_a_failed_call(bot: Scene, name: str) -> None:
    """The card names the error, keeps from any verdict and brings a report to copy."""
    error, asked = FAULTS[name]

    card = await bot.answer(f"SANDBOX-FAULT-{name}")

    assert heading(card).startswith("🔌 The status could not be looked up: ")
    assert error in seen(card)
    assert [] == [words for words in VERDICT_ON_THE_CALL if words in f"{card.text} {seen(card)}"]
    assert f"error {error}" in copied(card)
    assert [f"SANDBOX-FAULT-{name}"] * asked == bot.asked


async def test_an_empty_result_is_asked_for_exactly_once(bot: Scene) -> None:
    """An empty answer is an answer: it is shown as empty_result and not repeated."""
    card = await bot.answer("SANDBOX-EMPTY")

    assert "empty_result" in seen(card)
    assert ["SANDBOX-EMPTY"] == bot.asked


async def test_a_failed_look_up_speaks_portuguese_only(mode: Mode) -> None:
    """No English sentence of the error tree stands on a Portuguese card."""
    async with playing(mode, bot_language="pt-BR") as bot:
        card = await bot.answer("SANDBOX-FAULT-html")

    assert (
        "🔌 Não foi possível consultar o status: a resposta do gateway veio ilegível."
        == heading(card)
    )
    assert "not_soap" in seen(card)
    assert "The " not in seen(card)


async def test_a_gateway_that_is_not_there_is_a_failed_look_up(mode: Mode) -> None:
    """Nothing listens at GATEWAY_URL: the person is told, and who must act."""
    async with playing(mode, gateway_url="http://127.0.0.1:9/service.asmx") as bot:
        card = await bot.answer("SANDBOX-OK")

    assert heading(card).startswith("🔌 The status could not be looked up: ")
    assert "connection_refused" in seen(card)


@pytest.mark.parametrize("name", ["hang", "drip"])
async def test_a_gateway_that_is_too_slow_is_given_up_at_the_deadline(
    mode: Mode, name: str
) -> None:
    """The deadline is GATEWAY_TIMEOUT_SECONDS, whether nothing comes or a byte at a time."""
    async with playing(mode, gateway_timeout_seconds=1.5) as bot:
        card = await bot.answer(f"SANDBOX-FAULT-{name}")

    assert "error timeout" in copied(card)


@pytest.mark.parametrize("name", ["bom", "utf16", "other-prefix", "soap12-to-11"])
async def test_an_odd_but_readable_reply_is_read(bot: Scene, name: str) -> None:
    """Byte order marks, encodings and prefixes hide no answer."""
    card = await bot.answer(f"SANDBOX-FAULT-{name}")

    assert "✅ The call was answered and the message played: 85 seconds." == heading(card)


@pytest.mark.parametrize("name", ["unsafe-text", "long-text", "rtl", "latin1"])
async def test_a_hostile_result_is_shown_bounded_and_without_effect(bot: Scene, name: str) -> None:
    """Raw text of the gateway rings nobody, reorders nothing and stays short."""
    card = await bot.answer(f"SANDBOX-FAULT-{name}")

    assert not {"\u202e", "\u200f", "\u2066"} & set(seen(card))
    assert 3_000 > len(seen(card))
    assert "✅" not in seen(card)


async def test_a_failed_look_up_at_the_sandbox_says_that_it_is_the_sandbox(bot: Scene) -> None:
    """Once the address is known to be a sandbox's, what it does not answer is marked as well."""
    await bot.answer("SANDBOX-OK")

    card = await bot.answer("SANDBOX-FAULT-close")

    assert "this is not a real call" in seen(card)
