"""The scene of the tests of every way in: what people see of the bot, wherever they ask."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from scene import Scene, assert_slack_content, person_of, seen, settings_for

from bot.bootstrap import running_bot
from bot.demo.loopback.ledger import Message, View
from bot.demo.person import Person
from bot.demo.slack_server import running_slack
from bot.gateway.sandbox import running_sandbox
from bot.gateway.sandbox.server import SeenRequest
from bot.settings import Mode
from bot.storage.audit import Audit, AuditEntry
from bot.storage.database import open_database
from bot.telemetry import Telemetry

DATABASE: Final = "sqlite:///ways.db"
MEMORY: Final = "sqlite:///:memory:"
HASH_KEY: Final = "a key of the tests alone"

BUSY: Final = "❌ The call did not go through: the line was busy."
BUSY_PT: Final = "❌ A chamada não foi completada: número ocupado."
ANSWERED: Final = "✅ The call was answered and the message played: 85 seconds."
REFUSED: Final = "You may not look calls up here"
REFUSED_PT: Final = "Você não pode consultar chamadas aqui"
INVITE: Final = "/invite @voicestatus"

CHECK: Final = "check_voice_status"
ASK: Final = "ask_voice_status"


@dataclass(kw_only=True)
class Ways(Scene):
    """A scene with a word for each way in."""

    async def come_of(self, doing: Awaitable[object], count: int = 1) -> list[Message]:
        """Do something and wait for so many messages that come of it."""
        before = len(self.slack.messages)
        await doing
        await self.slack.wait_for_message(before + count)
        return self.slack.messages[before:]

    async def comes_of(self, doing: Awaitable[object]) -> Message:
        """The one message that comes of it."""
        (message,) = await self.come_of(doing)
        return message

    async def nothing_comes_of(self, doing: Awaitable[object]) -> None:
        """Do something of which no message comes, as a question asked afterwards shows."""
        before = len(self.slack.messages)
        await doing
        card = await self.answer("SANDBOX-404")
        await asyncio.sleep(0.05)
        assert [card] == self.slack.messages[before:]

    async def latest(self, message: Message, shows: Callable[[Message], bool]) -> Message:
        """The message as it stands, once it shows something."""

        def now() -> Message:
            found = self.slack.ledger.find(message.channel, message.ts)
            assert found is not None
            return found

        await self.slack.wait_for(lambda: shows(now()))
        return now()

    async def modal(self, person: Person | None = None) -> View:
        """The modal that is then before a person."""
        user = (person or self.person).user
        await self.slack.wait_for(lambda: bool(self.slack.modals_of(user)))
        return self.slack.modals_of(user)[-1]

    async def modal_showing(self, text: str, person: Person | None = None) -> View:
        """The same, once it shows a text."""
        user = (person or self.person).user

        def shows() -> bool:
            return any(text in in_view(view) for view in self.slack.modals_of(user))

        await self.slack.wait_for(shows)
        return self.slack.modals_of(user)[-1]

    async def home(self, person: Person | None = None, shows: str = "") -> View:
        """The Home tab of a person, once it shows a text."""
        user = (person or self.person).user

        def there() -> bool:
            view = self.slack.home_of(user)
            return view is not None and shows in in_view(view)

        await self.slack.wait_for(there)
        view = self.slack.home_of(user)
        assert view is not None
        return view

    def expect_refusals(self, *refusals: str) -> None:
        """Slack refused these, in this order, and nothing else; the bot found another way."""
        assert list(refusals) == [refusal.removesuffix(" {}") for refusal in self.slack.refusals]
        self.slack.refusals.clear()


@asynccontextmanager
async def visiting(
    mode: Mode,
    *,
    scopes: Iterable[str] = (),
    clock: Callable[[], float] = time.time,
    **changes: Any,
) -> AsyncIterator[Ways]:
    """Run a scene; at its end Slack must have had nothing to refuse, to warn of or to ring.

    Args:
        mode: how Slack reaches the bot.
        scopes: granted beside the usual ones.
        clock: Slack's.
        changes: settings that differ from the plain ones.
    """
    requests: list[SeenRequest] = []
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(running_slack(clock=clock))
        slack.workspace.scopes |= set(scopes)
        url = await stack.enter_async_context(running_sandbox(port=0, requests=requests))
        wanted = {"database_url": MEMORY, "bot_hash_key": HASH_KEY} | changes
        settings = settings_for(slack, url, mode, **wanted)
        running = await stack.enter_async_context(running_bot(settings))
        person = await stack.enter_async_context(person_of(slack, running))
        yield Ways(
            mode=mode, person=person, slack=slack, gateway_requests=requests, running=running
        )
    assert_slack_content(slack)


async def audited(count: int, *, patience: float = 3.0) -> list[AuditEntry]:
    """What the audit in the file holds, oldest first, once there are so many rows or time is up.

    They are written while the answer is shown, and perhaps after it.
    """
    async with open_database(DATABASE) as database:
        until = time.monotonic() + patience
        while True:
            entries = await Audit(database).recent(100)
            if len(entries) >= count or time.monotonic() > until:
                return [*entries][::-1]
            await asyncio.sleep(0.02)


def hashed(idmsg: str) -> str:
    """The hash of an id under the tests' key."""
    return Telemetry(HASH_KEY.encode()).hashed(idmsg)


def in_view(view: View) -> str:
    """All that a reader sees of a view, as one text."""
    return seen(Message(channel="", ts="", text="", blocks=tuple(view.content["blocks"])))


def where(message: Message) -> tuple[str, str | None, bool]:
    """Channel, thread and whether one person alone sees it."""
    return message.channel, message.thread_ts, message.ephemeral


def row_of(message: Message) -> dict[str, Mapping[str, Any]]:
    """The buttons of a message by what they do, such as "refresh"."""
    return {
        element["action_id"].removeprefix("card_"): element
        for block in message.blocks
        if block["type"] == "actions"
        for element in block["elements"]
    }


def carried(message: Message) -> list[str]:
    """The ids that the buttons of a message carry, whole."""
    ids: list[str] = json.loads(row_of(message)["refresh"]["value"])
    return ids
