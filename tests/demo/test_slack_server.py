from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.demo.loopback import workspace as made_up
from bot.demo.loopback.block_rules import Surface, problems_of_blocks
from bot.demo.loopback.ledger import Message
from bot.demo.loopback.view_rules import problems_of_view
from bot.demo.person import Kind, person_over_socket
from bot.demo.slack_server import LoopbackSlack, running_slack

Block = dict[str, Any]


class Clock:
    """A clock that moves when a test says so."""

    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        """Return the time, in seconds since the epoch."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Return the clock of the loopback Slack."""
    return Clock()


@pytest.fixture
async def slack(clock: Clock) -> AsyncIterator[LoopbackSlack]:
    """Run a loopback Slack."""
    async with running_slack(clock=clock, ping_seconds=0.05) as running:
        yield running


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """Open one HTTP session for a test."""
    async with aiohttp.ClientSession() as opened:
        yield opened


@pytest.fixture
def client(slack: LoopbackSlack, session: aiohttp.ClientSession) -> AsyncWebClient:
    """Return slack-sdk's client, pointed at the loopback Slack."""
    return AsyncWebClient(token=slack.bot_token, base_url=slack.api_url, session=session)


async def error_of(call: Any) -> dict[str, Any]:
    """Await a Web API call that is refused and return the body of the answer."""
    with pytest.raises(SlackApiError) as refused:
        await call
    data = refused.value.response.data
    assert isinstance(data, dict)
    return data


def plain(text: str) -> Block:
    """Return a plain_text object."""
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Block:
    """Return a mrkdwn object."""
    return {"type": "mrkdwn", "text": text}


def button(text: str = "Refresh", **fields: Any) -> Block:
    """Return a button."""
    return {"type": "button", "text": plain(text), **fields}


def rich(*elements: Block) -> Block:
    """Return a rich_text block."""
    return {"type": "rich_text", "elements": list(elements)}


def rich_section(*parts: Block) -> Block:
    """Return a rich_text_section."""
    return {"type": "rich_text_section", "elements": list(parts)}


def table(rows: int, columns: int, text: str = "x") -> Block:
    """Return a table whose cells all hold the same text."""
    cell = {"type": "raw_text", "text": text}
    return {"type": "table", "rows": [[cell] * columns] * rows}


IMAGE = {"type": "image", "image_url": "https://example.com/a.png", "alt_text": "a chart"}
TEXT = {"type": "text", "text": "ok"}

# name: (good blocks, bad blocks, words of the problem)
RULES: dict[str, tuple[list[Block], list[Any], str]] = {
    "header text": (
        [{"type": "header", "text": plain("x" * 150)}],
        [{"type": "header", "text": plain("x" * 151)}],
        "must be less than 151 characters [json-pointer:/blocks/0/text/text]",
    ),
    "header is plain": (
        [{"type": "header", "text": plain("x")}],
        [{"type": "header", "text": mrkdwn("x")}],
        "unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]",
    ),
    "section text": (
        [{"type": "section", "text": mrkdwn("x" * 3_000)}],
        [{"type": "section", "text": mrkdwn("x" * 3_001)}],
        "must be less than 3001 characters",
    ),
    "section without content": (
        [{"type": "section", "fields": [plain("x")]}],
        [{"type": "section"}],
        "must have at least one of: text, fields",
    ),
    "section fields": (
        [{"type": "section", "fields": [mrkdwn("x" * 2_000)] * 10}],
        [{"type": "section", "fields": [mrkdwn("x")] * 11}],
        "no more than 10 items allowed",
    ),
    "section field": (
        [{"type": "section", "fields": [mrkdwn("x")]}],
        [{"type": "section", "fields": [mrkdwn("x" * 2_001)]}],
        "must be less than 2001 characters",
    ),
    "empty text": (
        [{"type": "section", "text": mrkdwn("x")}],
        [{"type": "section", "text": mrkdwn("")}],
        "must be more than 0 characters",
    ),
    "blank text": (
        [{"type": "section", "text": mrkdwn(" x ")}],
        [{"type": "section", "text": mrkdwn(" \n")}],
        "must be more than 0 characters",
    ),
    "text is text": (
        [{"type": "section", "text": mrkdwn("1")}],
        [{"type": "section", "text": {"type": "mrkdwn", "text": 1}}],
        "must be a string",
    ),
    "accessory": (
        [{"type": "section", "text": mrkdwn("x"), "accessory": button()}],
        [{"type": "section", "text": mrkdwn("x"), "accessory": {"type": "header"}}],
        "unsupported type: header",
    ),
    "context elements": (
        [{"type": "context", "elements": [mrkdwn("x"), IMAGE] * 5}],
        [{"type": "context", "elements": [mrkdwn("x")] * 11}],
        "no more than 10 items allowed",
    ),
    "context not empty": (
        [{"type": "context", "elements": [plain("x")]}],
        [{"type": "context", "elements": []}],
        "no fewer than 1 items allowed",
    ),
    "actions elements": (
        [{"type": "actions", "elements": [button(action_id=f"a{n}") for n in range(25)]}],
        [{"type": "actions", "elements": [button(action_id=f"a{n}") for n in range(26)]}],
        "no more than 25 items allowed",
    ),
    "action ids differ": (
        [{"type": "actions", "elements": [button(action_id="a"), button(action_id="b")]}],
        [{"type": "actions", "elements": [button(action_id="a"), button(action_id="a")]}],
        "`action_id` a already exists",
    ),
    "button text": (
        [{"type": "actions", "elements": [button("x" * 75)]}],
        [{"type": "actions", "elements": [button("x" * 76)]}],
        "must be less than 76 characters",
    ),
    "button value": (
        [{"type": "actions", "elements": [button(value="x" * 2_000)]}],
        [{"type": "actions", "elements": [button(value="x" * 2_001)]}],
        "must be less than 2001 characters",
    ),
    "button style": (
        [{"type": "actions", "elements": [button(style="danger")]}],
        [{"type": "actions", "elements": [button(style="green")]}],
        "must be one of: primary, danger",
    ),
    "button label": (
        [{"type": "actions", "elements": [button(accessibility_label="x" * 75)]}],
        [{"type": "actions", "elements": [button(accessibility_label="x" * 76)]}],
        "must be less than 76 characters",
    ),
    "overflow options": (
        [
            {
                "type": "actions",
                "elements": [
                    {"type": "overflow", "options": [{"text": plain("x"), "value": "1"}] * 5}
                ],
            }
        ],
        [
            {
                "type": "actions",
                "elements": [
                    {"type": "overflow", "options": [{"text": plain("x"), "value": "1"}] * 6}
                ],
            }
        ],
        "no more than 5 items allowed",
    ),
    "image alt text": (
        [IMAGE | {"alt_text": "x" * 2_000}],
        [{"type": "image", "image_url": "https://example.com/a.png"}],
        "missing required field: alt_text",
    ),
    "image url": (
        [IMAGE | {"title": plain("x")}],
        [IMAGE | {"image_url": "x" * 3_001}],
        "must be less than 3001 characters",
    ),
    "image source": (
        [{"type": "image", "slack_file": {"id": "F1"}, "alt_text": "x"}],
        [{"type": "image", "alt_text": "x"}],
        "must have exactly one of: image_url, slack_file",
    ),
    "divider": (
        [{"type": "divider"}],
        [{"type": "divider", "text": plain("x")}],
        "invalid additional property: text",
    ),
    "rich text parts": (
        [rich(rich_section(TEXT, {"type": "link", "url": "https://example.com"}))],
        [rich(rich_section({"type": "mrkdwn", "text": "x"}))],
        "unsupported type: mrkdwn",
    ),
    "rich text is not empty": (
        [rich(rich_section(TEXT))],
        [rich(rich_section({"type": "text", "text": ""}))],
        "must be more than 0 characters",
    ),
    "rich text style": (
        [rich(rich_section(TEXT | {"style": {"code": True, "bold": False}}))],
        [rich(rich_section(TEXT | {"style": {"big": True}}))],
        "invalid additional property: big",
    ),
    "rich text list": (
        [rich({"type": "rich_text_list", "style": "bullet", "elements": [rich_section(TEXT)]})],
        [rich({"type": "rich_text_list", "style": "bullet", "elements": [TEXT]})],
        "unsupported type: text",
    ),
    "rich text indent": (
        [
            rich(
                {
                    "type": "rich_text_list",
                    "style": "ordered",
                    "indent": 8,
                    "elements": [rich_section(TEXT)],
                }
            )
        ],
        [
            rich(
                {
                    "type": "rich_text_list",
                    "style": "ordered",
                    "indent": 9,
                    "elements": [rich_section(TEXT)],
                }
            )
        ],
        "must be between 0 and 8",
    ),
    "preformatted": (
        [rich({"type": "rich_text_preformatted", "elements": [TEXT], "border": 0})],
        [rich({"type": "rich_text_preformatted", "elements": [{"type": "emoji", "name": "x"}]})],
        "unsupported type: emoji",
    ),
    "quote": (
        [rich({"type": "rich_text_quote", "elements": [TEXT]})],
        [rich({"type": "rich_text_quote"})],
        "missing required field: elements",
    ),
    "table rows": ([table(100, 1)], [table(101, 1)], "no more than 100 items allowed"),
    "table columns": ([table(1, 20)], [table(1, 21)], "no more than 20 items allowed"),
    "table characters": (
        [table(100, 1, "x" * 100)],
        [table(100, 1, "x" * 101)],
        "must have less than 10001 characters in all",
    ),
    "table cell": ([table(1, 1, "-")], [table(1, 1, "")], "must be more than 0 characters"),
    "table once": ([table(1, 1)], [table(1, 1), table(1, 1)], "only_one_table_allowed"),
    "table columns' settings": (
        [table(1, 1) | {"column_settings": [{"align": "right", "is_wrapped": True}]}],
        [table(1, 1) | {"column_settings": [{"align": "top"}]}],
        "must be one of: left, center, right",
    ),
    "markdown": (
        [{"type": "markdown", "text": "x" * 12_000}],
        [{"type": "markdown", "text": "x" * 12_001}],
        "must be less than 12001 characters",
    ),
    "markdown in all": (
        [{"type": "markdown", "text": "x" * 6_000}] * 2,
        [{"type": "markdown", "text": "x" * 6_001}] * 2,
        "markdown must be less than 12001 characters",
    ),
    "blocks": ([{"type": "divider"}] * 50, [{"type": "divider"}] * 51, "no more than 50 items"),
    "block ids differ": (
        [{"type": "divider", "block_id": "a"}, {"type": "divider", "block_id": "b"}],
        [{"type": "divider", "block_id": "a"}, {"type": "divider", "block_id": "a"}],
        "`block_id` a already exists",
    ),
    "block id": (
        [{"type": "divider", "block_id": "x" * 255}],
        [{"type": "divider", "block_id": "x" * 256}],
        "must be less than 256 characters",
    ),
    "flag is a flag": (
        [{"type": "section", "text": mrkdwn("x") | {"verbatim": True}}],
        [{"type": "section", "text": mrkdwn("x") | {"verbatim": "true"}}],
        "must be a boolean",
    ),
    "number is a number": (
        [rich({"type": "rich_text_quote", "elements": [TEXT], "border": 1})],
        [rich({"type": "rich_text_quote", "elements": [TEXT], "border": True})],
        "must be an integer",
    ),
    "list is a list": (
        [{"type": "context", "elements": [plain("x")]}],
        [{"type": "context", "elements": plain("x")}],
        "must be an array",
    ),
    "confirmation is an object": (
        [
            {
                "type": "actions",
                "elements": [
                    button(
                        confirm={
                            "title": plain("Share?"),
                            "text": plain("All will see it."),
                            "confirm": plain("Share"),
                            "deny": plain("Keep"),
                        }
                    )
                ],
            }
        ],
        [{"type": "actions", "elements": [button(confirm="yes")]}],
        "must be an object",
    ),
    "block type": ([{"type": "divider"}], [{"type": "hr"}], "unsupported type: hr"),
    "block type is text": ([{"type": "divider"}], [{"type": ["x"]}], "missing required field"),
    "block is an object": ([{"type": "divider"}], ["divider"], "must be an object"),
    "no input in messages": (
        [{"type": "divider"}],
        [{"type": "input", "label": plain("x"), "element": {"type": "plain_text_input"}}],
        "unsupported type: input",
    ),
}


@pytest.mark.parametrize("name", RULES)
def test_good_blocks_pass(name: str) -> None:
    """What stays inside a limit has no problem."""
    assert [] == problems_of_blocks(RULES[name][0], Surface.MESSAGE)


@pytest.mark.parametrize("name", RULES)
def test_bad_blocks_are_named(name: str) -> None:
    """What breaks a limit by one has exactly that problem."""
    _, bad, words = RULES[name]
    found = problems_of_blocks(bad, Surface.MESSAGE)
    assert any(words in line for line in found), found


INPUT = {"type": "input", "label": plain("Ids"), "element": {"type": "plain_text_input"}}
MODAL = {
    "type": "modal",
    "title": plain("x" * 24),
    "submit": plain("Go"),
    "blocks": [INPUT],
    "private_metadata": "x" * 3_000,
}
HOME = {"type": "home", "blocks": [{"type": "divider"}] * 100}


@pytest.mark.parametrize(
    ("view", "surface", "words"),
    [
        (MODAL | {"title": plain("x" * 25)}, Surface.MODAL, "must be less than 25 characters"),
        (MODAL | {"private_metadata": "x" * 3_001}, Surface.MODAL, "less than 3001"),
        ({k: v for k, v in MODAL.items() if k != "submit"}, Surface.MODAL, "field: submit"),
        (MODAL | {"blocks": [table(1, 1)]}, Surface.MODAL, "unsupported type: table"),
        (MODAL | {"blocks": {}}, Surface.MODAL, "must be an array"),
        (MODAL | {"size": "big"}, Surface.MODAL, "invalid additional property: size"),
        (HOME | {"blocks": [{"type": "divider"}] * 101}, Surface.HOME, "no more than 100 items"),
        (MODAL, Surface.HOME, "must be of type home"),
    ],
)
def test_bad_views_are_named(view: Block, surface: Surface, words: str) -> None:
    """A view that breaks a rule has that problem."""
    found = problems_of_view(view, surface)
    assert any(words in line for line in found), found


def test_good_views_pass() -> None:
    """A modal and a Home tab at their limits have no problem."""
    assert [] == problems_of_view(MODAL, Surface.MODAL)
    assert [] == problems_of_view(HOME, Surface.HOME)


async def test_a_message_is_posted_and_recorded(
    slack: LoopbackSlack, client: AsyncWebClient
) -> None:
    """chat.postMessage adds a message that all in the channel see."""
    answer = await client.chat_postMessage(
        channel=made_up.CHANNEL_ID, text="hi", blocks=[{"type": "divider"}], thread_ts="1.000001"
    )
    expected = Message(
        channel=made_up.CHANNEL_ID,
        ts=str(answer["ts"]),
        text="hi",
        blocks=({"type": "divider"},),
        thread_ts="1.000001",
    )
    assert [expected] == slack.messages
    assert ("chat.postMessage", True) == (slack.calls[0].method, slack.calls[0].token_ok)
    assert "hi" == slack.calls[0].arguments["text"]
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


@pytest.mark.parametrize(
    ("content_type", "body", "error"),
    [
        ("application/json", b"{", "invalid_json"),
        ("application/json", b"[]", "json_not_object"),
        ("text/xml", b"<a/>", "invalid_post_type"),
    ],
)
async def test_bodies_that_cannot_be_read_are_refused(
    slack: LoopbackSlack,
    session: aiohttp.ClientSession,
    content_type: str,
    body: bytes,
    error: str,
) -> None:
    """A body of the wrong form is refused and the call is recorded all the same."""
    headers = {"Content-Type": content_type, "Authorization": f"Bearer {slack.bot_token}"}
    url = f"{slack.api_url}chat.postMessage"
    async with session.post(url, data=body, headers=headers) as reply:
        assert {"ok": False, "error": error} == await reply.json()
    assert ["chat.postMessage"] == [call.method for call in slack.calls]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"channel": "C0NOWHERE00", "text": "x"}, "channel_not_found"),
        ({"channel": made_up.CHANNEL_WITHOUT_BOT_ID, "text": "x"}, "not_in_channel"),
        # a private channel is not even admitted to exist
        ({"channel": made_up.PRIVATE_CHANNEL_ID, "text": "x"}, "channel_not_found"),
        ({"channel": made_up.CHANNEL_ID}, "no_text"),
        ({"channel": made_up.CHANNEL_ID, "text": " ", "blocks": []}, "no_text"),
        ({"channel": made_up.CHANNEL_ID, "text": "x" * 40_001}, "msg_too_long"),
        ({"channel": made_up.CHANNEL_ID, "text": 1}, "invalid_arguments"),
        ({"channel": made_up.CHANNEL_ID, "text": "x", "blocks": "{"}, "invalid_blocks_format"),
        ({"channel": made_up.CHANNEL_ID, "text": "x", "blocks": {}}, "invalid_blocks_format"),
        ({"channel": made_up.CHANNEL_ID, "text": "x", "thread_ts": "now"}, "invalid_thread_ts"),
        ({"text": "x"}, "invalid_arguments"),
    ],
)
async def test_messages_are_refused_as_slack_refuses_them(
    slack: LoopbackSlack, client: AsyncWebClient, arguments: dict[str, Any], error: str
) -> None:
    """A message that Slack would not take is not taken."""
    answer = await error_of(client.api_call("chat.postMessage", json=arguments))
    assert error == answer["error"]
    assert [] == slack.messages
    assert slack.refusals[0].startswith(f"chat.postMessage: {error}")


async def test_invalid_blocks_are_refused_with_their_pointers(
    slack: LoopbackSlack, client: AsyncWebClient
) -> None:
    """The answer to bad blocks lists every problem with its place."""
    answer = await error_of(
        client.chat_postMessage(channel=made_up.CHANNEL_ID, text="x", blocks=[{"type": "section"}])
    )
    line = "must have at least one of: text, fields [json-pointer:/blocks/0]"
    assert ("invalid_blocks", [line]) == (answer["error"], answer["errors"])
    assert [f"[ERROR] {line}"] == answer["response_metadata"]["messages"]
    assert [] == slack.messages


@pytest.mark.parametrize(
    ("token", "error"),
    [
        (None, "not_authed"),
        ("xoxb-wrong", "invalid_auth"),
        (made_up.APP_TOKEN, "not_allowed_token_type"),
    ],
)
async def test_tokens_are_checked(
    slack: LoopbackSlack, session: aiohttp.ClientSession, token: str | None, error: str
) -> None:
    """Only the bot token opens the bot's methods."""
    client = AsyncWebClient(token=token, base_url=slack.api_url, session=session)
    assert error == (await error_of(client.auth_test()))["error"]
    assert (token == made_up.APP_TOKEN) == slack.calls[0].token_ok


async def test_auth_test_says_whose_token_it_is(client: AsyncWebClient) -> None:
    """auth.test answers with the made-up team and bot."""
    answer = await client.auth_test()
    assert (made_up.TEAM_ID, made_up.BOT_USER_ID) == (answer["team_id"], answer["user_id"])


async def test_scopes_are_checked(slack: LoopbackSlack, client: AsyncWebClient) -> None:
    """A method whose scope was not granted says which is needed; granted, it answers."""
    answer = await error_of(client.users_info(user=made_up.USER_ID))
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
    """Invited, the bot may post; chat:write.public does for public channels."""
    slack.workspace.join(made_up.PRIVATE_CHANNEL_ID)
    assert (await client.chat_postMessage(channel=made_up.PRIVATE_CHANNEL_ID, text="x"))["ok"]
    slack.workspace.leave(made_up.PRIVATE_CHANNEL_ID)
    slack.workspace.scopes.add("chat:write.public")
    lobby = made_up.CHANNEL_WITHOUT_BOT_ID
    assert (await client.chat_postMessage(channel=lobby, text="x"))["ok"]
    refused = await error_of(client.chat_postMessage(channel=made_up.PRIVATE_CHANNEL_ID, text="x"))
    assert "channel_not_found" == refused["error"]


async def test_an_ephemeral_message_is_for_one_member(
    slack: LoopbackSlack, client: AsyncWebClient
) -> None:
    """chat.postEphemeral shows a message to one member, and refuses people outside."""
    await client.chat_postEphemeral(
        channel=made_up.CHANNEL_ID, user=made_up.USER_ID, text="for you"
    )
    message = slack.messages[0]
    assert (made_up.USER_ID, True) == (message.user, message.ephemeral)
    refused = await error_of(
        client.chat_postEphemeral(channel=made_up.CHANNEL_ID, user="U0OUTSIDE00", text="x")
    )
    assert "user_not_in_channel" == refused["error"]


async def test_messages_are_changed_and_deleted(
    slack: LoopbackSlack, client: AsyncWebClient
) -> None:
    """chat.update keeps blocks that it does not mention; chat.delete takes the message away."""
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
    again = await error_of(client.chat_update(channel=channel, ts=ts, text="four"))
    assert "message_not_found" == again["error"]


async def test_an_ephemeral_message_cannot_be_changed(
    slack: LoopbackSlack, client: AsyncWebClient
) -> None:
    """chat.update finds no ephemeral message."""
    channel = made_up.CHANNEL_ID
    await client.chat_postEphemeral(channel=channel, user=made_up.USER_ID, text="x")
    ts = slack.messages[0].ts
    refused = await error_of(client.chat_update(channel=channel, ts=ts, text="y"))
    assert "message_not_found" == refused["error"]


async def test_a_direct_conversation_is_opened_and_written_to(
    slack: LoopbackSlack, client: AsyncWebClient
) -> None:
    """conversations.open gives the conversation that a message to the person's id goes to."""
    slack.workspace.scopes.add("im:write")
    opened = (await client.conversations_open(users=made_up.USER_ID))["channel"]
    await client.chat_postMessage(channel=made_up.USER_ID, text="x")
    assert opened["id"] == slack.messages[0].channel
    refused = await error_of(client.conversations_open(users="U0NOBODY000"))
    assert "user_not_found" == refused["error"]


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
    refused = await error_of(client.conversations_open(channel="D0NOWHERE00"))
    assert "channel_not_found" == refused["error"]


async def test_unknown_people_are_not_described(
    slack: LoopbackSlack, client: AsyncWebClient
) -> None:
    """users.info refuses an id that nobody has."""
    slack.workspace.scopes.add("users:read")
    refused = await error_of(client.users_info(user="U0NOBODY000"))
    assert "user_not_found" == refused["error"]


async def test_unknown_methods_and_arguments(slack: LoopbackSlack, client: AsyncWebClient) -> None:
    """An unknown method is refused; an unknown argument is only noted."""
    assert "unknown_method" == (await error_of(client.api_call("chat.shout")))["error"]
    await client.chat_postMessage(channel=made_up.CHANNEL_ID, text="x", thread="1.000001")
    assert ["chat.postMessage: argument thread is not known here"] == slack.warnings


async def test_api_test_needs_no_token(
    slack: LoopbackSlack, session: aiohttp.ClientSession
) -> None:
    """api.test gives back what it got, or the error that was asked for."""
    client = AsyncWebClient(base_url=slack.api_url, session=session)
    assert {"foo": "bar"} == (await client.api_test(foo="bar"))["args"]
    assert "my_error" == (await error_of(client.api_test(error="my_error")))["error"]


PINGING: list[tuple[str, list[Block], list[str]]] = [
    ("<!channel> x", [], ["<!channel>"]),
    (
        "<!here|x> <@U0ANA000001> <#C0SUPPORT01>",
        [],
        ["<!here|x>", "<@U0ANA000001>", "<#C0SUPPORT01>"],
    ),
    ("<!subteam^S1>", [], ["<!subteam^S1>"]),
    ("&lt;!channel&gt; <!date^1^{time}|now> <https://example.com|x> a < b", [], []),
    ("x", [{"type": "section", "text": mrkdwn("<!everyone>")}], ["<!everyone>"]),
    # nothing is interpreted in plain text or in the text parts of rich text
    ("x", [{"type": "header", "text": plain("<!here>")}], []),
    ("x", [rich(rich_section({"type": "text", "text": "<!here>"}))], []),
    (
        "x",
        [rich(rich_section({"type": "broadcast", "range": "here"}))],
        ['{"type": "broadcast", "range": "here"}'],
    ),
]


@pytest.mark.parametrize(("text", "blocks", "expected"), PINGING)
async def test_pings_are_recorded(
    slack: LoopbackSlack,
    client: AsyncWebClient,
    text: str,
    blocks: list[Block],
    expected: list[str],
) -> None:
    """Markup that calls people is taken, as Slack would, and recorded."""
    await client.chat_postMessage(channel=made_up.CHANNEL_ID, text=text, blocks=blocks)
    assert expected == [ping.markup for ping in slack.pings]


async def test_blocks_without_text_are_noted(slack: LoopbackSlack, client: AsyncWebClient) -> None:
    """Blocks without a text for screen readers are taken and noted."""
    arguments = {"channel": made_up.CHANNEL_ID, "blocks": [{"type": "divider"}]}
    await client.api_call("chat.postMessage", json=arguments)
    assert ["chat.postMessage: blocks without a top-level text"] == slack.warnings


async def test_ordered_failures_come_once_and_in_order(
    slack: LoopbackSlack, client: AsyncWebClient
) -> None:
    """fail_next lets as many requests fail as were ordered, then all is well."""
    slack.fail_next("chat.postMessage", error="fatal_error", times=2)
    slack.fail_next("chat.postMessage", error="internal_error", status=500)
    errors = []
    for _ in range(3):
        call = client.chat_postMessage(channel=made_up.CHANNEL_ID, text="x")
        errors.append((await error_of(call))["error"])
    assert ["fatal_error", "fatal_error", "internal_error"] == errors
    assert (await client.chat_postMessage(channel=made_up.CHANNEL_ID, text="x"))["ok"]
    assert [] == slack.refusals


async def test_rate_limits_carry_retry_after(slack: LoopbackSlack, client: AsyncWebClient) -> None:
    """A rate limit is 429 with Retry-After; slack-sdk's handler waits and tries again."""
    slack.fail_next("chat.postMessage", error="ratelimited", retry_after=7)
    with pytest.raises(SlackApiError) as limited:
        await client.chat_postMessage(channel=made_up.CHANNEL_ID, text="x")
    response = limited.value.response
    assert (429, "7") == (response.status_code, response.headers["Retry-After"])
    slack.fail_next("auth.test", error="ratelimited")
    with pytest.raises(SlackApiError) as limited:
        await client.auth_test()
    assert "1" == limited.value.response.headers["Retry-After"]
    slack.fail_next("chat.postMessage", error="ratelimited", retry_after=0)
    client.retry_handlers.append(AsyncRateLimitErrorRetryHandler(max_retry_count=1))
    assert (await client.chat_postMessage(channel=made_up.CHANNEL_ID, text="x"))["ok"]


async def test_a_modal_is_opened_once_and_updated(
    slack: LoopbackSlack, client: AsyncWebClient
) -> None:
    """A trigger_id opens one modal, which is then updated by its id and hash."""
    trigger_id = slack.issue_trigger(made_up.USER_ID)
    view = (await client.views_open(trigger_id=trigger_id, view=MODAL))["view"]
    again = await error_of(client.views_open(trigger_id=trigger_id, view=MODAL))
    assert "exchanged_trigger_id" == again["error"]
    changed = MODAL | {"title": plain("Done")}
    await client.views_update(view_id=view["id"], hash=view["hash"], view=changed)
    assert [changed] == [shown.content for shown in slack.views]
    late = await error_of(client.views_update(view_id=view["id"], hash=view["hash"], view=changed))
    assert "hash_conflict" == late["error"]
    unknown = await error_of(client.views_update(view_id="V1", view=changed))
    assert "not_found" == unknown["error"]


async def test_bad_triggers_and_views_are_refused(
    slack: LoopbackSlack, client: AsyncWebClient, clock: Clock
) -> None:
    """A trigger_id lives 3 seconds; an unknown one and a bad view are refused."""
    trigger_id = slack.issue_trigger(made_up.USER_ID)
    bad = await error_of(client.views_open(trigger_id=trigger_id, view={"type": "modal"}))
    assert ("invalid_arguments", 2) == (bad["error"], len(bad["errors"]))
    clock.now += 3.1
    late = await error_of(client.views_open(trigger_id=trigger_id, view=MODAL))
    assert "expired_trigger_id" == late["error"]
    unknown = await error_of(client.views_open(trigger_id="1.2.3", view=MODAL))
    assert "invalid_trigger_id" == unknown["error"]


async def test_a_home_tab_replaces_the_one_before(
    slack: LoopbackSlack, client: AsyncWebClient
) -> None:
    """views.publish leaves one Home tab for each person."""
    await client.views_publish(user_id=made_up.USER_ID, view=HOME)
    await client.views_publish(user_id=made_up.USER_ID, view=HOME | {"blocks": []})
    assert [{"type": "home", "blocks": []}] == [view.content for view in slack.views]
    stale = await error_of(client.views_publish(user_id=made_up.USER_ID, view=HOME, hash="1.0"))
    assert "hash_conflict" == stale["error"]
    nobody = await error_of(client.views_publish(user_id="U0NOBODY000", view=HOME))
    assert "user_not_found" == nobody["error"]


@pytest.mark.parametrize(
    ("view", "error"),
    [(json.dumps(HOME), None), ("{", "invalid_arguments"), ("[]", "invalid_arguments")],
)
async def test_a_view_may_come_as_json_text(
    slack: LoopbackSlack,
    session: aiohttp.ClientSession,
    view: str,
    error: str | None,
) -> None:
    """In a form the view is JSON text; what is no object is refused."""
    form = {"user_id": made_up.USER_ID, "view": view}
    headers = {"Authorization": f"Bearer {slack.bot_token}"}
    async with session.post(f"{slack.api_url}views.publish", data=form, headers=headers) as reply:
        assert error == (await reply.json()).get("error")


def webhook(slack: LoopbackSlack, session: aiohttp.ClientSession) -> AsyncWebhookClient:
    """Return slack-sdk's client for a new response_url in a channel without the bot."""
    url = slack.issue_response_url(
        channel=made_up.PRIVATE_CHANNEL_ID, user=made_up.USER_ID, thread_ts=None
    )
    return AsyncWebhookClient(url, session=session)


async def test_a_response_url_is_ephemeral_unless_said_otherwise(
    slack: LoopbackSlack, session: aiohttp.ClientSession
) -> None:
    """A post shows a message to the person, or with in_channel to all, even without the bot."""
    hook = webhook(slack, session)
    answer = await hook.send_dict({"text": "for you"})
    assert (200, "ok") == (answer.status_code, answer.body)
    await hook.send_dict({"text": "all", "response_type": "in_channel", "thread_ts": "1.000001"})
    seen = [(entry.text, entry.user, entry.ephemeral, entry.thread_ts) for entry in slack.messages]
    expected = [("for you", made_up.USER_ID, True, None), ("all", None, False, "1.000001")]
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


async def test_a_button_replaces_the_message_it_stands_on(
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


@pytest.mark.parametrize(("seconds", "status"), [(1_800, 200), (1_801, 404)])
async def test_a_response_url_expires(
    slack: LoopbackSlack,
    session: aiohttp.ClientSession,
    clock: Clock,
    seconds: int,
    status: int,
) -> None:
    """After 30 minutes a URL is dead."""
    hook = webhook(slack, session)
    clock.now += seconds
    answer = await hook.send_dict({"text": "late"})
    assert status == answer.status_code
    assert ("expired_url" in answer.body) == (status == 404)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"text": "x", "channel": "C1"}, "invalid_payload"),
        ({"text": "x", "response_type": "public"}, "invalid_payload"),
        ({"text": "x", "replace_original": "true"}, "invalid_payload"),
        ({"text": "x", "thread_ts": 1}, "invalid_payload"),
        ({"replace_original": True}, "no_text"),
        ({"text": "x" * 40_001}, "msg_too_long"),
        ({"text": "x", "blocks": [{"type": "hr"}]}, "invalid_blocks"),
    ],
)
async def test_a_response_url_is_as_strict_as_the_web_api(
    slack: LoopbackSlack, session: aiohttp.ClientSession, body: dict[str, Any], error: str
) -> None:
    """A post with unknown fields or a bad message is refused with 400."""
    answer = await webhook(slack, session).send_dict(body)
    assert (400, error) == (answer.status_code, answer.body)
    assert [] == slack.messages
    assert 1 == len(slack.refusals)


async def test_a_response_url_takes_json_objects_only(
    slack: LoopbackSlack, session: aiohttp.ClientSession
) -> None:
    """A form is refused; so is a URL that was never given out."""
    url = slack.issue_response_url(channel=made_up.CHANNEL_ID, user=made_up.USER_ID)
    async with session.post(url, data={"text": "x"}) as reply:
        assert (400, "invalid_payload") == (reply.status, await reply.text())
    async with session.post(f"{url}0", json={"text": "x"}) as reply:
        assert 404 == reply.status


async def test_failures_of_response_urls_cost_no_use(
    slack: LoopbackSlack, session: aiohttp.ClientSession
) -> None:
    """An ordered failure is answered as ordered and leaves the five uses."""
    hook = webhook(slack, session)
    slack.fail_next("response_url", error="server_error", status=500)
    slack.fail_next("response_url", error="ratelimited", retry_after=3)
    assert (500, "server_error") == _seen(await hook.send_dict({"text": "x"}))
    limited = await hook.send_dict({"text": "x"})
    assert (429, "3") == (limited.status_code, limited.headers["Retry-After"])
    statuses = [(await hook.send_dict({"text": "x"})).status_code for _ in range(6)]
    assert [200] * 5 + [404] == statuses


def _seen(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.body


async def test_waiting_ends_when_the_message_comes(
    slack: LoopbackSlack, client: AsyncWebClient
) -> None:
    """wait_for_message returns the message that comes later, or says what there was."""
    waiting = asyncio.create_task(slack.wait_for_message(count=2))
    for text in ("one", "two"):
        await client.chat_postMessage(channel=made_up.CHANNEL_ID, text=text)
    assert "two" == (await waiting).text
    with pytest.raises(TimeoutError, match=r"chat\.postMessage.*'one', 'two'"):
        await slack.wait_for_message(count=3, timeout=0.01)


async def test_connections_are_counted(slack: LoopbackSlack, client: AsyncWebClient) -> None:
    """Requests over one session share a connection; a session of its own opens another."""
    for _ in range(3):
        await client.auth_test()
    assert 1 == slack.connections
    await AsyncWebClient(token=slack.bot_token, base_url=slack.api_url).auth_test()
    assert 2 == slack.connections


async def test_no_token_is_recorded(slack: LoopbackSlack, client: AsyncWebClient) -> None:
    """Neither records nor their texts hold a token."""
    await client.auth_test()
    assert slack.bot_token not in repr(slack.calls)


@pytest.fixture
async def bolt(
    slack: LoopbackSlack, client: AsyncWebClient
) -> AsyncIterator[AsyncSocketModeHandler]:
    """Connect slack-bolt's own Socket Mode handler, with two listeners."""
    app = AsyncApp(client=client)

    @app.command("/voicestatus")
    async def answer(ack: Any, command: dict[str, Any]) -> None:
        await ack(f"Checking {command['text']}")

    @app.event("app_mention")
    async def mentioned(say: Any, event: dict[str, Any]) -> None:
        await say(text="here", thread_ts=event["ts"])

    handler = AsyncSocketModeHandler(app, slack.app_token, ping_interval=0.2)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    yield handler
    await handler.close_async()  # type: ignore[no-untyped-call]


async def test_bolt_connects_and_acknowledges_over_a_socket(
    slack: LoopbackSlack, bolt: AsyncSocketModeHandler
) -> None:
    """A command reaches Bolt over the socket and its answer is recorded and shown."""
    assert await bolt.client.is_connected()
    ack = await person_over_socket(slack).command("/voicestatus", "SANDBOX-OK")
    assert (200, '{"text": "Checking SANDBOX-OK"}') == (ack.status, ack.body)
    assert [("Checking SANDBOX-OK", True)] == [(m.text, m.ephemeral) for m in slack.messages]
    assert 0 < slack.socket.acks[0].seconds < 1
    assert ([], []) == (slack.warnings, slack.refusals)


@pytest.mark.usefixtures("bolt")
async def test_bolt_gets_events_over_a_socket(slack: LoopbackSlack) -> None:
    """An event is acknowledged and answered through the Web API."""
    event = {"type": "app_mention", "user": made_up.USER_ID, "text": "hi", "ts": "5.000001"}
    payload = {
        "type": "event_callback",
        "team_id": made_up.TEAM_ID,
        "api_app_id": made_up.APP_ID,
        "event_id": "Ev01",
        "event_time": 5,
        "event": event | {"channel": made_up.CHANNEL_ID},
    }
    ack = await person_over_socket(slack).deliver(Kind.EVENT, payload)
    assert 200 == ack.status
    assert "5.000001" == (await slack.wait_for_message()).thread_ts


async def test_pings_go_both_ways(slack: LoopbackSlack, bolt: AsyncSocketModeHandler) -> None:
    """The client's pings are answered, so that it stays connected."""
    await slack.wait_for(lambda: slack.socket.pings_received >= 8)
    assert 1 == slack.socket.accepted
    assert await bolt.client.is_connected()


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
async def test_bolt_reconnects_when_told_to_go(
    slack: LoopbackSlack, bolt: AsyncSocketModeHandler, reason: str
) -> None:
    """After a disconnect message Bolt opens a new URL, and commands go to the new connection."""
    await slack.wait_for(lambda: len(slack.socket.live()) == 1)
    await slack.socket.disconnect(reason)
    ack = await person_over_socket(slack).command("/voicestatus", "again")
    assert 200 == ack.status
    assert 2 == slack.socket.accepted
    assert await bolt.client.is_connected()
    opened = [call for call in slack.calls if call.method == "apps.connections.open"]
    assert 2 == len(opened)


async def test_bolt_reconnects_after_a_drop(
    slack: LoopbackSlack, bolt: AsyncSocketModeHandler
) -> None:
    """A connection that is closed without a word is opened anew."""
    await slack.wait_for(lambda: len(slack.socket.live()) == 1)
    await slack.socket.drop()
    ack = await person_over_socket(slack).command("/voicestatus", "again")
    assert (200, 2) == (ack.status, slack.socket.accepted)
    assert await bolt.client.is_connected()


async def test_an_envelope_is_not_lost_with_its_connection(
    slack: LoopbackSlack, bolt: AsyncSocketModeHandler
) -> None:
    """An envelope that cannot be sent goes to the next connection."""
    await slack.wait_for(lambda: len(slack.socket.live()) == 1)
    request = slack.socket.connections[0].socket._req
    assert request is not None
    assert request.transport is not None
    request.transport.abort()
    ack = await person_over_socket(slack).command("/voicestatus", "again")
    assert (200, 2) == (ack.status, slack.socket.accepted)
    assert await bolt.client.is_connected()


@pytest.mark.usefixtures("bolt")
async def test_a_deaf_slack_sends_nothing(slack: LoopbackSlack) -> None:
    """While it is deaf, no envelope is sent and the person sees a timeout."""
    await slack.wait_for(lambda: len(slack.socket.live()) == 1)
    slack.socket.deaf = True
    ack = await person_over_socket(slack, patience=0.1).command("/voicestatus", "x")
    assert (0, "operation_timeout") == (ack.status, ack.body)
    assert [] == slack.socket.acks


async def test_a_deaf_slack_neither_greets_nor_pings(
    slack: LoopbackSlack, session: aiohttp.ClientSession
) -> None:
    """Deaf from the start, it accepts the connection, answers pings if it may, and is silent."""
    slack.socket.deaf = True
    async with session.ws_connect(await new_url(slack, session), autoping=False) as opened:
        await opened.ping(b"a")
        assert (aiohttp.WSMsgType.PONG, b"a") == tuple(await opened.receive())[:2]
        slack.socket.answers_pings = False
        await opened.ping(b"b")
        with pytest.raises(TimeoutError):
            await opened.receive(timeout=0.15)


async def new_url(slack: LoopbackSlack, session: aiohttp.ClientSession) -> str:
    """Ask for the URL of a new connection."""
    client = AsyncWebClient(base_url=slack.api_url, session=session)
    return str((await client.apps_connections_open(app_token=slack.app_token))["url"])


async def test_a_socket_greets_pings_and_takes_its_url_once(
    slack: LoopbackSlack, session: aiohttp.ClientSession
) -> None:
    """The first message is hello, pings follow, and the same URL opens nothing twice."""
    url = await new_url(slack, session)
    async with session.ws_connect(url, autoping=False) as opened:
        hello = await opened.receive_json()
        assert ("hello", made_up.APP_ID) == (hello["type"], hello["connection_info"]["app_id"])
        assert aiohttp.WSMsgType.PING is (await opened.receive(timeout=20)).type
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(url)


async def test_envelopes_take_turns_and_wrong_acks_are_noted(
    slack: LoopbackSlack, session: aiohttp.ClientSession
) -> None:
    """Two connections get one envelope each; junk and unwanted payloads are noted."""
    person = person_over_socket(slack)
    sockets = [await session.ws_connect(await new_url(slack, session)) for _ in range(2)]
    deliveries = [asyncio.create_task(person.deliver(Kind.EVENT, {"n": n})) for n in range(2)]
    for opened in sockets:
        assert "hello" == (await opened.receive_json())["type"]
        envelope = await opened.receive_json()
        assert ("events_api", False) == (envelope["type"], envelope["accepts_response_payload"])
        await opened.send_str("junk")
        await opened.send_json({"envelope_id": envelope["envelope_id"], "payload": {"text": "x"}})
    assert [200, 200] == [ack.status for ack in await asyncio.gather(*deliveries)]
    assert 2 == slack.warnings.count("socket: a payload where the envelope takes none")
    assert 2 == slack.warnings.count("socket: an acknowledgement that nothing waits for")
    for opened in sockets:
        await opened.close()


async def test_only_the_app_token_opens_sockets(
    slack: LoopbackSlack, client: AsyncWebClient
) -> None:
    """apps.connections.open refuses the bot token."""
    refused = await error_of(client.apps_connections_open(app_token=slack.bot_token))
    assert "not_allowed_token_type" == refused["error"]
