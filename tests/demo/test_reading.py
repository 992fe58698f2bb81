"""The loopback Slack lets messages and their metadata be read, as strictly as Slack does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from bolt_stage import refusal_of
from slack_sdk.web.async_client import AsyncWebClient

from bot.demo.loopback.workspace import (
    CHANNEL_ID,
    CHANNEL_WITHOUT_BOT_ID,
    PRIVATE_CHANNEL_ID,
    USER_ID,
)
from bot.demo.slack_server import LoopbackSlack, running_slack

MARK = {"event_type": "note_made", "event_payload": {"name": "n1"}}
READING = {"channels:history", "groups:history", "im:history", "im:write"}


@pytest.fixture
async def slack() -> AsyncIterator[LoopbackSlack]:
    """A loopback Slack whose bot may read where it is."""
    async with running_slack(clock=lambda: 1_790_000_000.0) as running:
        running.workspace.scopes |= READING
        yield running


@pytest.fixture
async def client(slack: LoopbackSlack) -> AsyncIterator[AsyncWebClient]:
    """slack-sdk's client, pointed at it; nothing is asked twice."""
    async with aiohttp.ClientSession() as session:
        yield AsyncWebClient(
            token=slack.bot_token, base_url=slack.api_url, session=session, retry_handlers=[]
        )


async def post(client: AsyncWebClient, text: str, **more: Any) -> str:
    """Post a message; its time stamp."""
    answer = await client.chat_postMessage(channel=CHANNEL_ID, text=text, **more)
    return str(answer["ts"])


def texts(answer: Any) -> list[str]:
    """What the messages of an answer say, in its order."""
    return [message["text"] for message in answer["messages"]]


async def test_a_thread_is_read_from_its_first_message_on(client: AsyncWebClient) -> None:
    """The oldest first; the one that began it stands in front, however late one starts."""
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
    """The newest first."""
    root = await post(client, "root")
    await post(client, "reply", thread_ts=root)
    await client.chat_postEphemeral(channel=CHANNEL_ID, user=USER_ID, text="whisper")
    await post(client, "last")

    assert ["last", "root"] == texts(await client.conversations_history(channel=CHANNEL_ID))
    assert 4 == len(slack.messages)


async def test_pages_follow_one_another(client: AsyncWebClient) -> None:
    """By the cursor of the page before."""
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


async def test_metadata_is_kept_and_given_whole_to_who_asks_for_it(client: AsyncWebClient) -> None:
    """Without asking, its kind alone; a change that does not mention it leaves it."""
    ts = await post(client, "marked", metadata=MARK)
    await client.chat_update(channel=CHANNEL_ID, ts=ts, text="changed")

    brief = await client.conversations_history(channel=CHANNEL_ID)
    whole = await client.conversations_history(channel=CHANNEL_ID, include_all_metadata=True)
    assert {"event_type": "note_made"} == brief["messages"][0]["metadata"]
    assert MARK == whole["messages"][0]["metadata"]
    await client.chat_update(channel=CHANNEL_ID, ts=ts, text="changed", metadata={})
    bare = await client.conversations_history(channel=CHANNEL_ID, include_all_metadata=True)
    assert "metadata" not in bare["messages"][0]


@pytest.mark.parametrize(
    ("metadata", "error"),
    [
        ([], "invalid_metadata_format"),
        ({"event_type": "x"}, "invalid_metadata_format"),
        ({"event_type": "x", "event_payload": "y"}, "invalid_metadata_format"),
        ("{", "invalid_metadata_format"),
        ({"event_type": "x", "event_payload": {"a": "b" * 16_000}}, "metadata_too_large"),
    ],
    ids=["a list", "without a payload", "a text for one", "broken", "too long"],
)
async def test_metadata_of_another_shape_is_refused(
    slack: LoopbackSlack, client: AsyncWebClient, metadata: Any, error: str
) -> None:
    """And nothing is posted."""
    arguments = {"channel": CHANNEL_ID, "text": "t", "metadata": metadata}
    refused = await refusal_of(client.api_call("chat.postMessage", json=arguments))

    assert (error, []) == (refused["error"], slack.messages)


@pytest.mark.parametrize(
    ("method", "given", "error"),
    [
        ("conversations.replies", {"ts": "1790000000.000099"}, "thread_not_found"),
        ("conversations.replies", {}, "invalid_arguments"),
        ("conversations.history", {"limit": 0}, "invalid_limit"),
        ("conversations.history", {"limit": 1_000}, "invalid_limit"),
        ("conversations.history", {"limit": "x"}, "invalid_limit"),
        ("conversations.history", {"cursor": "x"}, "invalid_cursor"),
        ("conversations.history", {"oldest": "x"}, "invalid_ts_oldest"),
        ("conversations.history", {"latest": "1.x"}, "invalid_ts_latest"),
        ("conversations.history", {"channel": CHANNEL_WITHOUT_BOT_ID}, "not_in_channel"),
        ("conversations.history", {"channel": PRIVATE_CHANNEL_ID}, "channel_not_found"),
        ("conversations.history", {"channel": "C0GONE00001"}, "channel_not_found"),
    ],
)
async def test_what_cannot_be_read_is_refused_by_slacks_word(
    client: AsyncWebClient, method: str, given: dict[str, Any], error: str
) -> None:
    """Arguments, threads, places."""
    asked = {"channel": CHANNEL_ID} | given
    refused = await refusal_of(client.api_call(method, http_verb="GET", params=asked))

    assert error == refused["error"]


@pytest.mark.parametrize(
    ("channel", "scope"),
    [
        (CHANNEL_ID, "channels:history"),
        (PRIVATE_CHANNEL_ID, "groups:history"),
        (f"D{USER_ID[1:]}", "im:history"),
    ],
)
async def test_each_kind_of_conversation_has_its_scope(
    slack: LoopbackSlack, client: AsyncWebClient, channel: str, scope: str
) -> None:
    """The refusal names it."""
    slack.workspace.direct(USER_ID)
    slack.workspace.join(PRIVATE_CHANNEL_ID)
    await client.conversations_history(channel=channel)
    slack.workspace.scopes.discard(scope)

    refused = await refusal_of(client.conversations_history(channel=channel))
    assert ("missing_scope", scope) == (refused["error"], refused["needed"])


async def test_an_archived_channel_can_be_read_and_not_written_to(
    slack: LoopbackSlack, client: AsyncWebClient
) -> None:
    """What stands in it is still there."""
    await post(client, "before")
    slack.workspace.archive(CHANNEL_ID)

    refused = await refusal_of(client.chat_postMessage(channel=CHANNEL_ID, text="after"))
    assert "is_archived" == refused["error"]
    assert ["before"] == texts(await client.conversations_history(channel=CHANNEL_ID))


async def test_an_answer_can_get_lost_after_the_deed(
    slack: LoopbackSlack, client: AsyncWebClient
) -> None:
    """The connection breaks, and the message stands there; the next answer comes."""
    slack.lose_next_answer("chat.postMessage")

    with pytest.raises(aiohttp.ClientError):
        await post(client, "lost")
    await post(client, "heard")

    assert ["lost", "heard"] == [message.text for message in slack.messages]
