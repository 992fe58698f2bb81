"""Where an answer goes, and what is tried when that way is closed; nothing is lost."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from scene import COMMAND, heading
from ways import ANSWERED, BUSY, CHECK, INVITE, Ways, visiting, where

from bot.demo.loopback.workspace import (
    BOT_MENTION,
    CHANNEL_ID,
    CHANNEL_WITHOUT_BOT_ID,
    PRIVATE_CHANNEL_ID,
    SHARED_CHANNEL_ID,
)
from bot.settings import Mode

POST = "chat.postMessage"
EPHEMERAL = "chat.postEphemeral"


@pytest.fixture
async def ways(mode: Mode) -> AsyncIterator[Ways]:
    """A bot with plain settings, in both modes."""
    async with visiting(mode) as scene:
        yield scene


@pytest.mark.parametrize(
    "channel",
    [CHANNEL_ID, CHANNEL_WITHOUT_BOT_ID, PRIVATE_CHANNEL_ID, SHARED_CHANNEL_ID, "D0TWOPEOPLE"],
    ids=["member", "no member", "private", "shared", "between two people"],
)
async def test_a_command_is_answered_wherever_it_is_typed(ways: Ways, channel: str) -> None:
    """By the response URL, for the asker alone, membership or none."""
    card = await ways.answer("SANDBOX-OK", channel=channel)

    assert (channel, None, True) == where(card)
    assert ANSWERED == heading(card)
    assert [] == [call for call in ways.slack.calls if call.method.startswith("chat.")]


@pytest.mark.parametrize(
    ("channel", "error"),
    [(CHANNEL_WITHOUT_BOT_ID, "not_in_channel"), (PRIVATE_CHANNEL_ID, "channel_not_found")],
    ids=["public", "private"],
)
async def test_no_member_and_no_response_url_leave_a_direct_message_with_the_way_to_more(
    ways: Ways, channel: str, error: str
) -> None:
    """Posting, the URL, for all and for one, and an ephemeral message are tried before."""
    said = await ways.person.say("SANDBOX-BUSY", channel=channel)
    ways.slack.fail_next("response_url", status=404, times=2)

    card = await ways.comes_of(ways.person.message_shortcut(CHECK, said))

    assert (ways.person.direct_channel, None, False) == where(card)
    assert BUSY == heading(card)
    assert INVITE in card.text
    assert ["in_channel", "ephemeral"] == [p.body["response_type"] for p in ways.slack.posts]
    ways.expect_refusals(f"{POST}: {error}", f"{EPHEMERAL}: {error}")


async def test_where_only_an_ephemeral_answer_is_taken_it_comes_with_the_hint(ways: Ways) -> None:
    """The URL refuses the message for all and takes the one for the asker."""
    said = await ways.person.say("SANDBOX-BUSY", channel=PRIVATE_CHANNEL_ID)
    ways.slack.fail_next("response_url", status=500)

    card = await ways.comes_of(ways.person.message_shortcut(CHECK, said))

    assert (PRIVATE_CHANNEL_ID, None, True) == where(card)
    assert (BUSY, True) == (heading(card), INVITE in card.text)
    ways.expect_refusals(f"{POST}: channel_not_found")


async def test_a_mention_whose_thread_takes_no_post_is_answered_to_the_asker(ways: Ways) -> None:
    """The bot was taken out of the channel while it asked the gateway."""
    ways.slack.workspace.events.add("app_mention")

    async def mention_and_kick() -> None:
        await ways.person.say(f"{BOT_MENTION} SANDBOX-SLOW-0.3")
        ways.slack.workspace.leave(CHANNEL_ID)

    card = await ways.comes_of(mention_and_kick())

    assert (ways.person.direct_channel, ANSWERED) == (card.channel, heading(card))
    assert INVITE in card.text
    ways.expect_refusals(f"{POST}: not_in_channel", f"{EPHEMERAL}: not_in_channel")


@pytest.mark.parametrize("error", ["restricted_action", "is_archived", "fatal_error"])
async def test_a_mention_in_a_thread_where_posting_is_restricted_is_answered_ephemerally(
    ways: Ways, error: str
) -> None:
    """For the asker, in the same thread."""
    root = await ways.person.say("nobody called me")
    ways.slack.fail_next(POST, error=error)

    card = await ways.comes_of(ways.person.say(f"{BOT_MENTION} SANDBOX-BUSY", thread_ts=root.ts))

    assert (CHANNEL_ID, root.ts, True) == where(card)


async def test_a_mention_that_only_a_direct_message_can_answer(ways: Ways) -> None:
    """Neither the thread nor an ephemeral message is taken."""
    ways.slack.fail_next(POST, error="restricted_action")
    ways.slack.fail_next(EPHEMERAL, error="user_not_in_channel")

    card = await ways.comes_of(ways.person.say(f"{BOT_MENTION} SANDBOX-BUSY"))

    assert (ways.person.direct_channel, BUSY) == (card.channel, heading(card))


async def test_help_finds_another_way_too(ways: Ways) -> None:
    """What is no look-up is not lost either."""
    ways.slack.fail_next(POST, error="restricted_action")

    note = await ways.comes_of(ways.person.say(f"{BOT_MENTION} help"))

    assert ("What happened to a call?", True) == (heading(note), note.ephemeral)


@pytest.mark.notes
async def test_the_note_of_a_slow_look_up_goes_another_way_and_the_card_follows(
    ways: Ways,
) -> None:
    """What could not be posted is not updated."""
    ways.slack.fail_next(POST, error="restricted_action", times=2)

    note, card = await ways.come_of(ways.person.say(f"{BOT_MENTION} SANDBOX-SLOW-1.2"), 2)

    assert (True, True) == (note.ephemeral, card.ephemeral)
    assert ANSWERED == heading(card)


@pytest.mark.notes
async def test_a_note_that_was_deleted_is_followed_by_a_new_card(ways: Ways) -> None:
    """chat.update finds nothing; the card is posted anew in the thread."""
    note = await ways.comes_of(ways.person.say(f"{BOT_MENTION} SANDBOX-SLOW-1.2"))
    ways.slack.messages.remove(note)

    card = await ways.slack.wait_for_message()

    assert (CHANNEL_ID, note.thread_ts, False) == where(card)
    assert ANSWERED == heading(card)
    ways.expect_refusals("chat.update: message_not_found")


async def test_a_refusal_by_command_goes_the_same_ways(mode: Mode) -> None:
    """A dead response URL does not keep a reason from anybody."""
    async with visiting(mode, allowed_users=frozenset({"U0NOBODY"})) as ways:
        ways.slack.fail_next("response_url", status=404)

        told = await ways.comes_of(ways.person.command(COMMAND, "SANDBOX-OK"))

        assert ("You may not look calls up here", True) == (heading(told), told.ephemeral)


@pytest.mark.slow
async def test_a_rate_limit_on_a_thread_is_waited_for(ways: Ways) -> None:
    """429 with Retry-After: the card arrives where it belongs, a second later."""
    ways.slack.fail_next(POST, error="ratelimited", retry_after=1)

    card = await ways.comes_of(ways.person.say(f"{BOT_MENTION} SANDBOX-BUSY"))

    assert (CHANNEL_ID, ways.slack.said[-1].ts, False) == where(card)
