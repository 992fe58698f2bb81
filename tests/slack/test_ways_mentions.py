"""Mentions in a channel: always answered in the thread."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from scene import copied, heading, seen
from ways import ANSWERED, BUSY, BUSY_PT, REFUSED, Ways, carried, row_of, visiting, where

from bot.demo.loopback.workspace import (
    BOT_MENTION,
    CHANNEL_ID,
    GUEST_USER_ID,
    OTHER_USER_ID,
    PRIVATE_CHANNEL_ID,
    SHARED_CHANNEL_ID,
    STRANGER_USER_ID,
    USER_ID,
)
from bot.settings import Mode

HELP = "What happened to a call?"
USAGE = "What would you like to know?"


@pytest.fixture
async def ways(mode: Mode) -> AsyncIterator[Ways]:
    """A bot with plain settings, in both modes."""
    async with visiting(mode) as scene:
        yield scene


@pytest.mark.parametrize(
    "text",
    [
        f"{BOT_MENTION} SANDBOX-BUSY",
        f"SANDBOX-BUSY {BOT_MENTION}",
        f"Hello {BOT_MENTION}, could you please check what became of SANDBOX-BUSY? Thanks",
        f"{BOT_MENTION} did SANDBOX-BUSY reach +55 (11) 98765-4321?",
        f"{BOT_MENTION} oi, o cliente (tel <tel:+5511987654321|11 98765-4321>): SANDBOX-BUSY",
        f"{BOT_MENTION} `SANDBOX-BUSY`",
        f"{BOT_MENTION} SANDBOX-BUSY share",
        f"{BOT_MENTION}\u00a0\u201cSANDBOX-BUSY\u201d",
    ],
    ids=["plain", "behind", "sentence", "phone", "Portuguese", "code", "share", "smart quotes"],
)
async def test_an_id_is_answered_in_the_thread(ways: Ways, text: str) -> None:
    """Whatever stands around it; one card for all to see."""
    card = await ways.comes_of(ways.person.say(text))

    assert (CHANNEL_ID, ways.slack.said[-1].ts, False) == where(card)
    assert BUSY == heading(card)
    assert ["SANDBOX-BUSY"] == ways.asked


async def test_a_mention_in_a_thread_is_answered_in_that_thread(ways: Ways) -> None:
    """Under the first message, where the others read on."""
    root = await ways.person.say("nobody called me")

    card = await ways.comes_of(ways.person.say(f"{BOT_MENTION} SANDBOX-BUSY", thread_ts=root.ts))

    assert (CHANNEL_ID, root.ts, False) == where(card)


async def test_several_ids_become_a_list(ways: Ways) -> None:
    """In the order of the sentence."""
    card = await ways.comes_of(ways.person.say(f"{BOT_MENTION} SANDBOX-OK or SANDBOX-BUSY?"))

    assert "2 calls: 1 answered, 1 not completed" == heading(card)
    assert ["SANDBOX-OK", "SANDBOX-BUSY"] == ways.asked


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("help", HELP),
        ("ajuda", HELP),
        ("", USAGE),
        ("explain 486", "486: the line was busy"),
        ("whoami", "What you may do here"),
        ("health", "How the gateway has been answering"),
        ("lang", "I am answering you in English."),
        ("lang pt", "A partir de agora respondo a você em português."),
        ("lang channel pt", "The language of a channel is for the admins of this bot to choose."),
        ("hlep", "Did you mean “help”?"),
        ("thanks a lot", USAGE),
        (" ".join(f"SANDBOX-{n}" for n in range(400, 411)), "Up to 10 calls at a time, please"),
        ("+55 (11) 98765-4321", "This is not an IDMSG, so it was not looked up:"),
    ],
)
async def test_every_word_of_the_command_works_there(ways: Ways, text: str, title: str) -> None:
    """Answered in the thread too, and nobody is asked."""
    note = await ways.comes_of(ways.person.say(f"{BOT_MENTION} {text}"))

    assert (CHANNEL_ID, ways.slack.said[-1].ts, False) == where(note)
    assert heading(note).startswith(title)
    assert [] == ways.asked


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("20230001234567", ["20230001234567"]),
        ("what about 20230001234567, please?", ["20230001234567"]),
        ("20230001234567 20230001234568", ["20230001234567", "20230001234568"]),
        ("abcdef", ["abcdef"]),
    ],
    ids=["digits", "in a sentence", "two", "letters"],
)
async def test_words_that_might_be_ids_are_asked_and_those_around_them_are_not(
    ways: Ways, text: str, asked: list[str]
) -> None:
    """An IDMSG is opaque; a sentence is none."""
    card = await ways.comes_of(ways.person.say(f"{BOT_MENTION} {text}"))

    assert asked == carried(card)


async def test_a_guest_is_answered(ways: Ways) -> None:
    """Guests of the workspace are its members."""
    dora = ways.person.as_user(GUEST_USER_ID)

    card = await ways.comes_of(dora.say(f"{BOT_MENTION} SANDBOX-OK"))

    assert ANSWERED == heading(card)


async def test_a_private_channel_with_the_bot_is_answered(ways: Ways) -> None:
    """Membership is all that counts."""
    ways.slack.workspace.join(PRIVATE_CHANNEL_ID)

    card = await ways.comes_of(
        ways.person.say(f"{BOT_MENTION} SANDBOX-OK", channel=PRIVATE_CHANNEL_ID)
    )

    assert (PRIVATE_CHANNEL_ID, ways.slack.said[-1].ts, False) == where(card)


async def test_somebody_who_may_not_ask_is_told_so_alone(mode: Mode) -> None:
    """Outside of a thread: an ephemeral message in a thread without replies is seen by nobody."""
    async with visiting(mode, allowed_users=frozenset({OTHER_USER_ID})) as ways:
        told = await ways.comes_of(ways.person.say(f"{BOT_MENTION} SANDBOX-BUSY"))

    assert (CHANNEL_ID, None, True) == where(told)
    assert (USER_ID, REFUSED) == (told.user, heading(told))
    assert [] == ways.asked


async def test_in_a_thread_they_are_told_in_it(mode: Mode) -> None:
    """Where the thread is open before them."""
    async with visiting(mode, allowed_users=frozenset({OTHER_USER_ID})) as ways:
        root = await ways.person.say("nobody called me")
        told = await ways.comes_of(
            ways.person.say(f"{BOT_MENTION} SANDBOX-BUSY", thread_ts=root.ts)
        )

    assert (CHANNEL_ID, root.ts, True) == where(told)


async def test_somebody_of_another_organisation_is_told_so_alone(ways: Ways) -> None:
    """In a shared channel the event names the workspace of the one who wrote."""
    carla = ways.person.as_user(STRANGER_USER_ID)

    told = await ways.comes_of(carla.say(f"{BOT_MENTION} SANDBOX-BUSY", channel=SHARED_CHANNEL_ID))

    assert (SHARED_CHANNEL_ID, True, STRANGER_USER_ID) == (
        told.channel,
        told.ephemeral,
        told.user,
    )
    assert "own organisation" in seen(told)


async def test_the_public_card_has_buttons_for_the_asker_alone(ways: Ways) -> None:
    """Nobody shares what all can see already."""
    card = await ways.comes_of(ways.person.say(f"{BOT_MENTION} SANDBOX-BUSY"))

    assert ["refresh", "customer", "details"] == list(row_of(card))
    for button in row_of(card).values():
        assert [USER_ID] == button["visible_to_user_ids"]


async def test_a_failed_look_up_is_answered_there_with_a_text_to_copy(ways: Ways) -> None:
    """Error cards are cards."""
    card = await ways.comes_of(ways.person.say(f"{BOT_MENTION} SANDBOX-850"))

    assert heading(card).startswith("🔧")
    assert "IDMSG: SANDBOX-850" in copied(card)


async def test_the_channels_language_is_spoken(mode: Mode) -> None:
    """BOT_LANGUAGE where no admin chose."""
    async with visiting(mode, bot_language="pt-BR") as ways:
        card = await ways.comes_of(ways.person.say(f"{BOT_MENTION} SANDBOX-BUSY"))
        note = await ways.comes_of(ways.person.say(f"{BOT_MENTION} quemsou"))

    assert (BUSY_PT, "O que você pode fazer aqui") == (heading(card), heading(note))
