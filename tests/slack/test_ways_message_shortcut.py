"""The message shortcut: the ids in a message are answered in its thread, for all to see."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from scene import heading, seen
from ways import BUSY, BUSY_PT, CHECK, REFUSED, Ways, row_of, visiting, where

from bot.demo.loopback.workspace import (
    CHANNEL_ID,
    CHANNEL_WITHOUT_BOT_ID,
    GUEST_USER_ID,
    OTHER_USER_ID,
    PRIVATE_CHANNEL_ID,
)
from bot.settings import Mode


@pytest.fixture
async def ways(mode: Mode) -> AsyncIterator[Ways]:
    """A bot with plain settings, in both modes."""
    async with visiting(mode) as scene:
        yield scene


@pytest.mark.parametrize(
    ("text", "extra"),
    [
        ("The customer says nobody called. IDMSG: SANDBOX-BUSY, phone +55 11 98765-4321", {}),
        ("IDMSG SANDBOX-BUSY", {}),
        ("SANDBOX-BUSY", {}),
        ("\u201cSANDBOX-BUSY\u201d e `SANDBOX-BUSY`", {}),
        ("id:SANDBOX-BUSY", {}),
        ("idmsg=000:SANDBOX-BUSY;tel=5511987654321", {}),
        ("<https://example.com/report?idmsg=SANDBOX-BUSY|the report>: SANDBOX-BUSY", {}),
        ("see the log", {"files": ["SANDBOX-BUSY.txt"]}),
        ("see below", {"attachments": [{"fields": [{"title": "IDMSG", "value": "SANDBOX-BUSY"}]}]}),
        (
            "see the alert",
            {"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "`SANDBOX-BUSY`"}}]},
        ),
        (f"<@{OTHER_USER_ID}> in <#{CHANNEL_ID}|support>: SANDBOX-BUSY", {}),
    ],
    ids=[
        "sentence with a phone number",
        "label and blank",
        "alone",
        "smart quotes and code marks",
        "by force",
        "prefix of the send result",
        "beside a link",
        "file name",
        "field of an attachment",
        "block",
        "beside people and channels",
    ],
)
async def test_one_id_becomes_a_card_in_the_thread(
    ways: Ways, text: str, extra: Mapping[str, Any]
) -> None:
    """The id is found wherever it stands in the message; phones and Slack's ids are none."""
    said = await ways.person.say(text, **extra)

    card = await ways.comes_of(ways.person.message_shortcut(CHECK, said))

    assert (CHANNEL_ID, said.ts, False) == where(card)
    assert BUSY == heading(card)
    assert ["SANDBOX-BUSY"] == ways.asked


async def test_several_ids_become_a_compact_list(ways: Ways) -> None:
    """One message in the thread, whatever their number."""
    said = await ways.person.say("SANDBOX-BUSY, SANDBOX-OK; SANDBOX-NOANSWER, SANDBOX-BUSY")

    card = await ways.comes_of(ways.person.message_shortcut(CHECK, said))

    assert (CHANNEL_ID, said.ts, False) == where(card)
    assert "3 calls: 1 answered, 2 not completed" == heading(card)
    assert "SANDBOX-BUSY" not in seen(card).splitlines()[0]


async def test_a_reply_in_a_thread_is_answered_in_that_thread(ways: Ways) -> None:
    """The answer stands under the first message, not under the reply."""
    root = await ways.person.say("nobody called me")
    reply = await ways.person.as_user(OTHER_USER_ID).say("SANDBOX-BUSY", thread_ts=root.ts)

    card = await ways.comes_of(ways.person.message_shortcut(CHECK, reply))

    assert (CHANNEL_ID, root.ts, False) == where(card)


async def test_somebody_elses_message_can_be_asked_about(ways: Ways) -> None:
    """A guest asks about a message of a colleague."""
    said = await ways.person.say("SANDBOX-BUSY")

    card = await ways.comes_of(ways.person.as_user(GUEST_USER_ID).message_shortcut(CHECK, said))

    assert (CHANNEL_ID, said.ts, False) == where(card)
    assert [GUEST_USER_ID] == row_of(card)["refresh"]["visible_to_user_ids"]


@pytest.mark.parametrize(
    ("channel", "error"),
    [(CHANNEL_WITHOUT_BOT_ID, "not_in_channel"), (PRIVATE_CHANNEL_ID, "channel_not_found")],
    ids=["public", "private"],
)
async def test_where_the_bot_is_no_member_the_response_url_answers_in_the_thread(
    ways: Ways, channel: str, error: str
) -> None:
    """For all to see, with thread_ts, and without taking any message's place."""
    said = await ways.person.say("IDMSG: SANDBOX-BUSY", channel=channel)

    card = await ways.comes_of(ways.person.message_shortcut(CHECK, said))

    assert (channel, said.ts, False) == where(card)
    body = ways.slack.posts[-1].body
    assert ("in_channel", False, said.ts) == (
        body["response_type"],
        body["replace_original"],
        body["thread_ts"],
    )
    ways.expect_refusals(f"chat.postMessage: {error}")


async def test_a_member_of_a_private_channel_answers_there_itself(ways: Ways) -> None:
    """After `/invite` nothing is refused any more."""
    ways.slack.workspace.join(PRIVATE_CHANNEL_ID)
    said = await ways.person.say("SANDBOX-BUSY", channel=PRIVATE_CHANNEL_ID)

    card = await ways.comes_of(ways.person.message_shortcut(CHECK, said))

    assert (PRIVATE_CHANNEL_ID, said.ts, False) == where(card)
    assert [] == ways.slack.posts


async def test_in_the_conversation_with_the_bot_it_works_too(ways: Ways) -> None:
    """Messages that were written to the bot have a menu as well."""
    direct = ways.person.direct_channel
    await ways.comes_of(ways.person.say("explain SANDBOX-BUSY", channel=direct))
    said = ways.slack.said[-1]

    card = await ways.comes_of(ways.person.message_shortcut(CHECK, said))

    assert (direct, said.ts, BUSY) == (card.channel, card.thread_ts, heading(card))


async def test_a_public_answer_masks_phones_and_shortens_long_ids(ways: Ways) -> None:
    """Others read it; the whole id travels in the buttons alone."""
    said = await ways.person.say("IDMSG: abcdefghijklmnopqrstuvw-9")

    card = await ways.comes_of(ways.person.message_shortcut(CHECK, said))

    assert "abcdefghijklmnopqrstuvw-9" not in f"{card.text} {seen(card)}"
    assert "abcd…vw-9" in seen(card)


@pytest.mark.notes
async def test_a_slow_gateway_is_said_in_the_thread_and_the_note_becomes_the_card(
    ways: Ways,
) -> None:
    """One message stays."""
    said = await ways.person.say("SANDBOX-SLOW-1.3")

    note = await ways.comes_of(ways.person.message_shortcut(CHECK, said))
    card = await ways.latest(note, lambda message: heading(message).startswith("✅"))

    assert heading(note).startswith("⏳")
    assert [card] == ways.slack.replies(CHANNEL_ID, said.ts)


async def test_somebody_who_may_not_ask_is_told_so_alone(mode: Mode) -> None:
    """The thread shows nothing; a message without replies has no thread to be told in."""
    async with visiting(mode, allowed_users=frozenset({OTHER_USER_ID})) as ways:
        said = await ways.person.say("SANDBOX-BUSY")

        told = await ways.comes_of(ways.person.message_shortcut(CHECK, said))

    assert (CHANNEL_ID, None, True) == where(told)
    assert (REFUSED, ways.person.user) == (heading(told), told.user)
    assert [] == ways.asked


async def test_the_answer_is_in_the_channels_language(mode: Mode) -> None:
    """BOT_LANGUAGE where nobody chose."""
    async with visiting(mode, bot_language="pt-BR") as ways:
        said = await ways.person.say("SANDBOX-BUSY")

        card = await ways.comes_of(ways.person.message_shortcut(CHECK, said))

    assert BUSY_PT == heading(card)
    assert "Atualizar" == row_of(card)["refresh"]["text"]["text"]
