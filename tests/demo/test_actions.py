"""User actions that the page requests, validated and performed without HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from bot.demo.playground.actions import UnreadableError, do, stored
from bot.fake_slack.people.person import Person, person_over_socket
from bot.fake_slack.slack_server import LoopbackSlack
from bot.fake_slack.state.ledger import Message
from bot.fake_slack.state.refusals import NotPossibleError
from bot.fake_slack.state.workspace import CHANNEL_ID, USER_ID
from tests.fake_slack.blocks import IDS, actions, button, modal

FILE = {"name": "a.csv", "content": ""}


@pytest.fixture
def person() -> Person:
    """Ana, in a Slack without a server, with a card and an open modal."""
    slack = LoopbackSlack(port=9, clock=lambda: 1_790_000_000.0, ping_seconds=1)
    slack.open_views.open(USER_ID, "T1", modal(IDS))
    slack.messages.append(
        Message(channel=CHANNEL_ID, ts="1.000001", text="x", blocks=(actions(button()),))
    )
    return person_over_socket(slack, patience=0.0)


async def outcome(person: Person, given: dict[str, Any]) -> str:
    """Whether it is done, unreadable or not possible."""
    try:
        await do(person, given)
    except UnreadableError:
        return "unreadable"
    except NotPossibleError:
        return "not possible"
    return "done"


async def test_a_malformed_action_is_refused(person: Person) -> None:
    """Each field has a type and limits."""
    say = {"do": "say", "channel": CHANNEL_ID, "text": "x"}
    submit = {"do": "submit", "view": person.slack.views[0].id}
    click = {"do": "click", "channel": CHANNEL_ID, "ts": "1.000001", "action_id": "go"}
    actions: list[dict[str, Any]] = [
        {},
        {"do": "fly"},
        {"do": ["say"]},
        {"do": "say", "channel": CHANNEL_ID},
        say | {"text": 7},
        say | {"text": "x" * 12_001},
        say | {"channel": "C" * 256},
        say | {"text": "half \ud800"},
        {"do": "command", "text": "x"},
        {"do": "command", "channel": CHANNEL_ID, "text": "half \ud800"},
        {"do": "click", "channel": CHANNEL_ID},
        {"do": "click", "view": {}, "action_id": "a", "block_id": "b"},
        click,
        click | {"block_id": "b", "value": {"a": 1}},
        click | {"block_id": "b", "value": ["x"] * 51},
        click | {"block_id": "b", "value": "x" * 12_001},
        submit | {"values": []},
        submit | {"values": {"a": {"b": 1}}},
        submit | {"values": {str(number): "x" for number in range(51)}},
        {"do": "home"},
        {"do": "home", "tab": "attic"},
    ]
    junk: list[Any] = [None, "x", {}, [1], [{}], [{"name": "a.csv"}], [FILE] * 11]
    junk += [[FILE | {"name": name}] for name in ("", "a" * 256)]
    junk += [[FILE | {"content": content}] for content in ("no base64!", "é", 7)]
    actions += [say | {"files": files} for files in junk]
    judged = [(action, await outcome(person, action)) for action in actions]

    assert [] == [one for one in judged if one[1] != "unreadable"]
    assert [] == person.slack.said


async def test_actions_that_slacks_client_forbids_are_not_possible(person: Person) -> None:
    """Users cannot write outside of their channels, nor use missing elements."""
    actions: list[dict[str, Any]] = [
        {"do": "say", "channel": "C0NOWHERE", "text": "x"},
        {"do": "say", "channel": CHANNEL_ID, "text": "x", "thread_ts": "abc"},
        {"do": "command", "channel": "C0NOWHERE", "text": "x"},
        {"do": "shortcut", "channel": CHANNEL_ID, "ts": "1.000002"},
        {"do": "click", "view": "V1", "action_id": "a", "block_id": "b"},
        {"do": "submit", "view": "V1", "values": {}},
        {"do": "close", "view": "V1"},
        {"do": "submit", "view": person.slack.views[0].id, "values": {}},
    ]
    judged = [(action, await outcome(person, action)) for action in actions]

    assert [] == [one for one in judged if one[1] != "not possible"]


async def test_actions_within_the_limits_are_done(person: Person) -> None:
    """The longest text, the longest name, the most files; a message may be a file alone."""
    say = {"do": "say", "channel": CHANNEL_ID}
    for action in (
        say | {"text": "x" * 12_000},
        say | {"files": [FILE | {"name": "a" * 255}] * 10},
        say | {"text": "x", "thread_ts": "1.000001"},
    ):
        assert "done" == await outcome(person, action), action

    assert [0, 10, 0] == [len(message.files) for message in person.slack.said]


async def test_a_click_on_a_persons_message_is_not_possible(person: Person) -> None:
    """People's messages have no buttons."""
    said = await person.say("x")
    where = {"do": "click", "channel": said.channel, "ts": said.ts}

    assert "not possible" == await outcome(person, where | {"action_id": "a", "block_id": "b"})


def test_typed_markup_and_the_bots_name_are_stored_as_slack_does() -> None:
    """`&<>` are escaped, a mention gets its id, a part of the name is no mention."""
    typed = "a < b & c > d @voicestatus, x@voicestatus @voicestatuses"

    expected = "a &lt; b &amp; c &gt; d <@U0VOICEBOT1>, x@voicestatus @voicestatuses"
    assert expected == stored(typed)
