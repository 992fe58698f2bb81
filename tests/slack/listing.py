"""The scene of the tests of lists: a list is pasted, checked and started."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bot.fake_slack.people.person import Kind, Outcome, Person
from bot.fake_slack.state.ledger import Message, View
from bot.fake_slack.state.workspace import CHANNEL_ID
from tests.slack.watching import PATIENCE, shown
from tests.support.scene import Scene
from tests.support.wording import say

MIXED: Final = (
    *("SANDBOX-OK", "SANDBOX-SHORT", "SANDBOX-BUSY", "SANDBOX-failed.486", "SANDBOX-MACHINE"),
    *("SANDBOX-BLOCKED", "SANDBOX-FOREVER", "SANDBOX-NOTFOUND"),
)
REPORT: Final = say("bulk.report.all_asked")
DONE: Final = say("bulk.over.all_asked")
said = shown


async def form(ways: Scene, text: str = "", *, channel: str = CHANNEL_ID) -> View:
    """The modal that the command opens."""
    ways.slack.open_views.clear(ways.person.user)
    await ways.type(f"bulk {text}", channel=channel)
    await ways.slack.wait_for(lambda: bool(ways.slack.modals_of(ways.person.user)), PATIENCE)
    return ways.slack.modals_of(ways.person.user)[-1]


async def checked(ways: Scene, text: str, *, channel: str = CHANNEL_ID) -> View:
    """The modal after a text was submitted."""
    submission = await ways.person.submit(await form(ways, channel=channel), {"bulk_ids": text})
    assert submission.action is Outcome.UPDATED, submission
    assert submission.view is not None
    return submission.view


async def begun(ways: Scene, text: str, *, channel: str = CHANNEL_ID) -> None:
    """Start a list, whose form closes by itself."""
    submission = await ways.person.submit(await checked(ways, text, channel=channel))
    assert submission.action is Outcome.CLEARED, submission


def reports(ways: Scene) -> list[Message]:
    """Every message with the mark of a list."""
    return [
        one
        for one in ways.slack.messages
        if one.metadata is not None and one.metadata["event_type"] == "bulk_report"
    ]


async def press(
    person: Person, on: Message, action: str, value: str, *, trigger_id: str = ""
) -> None:
    """Click a button with this value on this message, which no client would offer."""
    await person.deliver(Kind.INTERACTIVE, forged(person, on, action, value, trigger_id=trigger_id))


def forged(
    person: Person, on: Message, action: str, value: str, *, trigger_id: str = ""
) -> Mapping[str, Any]:
    """The payload of a forged click."""
    pressed = {
        "type": "button",
        "action_id": action,
        "block_id": "card_actions_public",
        "value": value,
        "action_ts": on.ts,
        "text": {"type": "plain_text", "text": "x"},
    }
    return {
        "type": "block_actions",
        "user": {"id": person.user, "team_id": person.team, "username": "x"},
        "team": {"id": person.team},
        "channel": {"id": on.channel},
        "container": {
            "type": "message",
            "message_ts": on.ts,
            "channel_id": on.channel,
            "is_ephemeral": False,
        },
        "trigger_id": trigger_id,
        "response_url": person.slack.issue_response_url(
            channel=on.channel, user=person.user, kind="actions", original_ts=on.ts
        ),
        "actions": [pressed],
    }
