"""Replies at a loopback Slack: which channel delivers, and which message replaces which."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.jobs.job import PostedCard
from bot.domain.timing import Timing
from bot.fake_slack.slack_server import LoopbackSlack, running_slack
from bot.fake_slack.state.ledger import UserMessage
from bot.fake_slack.state.workspace import (
    CHANNEL_ID,
    CHANNEL_WITHOUT_BOT_ID,
    PRIVATE_CHANNEL_ID,
    TEAM_ID,
    USER_ID,
)
from bot.slack.api.session import open_session
from bot.slack.api.web_client import SlackClient
from bot.slack.blocks.block_kit import Message, header, section
from bot.slack.cards.controls import answer
from bot.slack.replies.reply import Reply
from bot.slack.replies.routes import Attempt, ReplyTarget, Route, post_arguments
from tests.slack.notifying import NOTES
from tests.support.reading import where
from tests.support.wording import EN, say

DIRECT = f"D{USER_ID[1:]}"
ROOT = "1700000000.000001"
ACK = 0.1


def note(text: str) -> Message:
    """A message of one paragraph."""
    return Message(text=text, blocks=(section(text),))


INVITE, GONE = say("hint.invite", command="/voicestatus"), say("hint.thread_gone")
# Users' messages, which are answered in their threads.
ROOTS = [
    UserMessage(channel=channel, ts=ROOT, user=USER_ID, team=TEAM_ID, text="where is it?")
    for channel in (CHANNEL_ID, PRIVATE_CHANNEL_ID)
]


@dataclass(kw_only=True)
class Desk:
    """The Slack that replies post to."""

    slack: LoopbackSlack
    door: SlackClient
    acks: list[dict[str, Any]] = field(default_factory=list)

    def place(self, channel: str = CHANNEL_ID, *, url: bool = True, **changes: Any) -> ReplyTarget:
        """A place in a channel, with or without a response URL."""
        response_url = self.slack.issue_response_url(channel=channel, user=USER_ID) if url else ""
        return ReplyTarget(channel=channel, user=USER_ID, response_url=response_url, **changes)

    def reply(self, route: Route, target: ReplyTarget) -> Reply:
        """A reply along this route."""
        return Reply(self.door, route, target, NOTES)

    @property
    def texts(self) -> list[str]:
        """All texts in the conversations now."""
        return [message.text for message in self.slack.messages]

    @property
    def methods(self) -> list[str]:
        """The methods that were called, in order."""
        return [call.method for call in self.slack.calls]


@pytest.fixture
async def context() -> AsyncIterator[Desk]:
    """A loopback Slack with messages to reply to."""
    async with running_slack() as slack, open_session() as session:
        slack.said.extend(ROOTS)
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url, session=session)
        door = SlackClient(client=client, session=session, timing=Timing(modal_ack=ACK))
        yield Desk(slack=slack, door=door)
        assert ([], []) == (slack.pings, slack.warnings)


async def test_a_private_reply_is_for_one_and_is_replaced_by_what_follows(context: Desk) -> None:
    """One of two messages remains."""
    reply = context.reply(Route.PRIVATE, context.place())

    assert [False, True, True, True] == [
        reply.in_use,
        await reply.show(note("one")),
        await reply.show(note("two")),
        reply.in_use,
    ]
    assert (["two"], [(CHANNEL_ID, None, True)]) == (
        context.texts,
        [where(message) for message in context.slack.messages],
    )


async def test_a_private_reply_in_a_thread_that_nobody_began_stands_in_the_channel(
    context: Desk,
) -> None:
    """Slack would not show it in the thread, unless the thread exists."""
    for begins in (True, False):
        place = context.place(url=False, thread_ts=ROOT, begins=begins)
        await context.reply(Route.PRIVATE, place).show(note("for you"))
        await context.reply(Route.PRIVATE, context.place(thread_ts=ROOT, begins=begins)).show(
            note("by url")
        )

    assert [None, None, ROOT, ROOT] == [message.thread_ts for message in context.slack.messages]


async def test_without_a_channel_only_a_direct_message_is_tried(context: Desk) -> None:
    """Slack would refuse an ephemeral message without a channel."""
    await context.reply(Route.PRIVATE, ReplyTarget(channel="", user=USER_ID)).show(note("for you"))

    assert ["chat.postMessage"] == context.methods
    assert [(DIRECT, None, False)] == [where(message) for message in context.slack.messages]


async def test_a_thread_is_answered_by_posting_and_then_by_updating(context: Desk) -> None:
    """A member uses the Web API, and no response URL."""
    reply = context.reply(Route.THREAD, context.place(thread_ts=ROOT, begins=True))
    await reply.show(note("one"))
    await reply.show(note("two"))

    assert (["chat.postMessage", "chat.update"], []) == (context.methods, context.slack.posts)
    assert [(CHANNEL_ID, ROOT, False)] == [where(message) for message in context.slack.messages]
    assert (["two"], True) == (context.texts, reply.as_wanted)


async def test_what_was_posted_and_deleted_is_posted_anew(context: Desk) -> None:
    """The update finds no message."""
    reply = context.reply(Route.THREAD, context.place(thread_ts=ROOT))
    await reply.show(note("one"))
    context.slack.messages.clear()
    await reply.show(note("two"))

    assert ["chat.postMessage", "chat.update", "chat.postMessage"] == context.methods
    assert ["two"] == context.texts
    assert ["chat.update: message_not_found {}"] == context.slack.refusals


async def test_a_card_that_the_response_url_took_cannot_be_changed_later(context: Desk) -> None:
    """Its `ts` is unknown; that of the note before it is of no use."""
    reply = context.reply(Route.THREAD, context.place(thread_ts=ROOT))
    await reply.show(note("working"))
    of_note = reply.posted
    context.slack.messages.clear()
    context.slack.fail_next("chat.postMessage", error="restricted_action")
    await reply.show(note("card"))

    assert of_note is not None
    assert (["card"], None) == (context.texts, reply.posted)
    context.slack.refusals.clear()


async def test_what_was_not_posted_is_not_updated(context: Desk) -> None:
    """An ephemeral message cannot be updated, so a new one follows."""
    context.slack.fail_next("chat.postMessage", error="restricted_action")
    reply = context.reply(Route.THREAD, context.place(url=False, thread_ts=ROOT))
    await reply.show(note("one"))
    await reply.show(note("two"))

    assert ["chat.postMessage", *["chat.postEphemeral"] * 2] == context.methods
    assert [(CHANNEL_ID, ROOT, True)] * 2 == [where(message) for message in context.slack.messages]


async def test_a_response_url_that_leads_nowhere_gives_way(context: Desk) -> None:
    """An invalid URL does not lose the card."""
    for url in ("no address", ""):
        place = ReplyTarget(channel=CHANNEL_ID, user=USER_ID, response_url=url)
        assert await context.reply(Route.PRIVATE, place).show(note("card"))

    assert [(CHANNEL_ID, None, True)] * 2 == [where(message) for message in context.slack.messages]


async def test_the_hint_comes_only_where_the_asker_alone_is_reached(context: Desk) -> None:
    """A public post by URL has no hint, an ephemeral one has."""
    place = context.place(PRIVATE_CHANNEL_ID, thread_ts=ROOT)
    in_channel = context.reply(Route.THREAD, place)
    await in_channel.show(note("for all"))
    context.slack.fail_next("response_url")
    place = context.place(PRIVATE_CHANNEL_ID, thread_ts=ROOT)
    alone = context.reply(Route.THREAD, place)
    await alone.show(note("for one"))

    assert ["for all", f"for one {INVITE}"] == context.texts
    assert [True, False] == [in_channel.as_wanted, alone.as_wanted]
    methods = ["chat.postMessage", "chat.getPermalink"]
    assert [f"{one}: channel_not_found {{}}" for one in methods] * 2 == context.slack.refusals


async def test_a_thread_that_is_gone_is_tried_once_and_the_asker_is_told_why(context: Desk) -> None:
    """With the reason instead of the hint, outside of the thread; so are later messages."""
    context.slack.said.clear()
    reply = context.reply(Route.THREAD, context.place(thread_ts=ROOT))
    assert await reply.show(note("one"))
    assert await reply.show(note("two"))

    assert ["chat.postMessage", "chat.delete"] == context.methods
    assert [(CHANNEL_ID, None, True)] == [where(message) for message in context.slack.messages]
    assert [f"two {GONE}"] == context.texts
    assert ("", False, None) == (reply.here.thread_ts, reply.as_wanted, reply.posted)


async def test_without_a_hint_the_asker_reads_the_message_as_it_is(context: Desk) -> None:
    """In a direct message nobody else was to read it, for whatever reason Slack refused it."""
    target = context.place(url=False, thread_ts=ROOT)
    context.slack.fail_next("chat.postMessage", error="restricted_action")
    assert await context.reply(Route.CONVERSATION, target).show(note("one"))
    context.slack.said.clear()
    assert await context.reply(Route.CONVERSATION, target).show(note("two"))

    assert ["one", "two"] == context.texts
    assert [True, True] == [message.ephemeral for message in context.slack.messages]


async def test_a_thread_that_goes_after_the_note_is_not_left_for_the_channel(context: Desk) -> None:
    """The note cannot be updated; the answer is shown to the asker only."""
    reply = context.reply(Route.THREAD, context.place(url=False, thread_ts=ROOT))
    await reply.show(note("working"))
    context.slack.messages.clear()
    context.slack.said.clear()
    await reply.show(note("card"))

    assert [(f"card {GONE}", True)] == [(m.text, m.ephemeral) for m in context.slack.messages]
    assert ["chat.update: message_not_found {}"] == context.slack.refusals


async def test_a_card_that_went_to_the_asker_directly_can_be_changed_there(context: Desk) -> None:
    """The bot posted the message, so it can update it."""
    context.slack.said.clear()
    context.slack.fail_next("chat.postEphemeral", error="user_not_in_channel")
    reply = context.reply(Route.THREAD, context.place(url=False, thread_ts=ROOT))
    await reply.show(note("card"))

    (card,) = context.slack.messages
    assert PostedCard(channel=DIRECT, ts=card.ts) == reply.posted
    assert f"card {GONE}" == card.text


@pytest.mark.parametrize("channel", [CHANNEL_ID, CHANNEL_WITHOUT_BOT_ID])
async def test_nothing_is_shared_in_a_thread_that_is_gone(context: Desk, channel: str) -> None:
    """The thread is checked before the click's response URL is used; no post is tried."""
    context.slack.said.clear()
    reply = context.reply(Route.SHARED, context.place(channel, thread_ts=ROOT))
    for text in ("card", "again"):
        assert await reply.show(note(text))

    assert [(DIRECT, f"again {GONE}")] == [(m.channel, m.text) for m in context.slack.messages]
    assert ["chat.getPermalink", "chat.postMessage", "chat.update"] == context.methods
    assert [] == context.slack.posts
    assert not reply.as_wanted
    context.slack.refusals.clear()


async def test_what_is_shared_in_a_thread_by_its_url_is_not_replaced_in_the_channel(
    context: Desk,
) -> None:
    """The thread was deleted in between."""
    reply = context.reply(Route.SHARED, context.place(thread_ts=ROOT))
    await reply.show(note("one"))
    assert [(CHANNEL_ID, ROOT, False)] == [where(message) for message in context.slack.messages]
    context.slack.messages.clear()
    context.slack.said.clear()
    await reply.show(note("two"))

    assert [(DIRECT, f"two {GONE}")] == [(m.channel, m.text) for m in context.slack.messages]
    context.slack.refusals.clear()


async def test_a_shared_card_that_no_channel_takes_goes_to_the_asker_directly(
    context: Desk,
) -> None:
    """With the hint; it does not count as shared."""
    reply = context.reply(Route.SHARED, context.place(CHANNEL_WITHOUT_BOT_ID, url=False))

    assert await reply.show(note("card"))
    assert ([DIRECT], [f"card {INVITE}"], False) == (
        [message.channel for message in context.slack.messages],
        context.texts,
        reply.as_wanted,
    )


async def test_what_is_shown_beside_a_card_replaces_nothing(context: Desk) -> None:
    """Both messages remain."""
    reply = context.reply(Route.BESIDE, context.place())
    await reply.show(note("one"))
    await reply.show(note("two"))

    assert ["one", "two"] == context.texts


async def test_when_no_way_is_open_the_reply_says_so(context: Desk) -> None:
    """And a later message tries all channels again."""
    context.slack.fail_next("response_url")
    context.slack.fail_next("chat.postEphemeral", error="fatal_error")
    context.slack.fail_next("chat.postMessage", error="fatal_error")
    reply = context.reply(Route.PRIVATE, context.place())

    assert [False, True] == [await reply.show(note("one")), await reply.show(note("two"))]
    assert ["two"] == context.texts


async def test_what_cannot_be_replaced_is_sent_anew(context: Desk) -> None:
    """Slack refuses the sixth post to a response URL; the next channel is used."""
    reply = context.reply(Route.PRIVATE, context.place())
    for number in range(6):
        assert await reply.show(note(f"{number}"))

    assert ["4", "5"] == context.texts
    assert "chat.postEphemeral" == context.methods[-1]


async def test_blocks_that_slack_refuses_become_plain_text(context: Desk) -> None:
    """By URL and by method; the text is still shown."""
    odd = Message(text="plain words", blocks=({"type": "unknown"},))

    assert await context.reply(Route.PRIVATE, context.place()).show(odd)
    assert await context.reply(Route.CONVERSATION, context.place(thread_ts=ROOT)).show(odd)
    assert [("plain words", ())] * 2 == [(one.text, one.blocks) for one in context.slack.messages]


@pytest.mark.parametrize("route", [Route.PRIVATE, Route.THREAD, Route.DIRECT, Route.SHARED])
@pytest.mark.parametrize("word", ["invalid_attachments", "a_new_word"])
async def test_whatever_slack_says_of_a_form_the_words_arrive(
    context: Desk, route: Route, word: str
) -> None:
    """As text in the same place, which the next message replaces."""
    context.slack.failures.forbid(word, lambda given: bool(given.get("blocks")))
    reply = context.reply(route, context.place(thread_ts=ROOT))
    for text in ("one", "two"):
        assert await reply.show(Message(text=text, blocks=(header(text),)))

    assert ([("two", ())], True) == (
        [(one.text, one.blocks) for one in context.slack.messages],
        reply.as_wanted,
    )


async def test_no_form_is_tried_a_third_time(context: Desk) -> None:
    """The second place gets the best form again; from the third on only the text is left."""
    for method in ("response_url", "chat.postEphemeral", "chat.postMessage"):
        context.slack.fail_next(method, error="a_new_word", times=50)
    reply = context.reply(Route.THREAD, context.place(thread_ts=ROOT))

    assert not await reply.show(Message(text="x", blocks=(header("x"), section("y"))))

    sent = [call.arguments for call in context.slack.calls if "chat.post" in call.method]
    bodies = [sent[:3], [post.body for post in context.slack.posts], sent[3:]]
    kinds = [[[b["type"] for b in one.get("blocks", ())][:1] for one in body] for body in bodies]
    assert [
        [["header"], ["section"], []],
        [["header"], ["section"], [], []],
        [[], []],
    ] == kinds


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("not_in_channel", "invite"),
        ("is_archived", "archived"),
        ("restricted_action", "closed"),
        ("restricted_action_read_only_channel", "closed"),
        ("ratelimited", "busy"),
        ("thread_not_found", "thread_gone"),
        ("fatal_error", "not_taken"),
        ("token_revoked", "not_taken"),
    ],
)
async def test_the_hint_follows_the_word_of_slack(context: Desk, word: str, hint: str) -> None:
    """An invitation helps only a bot that is no member."""
    pause = 3_600 if word == "ratelimited" else None
    context.slack.fail_next("chat.postMessage", error=word, retry_after=pause)
    reply = context.reply(Route.THREAD, context.place(url=False, thread_ts=ROOT))
    await reply.show(note("card"))

    phrase = say(f"hint.{hint}", command="/voicestatus")
    assert [f"card {phrase}"] == context.texts


def in_modal(context: Desk, view_id: str) -> Reply:
    """A reply in a submitted modal that records its acknowledgements."""

    async def ack(**arguments: Any) -> None:
        context.acks.append(arguments)

    return context.reply(
        Route.MODAL, ReplyTarget(channel="", user=USER_ID, view_id=view_id, ack=ack)
    )


async def test_a_modal_is_answered_by_its_acknowledgement_and_then_by_an_update(
    context: Desk,
) -> None:
    """The update waits until the acknowledgement has arrived."""
    first = answer(EN, note("ask"))
    view = context.slack.open_views.open(USER_ID, "T0LOOPBACK1", first)
    reply = in_modal(context, view.id)
    started = time.monotonic()
    await reply.show(note("working"))
    assert [] == context.methods
    await reply.show(note("answer"))

    # The event loop may wake up one clock tick early.
    assert time.monotonic() - started > 0.9 * ACK
    assert ["update"] == [ack["response_action"] for ack in context.acks]
    (shown,) = context.slack.modals_of(USER_ID)
    assert [section("answer")] == [*shown.content["blocks"]]


async def test_a_modal_that_is_gone_gives_way_to_a_direct_message(context: Desk) -> None:
    """It is acknowledged only once."""
    reply = in_modal(context, "VGONE")
    await reply.show(note("working"))
    await reply.show(note("answer"))

    assert (1, ["answer"]) == (len(context.acks), context.texts)
    assert ["views.update: not_found {}"] == context.slack.refusals


@pytest.mark.parametrize("attempt", [Attempt.POST, Attempt.DIRECT])
def test_links_in_a_posted_message_have_no_previews(attempt: Attempt) -> None:
    """Slack would add one below the card for each link."""
    arguments = post_arguments(attempt, ReplyTarget(channel="C1", user="U1"), note("one"))

    assert (False, False) == (arguments["unfurl_links"], arguments["unfurl_media"])


def test_a_place_does_not_show_its_response_url() -> None:
    """The URL is a secret for half an hour."""
    place = ReplyTarget(channel="C1", user="U1", response_url="https://hooks.slack.com/secret")

    assert "secret" not in repr(place)
