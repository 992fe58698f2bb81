"""The user deletes the question before the answer: only the asker gets the answer."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.fake_slack.people.interactions import Interactions
from bot.fake_slack.people.person import Kind
from bot.fake_slack.people.typed_messages import made_message
from bot.fake_slack.state.ledger import Message, UserMessage
from bot.fake_slack.state.workspace import BOT_MENTION, CHANNEL_ID, CHANNEL_WITHOUT_BOT_ID
from bot.settings.settings import Mode
from tests.slack.listing import DONE, REPORT, said
from tests.slack.watching import (
    BEGUN,
    SWIFT,
    TOLD,
    end_waiting,
    expect_rings,
    mentioned,
    shown,
    waiting,
    watching,
)
from tests.support.reading import heading, seen, where
from tests.support.scene import CHECK, WITH_NOTE, Scene, Stages
from tests.support.wording import BUSY, INVITE, say

GONE = say("hint.thread_gone")
POST, DELETE, LINK = "chat.postMessage", "chat.delete", "chat.getPermalink"
LIST = {"name": "calls.csv", "content": b"IDMSG\nSANDBOX-OK\nSANDBOX-BUSY\n"}


@pytest.fixture
async def ways(mode: Mode, stages: Stages) -> AsyncIterator[Scene]:
    """A bot with short intervals between the look-ups of a watch."""
    async with watching(stages, mode) as scene:
        yield scene


async def mention_and_delete(bot: Scene, text: str, thread: str | None = None) -> None:
    """Mention the bot, and delete the message before the event arrives."""
    slack, person = bot.slack, bot.person
    message = UserMessage(
        channel=CHANNEL_ID,
        ts=slack.ledger.next_ts(),
        user=person.user,
        team=person.team,
        text=f"{BOT_MENTION} {text}",
        thread_ts=thread,
    )
    made = made_message(slack.ledger, slack.files, message, ())
    event = slack.event_maker.of_message(made)
    assert event is not None
    slack.said.remove(made)
    await person.deliver(Kind.EVENT, event.payload)


async def choose_and_delete(bot: Scene, text: str, channel: str) -> None:
    """Choose the shortcut on a message, and delete it before the payload arrives."""
    person = bot.person
    message = await person.say(text, channel=channel)
    acting = Interactions(slack=bot.slack, user=person.user, team=person.team)
    payload = acting.message_shortcut(CHECK, message, channel)
    await person.delete(message)
    await person.deliver(Kind.INTERACTIVE, payload)


def methods(bot: Scene) -> list[str]:
    """The posts and deletions, in order."""
    return [call.method for call in bot.slack.calls if call.method in {POST, DELETE}]


def in_the_open(bot: Scene) -> list[Message]:
    """The public messages outside of threads."""
    return [
        one
        for one in bot.slack.messages
        if not one.ephemeral and not one.channel.startswith("D") and one.thread_ts is None
    ]


async def settled(bot: Scene) -> None:
    """Wait until the whole answer is posted."""
    await bot.slack.wait_for(lambda: any(one.ephemeral for one in bot.slack.messages))
    await bot.running.work.idle()


async def test_a_mention_that_is_deleted_is_answered_to_the_asker(bot: Scene) -> None:
    """With the reason; the post in the channel is deleted."""
    await mention_and_delete(bot, "SANDBOX-BUSY")
    await settled(bot)

    (card,) = bot.slack.messages
    assert ((CHANNEL_ID, None, True), BUSY) == (where(card), heading(card))
    assert (True, False) == (GONE in card.text, INVITE in card.text)
    assert [POST, DELETE] == methods(bot)


async def test_a_thread_that_is_deleted_as_a_whole_is_answered_outside_of_it(bot: Scene) -> None:
    """Slack does not show an ephemeral message in a deleted thread."""
    root = await bot.person.say("nobody called me")
    await bot.person.delete(root)
    await mention_and_delete(bot, "SANDBOX-BUSY", root.ts)
    await settled(bot)

    (card,) = bot.slack.messages
    assert ((CHANNEL_ID, None, True), True) == (where(card), GONE in card.text)


async def test_a_deleted_message_that_has_replies_is_answered_in_its_thread(bot: Scene) -> None:
    """Slack shows a tombstone in its place, and the thread still has readers."""
    root = await bot.person.say("nobody called me")
    await bot.person.say("me neither", thread_ts=root.ts)
    await bot.person.delete(root)

    card = await bot.mention("SANDBOX-BUSY", thread_ts=root.ts)

    assert ((CHANNEL_ID, root.ts, False), BUSY) == (where(card), heading(card))
    assert [POST] == methods(bot)


async def test_the_note_of_a_slow_look_up_is_deleted_and_the_thread_is_left_alone(
    mode: Mode, stages: Stages
) -> None:
    """The answer does not try the deleted thread again."""
    async with stages.scene(mode, timing=WITH_NOTE) as bot:
        await mention_and_delete(bot, "SANDBOX-BUSY")
        await bot.slack.wait_for(lambda: any(BUSY in seen(one) for one in bot.slack.messages))
        await bot.running.work.idle()

        assert ([], [POST, DELETE]) == (in_the_open(bot), methods(bot))
        assert all(GONE in one.text for one in bot.slack.messages)


async def test_where_the_bot_is_no_member_the_thread_is_looked_at_before(bot: Scene) -> None:
    """Slack does not report where a post to a response URL is shown."""
    await choose_and_delete(bot, "SANDBOX-BUSY", CHANNEL_WITHOUT_BOT_ID)
    await settled(bot)

    (card,) = bot.slack.messages
    assert (CHANNEL_WITHOUT_BOT_ID, None, True) == where(card)
    assert (True, False) == (GONE in card.text, INVITE in card.text)
    assert ["ephemeral"] == [post.body["response_type"] for post in bot.slack.posts]
    bot.expect_refusals(f"{POST}: not_in_channel", f"{LINK}: message_not_found")


async def test_a_form_whose_message_is_deleted_is_answered_to_the_asker(bot: Scene) -> None:
    """The message was deleted while the modal was open."""
    message = await bot.person.say("is it 20230001234567?")
    await bot.person.message_shortcut(CHECK, message)
    view = await bot.modal()
    await bot.person.delete(message)
    await bot.person.submit(view, {"ids": "SANDBOX-BUSY"})
    await settled(bot)

    (card,) = bot.slack.messages
    assert ((CHANNEL_ID, None, True), True) == (where(card), GONE in card.text)


async def test_a_watch_of_a_deleted_mention_is_promised_and_told_directly(ways: Scene) -> None:
    """The channel shows the card for a moment, and nothing after that."""
    await mention_and_delete(ways, f"{waiting()} avisar")
    note = await shown(ways, BEGUN)
    end_waiting(ways)
    told = await shown(ways, TOLD)

    assert ((CHANNEL_ID, None, True), True) == (where(note), say("watch.directly") in seen(note))
    assert (ways.person.direct_channel, None, False) == where(told)
    assert ([], [POST, DELETE, POST]) == (in_the_open(ways), methods(ways))


async def test_a_notice_whose_thread_was_deleted_since_never_reaches_the_channel(
    ways: Scene,
) -> None:
    """The thread is checked first, so no one is notified; the notice says why it is direct."""
    card = await mentioned(ways, waiting())
    await ways.person.click(card, "card_watch")
    await shown(ways, BEGUN)
    # By its `ts`: the click has updated the card.
    ways.slack.messages[:] = [one for one in ways.slack.messages if one.ts != card.ts]
    await ways.person.delete(ways.slack.said[-1])
    end_waiting(ways)
    told = await shown(ways, TOLD)

    assert ((ways.person.direct_channel, None, False), True) == (
        where(told),
        say("notice.gone") in seen(told),
    )
    assert [POST, POST] == methods(ways)
    await ways.slack.wait_for(lambda: len(ways.slack.refusals) == 2)
    ways.expect_refusals("chat.update: message_not_found", f"{LINK}: message_not_found")


async def test_a_list_whose_message_was_deleted_goes_to_the_asker_as_a_whole(
    mode: Mode, stages: Stages
) -> None:
    """Its card says why; the report and the sheet follow it in the conversation."""
    scopes = {"files:read", "files:write"}
    async with stages.scene(mode, scopes=scopes, timing=SWIFT) as ways:
        message = await ways.person.say("the calls", files=[LIST])
        await ways.person.message_shortcut(CHECK, message)
        view = await ways.modal()
        await ways.person.delete(message)
        await ways.person.submit(view)
        report = await said(ways, REPORT)
        card = await said(ways, DONE)
        await ways.slack.wait_for(lambda: any(one.files for one in ways.slack.messages))

        direct = ways.person.direct_channel
        (sheet,) = [one for one in ways.slack.messages if one.files]
        assert [(direct, None)] * 3 == [
            (one.channel, one.thread_ts) for one in (card, report, sheet)
        ]
        assert say("bulk.moved") in seen(card)
        assert [] == in_the_open(ways)
        expect_rings(ways)
        ways.expect_refusals(f"{LINK}: message_not_found")
