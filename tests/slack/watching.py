"""The scene of the tests of watches: quick looks, and what a person sees of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from scene import seen
from ways import Ways, visiting

from bot.demo.loopback.ledger import Message
from bot.demo.loopback.workspace import BOT_MENTION, CHANNEL_ID, TEAM_ID, USER_ID
from bot.domain.call_status import read_result
from bot.domain.message_id import MessageId
from bot.domain.watch import Destination, Ending, Sighting, State, Watch
from bot.settings import Mode

QUICK: Final = (0.15, 0.3)
NOW: Final = datetime(2026, 11, 23, 10, tzinfo=UTC)
READING: Final = {"channels:history", "groups:history", "im:history", "im:write"}
BEGUN: Final = "🔔 No final status yet: I am watching this call"
TOLD: Final = "You asked me to watch this call: it has its final status."
# Long enough for a machine that does other things as well.
PATIENCE: Final = 20.0


def watch_of(idmsg: str = "MPG000236180474", **changes: Any) -> Watch:
    """A watch of ana's for a thread that has its answer; changed as a test needs it."""
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
        "last": Sighting(finding=read_result("failed:486"), checked_at=NOW),
        "decided_at": NOW,
    }
    return Watch(**(values | changes))


@asynccontextmanager
async def watching(mode: Mode, **changes: Any) -> AsyncIterator[Ways]:
    """A scene in which watches look often."""
    async with visiting(mode, **({"watch_intervals_seconds": QUICK} | changes)) as ways:
        yield ways


async def mentioned(ways: Ways, text: str) -> Message:
    """The first answer to a mention."""
    return await ways.comes_of(ways.person.say(f"{BOT_MENTION} {text}"))


async def shown(ways: Ways, text: str, *, since: int = 0) -> Message:
    """The newest message that shows a text, as soon as there is one."""

    def found() -> list[Message]:
        return [m for m in ways.slack.messages[since:] if text in f"{m.text} {seen(m)}"]

    await ways.slack.wait_for(lambda: bool(found()), PATIENCE)
    return found()[-1]


def buttons_of(message: Message) -> dict[str, Mapping[str, Any]]:
    """Every button by its action."""
    elements: list[Mapping[str, Any]] = []
    for block in message.blocks:
        elements += block["elements"] if block["type"] == "actions" else []
        elements += [block["accessory"]] if "accessory" in block else []
    return {element["action_id"]: element for element in elements}


def notices(ways: Ways) -> list[Message]:
    """Every message that bears the mark of a watch."""
    return [m for m in ways.slack.messages if m.metadata is not None]


def expect_rings(ways: Ways, *people: str) -> None:
    """These were called by name, once each, and nobody else was."""
    rung = [ping.markup for ping in ways.slack.pings if ping.pointer == "/text"]
    assert [f"<@{one}>" for one in people] == rung
    assert {f"<@{one}>" for one in people} == {ping.markup for ping in ways.slack.pings}
    ways.slack.pings.clear()
