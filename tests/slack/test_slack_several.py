"""Several ids in one command, and words that are no ids."""

from __future__ import annotations

import re

import pytest
from scene import Scene, heading, playing, seen
from watching import buttons_of

from bot.settings import Mode

TEN = "OK SHORT BUSY NOANSWER NOTFOUND DECLINED ERROR BLOCKED MACHINE FOREVER"
TEN_IDS = " ".join(f"SANDBOX-{name}" for name in TEN.split())


async def test_ten_ids_get_one_compact_answer_in_their_order(bot: Scene) -> None:
    """One message, a line of sums, a row for each id as typed."""
    card = await bot.answer(TEN_IDS)

    rows = [block for block in card.blocks if block["type"] == "rich_text"]
    shown = [row["elements"][0]["elements"][0]["text"] for row in rows]
    assert TEN_IDS.split() == shown
    assert (
        "10 calls: 2 answered, 4 not completed, 1 broken off, 1 blocked, 1 reached a"
        " machine, 1 without a status yet" == heading(card)
    )
    assert 1 == len(bot.slack.messages)
    assert sorted(TEN_IDS.split()) == sorted(filter(None, bot.asked))


async def test_an_unknown_id_is_counted_as_not_found(bot: Scene) -> None:
    """It is no error of the gateway, and a call of a few seconds was answered."""
    card = await bot.answer("SANDBOX-023 SANDBOX-850 SANDBOX-SHORT X-1")

    assert "4 calls: 1 answered, 2 not found, 1 gateway error" == heading(card)
    assert "  🔍 IDMSG not found (code 023)." in seen(card)
    assert "  ⚠️ The call was answered but lasted only 3 seconds." in seen(card)


async def test_the_compact_answer_speaks_portuguese(mode: Mode) -> None:
    """The sums have their plural forms in Portuguese too."""
    async with playing(mode, bot_language="pt-BR") as bot:
        card = await bot.answer("SANDBOX-OK SANDBOX-SHORT SANDBOX-BUSY")

    assert heading(card).startswith("3 chamadas: 2 ")


async def test_eleven_ids_get_a_kind_no_and_the_way_to_do_it(bot: Scene) -> None:
    """Nothing is asked; there is a button to look them up as a list."""
    note = await bot.answer(f"{TEN_IDS} SANDBOX-001")

    assert "Up to 10 calls at a time, please" == heading(note)
    assert "You gave 11 IDMSGs" in seen(note)
    assert "Press the button to look them all up as a list" in seen(note)
    assert "bulk_open" in buttons_of(note)
    assert [] == bot.asked


async def test_a_double_is_asked_and_shown_once(bot: Scene) -> None:
    """The same id typed twice is one question."""
    card = await bot.answer("SANDBOX-OK SANDBOX-OK")

    assert ["SANDBOX-OK"] == bot.asked
    assert heading(card).startswith("✅")


async def test_bad_words_beside_good_ones_are_named_and_the_good_ones_answered(bot: Scene) -> None:
    """What was left out is said on the same card, with the reason."""
    card = await bot.answer(f"SANDBOX-OK {'x' * 41}")

    assert heading(card).startswith("✅ The call was answered")
    assert f"`{'x' * 40}`" in seen(card)
    assert "This is not an IDMSG, so it was not looked up:" in seen(card)
    assert ["SANDBOX-OK"] == bot.asked


@pytest.mark.parametrize(
    "typed",
    [
        "+55 (11) 98765-4321",
        "(11) 98765-4321",
        "11 98765-4321",
        "<tel:+5511987654321|+55 11 98765-4321>",
        "<tel:+5511987654321>",
    ],
)
async def test_a_phone_number_is_refused_with_a_hint_where_the_idmsg_is(
    bot: Scene, typed: str
) -> None:
    """The number does not reach the gateway; the hint says where an IDMSG is found."""
    note = await bot.answer(typed)

    assert "it looks like a phone number" in seen(note)
    assert "that system's report of sent messages" in seen(note)
    assert re.search(r"write `/voicestatus id:(55)?11987654321`\.", seen(note))
    assert [] == bot.asked


async def test_the_phone_hint_speaks_portuguese(mode: Mode) -> None:
    """The hint is the same in Portuguese."""
    async with playing(mode, bot_language="pt-BR") as bot:
        note = await bot.answer("+55 (11) 98765-4321")

    assert "relatório de mensagens enviadas" in seen(note)


async def test_bare_digits_are_asked_because_an_idmsg_is_opaque(bot: Scene) -> None:
    """Digits without a phone's dress go to the gateway."""
    card = await bot.answer("5511987654321")

    assert "code 023" in heading(card)
    assert 1 == len(bot.gateway_requests)


async def test_id_with_force_asks_what_would_be_a_command_word(bot: Scene) -> None:
    """`id:help` looks up the IDMSG "help"."""
    card = await bot.answer("id:help")

    assert card.text.startswith("Call help: ")
    assert 1 == len(bot.gateway_requests)


async def test_the_prefix_of_the_send_result_is_cut_and_said(bot: Scene) -> None:
    """`000:` belongs to the send result; the id after it is asked."""
    card = await bot.answer("000:SANDBOX-OK")

    assert ["SANDBOX-OK"] == bot.asked
    assert "000:" in seen(card)
