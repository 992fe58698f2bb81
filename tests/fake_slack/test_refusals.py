"""What the loopback Slack refuses to the bot and to users, without HTTP.

`test_slack_server` tests once for each kind that a refusal is sent over HTTP.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from bot.fake_slack.methods.chat import ChatMethods
from bot.fake_slack.methods.conversations import ConversationMethods
from bot.fake_slack.methods.files import FileMethods
from bot.fake_slack.methods.method import GeneralMethods, Method
from bot.fake_slack.people.interactions import Interactions
from bot.fake_slack.people.person import Outcome
from bot.fake_slack.rules.message_rules import Content, calling_markup
from bot.fake_slack.slack_server import LoopbackSlack
from bot.fake_slack.state.ledger import Ack, Message, View
from bot.fake_slack.state.refusals import NotPossibleError, RefusedError
from bot.fake_slack.state.workspace import (
    BOT_USER_ID,
    CHANNEL_ID,
    CHANNEL_WITHOUT_BOT_ID,
    PRIVATE_CHANNEL_ID,
    SHARED_CHANNEL_ID,
    STRANGER_USER_ID,
    TEAM_ID,
    USER_ID,
)
from bot.fake_slack.views.view_methods import ViewMethods
from tests.fake_slack.blocks import (
    IDS,
    Block,
    actions,
    asks,
    button,
    modal,
    mrkdwn,
    options,
    plain,
    rich,
)

DIRECT = f"D{USER_ID[1:]}"
BETWEEN_PEOPLE = "D0BETWEEN01"
JOINED = "C0JOINED001"
SCOPES_OF_READING = ("channels:history", "groups:history", "im:history")


@dataclass(frozen=True, kw_only=True)
class Offline:
    """A Slack without a server; tests call its methods directly."""

    slack: LoopbackSlack
    methods: Mapping[str, Method]

    def answer(self, method: str, **given: Any) -> Mapping[str, Any]:
        """The answer of a method."""
        return self.methods[method].answer(given)

    def refusal(self, method: str, **given: Any) -> RefusedError | None:
        """The error of a refused call."""
        try:
            self.answer(method, **given)
        except RefusedError as refused:
            return refused
        return None

    def word(self, method: str, **given: Any) -> str:
        """Slack's error code; empty if the call is accepted."""
        refused = self.refusal(method, **given)
        return refused.error if refused else ""


@pytest.fixture
def offline() -> Offline:
    """A Slack whose bot has all reading scopes; two users also have a private conversation."""
    slack = LoopbackSlack(port=9, clock=lambda: 1_790_000_000.0, ping_seconds=1)
    slack.workspace.scopes |= {*SCOPES_OF_READING, "channels:read", "groups:read", "im:read"}
    slack.workspace.direct(USER_ID)
    slack.messages.append(Message(channel=CHANNEL_ID, ts="1.000001", text="x", blocks=()))
    slack.workspace.add_channel(BETWEEN_PEOPLE, "two", [USER_ID, "U2"], is_direct=True)
    slack.workspace.add_channel(JOINED, "secret", [BOT_USER_ID], is_private=True)
    tables = (
        GeneralMethods(slack.workspace, "http://slack.example/").table(),
        ConversationMethods(slack.ledger, slack.workspace).table(),
        ChatMethods(slack.ledger, slack.workspace).table(),
        ViewMethods(slack.open_views, slack.workspace).table(),
        FileMethods(slack.ledger, slack.workspace, slack.files).table(),
    )
    return Offline(
        slack=slack, methods={name: one for table in tables for name, one in table.items()}
    )


def metadata(characters: int) -> Block:
    """Metadata whose JSON has this length."""
    bare = {"event_type": "x", "event_payload": {"a": ""}}
    return bare | {"event_payload": {"a": "b" * (characters - len(json.dumps(bare)))}}


POST = "chat.postMessage"
HISTORY, REPLIES = "conversations.history", "conversations.replies"
COMPLETE, BEGIN = "files.completeUploadExternal", "files.getUploadURLExternal"
REFUSED: Sequence[tuple[str, dict[str, Any], str]] = [
    (POST, {"channel": "C0NOWHERE00"}, "channel_not_found"),
    (POST, {"channel": CHANNEL_WITHOUT_BOT_ID}, "not_in_channel"),
    # a private channel looks like one that does not exist
    (POST, {"channel": PRIVATE_CHANNEL_ID}, "channel_not_found"),
    (POST, {"channel": ""}, "invalid_arguments"),
    (POST, {"text": ""}, "no_text"),
    (POST, {"text": " ", "blocks": []}, "no_text"),
    (POST, {"text": "x" * 40_000}, ""),
    (POST, {"text": "x" * 40_001}, "msg_too_long"),
    (POST, {"text": 1}, "invalid_arguments"),
    (POST, {"blocks": "{"}, "invalid_blocks_format"),
    (POST, {"blocks": {}}, "invalid_blocks_format"),
    (POST, {"blocks": [{"type": "section"}]}, "invalid_blocks"),
    (POST, {"thread_ts": "now"}, "invalid_thread_ts"),
    (POST, {"metadata": []}, "invalid_metadata_format"),
    (POST, {"metadata": "{"}, "invalid_metadata_format"),
    (POST, {"metadata": {"event_type": "x"}}, "invalid_metadata_format"),
    (POST, {"metadata": {"event_type": "x", "event_payload": "y"}}, "invalid_metadata_format"),
    (POST, {"metadata": metadata(16_000)}, ""),
    (POST, {"metadata": metadata(16_001)}, "metadata_too_large"),
    ("chat.update", {"ts": "1.000001"}, ""),
    ("chat.update", {"ts": "1.000002"}, "message_not_found"),
    (REPLIES, {"ts": "1790000000.000099"}, "thread_not_found"),
    (REPLIES, {}, "invalid_arguments"),
    (REPLIES, {"ts": "1.000001", "limit": 1_000}, ""),
    (REPLIES, {"ts": "1.000001", "limit": 1_001}, "invalid_limit"),
    (HISTORY, {"limit": 1}, ""),
    (HISTORY, {"limit": 999}, ""),
    (HISTORY, {"limit": 0}, "invalid_limit"),
    (HISTORY, {"limit": 1_000}, "invalid_limit"),
    (HISTORY, {"limit": "x"}, "invalid_limit"),
    (HISTORY, {"cursor": "x"}, "invalid_cursor"),
    (HISTORY, {"oldest": "x"}, "invalid_ts_oldest"),
    (HISTORY, {"latest": "1.x"}, "invalid_ts_latest"),
    (HISTORY, {"channel": CHANNEL_WITHOUT_BOT_ID}, "not_in_channel"),
    (HISTORY, {"channel": PRIVATE_CHANNEL_ID}, "channel_not_found"),
    (HISTORY, {"channel": "C0GONE00001"}, "channel_not_found"),
    ("conversations.info", {"channel": PRIVATE_CHANNEL_ID}, "channel_not_found"),
    ("conversations.info", {"channel": BETWEEN_PEOPLE}, "channel_not_found"),
    ("conversations.info", {"channel": "C0NOWHERE00"}, "channel_not_found"),
    ("conversations.open", {"channel": "D0NOWHERE00"}, "channel_not_found"),
    ("conversations.open", {"channel": "", "users": "U0NOBODY000"}, "user_not_found"),
    ("users.info", {"user": "U0NOBODY000"}, "user_not_found"),
    ("files.info", {"file": "F404"}, "file_not_found"),
    (BEGIN, {"filename": "", "length": "1"}, "invalid_arguments"),
    (BEGIN, {"filename": "a.csv", "length": "0"}, "invalid_arguments"),
    (BEGIN, {"filename": "a.csv", "length": "-1"}, "invalid_arguments"),
    *((COMPLETE, {"files": files}, "invalid_arguments") for files in ("", "[", "{}", "[]")),
    *((COMPLETE, {"files": files}, "invalid_arguments") for files in ('["F1"]', '[{"id": 1}]')),
    ("views.open", {"trigger_id": "1.2.3", "view": modal()}, "invalid_trigger_id"),
    ("views.update", {"view_id": "V1", "view": modal()}, "not_found"),
    ("views.publish", {"user_id": "U0NOBODY000", "view": "{}"}, "user_not_found"),
    ("views.publish", {"view": json.dumps({"type": "home", "blocks": []})}, ""),
    ("views.publish", {"view": "{"}, "invalid_arguments"),
    ("views.publish", {"view": "[]"}, "invalid_arguments"),
    ("api.test", {"error": "my_error"}, "my_error"),
]


def test_invalid_calls_get_slacks_error_code(offline: Offline) -> None:
    """Arguments, channels, users, limits; an empty code means that the call is just valid."""
    message = {"channel": CHANNEL_ID, "text": "x"}
    good: Mapping[str, dict[str, Any]] = {
        POST: message,
        "chat.update": message,
        HISTORY: {"channel": CHANNEL_ID},
        REPLIES: {"channel": CHANNEL_ID},
        "views.publish": {"user_id": USER_ID},
    }
    judged = [
        (method, str(given)[:80], word, offline.word(method, **(good.get(method, {}) | given)))
        for method, given, word in REFUSED
    ]

    assert [] == [one for one in judged if one[2] != one[3]]


def test_an_ephemeral_message_needs_bot_and_user_in_the_channel(offline: Offline) -> None:
    """chat:write.public does not help."""
    offline.slack.workspace.scopes.add("chat:write.public")
    judged = [
        offline.word("chat.postEphemeral", channel=channel, user=user, text="x")
        for channel, user in (
            (CHANNEL_WITHOUT_BOT_ID, USER_ID),
            (PRIVATE_CHANNEL_ID, USER_ID),
            (CHANNEL_ID, STRANGER_USER_ID),
            (CHANNEL_ID, "U0NOBODY000"),
            (CHANNEL_ID, USER_ID),
        )
    ]

    absent = "user_not_in_channel"
    assert ["not_in_channel", "channel_not_found", absent, absent, ""] == judged


def test_each_kind_of_conversation_has_its_scope(offline: Offline) -> None:
    """The refusal names the missing scope."""
    offline.slack.workspace.join(PRIVATE_CHANNEL_ID)
    judged = []
    for kind, channel in (("channels", CHANNEL_ID), ("groups", JOINED), ("im", DIRECT)):
        for method, right in ((HISTORY, "history"), ("conversations.info", "read")):
            before = offline.word(method, channel=channel)
            offline.slack.workspace.scopes.discard(f"{kind}:{right}")
            refused = offline.refusal(method, channel=channel)
            judged.append((before, refused and (refused.error, refused.details["needed"])))

    wanted = ("channels:history", "channels:read", "groups:history", "groups:read")
    scopes = (*wanted, "im:history", "im:read")
    assert [("", ("missing_scope", scope)) for scope in scopes] == judged


def test_a_conversation_is_described_by_its_kind(offline: Offline) -> None:
    """Public, private, shared, direct; the number of members only on request."""
    expected: Mapping[str, Mapping[str, Any]] = {
        CHANNEL_ID: {"is_member": True, "is_private": False, "is_ext_shared": False},
        CHANNEL_WITHOUT_BOT_ID: {"is_member": False, "num_members": 2, "is_channel": True},
        SHARED_CHANNEL_ID: {"is_ext_shared": True, "is_shared": True},
        JOINED: {"is_private": True, "is_member": True, "is_group": True, "is_channel": False},
        DIRECT: {"is_im": True, "user": USER_ID},
    }
    ask = "conversations.info"
    described = {
        channel: offline.answer(ask, channel=channel, include_num_members=True)["channel"]
        for channel in expected
    }

    assert expected == {
        channel: {name: described[channel].get(name) for name in facts}
        for channel, facts in expected.items()
    }
    assert "num_members" not in offline.answer(ask, channel=CHANNEL_ID)["channel"]


def test_a_file_is_shared_only_where_the_bot_is(offline: Offline) -> None:
    """A user id is not accepted as a channel here."""
    where = (CHANNEL_WITHOUT_BOT_ID, PRIVATE_CHANNEL_ID, "C0NOWHERE01", STRANGER_USER_ID)
    begun = offline.answer(BEGIN, filename="a.csv", length="1")
    file_id = begun["file_id"]
    offline.slack.files.receive(begun["upload_url"].rpartition("/")[2], b"x")
    judged = [offline.word(COMPLETE, files=[{"id": file_id}], channel_id=one) for one in where]
    late = offline.word(COMPLETE, files=[{"id": file_id}], channel_id=CHANNEL_ID, thread_ts="x")

    unknown = "channel_not_found"
    assert ["not_in_channel", unknown, unknown, unknown] == judged
    assert "invalid_thread_ts" == late


def test_markup_that_notifies_people_is_found() -> None:
    """It is ignored in plain text and in text parts of rich text, where Slack ignores it, too."""
    calls: Sequence[tuple[str, Block | None, list[str]]] = [
        ("<!channel> x", None, ["<!channel>"]),
        ("<!here|x> <@U0ANA000001> <#C1>", None, ["<!here|x>", "<@U0ANA000001>", "<#C1>"]),
        ("<!subteam^S1>", None, ["<!subteam^S1>"]),
        ("&lt;!channel&gt; <!date^1^{time}|now> <https://example.com|x> a < b", None, []),
        ("x", {"type": "section", "text": mrkdwn("<!everyone>")}, ["<!everyone>"]),
        ("x", {"type": "markdown", "text": "<!everyone>"}, ["<!everyone>"]),
        ("x", {"type": "header", "text": plain("<!here>")}, []),
        ("x", rich({"type": "text", "text": "<!here>"}), []),
        *(
            ("x", rich(part), [json.dumps(part)])
            for part in (
                {"type": "broadcast", "range": "here"},
                {"type": "user", "user_id": "U1"},
                {"type": "usergroup", "usergroup_id": "S1"},
                {"type": "channel", "channel_id": "C1"},
                {"type": "team", "team_id": "T1"},
            )
        ),
    ]
    judged = [
        (text, block, expected, [markup for _, markup in calling_markup(content)])
        for text, block, expected in calls
        for content in [Content(text=text, blocks=(block,) if block else ())]
    ]

    assert [] == [one for one in judged if one[2] != one[3]]


def opened(slack: LoopbackSlack, view: Block) -> View:
    """An open modal."""
    return slack.open_views.open(USER_ID, TEAM_ID, view)


def test_an_invalid_answer_leaves_the_modal_open(offline: Offline) -> None:
    """The refusal is recorded, and the user sees an error."""
    answers: Sequence[tuple[int, Any, str]] = [
        (200, {"response_action": "errors", "errors": {"other": "x"}}, "which is no input"),
        (200, {"response_action": "errors", "errors": {"ids": ""}}, "without a text"),
        (200, {"response_action": "errors", "errors": {}}, "errors without texts"),
        (200, {"response_action": "update", "view": {"type": "modal"}}, "missing required field"),
        (200, {"response_action": "close"}, "unknown response_action"),
        (200, {"response_action": "shout"}, "unknown response_action"),
        (200, {"text": "thanks"}, "unknown fields"),
        (200, {"errors": {"ids": "x"}}, "unknown response_action"),
        (200, [], "no object"),
        (200, None, "no object"),
        (500, {"response_action": "clear"}, "answered with 500"),
    ]
    view = opened(offline.slack, modal(IDS))
    judged = []
    for status, body, words in answers:
        ack = Ack(status=status, body=json.dumps(body), seconds=0.0)
        done = offline.slack.submissions.apply(view, ack)
        found = (done.action, done.errors, done.view, words in offline.slack.refusals[-1])
        if found != (Outcome.FAILED, {}, view, True):
            judged.append((status, body, found))

    assert [] == judged
    assert len(answers) == len(offline.slack.refusals)
    broken = Ack(status=200, body="{", seconds=0.0)
    assert Outcome.FAILED is offline.slack.submissions.apply(view, broken).action
    assert "is not JSON" in offline.slack.refusals[-1]


def test_slacks_client_refuses_invalid_submissions(offline: Offline) -> None:
    """The client validates before it sends anything."""
    line = asks("line", {"type": "plain_text_input", "action_id": "a", "max_length": 5})
    short = asks("line", {"type": "plain_text_input", "action_id": "a", "min_length": 2})
    menu = asks("menu", {"type": "static_select", "options": options("x")})
    silent = {"type": "modal", "title": plain("x"), "blocks": []}
    nonsense: Sequence[tuple[Block, Mapping[str, Any], str]] = [
        (modal(IDS), {}, "must be filled in"),
        (modal(IDS), {"ids": "  "}, "must be filled in"),
        (modal(IDS), {"elsewhere": "x"}, "the modal has no"),
        (modal(line), {"line": "x" * 6}, "takes 0 to 5 characters"),
        (modal(short), {"line": "x"}, "takes 2 to 3000 characters"),
        (modal(menu), {"menu": "z"}, "offers"),
        (modal(IDS), {"ids": "x" * 3_001}, "takes 0 to 3000 characters"),
        (modal(actions(button("go"))), {"go": "x"}, "the modal has no"),
        (silent, {}, "no button to submit"),
        (modal(submit_disabled=True), {}, "no button to submit"),
    ]
    asking = Interactions(slack=offline.slack, user=USER_ID, team=TEAM_ID)
    for view, values, words in nonsense:
        with pytest.raises(NotPossibleError, match=words):
            asking.submission(opened(offline.slack, view), values)
    for view, values in ((modal(line), {"line": "x" * 5}), (modal(short), {"line": "xx"})):
        assert asking.submission(opened(offline.slack, view), values)["view"]["state"]
