"""Threads of the loopback Slack, and posts for a thread whose first message was deleted."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from bot.fake_slack.people.person import NotPossibleError
from bot.fake_slack.state.ledger import Message, UserMessage
from bot.fake_slack.state.workspace import (
    CHANNEL_ID,
    CHANNEL_WITHOUT_BOT_ID,
    OTHER_USER_ID,
    PRIVATE_CHANNEL_ID,
    USER_ID,
)
from tests.fake_slack.bolt_stage import BoltStage, refusal_of

POST, URL, FILE = "a post", "a response URL", "a file"


async def say_in(stage: BoltStage, thread: str, by: str = POST) -> Message:
    """Post to a thread; returns the message, wherever it lands."""
    if by == POST:
        await stage.client.chat_postMessage(channel=CHANNEL_ID, text="x", thread_ts=thread)
    elif by == FILE:
        await share(stage, thread)
    else:
        url = stage.slack.issue_response_url(channel=CHANNEL_ID, user=USER_ID)
        body = {"text": "x", "response_type": "in_channel", "thread_ts": thread}
        async with aiohttp.ClientSession() as session, session.post(url, json=body) as answer:
            assert "ok" == await answer.text()
    return stage.slack.messages[-1]


async def share(stage: BoltStage, thread: str) -> str:
    """Share a file in a thread; returns its id."""
    stage.slack.workspace.scopes |= {"files:read", "files:write"}
    begun = await stage.client.files_getUploadURLExternal(filename="a.csv", length=1)
    key = str(begun["upload_url"]).rpartition("/")[2]
    stage.slack.files.receive(key, b"x")
    done = await stage.client.files_completeUploadExternal(
        files=[{"id": begun["file_id"]}], channel_id=CHANNEL_ID, thread_ts=thread
    )
    assert "shares" not in done["files"][0]
    return str(begun["file_id"])


@pytest.mark.parametrize("by", [POST, URL, FILE])
async def test_a_post_for_a_deleted_thread_lands_in_the_channel(stage: BoltStage, by: str) -> None:
    """Slack reports no error; the first message was deleted, and there are no replies."""
    said = await stage.person.say("a call")
    in_thread = await say_in(stage, said.ts, by)
    stage.slack.messages.clear()
    await stage.person.delete(said)

    assert (said.ts, None) == (in_thread.thread_ts, (await say_in(stage, said.ts, by)).thread_ts)
    assert ([], []) == (stage.slack.refusals, stage.slack.warnings)


async def test_the_answer_to_a_post_says_where_it_landed(stage: BoltStage) -> None:
    """Outside of a thread, the returned message has no thread_ts."""
    said = await stage.person.say("a call")
    threads = []
    for _ in range(2):
        answer = await stage.client.chat_postMessage(
            channel=CHANNEL_ID, text="x", thread_ts=said.ts
        )
        threads.append(answer["message"].get("thread_ts"))
        stage.slack.messages.clear()
        stage.slack.said.clear()

    assert [said.ts, None] == threads


async def test_a_deleted_message_with_replies_still_has_its_thread(stage: BoltStage) -> None:
    """A tombstone replaces it until the last reply is gone; an ephemeral reply does not count."""
    stage.slack.workspace.scopes.add("channels:history")
    said = await stage.person.say("a call")
    reply = await say_in(stage, said.ts)
    await stage.person.delete(said)

    second = await say_in(stage, said.ts)
    replies = await stage.client.conversations_replies(channel=CHANNEL_ID, ts=said.ts)
    stone, *others = replies["messages"]
    assert (said.ts, "tombstone", True) == (stone["ts"], stone["subtype"], stone["hidden"])
    assert [reply.ts, second.ts] == [one["ts"] for one in others]

    for one in (reply, second):
        await stage.client.chat_delete(channel=CHANNEL_ID, ts=one.ts)
    await stage.client.chat_postEphemeral(
        channel=CHANNEL_ID, user=USER_ID, text="x", thread_ts=said.ts
    )
    gone = stage.client.conversations_replies(channel=CHANNEL_ID, ts=said.ts)
    assert "thread_not_found" == (await refusal_of(gone))["error"]
    assert None is (await say_in(stage, said.ts)).thread_ts
    stage.slack.refusals.clear()


async def test_a_message_has_a_permalink_while_it_exists(stage: BoltStage) -> None:
    """This needs no scope; the permalink of a reply names its thread."""
    stage.slack.workspace.scopes.clear()
    said = await stage.person.say("a call", channel=CHANNEL_WITHOUT_BOT_ID)
    reply = await stage.person.say("yes", channel=CHANNEL_WITHOUT_BOT_ID, thread_ts=said.ts)
    links = [await link(stage, CHANNEL_WITHOUT_BOT_ID, one.ts) for one in (said, reply)]
    await stage.person.delete(reply)

    query = f"?thread_ts={said.ts}&cid={CHANNEL_WITHOUT_BOT_ID}"
    assert [False, True] == [one.endswith(query) for one in links]
    assert "message_not_found" == await no_link(stage, CHANNEL_WITHOUT_BOT_ID, reply.ts)
    for channel in (PRIVATE_CHANNEL_ID, "C0NOWHERE01"):
        assert "channel_not_found" == await no_link(stage, channel, said.ts)
    stage.slack.refusals.clear()


async def link(stage: BoltStage, channel: str, ts: str) -> str:
    """The permalink of a message."""
    answer = await stage.client.chat_getPermalink(channel=channel, message_ts=ts)
    return str(answer["permalink"])


async def no_link(stage: BoltStage, channel: str, ts: str) -> str:
    """The error for a missing permalink."""
    call = stage.client.chat_getPermalink(channel=channel, message_ts=ts)
    return str((await refusal_of(call))["error"])


async def test_files_info_names_the_share_and_files_delete_removes_it(
    stage: BoltStage,
) -> None:
    """The message goes if it contained nothing else; only the bot's own files can be deleted."""
    said = await stage.person.say("mine", files=["b.csv"])
    file_id = await share(stage, said.ts)
    (message,) = stage.slack.messages

    described = (await stage.client.files_info(file=file_id))["file"]
    (shared,) = described["shares"]["public"][CHANNEL_ID]
    assert (message.ts, said.ts) == (shared["ts"], shared["thread_ts"])
    await stage.client.files_delete(file=file_id)
    assert [] == stage.slack.messages
    for other, why in ((file_id, "file_deleted"), ("F0", "file_not_found")):
        assert why == (await refusal_of(stage.client.files_delete(file=other)))["error"]
    theirs = stage.client.files_delete(file=str(said.files[0]["id"]))
    assert "cant_delete_file" == (await refusal_of(theirs))["error"]
    stage.slack.refusals.clear()


async def test_people_delete_their_own_messages(stage: BoltStage) -> None:
    """The bot gets an event for it in direct messages only."""
    said = await stage.person.say("a call")
    with pytest.raises(NotPossibleError):
        await stage.person.as_user(OTHER_USER_ID).delete(said)
    await stage.person.delete(said)
    with pytest.raises(NotPossibleError):
        await stage.person.delete(said)
    assert [] == stage.slack.events

    direct = await stage.person.say("x", channel=stage.person.direct_channel)
    await stage.person.delete(direct)
    event: dict[str, Any] = dict(stage.slack.events[-1].payload["event"])
    assert ("message_deleted", direct.ts, "im") == (
        event["subtype"],
        event["deleted_ts"],
        event["channel_type"],
    )
    assert not any(isinstance(one, UserMessage) for one in stage.slack.said)
