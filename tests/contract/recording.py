"""The bot's inbound side with listeners that record what they get and acknowledge on request.

Slack's clock is frozen and its numbers start at the same value, so the records of the two modes can
be compared directly.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.fake_slack.people.person import HttpDelivery, Kind, Person, SocketDelivery
from bot.fake_slack.slack_server import LoopbackSlack, running_slack
from bot.fake_slack.state.ledger import Ack, Message, View
from bot.fake_slack.state.workspace import CHANNEL_ID, TEAM_ID
from bot.settings.settings import Mode
from bot.slack.api.session import open_session
from bot.slack.api.workspace import find_workspace
from bot.slack.inbound.app import AckFirst, build_app
from tests.fake_slack.blocks import IDS, Block, actions, button, modal
from tests.support.inbound import connected_app

FIRST, ANSWERED = "/first", "/answered"
BREAK = "break"
_NOW = 1_790_000_000.0
# Larger than any number used while connecting.
_FIRST_NUMBER = 1_000
_ANY = re.compile(".*")

Payload = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Received:
    """A listener's arguments: the body, its payload, and all plain values of the context."""

    listener: str
    body: Payload
    payload: Payload
    context: Payload


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """A delivery to the bot and its acknowledgement."""

    payload: Payload
    status: int
    answer: Any


@dataclass(frozen=True, kw_only=True)
class Record:
    """One user action: the deliveries, and the listeners' arguments."""

    delivered: Sequence[Delivered]
    received: Sequence[Received]
    slack: str

    def as_text(self) -> str:
        """All of it as text, with Slack's address replaced."""
        facts = [*map(asdict, self.delivered), *map(asdict, self.received)]
        return json.dumps(facts, indent=1, sort_keys=True).replace(self.slack, "http://slack")


@dataclass(kw_only=True)
class Recorder:
    """The listeners of an app; `sorry` records what the bot apologised for."""

    slack: LoopbackSlack
    received: list[Received] = field(default_factory=list)
    sorry: list[Payload] = field(default_factory=list)

    def register(self, app: AsyncApp) -> None:
        """Add a listener for each kind; forms and one command acknowledge as the user requests."""
        app.command(FIRST, middleware=[AckFirst()])(self._listening("command"))
        app.command(ANSWERED)(self._listening("command", answers=True))
        app.shortcut(_ANY, middleware=[AckFirst()])(self._listening("shortcut"))
        app.action(_ANY, middleware=[AckFirst()])(self._listening("action"))
        app.view(_ANY)(self._listening("view", answers=True))
        app.view_closed(_ANY, middleware=[AckFirst()])(self._listening("view_closed"))
        for event in ("app_mention", "app_home_opened", "message"):
            app.event(event)(self._listening(event))
        app.event({"type": "message", "subtype": "file_share"})(self._listening("file_share"))

    async def apologise(self, body: dict[str, Any], _reference: str) -> None:
        """Record the body."""
        self.sorry.append(body)
        self.slack.ledger.notify()

    def _listening(self, name: str, *, answers: bool = False) -> Callable[..., Awaitable[None]]:
        async def listen(body: Payload, payload: Payload, context: Any, ack: Any) -> None:
            plain = {
                key: value
                for key, value in context.items()
                if value is None or isinstance(value, str | bool | int)
            }
            self.received.append(Received(listener=name, body=body, payload=payload, context=plain))
            self.slack.ledger.notify()
            words = _words(payload)
            if words == BREAK:
                raise LookupError(name)
            if answers:
                await ack(**json.loads(words or "{}"))

        return listen


def _words(payload: Payload) -> str:
    """What the user typed: the acknowledgement that they request."""
    values = payload.get("state", {}).get("values", {}) if "state" in payload else {}
    typed = values.get("ids", {}).get("text", {}).get("value")
    return str(typed or payload.get("text") or "")


class Noting:
    """A delivery that records payloads and acknowledgements."""

    def __init__(self, slack: LoopbackSlack, inner: HttpDelivery | SocketDelivery) -> None:
        self.delivered: list[Delivered] = []
        self._slack = slack
        self.inner = inner

    async def deliver(
        self,
        kind: Kind,
        payload: Payload,
        *,
        retry_attempt: int = 0,
        envelope_id: str | None = None,
    ) -> Ack:
        """Deliver in an envelope whose id does not use up one of Slack's numbers."""
        envelope_id = envelope_id or f"envelope-{len(self.delivered)}"
        self._slack.wire.begin()
        ack = await self.inner.deliver(
            kind, payload, retry_attempt=retry_attempt, envelope_id=envelope_id
        )
        self.delivered.append(
            Delivered(payload=payload, status=ack.status, answer=self._answer(ack))
        )
        return ack

    def _answer(self, ack: Ack) -> Any:
        """An acknowledgement as Slack parses it; over HTTP the content type decides."""
        if not ack.body or isinstance(self.inner, SocketDelivery):
            return json.loads(ack.body) if ack.body and ack.accepted else None
        (exchange,) = self._slack.wire.exchanges[-1:]
        if exchange.answer_headers.get("Content-Type") == "application/json":
            return json.loads(ack.body)
        return {"text": ack.body}


@dataclass(frozen=True, kw_only=True)
class Play:
    """A user connected to the bot's inbound side, and the records."""

    slack: LoopbackSlack
    person: Person
    recorder: Recorder
    noting: Noting

    def card(self, *, user: str | None = None, thread_ts: str | None = None) -> Message:
        """Post a message of the bot with a button."""
        message = Message(
            channel=CHANNEL_ID,
            ts=self.slack.ledger.next_ts(),
            text="card",
            blocks=(actions(button(value="1"), block_id="row"),),
            thread_ts=thread_ts,
            user=user,
            ephemeral=user is not None,
        )
        self.slack.messages.append(message)
        return message

    def modal(self, *blocks: Block, **fields: Any) -> View:
        """Open a modal."""
        view = modal(*(blocks or (IDS,)), private_metadata="kept", **fields)
        return self.slack.open_views.open(self.person.user, TEAM_ID, view)

    def home(self) -> View:
        """Publish a Home tab with a button."""
        view = {"type": "home", "blocks": [actions(button(value="1"), block_id="row")]}
        return self.slack.open_views.publish(self.person.user, TEAM_ID, view)

    async def submit(self, typed: Any) -> None:
        """Submit a modal that contains the acknowledgement it requests."""
        words = typed if isinstance(typed, str) else json.dumps(typed)
        await self.person.submit(self.modal(), {"ids": words})

    def expect_silence(self) -> None:
        """Shorten the wait to slightly more than an acknowledgement takes over a socket."""
        if isinstance(self.noting.inner, SocketDelivery):
            self.noting.inner._patience = 0.2

    async def of(self, doing: Awaitable[object]) -> Record:
        """Perform an action; returns its record."""
        sent, received = len(self.noting.delivered), len(self.recorder.received)
        await doing

        def all_received() -> bool:
            return len(self.recorder.received) - received >= len(self.noting.delivered) - sent

        await self.slack.wait_for(all_received)
        return Record(
            delivered=tuple(self.noting.delivered[sent:]),
            received=tuple(self.recorder.received[received:]),
            slack=self.slack.base_url,
        )


@asynccontextmanager
async def playing(mode: Mode) -> AsyncIterator[Play]:
    """Run the bot's inbound side with these listeners."""
    async with running_slack(clock=lambda: _NOW) as slack, open_session() as session:
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url, session=session)
        recorder = Recorder(slack=slack)
        app = build_app(
            client=client,
            workspace=await find_workspace(client),
            listeners=[recorder],
            apologise=recorder.apologise,
        )
        async with connected_app(app, client, slack, mode) as person:
            noting = Noting(slack, person.delivery)
            slack.ledger._number = _FIRST_NUMBER
            # `Person` needs only the method `deliver`.
            noted = replace(person, delivery=noting)  # type: ignore[arg-type]
            yield Play(slack=slack, person=noted, recorder=recorder, noting=noting)
