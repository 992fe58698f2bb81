"""The language: the user's if one user reads it, the channel's if all do."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.fake_slack.state.workspace import OTHER_USER_ID, TEAM_ID, USER_ID
from bot.settings.settings import Mode
from bot.storage.preferences import Preferences, Scope
from tests.support.reading import heading, in_view
from tests.support.scene import CHECK, Scene, Stages, playing
from tests.support.wording import BUSY, BUSY_PT, PT, say

ADMIN: dict[str, Any] = {"admin_users": frozenset({USER_ID})}
LOCALE = {"users:read"}


async def test_a_persons_choice_holds_for_what_they_alone_read(bot: Scene) -> None:
    """From the confirmation on; other users still read the bot's language."""
    note = await bot.answer("lang pt")
    own = await bot.answer("SANDBOX-BUSY")
    other = await bot.answer("SANDBOX-BUSY", user=OTHER_USER_ID)
    public = await bot.mention("SANDBOX-BUSY")
    shared = await bot.answer("SANDBOX-BUSY share")

    assert say("language.chosen", PT) == heading(note)
    assert [BUSY_PT, BUSY, BUSY, BUSY] == [*map(heading, (own, other, public, shared))]


async def test_an_admin_chooses_for_a_channel_what_all_read(mode: Mode, stages: Stages) -> None:
    """Mentions, shortcuts and shared cards follow the channel; ephemeral answers, the user."""
    async with stages.scene(mode, **ADMIN) as bot:
        note = await bot.answer("lang channel pt")
        mention = await bot.mention("SANDBOX-BUSY")
        shortcut = await bot.shortcut("SANDBOX-BUSY")
        own = await bot.answer("SANDBOX-BUSY")
        shared = await bot.comes_of(bot.person.click(own, "card_share"))

    chosen = say("language.channel_chosen", language=say("language.own_name", PT))
    assert chosen == heading(note)
    assert [BUSY_PT] * 3 == [*map(heading, (mention, shortcut, shared))]
    assert BUSY == heading(own)


async def test_a_choice_is_for_the_channel_where_it_is_made(mode: Mode, stages: Stages) -> None:
    """Also in Portuguese, and by a mention."""
    async with stages.scene(mode, **ADMIN) as bot:
        bot.slack.workspace.add_channel("C0OTHER0001", "other", ("U0VOICEBOT1", USER_ID))
        await bot.mention("idioma canal pt")
        here = await bot.mention("SANDBOX-BUSY")
        elsewhere = await bot.mention("SANDBOX-BUSY", channel="C0OTHER0001")

    assert [BUSY_PT, BUSY] == [heading(here), heading(elsewhere)]


async def test_who_is_no_admin_changes_no_channel(bot: Scene) -> None:
    """A note says that only admins may change it."""
    note = await bot.answer("lang channel pt")

    assert say("language.admins_only") == heading(note)
    assert BUSY == heading(await bot.mention("SANDBOX-BUSY"))


@pytest.mark.parametrize("typed", ["lang channel", "lang channel klingon"])
async def test_a_channels_language_must_be_one(mode: Mode, stages: Stages, typed: str) -> None:
    """The note names both languages."""
    async with stages.scene(mode, **ADMIN) as bot:
        note = await bot.answer(typed)

    assert say("language.unknown", command="/voicestatus") == heading(note)


async def test_slacks_locale_counts_where_it_may_be_read(mode: Mode) -> None:
    """Fetched once a user; Ana's is en-US, Bruno's pt-BR, on every private surface."""
    async with playing(mode, scopes=LOCALE, bot_language="pt-BR") as bot:
        bruno = bot.person.as_user(OTHER_USER_ID)
        ana = await bot.answer("SANDBOX-BUSY")
        cards = [
            await bot.answer("SANDBOX-BUSY", user=OTHER_USER_ID),
            await bot.comes_of(bruno.say("SANDBOX-BUSY", channel=bruno.direct_channel)),
        ]
        await bruno.message_shortcut(CHECK, await bruno.say("nobody called me"))
        modal = await bot.modal(bruno)
        await bruno.open_home()
        home = in_view(await bot.home(bruno))
        asked = [call.arguments["user"] for call in bot.slack.calls if "users" in call.method]

    assert [BUSY, BUSY_PT, BUSY_PT] == [*map(heading, (ana, *cards))]
    assert say("modal.title", PT) == modal.content["title"]["text"]
    assert say("home.settings", PT) in home
    assert [USER_ID, OTHER_USER_ID] == asked


async def test_a_choice_goes_before_the_locale(mode: Mode) -> None:
    """Bruno's Slack is in Portuguese, and he chose English."""
    async with playing(mode, scopes=LOCALE) as bot:
        before = await bot.answer("SANDBOX-BUSY", user=OTHER_USER_ID)
        await bot.answer("lang en", user=OTHER_USER_ID)
        after = await bot.answer("SANDBOX-BUSY", user=OTHER_USER_ID)

    assert [BUSY_PT, BUSY] == [heading(before), heading(after)]


async def test_without_the_scope_slack_is_not_asked(bot: Scene) -> None:
    """The bot's language applies."""
    card = await bot.answer("SANDBOX-BUSY", user=OTHER_USER_ID)

    assert BUSY == heading(card)
    assert [] == [call for call in bot.slack.calls if call.method == "users.info"]


async def test_a_choice_in_another_process_is_noticed(bot: Scene) -> None:
    """Without a reading for each answer."""
    elsewhere = Preferences(bot.running.stores.database)
    await elsewhere.set_language(Scope.USER, TEAM_ID, USER_ID, "pt-BR")

    async with asyncio.timeout(30):
        while heading(await bot.answer("SANDBOX-BUSY")) != BUSY_PT:
            pass
