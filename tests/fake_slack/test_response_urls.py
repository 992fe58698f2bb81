"""The response_urls of the loopback Slack: posts to them, and their expiry."""

from __future__ import annotations

import json

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.fake_slack.slack_server import LoopbackSlack
from bot.fake_slack.state import workspace as made_up
from bot.fake_slack.state.ledger import Message
from tests.fake_slack.bolt_stage import Clock


def webhook(slack: LoopbackSlack, session: aiohttp.ClientSession) -> AsyncWebhookClient:
    """slack-sdk's client for a new response_url in a channel without the bot."""
    url = slack.issue_response_url(
        channel=made_up.PRIVATE_CHANNEL_ID, user=made_up.USER_ID, thread_ts=None
    )
    return AsyncWebhookClient(url, session=session)


async def test_a_response_url_is_ephemeral_unless_said_otherwise(
    slack: LoopbackSlack, session: aiohttp.ClientSession
) -> None:
    """A post shows a message to the user, or with in_channel to all, even without the bot."""
    hook = webhook(slack, session)
    answer = await hook.send_dict({"text": "for you"})
    assert (200, "ok") == (answer.status_code, answer.body)
    root = Message(channel=made_up.PRIVATE_CHANNEL_ID, ts="1.000001", text="root", blocks=())
    slack.messages.append(root)
    await hook.send_dict({"text": "all", "response_type": "in_channel", "thread_ts": root.ts})
    slack.messages.remove(root)
    seen = [(entry.text, entry.user, entry.ephemeral, entry.thread_ts) for entry in slack.messages]
    expected = [("for you", made_up.USER_ID, True, None), ("all", None, False, root.ts)]
    assert expected == seen
    assert [200, 200] == [post.status for post in slack.posts]
    assert {"text": "for you"} == slack.posts[0].body


async def test_a_response_url_replaces_and_deletes_its_last_message(
    slack: LoopbackSlack, session: aiohttp.ClientSession
) -> None:
    """replace_original and delete_original act on the last message of the same URL."""
    hook, other = webhook(slack, session), webhook(slack, session)
    await other.send_dict({"text": "elsewhere"})
    await hook.send_dict({"text": "checking"})
    await hook.send_dict({"text": "done", "replace_original": True})
    assert ["elsewhere", "done"] == [entry.text for entry in slack.messages]
    for _ in range(2):
        assert 200 == (await hook.send_dict({"delete_original": True})).status_code
    assert ["elsewhere"] == [entry.text for entry in slack.messages]


async def test_a_button_replaces_its_own_message(
    slack: LoopbackSlack, session: aiohttp.ClientSession, client: AsyncWebClient
) -> None:
    """The response_url of a click has the clicked message as its original."""
    posted = await client.chat_postMessage(channel=made_up.CHANNEL_ID, text="card")
    url = slack.issue_response_url(
        channel=made_up.CHANNEL_ID,
        user=made_up.USER_ID,
        kind="actions",
        original_ts=str(posted["ts"]),
    )
    await AsyncWebhookClient(url, session=session).send_dict(
        {"text": "new card", "replace_original": True}
    )
    assert [("new card", posted["ts"])] == [(entry.text, entry.ts) for entry in slack.messages]


async def test_a_response_url_is_used_up_after_five_posts(
    slack: LoopbackSlack, session: aiohttp.ClientSession
) -> None:
    """The sixth post is refused, and a refused post counts as one."""
    hook = webhook(slack, session)
    await hook.send_dict({"text": ""})
    for number in range(4):
        assert 200 == (await hook.send_dict({"text": str(number)})).status_code
    answer = await hook.send_dict({"text": "too much"})
    assert (404, "used_url") == (answer.status_code, json.loads(answer.body)["error"])
    assert 4 == len(slack.messages)


async def test_a_response_url_lives_thirty_minutes(
    slack: LoopbackSlack, session: aiohttp.ClientSession, clock: Clock
) -> None:
    """After that it is refused."""
    hook = webhook(slack, session)
    clock.now += 1_800
    assert 200 == (await hook.send_dict({"text": "in time"})).status_code
    clock.now += 1
    answer = await hook.send_dict({"text": "late"})
    assert (404, "expired_url") == (answer.status_code, json.loads(answer.body)["error"])


async def test_a_response_url_is_as_strict_as_the_web_api(
    slack: LoopbackSlack, session: aiohttp.ClientSession
) -> None:
    """A post with unknown fields or a bad message is refused with 400."""
    for body, error in (
        ({"text": "x", "channel": "C1"}, "invalid_payload"),
        ({"text": "x", "response_type": "public"}, "invalid_payload"),
        ({"text": "x", "replace_original": "true"}, "invalid_payload"),
        ({"text": "x", "thread_ts": 1}, "invalid_payload"),
        ({"replace_original": True}, "no_text"),
        ({"text": "x" * 40_001}, "msg_too_long"),
        ({"text": "x", "blocks": [{"type": "hr"}]}, "invalid_blocks"),
    ):
        answer = await webhook(slack, session).send_dict(body)
        assert (400, error) == (answer.status_code, answer.body), body
        assert slack.refusals.pop().startswith(f"response_url: {error}")
    assert [] == slack.messages


async def test_a_response_url_accepts_json_objects_only(
    slack: LoopbackSlack, session: aiohttp.ClientSession
) -> None:
    """A form is refused; so is a URL that was never issued."""
    url = slack.issue_response_url(channel=made_up.CHANNEL_ID, user=made_up.USER_ID)
    async with session.post(url, data={"text": "x"}) as reply:
        assert (400, "invalid_payload") == (reply.status, await reply.text())
    async with session.post(f"{url}0", json={"text": "x"}) as reply:
        assert 404 == reply.status


async def test_failures_of_response_urls_cost_no_use(
    slack: LoopbackSlack, session: aiohttp.ClientSession
) -> None:
    """An injected failure does not count as one of the five uses."""
    hook = webhook(slack, session)
    slack.fail_next("response_url", error="server_error", status=500)
    slack.fail_next("response_url", error="ratelimited", retry_after=3)
    broken = await hook.send_dict({"text": "x"})
    assert (500, "server_error") == (broken.status_code, broken.body)
    limited = await hook.send_dict({"text": "x"})
    assert (429, "3") == (limited.status_code, limited.headers["Retry-After"])
    statuses = [(await hook.send_dict({"text": "x"})).status_code for _ in range(6)]
    assert [200] * 5 + [404] == statuses


async def test_a_forbidden_content_is_refused_until_it_is_allowed_again(
    slack: LoopbackSlack, session: aiohttp.ClientSession
) -> None:
    """By response URLs and by methods; a refused post is one of the five uses."""
    slack.failures.forbid("a_new_word", lambda given: "x" in str(given.get("text")))
    hook = webhook(slack, session)
    client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url, session=session)

    refused = await hook.send_dict({"text": "x"})
    assert (400, "a_new_word") == (refused.status_code, refused.body)
    with pytest.raises(SlackApiError, match="a_new_word"):
        await client.chat_postMessage(channel=made_up.CHANNEL_ID, text="x")
    assert 200 == (await hook.send_dict({"text": "y"})).status_code
    slack.failures.clear()
    statuses = [(await hook.send_dict({"text": "x"})).status_code for _ in range(4)]
    assert [200] * 3 + [404] == statuses
