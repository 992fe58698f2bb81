"""The loopback Slack returns messages and their metadata, as strictly as Slack does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.fake_slack.slack_server import LoopbackSlack
from bot.fake_slack.state.workspace import CHANNEL_ID, USER_ID
from tests.fake_slack.bolt_stage import refusal_of

MARK = {"event_type": "note_made", "event_payload": {"name": "n1"}}


@pytest.fixture
def slack(slack: LoopbackSlack) -> LoopbackSlack:
    """A loopback Slack whose bot may read its channels."""
    slack.workspace.scopes.add("channels:history")
    return slack


async def post(client: AsyncWebClient, text: str, **more: Any) -> str:
    """Post a message; returns its time stamp."""
    answer = await client.chat_postMessage(channel=CHANNEL_ID, text=text, **more)
    return str(answer["ts"])


def texts(answer: Any) -> list[str]:
    """The texts of the messages in an answer, in order."""
    return [message["text"] for message in answer["messages"]]


async def test_a_thread_is_read_from_its_first_message_on(client: AsyncWebClient) -> None:
    """Oldest first; the first message is always included, whatever `oldest` is."""
    root = await post(client, "root")
    first = await post(client, "one", thread_ts=root)
    second = await post(client, "two", thread_ts=root)
    await post(client, "elsewhere")
    asked: dict[str, Any] = {"channel": CHANNEL_ID, "ts": root}

    assert ["root", "one", "two"] == texts(await client.conversations_replies(**asked))
    late = await client.conversations_replies(**asked, oldest=first)
    early = await client.conversations_replies(**asked, latest=second)
    both = await client.conversations_replies(**asked, oldest=first, latest=second, inclusive=True)
    assert ["root", "two"] == texts(late)
    assert ["root", "one"] == texts(early)
    assert ["root", "one", "two"] == texts(both)


async def test_a_history_has_no_replies_and_nothing_ephemeral(
    slack: LoopbackSlack, client: AsyncWebClient
) -> None:
    """Newest first."""
    root = await post(client, "root")
    await post(client, "reply", thread_ts=root)
    await client.chat_postEphemeral(channel=CHANNEL_ID, user=USER_ID, text="whisper")
    await post(client, "last")

    assert ["last", "root"] == texts(await client.conversations_history(channel=CHANNEL_ID))
    assert 4 == len(slack.messages)


async def test_pages_follow_one_another(client: AsyncWebClient) -> None:
    """Each page has the cursor of the next."""
    for number in range(5):
        await post(client, str(number))
    found, cursor, pages = [], "", 0
    while pages == 0 or cursor:
        page = await client.conversations_history(channel=CHANNEL_ID, limit=2, cursor=cursor)
        found += texts(page)
        after: dict[str, str] = page.get("response_metadata") or {}
        cursor = after.get("next_cursor", "")
        assert bool(cursor) is page["has_more"]
        pages += 1

    assert (["4", "3", "2", "1", "0"], 3) == (found, pages)


async def test_metadata_is_stored_and_returned_whole_on_request(client: AsyncWebClient) -> None:
    """By default only its event_type is returned; an update without metadata preserves it."""
    ts = await post(client, "marked", metadata=MARK)
    await client.chat_update(channel=CHANNEL_ID, ts=ts, text="changed")

    brief = await client.conversations_history(channel=CHANNEL_ID)
    whole = await client.conversations_history(channel=CHANNEL_ID, include_all_metadata=True)
    assert {"event_type": "note_made"} == brief["messages"][0]["metadata"]
    assert MARK == whole["messages"][0]["metadata"]
    await client.chat_update(channel=CHANNEL_ID, ts=ts, text="changed", metadata={})
    bare = await client.conversations_history(channel=CHANNEL_ID, include_all_metadata=True)
    assert "metadata" not in bare["messages"][0]


async def test_an_archived_channel_can_be_read_and_not_written_to(
    slack: LoopbackSlack, client: AsyncWebClient
) -> None:
    """Its messages remain."""
    await post(client, "before")
    slack.workspace.archive(CHANNEL_ID)

    refused = await refusal_of(client.chat_postMessage(channel=CHANNEL_ID, text="after"))
    assert "is_archived" == refused["error"]
    assert ["before"] == texts(await client.conversations_history(channel=CHANNEL_ID))


async def test_a_channel_that_only_some_may_write_in_refuses_the_bot(
    slack: LoopbackSlack, client: AsyncWebClient
) -> None:
    """It can be read, and its refusal is another one."""
    channels = slack.workspace.channels
    channels[CHANNEL_ID] = replace(channels[CHANNEL_ID], is_read_only=True)

    refused = await refusal_of(client.chat_postMessage(channel=CHANNEL_ID, text="after"))
    assert "restricted_action_read_only_channel" == refused["error"]
    assert [] == texts(await client.conversations_history(channel=CHANNEL_ID))


async def test_an_answer_can_get_lost_after_the_call(
    slack: LoopbackSlack, client: AsyncWebClient
) -> None:
    """The connection breaks although the message is posted; the next answer arrives."""
    slack.lose_next_answer("chat.postMessage")

    with pytest.raises(aiohttp.ClientError):
        await post(client, "lost")
    await post(client, "heard")

    assert ["lost", "heard"] == [message.text for message in slack.messages]
