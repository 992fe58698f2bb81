"""Direct messages to the bot: answered in the conversation, for the user only."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.fake_slack.people.person import Kind
from bot.fake_slack.state.workspace import BOT_MENTION, OTHER_USER_ID, SLACKBOT_ID, USER_ID
from bot.settings.settings import Mode
from tests.support.reading import carried, heading, row_of, seen, where
from tests.support.scene import Scene, Stages
from tests.support.wording import ANSWERED, BUSY, EN, PT, REFUSED, say, verdict

LONG_ID = "MPG0002361804740000000001"
NO_QUESTIONS: tuple[dict[str, Any], ...] = (
    {"subtype": "bot_message", "bot_id": "B0OTHERBOT1"},
    {"subtype": "message_deleted"},
    {"subtype": "message_changed"},
    {"subtype": "message_changed", "message": {"user": USER_ID, "text": "SANDBOX-BUSY"}},
    {"subtype": "message_replied"},
    {"subtype": "channel_topic"},
    {"subtype": "group_join"},
    {"subtype": "tombstone"},
    {"subtype": "ekm_access_denied"},
    {"channel_type": "channel"},
    {"user": None},
)


@pytest.mark.both_modes
async def test_an_id_is_answered_once_in_line(bot: Scene) -> None:
    """A mention there is an ordinary message; what is shared goes to another conversation."""
    card = await bot.direct(f"{BOT_MENTION} oi! compartilhar SANDBOX-BUSY")
    await bot.nothing_comes_of(bot.person.open_home("messages"))

    assert (bot.person.direct_channel, None, False) == where(card)
    assert BUSY == heading(card)
    assert ["customer", "share", "details"] == list(row_of(card))


async def test_a_mention_that_slack_tells_of_twice_is_answered_once(bot: Scene) -> None:
    """Slack sends it as a mention and as a direct message, with different event ids."""
    await bot.direct(f"{BOT_MENTION} SANDBOX-BUSY")
    payload = dict(bot.slack.events[-1].payload)
    event = {**payload["event"], "type": "app_mention"}
    event.pop("channel_type")

    await bot.nothing_comes_of(
        bot.person.deliver(Kind.EVENT, payload | {"event": event, "event_id": "EvAGAIN"})
    )


async def test_the_card_is_for_one_person_and_stays_so_when_refreshed(bot: Scene) -> None:
    """The id is not shortened, and all buttons stay."""
    card = await bot.direct(LONG_ID)

    await bot.press(card, "refresh")
    await bot.settled(1)
    (refreshed,) = bot.slack.messages

    assert [True, True] == [LONG_ID in seen(one) for one in (card, refreshed)]
    assert list(row_of(card)) == list(row_of(refreshed))
    assert "visible_to_user_ids" not in row_of(refreshed)["customer"]


async def test_a_reply_in_a_thread_stays_in_it(bot: Scene) -> None:
    """A second question in the thread; commands work there, too."""
    await bot.direct("help")
    root = bot.slack.said[-1]

    note = await bot.direct("explicar 486", thread_ts=root.ts)

    assert (bot.person.direct_channel, root.ts, False) == where(note)
    assert say("explain.text", code="486", title=EN.sip(486).title) == heading(note)


async def test_a_file_is_read_by_its_name(bot: Scene) -> None:
    """A message may have only a file."""
    assert ["SANDBOX-BUSY"] == carried(await bot.direct("", files=["SANDBOX-BUSY.wav"]))


async def test_an_edited_message_is_answered_for_its_new_ids(bot: Scene) -> None:
    """As a new message would be, also if it is to be watched now; an event comes for each edit."""
    await bot.direct("SANDBOX-BUSY")
    said = bot.slack.said[-1]

    await bot.nothing_comes_of(bot.person.edit(said, "SANDBOX-BUSY, please"))
    card = await bot.comes_of(bot.person.edit(said, "SANDBOX-OK"))
    await bot.comes_of(bot.person.edit(said, "SANDBOX-OK avisar"))

    assert (ANSWERED, None) == (heading(card), card.thread_ts)
    assert ["SANDBOX-BUSY", "SANDBOX-404", "SANDBOX-OK"] == bot.asked


@pytest.mark.parametrize("subtype", ["thread_broadcast", "me_message", "reply_broadcast", "new"])
async def test_words_of_a_person_are_a_question_whatever_slack_calls_them(
    bot: Scene, subtype: str
) -> None:
    """Answered in the thread; a subtype of next year is one, too."""
    await bot.direct("help")
    root = bot.slack.said[-1]

    card = await bot.direct("SANDBOX-BUSY", thread_ts=root.ts, subtype=subtype)

    assert (BUSY, root.ts) == (heading(card), card.thread_ts)


async def test_an_app_that_posts_as_the_person_asks_for_them(bot: Scene) -> None:
    """No bot but this one can write there."""
    card = await bot.direct("SANDBOX-BUSY", app="A0CLIENT001")

    assert BUSY == heading(card)


async def test_slackbot_gets_answers_about_ids_and_nothing_else(bot: Scene) -> None:
    """In the language of the person who has the conversation; a reminder is no greeting."""
    await bot.direct("lang pt")
    slackbot = replace(bot.person, user=SLACKBOT_ID)
    here = bot.person.direct_channel

    for text in ("Reminder: have a coffee", "help", "Reminder: avisar", "20230001234567"):
        await bot.nothing_comes_of(slackbot.say(text, channel=here))
    card = await bot.comes_of(slackbot.say("Reminder: SANDBOX-BUSY", channel=here))

    assert verdict("failed:486", PT) == heading(card)


async def test_slackbot_gets_no_refusal(mode: Mode, stages: Stages) -> None:
    """It cannot read it, and its reader did not ask."""
    async with stages.scene(mode, allowed_users=frozenset({OTHER_USER_ID})) as bot:
        slackbot = replace(bot.person, user=SLACKBOT_ID)
        await slackbot.say("Reminder: SANDBOX-BUSY", channel=bot.person.direct_channel)
        told = await bot.direct("SANDBOX-BUSY")

        assert ([REFUSED], [told]) == ([heading(told)], bot.slack.messages)


async def test_what_is_no_question_of_a_person_is_left_alone(bot: Scene) -> None:
    """Messages of bots, deletions, topics, channels."""
    await bot.direct("help")
    payload = dict(bot.slack.events[-1].payload)

    async def all_of_them() -> None:
        for number, changes in enumerate(NO_QUESTIONS):
            event = {**payload["event"], "text": "SANDBOX-BUSY", "ts": f"{number}.1", **changes}
            other = payload | {"event": event, "event_id": f"EvOTHER{number}"}
            assert (await bot.person.deliver(Kind.EVENT, other)).accepted

    await bot.nothing_comes_of(all_of_them())


async def test_a_refusal_stands_where_the_question_does(mode: Mode, stages: Stages) -> None:
    """Only the asker reads the conversation."""
    async with stages.scene(mode, allowed_users=frozenset({OTHER_USER_ID})) as bot:
        told = await bot.direct("SANDBOX-BUSY")

        assert (bot.person.direct_channel, None, False) == where(told)
        assert REFUSED == heading(told)
