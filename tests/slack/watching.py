"""The scene of the tests of watches: short intervals, and what the user sees."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Final

from bot.domain.call_status import Answer, read_result
from bot.domain.input.message_id import MessageId
from bot.domain.jobs.job import Destination
from bot.domain.jobs.watch import Ending, State, Watch
from bot.fake_slack.state.ledger import Message
from bot.fake_slack.state.workspace import BOT_MENTION, CHANNEL_ID, TEAM_ID, USER_ID
from bot.settings.settings import Mode
from tests.support.reading import seen
from tests.support.scene import UNHURRIED, Scene, Stages
from tests.support.wording import say

QUICK: Final = (0.02, 0.05)
SWIFT: Final = replace(
    UNHURRIED, modal_ack=0.1, first_look=30.0, card_least=0.02, stop_seen=0.02, answers_kept=0.02
)
NOW: Final = datetime(2026, 11, 23, 10, tzinfo=UTC)
READING: Final = {"channels:history", "groups:history", "im:history", "im:write"}
BEGUN: Final = say("watch.title", count=1)
TOLD: Final = say("notice.status")
# Long enough for a busy machine.
PATIENCE: Final = 20.0

_seconds = count(1_000)


def watch_of(idmsg: str = "MPG000236180474", **changes: Any) -> Watch:
    """A watch of ana's for a thread, with its answer and the given changes."""
    values: dict[str, Any] = {
        "id": "0123456789abcdef",
        "message_id": MessageId(idmsg),
        "user": USER_ID,
        "destination": Destination(team=TEAM_ID, channel=CHANNEL_ID, thread="1795579300.000001"),
        "started_at": NOW,
        "expires_at": NOW + timedelta(minutes=30),
        "due_at": NOW,
        "state": State.TELLING,
        "ending": Ending.STATUS,
        "last": Answer(
            message_id=MessageId(idmsg), finding=read_result("failed:486"), checked_at=NOW
        ),
        "decided_at": NOW,
    }
    return Watch(**(values | changes))


def waiting() -> str:
    """The id of a call without a status that no other test uses."""
    return f"SANDBOX-PENDING-{next(_seconds)}"


def end_waiting(ways: Scene) -> None:
    """Give every call its status from now on."""
    ways.gateway_clock.forward(1_000_000)


def watching(stages: Stages, mode: Mode, **changes: Any) -> AbstractAsyncContextManager[Scene]:
    """A scene with short intervals between look-ups."""
    usual: dict[str, Any] = {"watch_intervals_seconds": QUICK, "timing": SWIFT}
    return stages.scene(mode, **(usual | changes))


async def until(holds: Callable[[], bool]) -> None:
    """Wait for a condition that is no change in Slack."""
    async with asyncio.timeout(PATIENCE):
        while not holds():  # noqa: ASYNC110 - no event reports it
            await asyncio.sleep(0.005)


async def mentioned(ways: Scene, text: str) -> Message:
    """The first answer to a mention."""
    return await ways.comes_of(ways.person.say(f"{BOT_MENTION} {text}"))


def saying(ways: Scene, text: str | re.Pattern[str], *, since: int = 0) -> list[Message]:
    """The messages that show a text."""
    pattern = re.compile(re.escape(text)) if isinstance(text, str) else text
    return [m for m in ways.slack.messages[since:] if pattern.search(f"{m.text} {seen(m)}")]


async def shown(ways: Scene, text: str | re.Pattern[str], *, since: int = 0) -> Message:
    """Wait for the newest message that shows a text."""
    await ways.slack.wait_for(lambda: bool(saying(ways, text, since=since)), PATIENCE)
    return saying(ways, text, since=since)[-1]


def buttons_of(message: Message) -> dict[str, Mapping[str, Any]]:
    """Every button by its action."""
    elements: list[Mapping[str, Any]] = []
    for block in message.blocks:
        elements += block["elements"] if block["type"] == "actions" else []
        elements += [block["accessory"]] if "accessory" in block else []
    return {element["action_id"]: element for element in elements}


def notices(ways: Scene) -> list[Message]:
    """Every message with the mark of a watch."""
    return [m for m in ways.slack.messages if m.metadata is not None]


def expect_rings(ways: Scene, *people: str) -> None:
    """Expect exactly one mention of each of these users, and none of others."""
    rung = [ping.markup for ping in ways.slack.pings if ping.pointer == "/text"]
    assert [f"<@{one}>" for one in people] == rung
    assert {f"<@{one}>" for one in people} == {ping.markup for ping in ways.slack.pings}
    ways.slack.pings.clear()
