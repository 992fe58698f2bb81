"""Where the answer to each kind of question is posted, and the fallbacks."""

from __future__ import annotations

import pytest

from bot.fake_slack.state.workspace import (
    BOT_MENTION,
    CHANNEL_ID,
    CHANNEL_WITHOUT_BOT_ID,
    PRIVATE_CHANNEL_ID,
)
from bot.settings.settings import Mode
from tests.support.reading import heading, seen, texts, where
from tests.support.scene import COMMAND, WITH_NOTE, Scene, Stages
from tests.support.wording import ANSWERED, BUSY, INVITE, say

POST = "chat.postMessage"
EPHEMERAL = "chat.postEphemeral"
LINK = "chat.getPermalink"
LONG_ID = "MPG0002361804740000000001"
WORKING = say("working.title")


def posted(bot: Scene) -> list[tuple[str, str]]:
    """The `response_type` of each post to a response URL, and its first line."""
    return [
        (post.body["response_type"], next(texts(post.body["blocks"]))) for post in bot.slack.posts
    ]


@pytest.mark.both_modes
async def test_a_command_is_answered_by_its_url_wherever_it_is_typed(bot: Scene) -> None:
    """For the asker only, even in channels without the bot."""
    card = await bot.answer("SANDBOX-OK", channel=CHANNEL_WITHOUT_BOT_ID)

    assert (CHANNEL_WITHOUT_BOT_ID, None, True) == where(card)
    assert [("ephemeral", ANSWERED)] == posted(bot)
    assert [] == [call for call in bot.slack.calls if call.method.startswith("chat.")]


async def test_a_command_whose_url_is_dead_is_answered_ephemerally(bot: Scene) -> None:
    """chat.postEphemeral reaches the asker in channels with the bot."""
    bot.slack.fail_next("response_url", status=404)

    card = await bot.answer("SANDBOX-OK")

    assert ((CHANNEL_ID, None, True), ANSWERED) == (where(card), heading(card))
    assert EPHEMERAL == bot.slack.calls[-1].method


async def test_where_the_bot_is_no_member_a_direct_message_is_what_is_left(bot: Scene) -> None:
    """The response URL and the channel refuse; the user still gets the card."""
    bot.slack.fail_next("response_url", status=404)

    card = await bot.answer("SANDBOX-OK", channel=CHANNEL_WITHOUT_BOT_ID)

    assert ((bot.person.direct_channel, None, False), ANSWERED) == (where(card), heading(card))
    bot.expect_refusals(f"{EPHEMERAL}: not_in_channel")


async def test_when_every_way_is_closed_the_bot_goes_on_answering(bot: Scene) -> None:
    """The next question is answered normally."""
    bot.slack.fail_next("response_url", status=404)
    bot.slack.fail_next(EPHEMERAL, error="fatal_error")
    bot.slack.fail_next(POST, error="fatal_error")

    await bot.type("SANDBOX-OK")
    await bot.slack.wait_for(lambda: POST in [call.method for call in bot.slack.calls])
    await bot.running.work.idle()

    assert [] == bot.slack.messages
    assert ANSWERED == heading(await bot.answer("SANDBOX-OK"))


async def test_share_shows_the_card_to_the_channel_and_nothing_else(bot: Scene) -> None:
    """With the sharer's name, no mention and a shortened id; in a channel without the bot."""
    card = await bot.answer(f"share {LONG_ID}", channel=CHANNEL_WITHOUT_BOT_ID)

    assert (CHANNEL_WITHOUT_BOT_ID, None, False) == where(card)
    assert [("in_channel", heading(card))] == posted(bot)
    assert say("card.shared_by", user="ana") in seen(card)
    assert LONG_ID not in f"{card.text} {seen(card)}"


async def test_what_only_the_asker_should_read_is_not_shared(bot: Scene) -> None:
    """Bad words beside a shared id are shown only to the asker."""
    await bot.type("SANDBOX-OK 4711 share")
    await bot.settled(2)

    private, public = bot.slack.messages
    assert [True, False] == [private.ephemeral, public.ephemeral]
    assert ["4711" in seen(message) for message in (private, public)] == [True, False]
    assert say("working.shared") in heading(private)


async def test_a_shared_answer_is_posted_to_the_channel_when_the_url_fails(bot: Scene) -> None:
    """chat.postMessage posts it publicly."""
    bot.slack.fail_next("response_url", status=404)

    card = await bot.answer("SANDBOX-OK share")

    assert ((CHANNEL_ID, None, False), ANSWERED) == (where(card), heading(card))


async def test_a_shared_answer_that_no_channel_takes_goes_to_the_asker(bot: Scene) -> None:
    """If the bot may not post, the user gets the card and how to invite the bot."""
    bot.slack.fail_next("response_url", status=404)

    card = await bot.answer("SANDBOX-OK share", channel=CHANNEL_WITHOUT_BOT_ID)

    assert ((bot.person.direct_channel, None, False), ANSWERED) == (where(card), heading(card))
    assert INVITE in card.text
    bot.expect_refusals(f"{POST}: not_in_channel")


async def test_a_slow_gateway_shows_that_work_goes_on_and_that_message_becomes_the_card(
    mode: Mode, stages: Stages
) -> None:
    """The card replaces the note, so one message remains."""
    async with stages.scene(mode, timing=WITH_NOTE) as bot:
        await bot.type("SANDBOX-OK")
        await bot.settled(2)

        assert [("ephemeral", WORKING), ("ephemeral", ANSWERED)] == posted(bot)
        assert [None, True] == [post.body.get("replace_original") for post in bot.slack.posts]
        assert [ANSWERED] == [heading(message) for message in bot.slack.messages]


async def test_a_slow_shared_answer_leaves_the_public_card_standing(
    mode: Mode, stages: Stages
) -> None:
    """A note that names the channel replaces the asker's note; the card stays."""
    async with stages.scene(mode, timing=WITH_NOTE) as bot:
        await bot.type("SANDBOX-OK share")
        await bot.settled(3)

        shown = [(message.ephemeral, heading(message)) for message in bot.slack.messages]
        assert [(True, say("working.shared")), (False, ANSWERED)] == shown


async def test_the_note_of_a_slow_look_up_in_a_thread_becomes_the_card(
    mode: Mode, stages: Stages
) -> None:
    """One message remains."""
    async with stages.scene(mode, timing=WITH_NOTE) as bot:
        said = await bot.person.say(f"{BOT_MENTION} SANDBOX-OK")
        await bot.slack.wait_for(lambda: "chat.update" in [c.method for c in bot.slack.calls])
        await bot.running.work.idle()

        sent = [c for c in bot.slack.calls if c.method.startswith("chat.")]
        assert [(POST, WORKING), ("chat.update", ANSWERED)] == [
            (call.method, next(texts(call.arguments["blocks"]))) for call in sent
        ]
        (card,) = bot.slack.replies(CHANNEL_ID, said.ts)
        assert ANSWERED == heading(card)


async def test_a_mention_whose_thread_takes_no_post_is_answered_to_the_asker(bot: Scene) -> None:
    """Only to them, in the same thread, with a hint that follows Slack's word."""
    root = await bot.person.say("nobody called me")
    for text in ("SANDBOX-BUSY", "help"):
        bot.slack.fail_next(POST, error="restricted_action")

        told = await bot.mention(text, thread_ts=root.ts)

        assert (CHANNEL_ID, root.ts, True) == where(told)
        assert say("hint.closed") in told.text


async def test_a_mention_that_only_a_direct_message_can_answer(bot: Scene) -> None:
    """The bot was removed from the channel during the look-up."""
    bot.slack.fail_next(POST, error="not_in_channel")
    bot.slack.fail_next(EPHEMERAL, error="not_in_channel")

    card = await bot.mention("SANDBOX-BUSY")

    assert ((bot.person.direct_channel, None, False), BUSY) == (where(card), heading(card))
    assert INVITE in card.text


async def test_a_message_shortcut_where_the_bot_is_no_member_is_answered_by_its_url(
    bot: Scene,
) -> None:
    """Publicly in the message's thread, without replacing a message."""
    card = await bot.shortcut("IDMSG: SANDBOX-BUSY", channel=PRIVATE_CHANNEL_ID)

    thread = bot.slack.said[-1].ts
    body = bot.slack.posts[-1].body
    assert ((PRIVATE_CHANNEL_ID, thread, False), BUSY) == (where(card), heading(card))
    assert (False, thread) == (body["replace_original"], body["thread_ts"])
    bot.expect_refusals(f"{POST}: channel_not_found", f"{LINK}: channel_not_found")


async def test_where_only_an_ephemeral_answer_is_taken_it_comes_with_the_hint(bot: Scene) -> None:
    """The URL refuses the public message and takes the ephemeral one."""
    bot.slack.fail_next("response_url", status=404)

    card = await bot.shortcut("SANDBOX-BUSY", channel=PRIVATE_CHANNEL_ID)

    assert ((PRIVATE_CHANNEL_ID, None, True), BUSY) == (where(card), heading(card))
    assert INVITE in card.text
    bot.expect_refusals(f"{POST}: channel_not_found", f"{LINK}: channel_not_found")


async def test_no_member_and_no_url_leave_a_direct_message_with_the_way_to_more(
    bot: Scene,
) -> None:
    """After a post, the URL in both forms, and an ephemeral message have failed."""
    bot.slack.fail_next("response_url", status=404, times=2)

    card = await bot.shortcut("SANDBOX-BUSY", channel=CHANNEL_WITHOUT_BOT_ID)

    assert ((bot.person.direct_channel, None, False), BUSY) == (where(card), heading(card))
    assert INVITE in card.text
    assert ["in_channel", "ephemeral"] == [audience for audience, _ in posted(bot)]
    bot.expect_refusals(f"{POST}: not_in_channel", f"{EPHEMERAL}: not_in_channel")


async def test_a_refusal_goes_the_same_ways(mode: Mode, stages: Stages) -> None:
    """An expired response URL does not hide a refusal."""
    async with stages.scene(mode, allowed_users=frozenset({"U0NOBODY"})) as bot:
        bot.slack.fail_next("response_url", status=404)

        told = await bot.comes_of(bot.person.command(COMMAND, "SANDBOX-OK"))

        assert (say("refusal.title"), True) == (heading(told), told.ephemeral)
