"""What the page asks a person to do, read without trust: asked without a wire."""

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
    """Ana, at a Slack that nobody can reach, with a card and a modal before her."""
    slack = LoopbackSlack(port=9, clock=lambda: 1_790_000_000.0, ping_seconds=1)
    slack.open_views.open(USER_ID, "T1", modal(IDS))
    slack.messages.append(
        Message(channel=CHANNEL_ID, ts="1.000001", text="x", blocks=(actions(button()),))
    )
    return person_over_socket(slack, patience=0.0)


async def outcome(person: Person, given: dict[str, Any]) -> str:
    """Whether it was a deed at all, and one that Slack's client would allow."""
    try:
        await do(person, given)
    except UnreadableError:
        return "unreadable"
    except NotPossibleError:
        return "not possible"
    return "done"


async def test_a_deed_of_another_shape_is_none(person: Person) -> None:
    """Each part has its type and its bounds; nothing is said of it."""
    say = {"do": "say", "channel": CHANNEL_ID, "text": "x"}
    submit = {"do": "submit", "view": person.slack.views[0].id}
    click = {"do": "click", "channel": CHANNEL_ID, "ts": "1.000001", "action_id": "go"}
    deeds: list[dict[str, Any]] = [
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
    deeds += [say | {"files": files} for files in junk]
    judged = [(deed, await outcome(person, deed)) for deed in deeds]

    assert [] == [one for one in judged if one[1] != "unreadable"]
    assert [] == person.slack.said


async def test_what_slacks_client_would_not_allow_is_not_possible(person: Person) -> None:
    """Nobody writes where they are not, nor uses what is not there."""
    deeds: list[dict[str, Any]] = [
        {"do": "say", "channel": "C0NOWHERE", "text": "x"},
        {"do": "say", "channel": CHANNEL_ID, "text": "x", "thread_ts": "abc"},
        {"do": "command", "channel": "C0NOWHERE", "text": "x"},
        {"do": "shortcut", "channel": CHANNEL_ID, "ts": "1.000002"},
        {"do": "click", "view": "V1", "action_id": "a", "block_id": "b"},
        {"do": "submit", "view": "V1", "values": {}},
        {"do": "close", "view": "V1"},
        {"do": "submit", "view": person.slack.views[0].id, "values": {}},
    ]
    judged = [(deed, await outcome(person, deed)) for deed in deeds]

    assert [] == [one for one in judged if one[1] != "not possible"]


async def test_what_keeps_the_bounds_is_done(person: Person) -> None:
    """The longest text, the longest name, the most files; a message may be a file alone."""
    say = {"do": "say", "channel": CHANNEL_ID}
    for deed in (
        say | {"text": "x" * 12_000},
        say | {"files": [FILE | {"name": "a" * 255}] * 10},
        say | {"text": "x", "thread_ts": "1.000001"},
    ):
        assert "done" == await outcome(person, deed), deed

    assert [0, 10, 0] == [len(message.files) for message in person.slack.said]


async def test_a_click_on_a_persons_message_is_not_possible(person: Person) -> None:
    """People's messages have no buttons."""
    said = await person.say("x")
    where = {"do": "click", "channel": said.channel, "ts": said.ts}

    assert "not possible" == await outcome(person, where | {"action_id": "a", "block_id": "b"})


def test_typed_markup_and_the_bots_name_are_stored_as_slack_does() -> None:
    """Three characters are escaped, a mention has its id, half a name is none."""
    typed = "a < b & c > d @voicestatus, x@voicestatus @voicestatuses"

    expected = "a &lt; b &amp; c &gt; d <@U0VOICEBOT1>, x@voicestatus @voicestatuses"
    assert expected == stored(typed)
