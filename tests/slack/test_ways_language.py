"""Whose language is spoken: the person's where one reads, the channel's where all do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from scene import heading
from ways import BUSY, BUSY_PT, CHECK, DATABASE, Ways, visiting

from bot.demo.loopback.workspace import BOT_MENTION, CHANNEL_ID, OTHER_USER_ID, USER_ID
from bot.settings import Mode

LOCALE = {"users:read"}
ADMIN: dict[str, Any] = {"admin_users": frozenset({USER_ID})}


@pytest.fixture
async def ways(mode: Mode) -> AsyncIterator[Ways]:
    """A bot whose admin is Ana, in both modes."""
    async with visiting(mode, **ADMIN) as scene:
        yield scene


@pytest.mark.parametrize("word", ["lang", "idioma", "language"])
async def test_a_persons_choice_holds_for_what_they_alone_read(ways: Ways, word: str) -> None:
    """From the confirmation on; everybody else reads on in the bot's language."""
    note = await ways.answer(f"{word} pt")
    own = await ways.answer("SANDBOX-BUSY")
    other = await ways.answer("SANDBOX-BUSY", user=OTHER_USER_ID)
    public = await ways.comes_of(ways.person.say(f"{BOT_MENTION} SANDBOX-BUSY"))

    assert "A partir de agora respondo a você em português." == heading(note)
    assert [BUSY_PT, BUSY, BUSY] == [heading(own), heading(other), heading(public)]


async def test_the_last_choice_holds(ways: Ways) -> None:
    """Somebody may change their mind; a word that names no language changes nothing."""
    for wanted in ("pt", "en", "klingon"):
        await ways.answer(f"lang {wanted}")

    assert BUSY == heading(await ways.answer("SANDBOX-BUSY"))


async def test_an_admin_chooses_for_a_channel_what_all_read(ways: Ways) -> None:
    """Mentions, shortcuts and shared cards follow the channel, ephemeral answers the person."""
    note = await ways.answer("lang channel pt")
    mention = await ways.comes_of(ways.person.say(f"{BOT_MENTION} SANDBOX-BUSY"))
    said = await ways.person.say("SANDBOX-BUSY")
    shortcut = await ways.comes_of(ways.person.message_shortcut(CHECK, said))
    own = await ways.answer("SANDBOX-BUSY")
    shared = await ways.comes_of(ways.person.click(own, "card_share"))

    expected = "From now on, what everybody in this channel reads from me is in Português."
    assert expected == heading(note)
    assert [BUSY_PT] * 3 == [heading(mention), heading(shortcut), heading(shared)]
    assert BUSY == heading(own)


async def test_the_portuguese_words_choose_for_a_channel_too(ways: Ways) -> None:
    """`idioma canal pt` by a mention."""
    await ways.comes_of(ways.person.say(f"{BOT_MENTION} idioma canal pt"))

    card = await ways.comes_of(ways.person.say(f"{BOT_MENTION} SANDBOX-BUSY"))

    assert BUSY_PT == heading(card)


async def test_another_channel_keeps_its_language(ways: Ways) -> None:
    """A choice is for one channel."""
    ways.slack.workspace.add_channel("C0OTHER0001", "other", ("U0VOICEBOT1", USER_ID))
    await ways.answer("lang channel pt")

    card = await ways.comes_of(
        ways.person.say(f"{BOT_MENTION} SANDBOX-BUSY", channel="C0OTHER0001")
    )

    assert BUSY == heading(card)


async def test_who_is_no_admin_changes_no_channel(ways: Ways) -> None:
    """They are told whose choice it is."""
    note = await ways.answer("lang channel pt", user=OTHER_USER_ID)
    card = await ways.comes_of(ways.person.say(f"{BOT_MENTION} SANDBOX-BUSY"))

    assert "The language of a channel is for the admins of this bot to choose." == heading(note)
    assert BUSY == heading(card)


@pytest.mark.parametrize("typed", ["lang channel", "lang channel klingon"])
async def test_a_channels_language_must_be_one(ways: Ways, typed: str) -> None:
    """The two that there are, are named."""
    note = await ways.answer(typed)

    assert heading(note).startswith("I speak English and Portuguese.")


async def test_slacks_locale_counts_where_it_may_be_read(mode: Mode) -> None:
    """Asked once a person; Ana's is en-US, Bruno's pt-BR."""
    async with visiting(mode, scopes=LOCALE, bot_language="pt-BR") as ways:
        ana = await ways.answer("SANDBOX-BUSY")
        bruno = await ways.answer("SANDBOX-BUSY", user=OTHER_USER_ID)
        await ways.answer("SANDBOX-BUSY", user=OTHER_USER_ID)
        asked = [call.arguments["user"] for call in ways.slack.calls if "users" in call.method]

    assert [BUSY, BUSY_PT] == [heading(ana), heading(bruno)]
    assert [USER_ID, OTHER_USER_ID] == asked


async def test_without_the_scope_slack_is_not_asked(ways: Ways) -> None:
    """The bot's language holds."""
    card = await ways.answer("SANDBOX-BUSY", user=OTHER_USER_ID)

    assert BUSY == heading(card)
    assert [] == [call for call in ways.slack.calls if call.method == "users.info"]


async def test_a_locale_that_slack_does_not_tell_changes_nothing(mode: Mode) -> None:
    """The bot's language holds, and the next question asks again."""
    async with visiting(mode, scopes=LOCALE) as ways:
        ways.slack.fail_next("users.info", error="user_not_found")
        first = await ways.answer("SANDBOX-BUSY", user=OTHER_USER_ID)
        second = await ways.answer("SANDBOX-BUSY", user=OTHER_USER_ID)

    assert [BUSY, BUSY_PT] == [heading(first), heading(second)]


async def test_a_choice_goes_before_the_locale(mode: Mode) -> None:
    """Bruno's Slack speaks Portuguese, and he chose English."""
    async with visiting(mode, scopes=LOCALE) as ways:
        await ways.answer("lang en", user=OTHER_USER_ID)
        card = await ways.answer("SANDBOX-BUSY", user=OTHER_USER_ID)

    assert BUSY == heading(card)


async def test_choices_outlive_a_restart(mode: Mode) -> None:
    """They stand in the database."""
    async with visiting(mode, database_url=DATABASE, **ADMIN) as ways:
        await ways.answer("lang pt")
        await ways.answer("lang canal pt")
    async with visiting(mode, database_url=DATABASE) as ways:
        own = await ways.answer("SANDBOX-BUSY")
        public = await ways.comes_of(ways.person.say(f"{BOT_MENTION} SANDBOX-BUSY"))

    assert [BUSY_PT, BUSY_PT, CHANNEL_ID] == [heading(own), heading(public), public.channel]
