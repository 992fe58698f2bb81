"""The same text asks the same at every entry point of Slack, whatever is around the ids."""

from __future__ import annotations

import pytest

from bot.domain.privacy import public_id
from bot.fake_slack.state.workspace import USER_ID
from tests.support.reading import heading, in_view, row_of, seen
from tests.support.scene import ASK, Scene
from tests.support.wording import BUSY, EN, say, sums

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
NO_TEXTS = [
    ("banana", "help.usage_title"),
    ("10:30", "help.usage_title"),
    ("SANDBX-OK", "help.no_id_title"),
    ("HOLY COW", "help.usage_title"),
    ("oi", "first.greeting"),
    ("obrigado!", "first.thanks"),
    ("IDMSG: pendente", "first.idmsg"),
    ("don't share it yet", "first.share"),
]


@pytest.mark.parametrize(("text", "ids"), TEXTS)
async def test_the_same_ids_are_asked_everywhere(bot: Scene, text: str, ids: list[str]) -> None:
    """By command, mention, direct message and form."""
    cards = [await ask(text) for ask in (bot.answer, bot.mention, bot.direct)]
    await bot.person.global_shortcut(ASK)
    await bot.person.submit(await bot.modal(), {"ids": text})
    view = await bot.modal_showing(
        say("headline.gateway_error", reason=EN.gateway("023").heading, code="023")
        if len(ids) == 1
        else NONE
    )

    assert 4 * len(ids) == len(bot.gateway_requests)
    assert all(public_id(one) in seen(card) for card in cards[1:2] for one in ids)
    private = (seen(cards[0]), seen(cards[2]), in_view(view))
    assert all(one in shown for shown in private for one in ids)


@pytest.mark.parametrize(("text", "title"), NO_TEXTS)
async def test_words_without_an_id_get_a_first_answer(bot: Scene, text: str, title: str) -> None:
    """To what they say, or with how to ask; the gateway gets no request."""
    for ask in (bot.answer, bot.mention, bot.direct):
        assert say(title, word=text) == heading(await ask(text))
    await bot.person.global_shortcut(ASK)
    refused = await bot.person.submit(await bot.modal(), {"ids": text})

    assert {"ids": say("modal.empty")} == refused.errors
    assert [] == bot.asked


async def test_who_writes_directly_is_not_sent_there(bot: Scene) -> None:
    """Nor told the command: a word is enough."""
    usage, directly = say("help.usage", command="/voicestatus"), say("help.usage_directly")
    shown = [seen(await ask("banana")) for ask in (bot.answer, bot.mention, bot.direct)]

    assert [True, True, False] == [usage in one for one in shown]
    assert [False, False, True] == [directly in one for one in shown]


async def test_help_opens_the_forms(bot: Scene) -> None:
    """In a thread only the asker sees the buttons, and the form shows the answer itself."""
    for ask in (bot.answer, bot.direct, bot.mention):
        note = await ask("can you help me?")
        before = len(bot.slack.messages)
        await bot.person.click(note, "home_ask")
        await bot.person.submit(await bot.modal(), {"ids": "SANDBOX-BUSY"})
        view = await bot.modal_showing(BUSY)

        assert before == len(bot.slack.messages)
        await bot.person.close(view)
    assert [USER_ID] == row_of(note)["home_ask"]["visible_to_user_ids"]
    assert "bulk_open" in row_of(note)


async def test_several_codes_are_explained_one_by_one(bot: Scene) -> None:
    """Nothing is asked, and it is said once how to ask about an IDMSG of that form."""
    card = await bot.answer("what do 486 and 480 mean?")

    titles = [say("explain.text", code=str(code), title=EN.sip(code).title) for code in (486, 480)]
    force = [say("explain.assumed", command="/voicestatus", term=term) for term in ("486", "480")]
    assert [True, True] == [title in seen(card) for title in titles]
    assert [False, True] == [text in seen(card) for text in force]
    assert [] == bot.asked


async def test_words_beside_ids_of_another_form_are_named(bot: Scene) -> None:
    """With the way to ask about them."""
    card = await bot.answer("SANDBOX-BUSY 4711")

    force = say("problem.force", command="/voicestatus", example="4711")
    line = say("problem.line", word="4711", problem=say("problem.unlike"))
    assert BUSY == heading(card)
    assert all(text in seen(card) for text in (line, force))
    assert ["SANDBOX-BUSY"] == bot.asked
