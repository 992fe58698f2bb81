"""The same text asks the same at every entry point of Slack, whatever is around the ids."""

from __future__ import annotations

import pytest

from bot.domain.privacy import public_id
from tests.support.reading import heading, in_view, seen
from tests.support.scene import ASK, Scene
from tests.support.wording import BUSY, say, sums

A, B = "MPG000999000111", "MPG000999000222"
# What is typed, and which ids are asked; the gateway knows none, so no answer comes from the cache.
TEXTS = [
    (f"o que houve com a {A}, por favor?", [A]),
    (f"1. {A}\n2. {B}", [A, B]),
    (f"• *{A}*,\n• \u202a{B}\u202c", [A, B]),
    ("verificar por favor 4711!", ["4711"]),
    ("236180474,00", ["236180474"]),
]
NONE = sums({"gateway.023": 2})
NO_TEXTS = ["banana", "oi", "obrigado!", "You share a list: coffee", "IDMSG: pendente", "10:30"]


@pytest.mark.parametrize(("text", "ids"), TEXTS)
async def test_the_same_ids_are_asked_everywhere(bot: Scene, text: str, ids: list[str]) -> None:
    """By command, mention, direct message and form."""
    cards = [await ask(text) for ask in (bot.answer, bot.mention, bot.direct)]
    await bot.person.global_shortcut(ASK)
    await bot.person.submit(await bot.modal(), {"ids": text})
    view = await bot.modal_showing(
        say("headline.gateway.023", code="023") if len(ids) == 1 else NONE
    )

    assert 4 * len(ids) == len(bot.gateway_requests)
    assert all(public_id(one) in seen(card) for card in cards[1:2] for one in ids)
    private = (seen(cards[0]), seen(cards[2]), in_view(view))
    assert all(one in shown for shown in private for one in ids)


@pytest.mark.parametrize("text", NO_TEXTS)
async def test_words_without_an_id_are_answered_with_how_to_ask(bot: Scene, text: str) -> None:
    """The gateway gets no request, and the answer says where the IDMSG is."""
    for ask in (bot.answer, bot.mention, bot.direct):
        note = await ask(text)

        assert say("help.usage_title") == heading(note)
        assert say("problem.where_to_find") in seen(note)
    await bot.person.global_shortcut(ASK)
    refused = await bot.person.submit(await bot.modal(), {"ids": text})

    assert {"ids": say("modal.empty")} == refused.errors
    assert [] == bot.asked


async def test_words_beside_ids_of_another_form_are_named(bot: Scene) -> None:
    """With the way to ask about them."""
    card = await bot.answer("SANDBOX-BUSY 4711")

    force = say("problem.force", command="/voicestatus", example="4711")
    line = say("problem.line", word="4711", problem=say("problem.unlike"))
    assert BUSY == heading(card)
    assert all(text in seen(card) for text in (line, force))
    assert ["SANDBOX-BUSY"] == bot.asked
