"""The loopback Slack's Web API over HTTP.

`test_block_rules` and `test_refusals` test without HTTP which blocks, views and arguments it
refuses; here each kind of refusal is received by a client.
"""

from __future__ import annotations

import asyncio
import json

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.fake_slack.slack_server import LoopbackSlack
from bot.fake_slack.state import workspace as made_up
from bot.fake_slack.state.ledger import Message
from tests.fake_slack.blocks import modal, plain
from tests.fake_slack.bolt_stage import Clock, refusal_of

MODAL = modal()
HOME = {"type": "home", "blocks": []}


async def test_a_message_is_posted_and_recorded(
    slack: LoopbackSlack, client: AsyncWebClient
) -> None:
    """chat.postMessage adds a message that everyone in the channel sees."""
    root = str((await client.chat_postMessage(channel=made_up.CHANNEL_ID, text="root"))["ts"])
    answer = await client.chat_postMessage(
        channel=made_up.CHANNEL_ID, text="hi", blocks=[{"type": "divider"}], thread_ts=root
    )
    expected = Message(
        channel=made_up.CHANNEL_ID,
        ts=str(answer["ts"]),
        text="hi",
        blocks=({"type": "divider"},),
        thread_ts=root,
    )
    assert [expected] == slack.messages[1:]
    assert ("chat.postMessage", True) == (slack.calls[1].method, slack.calls[1].token_ok)
    assert "hi" == slack.calls[1].arguments["text"]
    assert ([], [], []) == (slack.pings, slack.warnings, slack.refusals)
    assert ",".join(made_up.BOT_SCOPES) == answer.headers["x-oauth-scopes"]


async def test_form_and_json_bodies_are_the_same(
    slack: LoopbackSlack, session: aiohttp.ClientSession
) -> None:
    """Arguments may come as a form, with blocks as JSON in a field."""
    form = {"channel": made_up.CHANNEL_ID, "text": "a", "blocks": '[{"type": "divider"}]'}
    headers = {"Authorization": f"Bearer {slack.bot_token}"}
    url = f"{slack.api_url}chat.postMessage"
    async with session.post(url, data=form, headers=headers) as reply:
        assert (await reply.json())["ok"]
    assert ({"type": "divider"},) == slack.messages[0].blocks


async def test_a_body_that_cannot_be_read_is_refused(
    slack: LoopbackSlack, session: aiohttp.ClientSession
) -> None:
    """The call is recorded nevertheless."""
    url = f"{slack.api_url}chat.postMessage"
    for content_type, body, error in (
        ("application/json", b"{", "invalid_json"),
        ("application/json", b"[]", "json_not_object"),
        ("text/xml", b"<a/>", "invalid_post_type"),
    ):
        headers = {"Content-Type": content_type, "Authorization": f"Bearer {slack.bot_token}"}
        async with session.post(url, data=body, headers=headers) as reply:
            assert {"ok": False, "error": error} == await reply.json()
    assert ["chat.postMessage"] * 3 == [call.method for call in slack.calls]


async def test_invalid_blocks_are_refused_with_their_pointers(
    slack: LoopbackSlack, client: AsyncWebClient
) -> None:
    """The answer to invalid blocks lists every problem with its pointer."""
    answer = await refusal_of(
        client.chat_postMessage(channel=made_up.CHANNEL_ID, text="x", blocks=[{"type": "section"}])
    )
    line = "must have at least one of: text, fields [json-pointer:/blocks/0]"
    assert ("invalid_blocks", [line]) == (answer["error"], answer["errors"])
    assert [f"[ERROR] {line}"] == answer["response_metadata"]["messages"]
    assert [] == slack.messages
    assert slack.refusals[0].startswith("chat.postMessage: invalid_blocks {")


async def test_tokens_are_checked(slack: LoopbackSlack, session: aiohttp.ClientSession) -> None:
    """Only the bot token is accepted for the bot's methods."""
    for token, error in (
        (None, "not_authed"),
        ("xoxb-wrong", "invalid_auth"),
        (made_up.APP_TOKEN, "not_allowed_token_type"),
    ):
        client = AsyncWebClient(token=token, base_url=slack.api_url, session=session)
        assert error == (await refusal_of(client.auth_test()))["error"]
    assert [False, False, True] == [call.token_ok for call in slack.calls]


async def test_auth_test_says_whose_token_it_is(client: AsyncWebClient) -> None:
    """auth.test returns the fake team and bot."""
    answer = await client.auth_test()
    assert (made_up.TEAM_ID, made_up.BOT_USER_ID) == (answer["team_id"], answer["user_id"])


async def test_workspaces_may_belong_to_organisations(
    slack: LoopbackSlack, client: AsyncWebClient
) -> None:
    """auth.test returns the bot's organisation, users.info a user's."""
    alone = await client.auth_test()
    slack.workspace.enterprises |= {
        made_up.TEAM_ID: made_up.ENTERPRISE_ID,
        made_up.STRANGER_TEAM_ID: made_up.STRANGER_ENTERPRISE_ID,
    }
    slack.workspace.scopes.add("users:read")
    slack.workspace.org_wide = True
    answer = await client.auth_test()
    user = (await client.users_info(user=made_up.STRANGER_USER_ID))["user"]

    assert (None, False) == (alone.get("enterprise_id"), alone["is_enterprise_install"])
    assert (made_up.ENTERPRISE_ID, True) == (
        answer["enterprise_id"],
        answer["is_enterprise_install"],
    )
    assert (made_up.STRANGER_ENTERPRISE_ID, [made_up.STRANGER_TEAM_ID]) == (
        user["enterprise_user"]["enterprise_id"],
        user["enterprise_user"]["teams"],
    )


async def test_the_workspaces_of_an_organisation_are_listed_page_by_page(
    slack: LoopbackSlack, client: AsyncWebClient
) -> None:
    """The bot's own workspace alone, unless the app is installed org-wide."""
    own, sister = made_up.TEAM_ID, made_up.SISTER_TEAM_ID
    alone = await client.auth_teams_list()
    slack.workspace.org_wide = True
    slack.workspace.enterprises |= {
        **dict.fromkeys((own, sister), made_up.ENTERPRISE_ID),
        made_up.STRANGER_TEAM_ID: made_up.STRANGER_ENTERPRISE_ID,
    }
    pages = [
        [team["id"] for team in page["teams"]]
        async for page in await client.auth_teams_list(limit=1)
    ]

    assert [own] == [team["id"] for team in alone["teams"]]
    assert [[own], [sister]] == pages
    for wrong, error in (
        ({"limit": 1_001}, "invalid_limit"),
        ({"limit": -1}, "invalid_limit"),
        ({"cursor": "x"}, "invalid_cursor"),
    ):
        refused = await refusal_of(client.auth_teams_list(**wrong))
        assert error == refused["error"]


async def test_scopes_are_checked(slack: LoopbackSlack, client: AsyncWebClient) -> None:
    """A method without its scope names the missing one; with it, it answers."""
    answer = await refusal_of(client.users_info(user=made_up.USER_ID))
    provided = ",".join(made_up.BOT_SCOPES)
    assert ("missing_scope", "users:read") == (answer["error"], answer["needed"])
    assert provided == answer["provided"]
    slack.workspace.scopes.add("users:read")
    user = (await client.users_info(user=made_up.OTHER_USER_ID, include_locale=True))["user"]
    assert "pt-BR" == user["locale"]
    assert "locale" not in (await client.users_info(user=made_up.OTHER_USER_ID))["user"]


async def test_membership_decides_where_the_bot_may_post(
    slack: LoopbackSlack, client: AsyncWebClient
) -> None:
    """The bot may post where it is invited; with chat:write.public in any public channel."""
    slack.workspace.join(made_up.PRIVATE_CHANNEL_ID)
    assert (await client.chat_postMessage(channel=made_up.PRIVATE_CHANNEL_ID, text="x"))["ok"]
    slack.workspace.leave(made_up.PRIVATE_CHANNEL_ID)
    slack.workspace.scopes.add("chat:write.public")
    lobby = made_up.CHANNEL_WITHOUT_BOT_ID
    assert (await client.chat_postMessage(channel=lobby, text="x"))["ok"]
    refused = await refusal_of(
        client.chat_postMessage(channel=made_up.PRIVATE_CHANNEL_ID, text="x")
    )
    assert "channel_not_found" == refused["error"]


async def test_an_ephemeral_message_is_for_one_member(
    slack: LoopbackSlack, client: AsyncWebClient
) -> None:
    """chat.postEphemeral shows it to no other user."""
    await client.chat_postEphemeral(
        channel=made_up.CHANNEL_ID, user=made_up.USER_ID, text="for you"
    )
    message = slack.messages[0]
    assert (made_up.USER_ID, True) == (message.user, message.ephemeral)


async def test_messages_are_changed_and_deleted(
    slack: LoopbackSlack, client: AsyncWebClient
) -> None:
    """chat.update without blocks preserves them; chat.delete removes the message."""
    channel = made_up.CHANNEL_ID
    posted = await client.chat_postMessage(
        channel=channel, text="one", blocks=[{"type": "divider"}]
    )
    ts = str(posted["ts"])
    await client.chat_update(channel=channel, ts=ts, text="two")
    assert ("two", ({"type": "divider"},)) == (slack.messages[0].text, slack.messages[0].blocks)
    await client.chat_update(channel=channel, ts=ts, text="three", blocks=[])
    assert () == slack.messages[0].blocks
    await client.chat_delete(channel=channel, ts=ts)
    assert [] == slack.messages
    again = await refusal_of(client.chat_update(channel=channel, ts=ts, text="four"))
    assert "message_not_found" == again["error"]


async def test_a_direct_conversation_is_opened_and_written_to(
    slack: LoopbackSlack, client: AsyncWebClient
) -> None:
    """conversations.open returns the conversation that a message to the user id goes to."""
    slack.workspace.scopes.add("im:write")
    opened = (await client.conversations_open(users=made_up.USER_ID))["channel"]
    await client.chat_postMessage(channel=made_up.USER_ID, text="x")
    assert opened["id"] == slack.messages[0].channel


async def test_a_conversation_is_opened_by_its_id(
    slack: LoopbackSlack, client: AsyncWebClient
) -> None:
    """conversations.open resumes a conversation that exists and describes a new one if asked."""
    slack.workspace.scopes.add("im:write")
    answer = await client.conversations_open(users=made_up.USER_ID, return_im=True)
    opened = answer["channel"]
    assert (made_up.USER_ID, True) == (opened["user"], opened["is_im"])
    again = (await client.conversations_open(channel=opened["id"]))["channel"]
    assert {"id": opened["id"]} == again


async def test_unknown_methods_and_arguments(slack: LoopbackSlack, client: AsyncWebClient) -> None:
    """An unknown method is refused; an unknown argument is a warning."""
    assert "unknown_method" == (await refusal_of(client.api_call("chat.shout")))["error"]
    await client.chat_postMessage(channel=made_up.CHANNEL_ID, text="x", thread="1.000001")
    assert ["chat.postMessage: argument thread is not known here"] == slack.warnings


async def test_api_test_needs_no_token(
    slack: LoopbackSlack, session: aiohttp.ClientSession
) -> None:
    """api.test returns its arguments, or the requested error."""
    client = AsyncWebClient(base_url=slack.api_url, session=session)
    assert {"foo": "bar"} == (await client.api_test(foo="bar"))["args"]
    assert "my_error" == (await refusal_of(client.api_test(error="my_error")))["error"]


async def test_a_ping_is_recorded(slack: LoopbackSlack, client: AsyncWebClient) -> None:
    """Markup that notifies people is accepted, as by Slack."""
    await client.chat_postMessage(channel=made_up.CHANNEL_ID, text="<!channel> x")
    (ping,) = slack.pings
    assert ("chat.postMessage", "/text", "<!channel>") == (ping.source, ping.pointer, ping.markup)


async def test_blocks_without_text_are_noted(slack: LoopbackSlack, client: AsyncWebClient) -> None:
    """Blocks without a text for screen readers are accepted with a warning."""
    arguments = {"channel": made_up.CHANNEL_ID, "blocks": [{"type": "divider"}]}
    await client.api_call("chat.postMessage", json=arguments)
    assert ["chat.postMessage: blocks without a top-level text"] == slack.warnings


async def test_injected_failures_come_once_and_in_order(
    slack: LoopbackSlack, client: AsyncWebClient
) -> None:
    """fail_next makes the given number of requests fail; later ones succeed."""
    slack.fail_next("chat.postMessage", error="fatal_error", times=2)
    slack.fail_next("chat.postMessage", error="internal_error", status=500)
    errors = []
    for _ in range(3):
        call = client.chat_postMessage(channel=made_up.CHANNEL_ID, text="x")
        errors.append((await refusal_of(call))["error"])
    assert ["fatal_error", "fatal_error", "internal_error"] == errors
    assert (await client.chat_postMessage(channel=made_up.CHANNEL_ID, text="x"))["ok"]
    assert [] == slack.refusals


async def test_rate_limits_carry_retry_after(slack: LoopbackSlack, client: AsyncWebClient) -> None:
    """A rate limit is 429 with Retry-After, one second by default."""
    slack.fail_next("chat.postMessage", error="ratelimited", retry_after=7)
    with pytest.raises(SlackApiError) as limited:
        await client.chat_postMessage(channel=made_up.CHANNEL_ID, text="x")
    response = limited.value.response
    assert (429, "7") == (response.status_code, response.headers["Retry-After"])
    slack.fail_next("auth.test", error="ratelimited")
    with pytest.raises(SlackApiError) as limited:
        await client.auth_test()
    assert "1" == limited.value.response.headers["Retry-After"]


async def test_a_limit_is_one_of_each_conversation(
    slack: LoopbackSlack, client: AsyncWebClient
) -> None:
    """The methods that are named together share it; others have none."""
    slack.limit("chat.postMessage", "chat.update", seconds=6.5)
    first = await client.chat_postMessage(channel=made_up.CHANNEL_ID, text="x")
    for call in (
        lambda: client.chat_postMessage(channel=made_up.CHANNEL_ID, text="y"),
        lambda: client.chat_update(channel=made_up.CHANNEL_ID, ts=str(first["ts"]), text="y"),
    ):
        with pytest.raises(SlackApiError) as limited:
            await call()  # type: ignore[no-untyped-call]
        assert "7" == limited.value.response.headers["Retry-After"]
    await client.chat_postMessage(channel=made_up.USER_ID, text="x")
    await client.chat_delete(channel=made_up.CHANNEL_ID, ts=str(first["ts"]))
    slack.failures.clear()
    await client.chat_postMessage(channel=made_up.CHANNEL_ID, text="x")


async def test_a_modal_is_opened_once_and_updated(
    slack: LoopbackSlack, client: AsyncWebClient
) -> None:
    """A trigger_id opens one modal, which is then updated by its id and hash."""
    trigger_id = slack.issue_trigger(made_up.USER_ID)
    view = (await client.views_open(trigger_id=trigger_id, view=MODAL))["view"]
    again = await refusal_of(client.views_open(trigger_id=trigger_id, view=MODAL))
    assert "exchanged_trigger_id" == again["error"]
    changed = MODAL | {"title": plain("Done")}
    await client.views_update(view_id=view["id"], hash=view["hash"], view=changed)
    assert [changed] == [shown.content for shown in slack.views]
    late = await refusal_of(
        client.views_update(view_id=view["id"], hash=view["hash"], view=changed)
    )
    assert "hash_conflict" == late["error"]


async def test_a_trigger_lives_three_seconds(
    slack: LoopbackSlack, client: AsyncWebClient, clock: Clock
) -> None:
    """A refused view does not use it up."""
    trigger_id, late_id = (slack.issue_trigger(made_up.USER_ID) for _ in range(2))
    bad = await refusal_of(client.views_open(trigger_id=trigger_id, view={"type": "modal"}))
    assert ("invalid_arguments", 2) == (bad["error"], len(bad["errors"]))
    clock.now += 3.0
    assert (await client.views_open(trigger_id=trigger_id, view=MODAL))["ok"]
    clock.now += 0.1
    late = await refusal_of(client.views_open(trigger_id=late_id, view=MODAL))
    assert "expired_trigger_id" == late["error"]


async def test_a_home_tab_replaces_the_one_before(
    slack: LoopbackSlack, client: AsyncWebClient
) -> None:
    """views.publish leaves one Home tab for each user."""
    await client.views_publish(
        user_id=made_up.USER_ID, view=HOME | {"blocks": [{"type": "divider"}]}
    )
    await client.views_publish(user_id=made_up.USER_ID, view=HOME)
    assert [HOME] == [view.content for view in slack.views]
    stale = await refusal_of(client.views_publish(user_id=made_up.USER_ID, view=HOME, hash="1.0"))
    assert "hash_conflict" == stale["error"]


async def test_a_view_may_come_as_json_text(
    slack: LoopbackSlack, session: aiohttp.ClientSession
) -> None:
    """In a field of a form."""
    form = {"user_id": made_up.USER_ID, "view": json.dumps(HOME)}
    headers = {"Authorization": f"Bearer {slack.bot_token}"}
    async with session.post(f"{slack.api_url}views.publish", data=form, headers=headers) as reply:
        assert (await reply.json())["ok"]
    assert [HOME] == [view.content for view in slack.views]


async def test_waiting_ends_when_the_message_comes(
    slack: LoopbackSlack, client: AsyncWebClient
) -> None:
    """wait_for_message returns a later message, or raises with a summary of what arrived."""
    waiting = asyncio.create_task(slack.wait_for_message(count=2))
    for text in ("one", "two"):
        await client.chat_postMessage(channel=made_up.CHANNEL_ID, text=text)
    assert "two" == (await waiting).text
    with pytest.raises(TimeoutError, match=r"chat\.postMessage.*'one', 'two'"):
        await slack.wait_for_message(count=3, timeout=0.01)


async def test_connections_are_counted(slack: LoopbackSlack, client: AsyncWebClient) -> None:
    """Requests over one session share a connection; a new session opens another."""
    for _ in range(3):
        await client.auth_test()
    assert 1 == slack.connections
    await AsyncWebClient(token=slack.bot_token, base_url=slack.api_url).auth_test()
    assert 2 == slack.connections


async def test_no_token_is_recorded(slack: LoopbackSlack, client: AsyncWebClient) -> None:
    """Neither records nor their texts contain a token."""
    await client.auth_test()
    assert slack.bot_token not in repr(slack.calls)
