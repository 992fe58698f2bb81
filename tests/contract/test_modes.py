"""HTTP mode and Socket Mode are equivalent: the same payloads arrive, the same answers return.

That is why every other test runs in one mode, unless it is about the mode.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import pytest

from bot.fake_slack.people.person import Kind, Outcome
from bot.fake_slack.state.workspace import (
    BOT_MENTION,
    SHARED_CHANNEL_ID,
    STRANGER_USER_ID,
    USER_ID,
)
from bot.settings.settings import Mode
from tests.contract.recording import ANSWERED, BREAK, FIRST, Payload, Play, Record, playing
from tests.fake_slack.blocks import IDS, actions, button, modal, options, plain

ODD = 'a & b=é + %2B; "q" <x>\n😀'
NEXT = modal(title=plain("Próximo"))
ERRORS = {"response_action": "errors", "errors": {"ids": "“é” is none"}}
UPDATE = {"response_action": "update", "view": NEXT}
PUSH = {"response_action": "push", "view": NEXT}
CLEAR = {"response_action": "clear"}
FILE = {"name": "Ligações.csv", "content": b"IDMSG\r\n1\r\n"}


async def edit(play: Play) -> None:
    """Write to the bot, then edit the message."""
    said = await play.person.say("one", channel=play.person.direct_channel)
    await play.person.edit(said, "two")


async def write_in_a_thread(play: Play) -> None:
    """Mention the bot in a reply."""
    root = await play.person.as_user(USER_ID).say("a call")
    await play.person.say(BOT_MENTION, thread_ts=root.ts)


async def check(play: Play) -> None:
    """Choose the shortcut of a message with a file and a forwarded message."""
    said = await play.person.say(ODD, files=[FILE], attachments=[{"text": ODD, "is_share": True}])
    await play.person.message_shortcut("check", said)


async def open_home_again(play: Play) -> None:
    """Open a published Home tab."""
    play.home()
    await play.person.open_home()


def in_modal(play: Play) -> Awaitable[object]:
    """Press a button in a modal with a value."""
    menu = {"type": "static_select", "action_id": "menu", "options": options("a", "b")}
    return play.person.click(play.modal(IDS, actions(button("more"), menu)), "more")


def in_menu(play: Play) -> Awaitable[object]:
    """Choose in a menu of a modal."""
    menu = {"type": "static_select", "action_id": "menu", "options": options("a", "b")}
    return play.person.click(play.modal(actions(menu)), "menu", value="b")


def as_stranger(play: Play) -> Awaitable[object]:
    """A user of another workspace mentions the bot."""
    stranger = play.person.as_user(STRANGER_USER_ID)
    return stranger.say(f"{BOT_MENTION} x", channel=SHARED_CHANNEL_ID)


# Every kind of user action by Slack's name for it, and the expected answer.
ACTS: Mapping[str, tuple[Callable[[Play], Awaitable[object]], str, Any]] = {
    "command": (lambda p: p.person.command(FIRST, "SANDBOX-OK"), "command", None),
    "command alone": (lambda p: p.person.command(FIRST), "command", None),
    "command, odd words": (lambda p: p.person.command(FIRST, ODD), "command", None),
    "command, a text goes back": (
        lambda p: p.person.command(ANSWERED, '{"text": "é"}'),
        "command",
        {"text": "é"},
    ),
    "command, blocks go back": (
        lambda p: p.person.command(ANSWERED, '{"text": "x", "blocks": [{"type": "divider"}]}'),
        "command",
        {"text": "x", "blocks": [{"type": "divider"}]},
    ),
    "message shortcut": (check, "message_action", None),
    "global shortcut": (lambda p: p.person.global_shortcut("ask"), "shortcut", None),
    "button in a message": (lambda p: p.person.click(p.card(), "go"), "message action", None),
    "button in a thread": (
        lambda p: p.person.click(p.card(thread_ts="1.000001"), "go"),
        "message action",
        None,
    ),
    "button in what one person sees": (
        lambda p: p.person.click(p.card(user=USER_ID), "go"),
        "ephemeral action",
        None,
    ),
    "button in a modal": (in_modal, "modal action", None),
    "menu in a modal": (in_menu, "modal action", None),
    "button in the home": (lambda p: p.person.click(p.home(), "go"), "home action", None),
    "submission": (lambda p: p.submit({}), "view_submission", None),
    "submission, errors": (lambda p: p.submit(ERRORS), "view_submission", ERRORS),
    "submission, update": (lambda p: p.submit(UPDATE), "view_submission", UPDATE),
    "submission, push": (lambda p: p.submit(PUSH), "view_submission", PUSH),
    "submission, clear": (lambda p: p.submit(CLEAR), "view_submission", CLEAR),
    "closed modal": (
        lambda p: p.person.close(p.modal(notify_on_close=True)),
        "view_closed",
        None,
    ),
    "mention": (lambda p: p.person.say(f"{BOT_MENTION} {ODD}"), "app_mention", None),
    "mention in a thread": (write_in_a_thread, "app_mention", None),
    "mention by a stranger": (as_stranger, "app_mention", None),
    "direct message": (
        lambda p: p.person.say(ODD, channel=p.person.direct_channel),
        "message im",
        None,
    ),
    "edited direct message": (edit, "message im message_changed", None),
    "file": (
        lambda p: p.person.say("", channel=p.person.direct_channel, files=[FILE]),
        "message im file_share",
        None,
    ),
    "home": (lambda p: p.person.open_home(), "app_home_opened", None),
    "home again": (open_home_again, "app_home_opened", None),
    "messages of the home": (lambda p: p.person.open_home("messages"), "app_home_opened", None),
}


def kind_of(body: Payload) -> str:
    """Slack's name for the kind; for clicks and messages also where they happened."""
    if "command" in body:
        return "command"
    event = body.get("event")
    if event:
        parts = (event["type"], event.get("channel_type"), event.get("subtype"))
        return " ".join(filter(None, parts))
    if body["type"] != "block_actions":
        return str(body["type"])
    if "view" in body:
        return f"{body['view']['type']} action"
    return "message action" if "message" in body else "ephemeral action"


@pytest.fixture(scope="module")
async def played() -> Mapping[Mode, Mapping[str, Record]]:
    """The records of each action in each mode."""
    records: dict[Mode, dict[str, Record]] = {}
    for mode in Mode:
        async with playing(mode) as play:
            records[mode] = {name: await play.of(act(play)) for name, (act, *_) in ACTS.items()}
            assert [] == play.slack.warnings
            assert [] == play.slack.refusals
    return records


@pytest.mark.both_modes
def test_all_that_a_person_does_reaches_a_listener_as_it_was_sent(
    played: Mapping[Mode, Mapping[str, Record]], mode: Mode
) -> None:
    """It arrives once and unchanged, whatever characters it has."""
    judged = {
        name: ([one.payload for one in record.delivered], [one.body for one in record.received])
        for name, record in played[mode].items()
    }
    kinds = {name: kind_of(sent[-1]) for name, (sent, _) in judged.items()}

    assert [] == [name for name, (sent, received) in judged.items() if sent != received]
    assert {name: kind for name, (_, kind, _) in ACTS.items()} == kinds


@pytest.mark.both_modes
def test_a_listeners_answer_is_sent_in_the_acknowledgement(
    played: Mapping[Mode, Mapping[str, Record]], mode: Mode
) -> None:
    """An empty answer sends nothing."""
    answers = {
        name: (record.delivered[-1].status, record.delivered[-1].answer)
        for name, record in played[mode].items()
    }

    assert {name: (200, answer) for name, (_, _, answer) in ACTS.items()} == answers


def test_both_modes_are_alike(played: Mapping[Mode, Mapping[str, Record]]) -> None:
    """Body, payload, context and the answer are equal."""
    over_http, over_socket = (played[mode] for mode in (Mode.HTTP, Mode.SOCKET))

    differing = {
        name: (record.as_text(), over_socket[name].as_text())
        for name, record in over_http.items()
        if record.as_text() != over_socket[name].as_text()
    }
    assert {} == differing


@pytest.mark.both_modes
@pytest.mark.usefixtures("log")
async def test_a_listener_that_breaks_is_apologised_for(mode: Mode) -> None:
    """An acknowledgement before the error stands; without one the delivery has failed."""
    async with playing(mode) as play:
        await play.of(play.person.command(FIRST, BREAK))
        await play.of(play.person.say(BREAK, channel=play.person.direct_channel))
        play.expect_silence()
        submitted = await play.person.submit(play.modal(), {"ids": BREAK})
        await play.slack.wait_for(lambda: len(play.recorder.sorry) == 3)
        await play.of(play.person.global_shortcut("ask"))
    *broken, _ = play.noting.delivered

    assert [one.payload for one in broken] == play.recorder.sorry
    assert Outcome.FAILED is submitted.action
    # Socket Mode has no refusal: an unacknowledged envelope counts as undelivered.
    refused = {Mode.HTTP: 500, Mode.SOCKET: 0}[mode]
    assert [200, 200, refused, 200] == [one.status for one in play.noting.delivered]
    # A late acknowledgement would be recorded here.
    assert [] == play.slack.warnings


def event(**fields: Any) -> dict[str, Any]:
    """An event of Slack's."""
    return {"type": "event_callback", "event_id": "Ev1", "event": {"type": "app_mention"} | fields}


# Slack never sends these.
JUNK: Sequence[tuple[Kind, Any]] = [
    (Kind.EVENT, []),
    (Kind.EVENT, {}),
    (Kind.EVENT, {"x": 1}),
    (Kind.EVENT, {"event": []}),
    (Kind.EVENT, {"event": "x"}),
    (Kind.EVENT, event(type=1)),
    (Kind.EVENT, event(message=[])),
    (Kind.INTERACTIVE, [1]),
    (Kind.INTERACTIVE, {}),
    (Kind.INTERACTIVE, {"type": []}),
    (Kind.INTERACTIVE, {"type": "block_actions", "actions": 7}),
    (Kind.INTERACTIVE, {"type": "block_actions", "actions": [{"action_id": 1}]}),
    (Kind.INTERACTIVE, {"type": "view_submission"}),
    (Kind.INTERACTIVE, {"type": "view_closed", "view": []}),
]
# Slack sends these, but no listener handles them.
UNWANTED: Sequence[tuple[Kind, Any]] = [
    (Kind.EVENT, event(type="reaction_added")),
    (Kind.COMMAND, {"command": "/other", "text": ""}),
    (Kind.INTERACTIVE, {"type": "block_suggestion", "action_id": "x"}),
]


@pytest.mark.both_modes
@pytest.mark.usefixtures("log")
async def test_malformed_payloads_reach_no_listener(mode: Mode) -> None:
    """They are acknowledged or refused, so that Slack does not retry."""
    async with playing(mode) as play:
        for kind, payload in (*JUNK, *UNWANTED):
            await play.person.deliver(kind, payload)
        await play.of(play.person.global_shortcut("ask"))
    judged = [(one.payload, one.status) for one in play.noting.delivered[:-1]]

    refused = {Mode.HTTP: 400, Mode.SOCKET: 200}[mode]
    assert [
        *((junk, refused) for _, junk in JUNK),
        *((unwanted, 200) for _, unwanted in UNWANTED),
    ] == judged
    assert ["shortcut"] == [one.listener for one in play.recorder.received]
    assert [] == play.recorder.sorry
    if mode is Mode.SOCKET:
        assert [None] * len(judged) == [one.answer for one in play.noting.delivered[:-1]]


@pytest.mark.both_modes
async def test_an_event_that_comes_again_is_the_same_event(mode: Mode) -> None:
    """Each delivery is acknowledged; an envelope (Socket Mode only) is processed once."""
    async with playing(mode) as play:
        await play.of(play.person.say(f"{BOT_MENTION} x"))
        await play.person.deliver_again(2)
        payload = play.slack.events[-1].payload
        await play.person.deliver(Kind.EVENT, payload, retry_attempt=3)
        opened = {Mode.HTTP: 4, Mode.SOCKET: 2}[mode]
        await play.slack.wait_for(lambda: len(play.recorder.received) == opened)
    received = play.recorder.received

    assert [(payload, 200, None)] * 4 == [
        (one.payload, one.status, one.answer) for one in play.noting.delivered
    ]
    assert [payload] * opened == [one.body for one in received]
    assert 1 == len({str(one.context) for one in received})
