"""Messages to the bot: answered in the conversation, for the person alone."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from scene import heading, seen
from ways import ANSWERED, BUSY, BUSY_PT, REFUSED, Ways, carried, row_of, visiting, where

from bot.demo.loopback.workspace import BOT_MENTION, GUEST_USER_ID, OTHER_USER_ID
from bot.demo.person import Kind
from bot.settings import Mode

EVENT = Kind.EVENT
LONG_ID = "MPG0002361804740000000001"


@pytest.fixture
async def ways(mode: Mode) -> AsyncIterator[Ways]:
    """A bot with plain settings, in both modes."""
    async with visiting(mode) as scene:
        yield scene


@pytest.mark.parametrize(
    "text",
    [
        "SANDBOX-BUSY",
        "Hi, what became of SANDBOX-BUSY?",
        f"{BOT_MENTION} SANDBOX-BUSY",
        "oi! compartilhar SANDBOX-BUSY",
    ],
    ids=["plain", "sentence", "mention", "share"],
)
async def test_an_id_is_answered_once_in_a_thread_of_the_conversation(
    ways: Ways, text: str
) -> None:
    """A mention there is a message like every other, and there is nobody to share with."""
    direct = ways.person.direct_channel

    card = await ways.comes_of(ways.person.say(text, channel=direct))
    await ways.nothing_comes_of(ways.person.open_home("messages"))

    assert (direct, ways.slack.said[-1].ts, False) == where(card)
    assert BUSY == heading(card)
    assert ["refresh", "customer", "details"] == list(row_of(card))


async def test_a_mention_that_slack_tells_of_twice_is_answered_once(ways: Ways) -> None:
    """As a mention and as a direct message, with an event id of its own each."""
    direct = ways.person.direct_channel
    await ways.comes_of(ways.person.say(f"{BOT_MENTION} SANDBOX-BUSY", channel=direct))
    payload = dict(ways.slack.events[-1].payload)
    event = {**payload["event"], "type": "app_mention"}
    event.pop("channel_type")

    await ways.nothing_comes_of(
        ways.person.deliver(EVENT, payload | {"event": event, "event_id": "EvAGAIN"})
    )


async def test_the_card_is_for_one_person_and_stays_so_when_refreshed(ways: Ways) -> None:
    """The whole id is shown, and no button is lost."""
    direct = ways.person.direct_channel
    card = await ways.comes_of(ways.person.say(LONG_ID, channel=direct))

    await ways.person.click(card, "card_refresh")
    await ways.settled(1)
    (refreshed,) = ways.slack.replies(direct, ways.slack.said[-1].ts)

    assert LONG_ID in seen(card)
    assert LONG_ID in seen(refreshed)
    assert list(row_of(card)) == list(row_of(refreshed))
    assert "visible_to_user_ids" not in row_of(refreshed)["refresh"]


async def test_a_reply_in_a_thread_stays_in_it(ways: Ways) -> None:
    """A second question under the first."""
    direct = ways.person.direct_channel
    root = await ways.person.say("help", channel=direct)

    card = await ways.comes_of(ways.person.say("SANDBOX-OK", channel=direct, thread_ts=root.ts))

    assert (direct, root.ts, False) == where(card)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("help", "What happened to a call?"),
        ("explicar 486", "486: the line was busy"),
        ("explain sip:404", "404: the network knows no such number"),
        ("whoami", "What you may do here"),
        ("lang en", "I will answer you in English from now on."),
        ("lang xx", "I speak English and Portuguese."),
        ("hello there", "Did you mean"),
    ],
)
async def test_every_word_of_the_command_works_there(ways: Ways, text: str, title: str) -> None:
    """Without the command's name before it."""
    direct = ways.person.direct_channel

    note = await ways.comes_of(ways.person.say(text, channel=direct))

    assert (direct, ways.slack.said[-1].ts, False) == where(note)
    assert heading(note).startswith(title)
    assert [] == ways.asked


async def test_a_file_is_read_by_its_name(ways: Ways) -> None:
    """A message may be nothing but a file."""
    direct = ways.person.direct_channel

    card = await ways.comes_of(ways.person.say("", files=["SANDBOX-BUSY.wav"], channel=direct))

    assert ["SANDBOX-BUSY"] == carried(card)


async def test_an_edited_message_is_not_answered_again(ways: Ways) -> None:
    """Slack tells of the change; the answer stands already."""
    direct = ways.person.direct_channel
    said = await ways.person.say("SANDBOX-BUSY", channel=direct)
    await ways.slack.wait_for_message()

    await ways.nothing_comes_of(ways.person.edit(said, "SANDBOX-OK"))

    assert ["SANDBOX-BUSY", "SANDBOX-404"] == ways.asked


@pytest.mark.parametrize(
    "changes",
    [
        {"bot_id": "B0OTHERBOT1"},
        {"subtype": "bot_message", "bot_id": "B0OTHERBOT1"},
        {"subtype": "message_deleted"},
        {"subtype": "channel_topic"},
    ],
    ids=["bot", "bot of old", "deleted", "topic"],
)
async def test_what_is_no_question_of_a_person_is_left_alone(
    ways: Ways, changes: dict[str, str]
) -> None:
    """Two bots that answer each other would never end."""
    await ways.come_of(ways.person.say("help", channel=ways.person.direct_channel))
    payload = dict(ways.slack.events[-1].payload)
    event = {**payload["event"], "text": "SANDBOX-BUSY", **changes}

    await ways.nothing_comes_of(
        ways.person.deliver(EVENT, payload | {"event": event, "event_id": "EvOTHER"})
    )


async def test_a_bot_that_mentions_this_one_is_left_alone(ways: Ways) -> None:
    """In a channel too."""
    await ways.come_of(ways.person.say(f"{BOT_MENTION} help"))
    payload = dict(ways.slack.events[-1].payload)
    event = {**payload["event"], "bot_id": "B0OTHERBOT1"}

    await ways.nothing_comes_of(
        ways.person.deliver(EVENT, payload | {"event": event, "event_id": "EvOTHER"})
    )


async def test_a_guest_is_answered(ways: Ways) -> None:
    """Guests of the workspace are its members."""
    dora = ways.person.as_user(GUEST_USER_ID)

    card = await ways.comes_of(dora.say("SANDBOX-OK", channel=dora.direct_channel))

    assert (dora.direct_channel, ANSWERED) == (card.channel, heading(card))


async def test_a_refusal_stands_where_the_question_does(mode: Mode) -> None:
    """Nobody else reads the conversation."""
    async with visiting(mode, allowed_users=frozenset({OTHER_USER_ID})) as ways:
        direct = ways.person.direct_channel
        told = await ways.comes_of(ways.person.say("SANDBOX-BUSY", channel=direct))

        assert (direct, ways.slack.said[-1].ts, False) == where(told)
        assert REFUSED == heading(told)


async def test_it_is_answered_in_the_persons_language(mode: Mode) -> None:
    """By Slack's locale, where the bot may read it."""
    async with visiting(mode, scopes={"users:read"}) as ways:
        bruno = ways.person.as_user(OTHER_USER_ID)
        card = await ways.comes_of(bruno.say("SANDBOX-BUSY", channel=bruno.direct_channel))

    assert BUSY_PT == heading(card)
