"""The bot's way in with listeners that note what reaches them and acknowledge as they are asked.

Slack's clock stands still and its numbers begin alike, so what two modes note can be compared as it
is.
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

from bot.composition.connections import slack_session
from bot.fake_slack.people.person import HttpDelivery, Kind, Person, SocketDelivery
from bot.fake_slack.slack_server import LoopbackSlack, running_slack
from bot.fake_slack.state.ledger import Ack, Message, View
from bot.fake_slack.state.workspace import CHANNEL_ID, TEAM_ID
from bot.settings.settings import Mode
from bot.slack.api.workspace import find_workspace
from bot.slack.inbound.app import build_app
from bot.slack.inbound.running_listeners import ack_first
from tests.fake_slack.blocks import IDS, Block, actions, button, modal
from tests.support.doors import reaching

FIRST, ANSWERED = "/first", "/answered"
BREAK = "break"
_NOW = 1_790_000_000.0
# Beyond all that connecting has taken.
_FIRST_NUMBER = 1_000
_ANY = re.compile(".*")

Payload = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What a listener was given: the body, its part of it, all plain facts of the context."""

    listener: str
    body: Payload
    payload: Payload
    context: Payload
    retry: str


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """What was sent to the bot, and how it was acknowledged: status, and what came with it."""

    payload: Payload
    status: int
    answer: Any


@dataclass(frozen=True, kw_only=True)
class Record:
    """One thing that a person did: what went to the bot, and what listeners were given of it."""

    delivered: Sequence[Delivered]
    heard: Sequence[Heard]
    slack: str

    def told(self) -> str:
        """All of it as text; of Slack's address only that it is Slack's."""
        facts = [*map(asdict, self.delivered), *map(asdict, self.heard)]
        return json.dumps(facts, indent=1, sort_keys=True).replace(self.slack, "http://slack")


@dataclass(kw_only=True)
class Recorder:
    """Every listener of an app; `sorry` is for what the bot apologised."""

    slack: LoopbackSlack
    heard: list[Heard] = field(default_factory=list)
    sorry: list[Payload] = field(default_factory=list)

    def register(self, app: AsyncApp) -> None:
        """Bind a listener for each kind; forms and one command acknowledge as they are asked."""
        app.command(FIRST, middleware=[ack_first])(self._listening("command"))
        app.command(ANSWERED)(self._listening("command", answers=True))
        app.shortcut(_ANY, middleware=[ack_first])(self._listening("shortcut"))
        app.action(_ANY, middleware=[ack_first])(self._listening("action"))
        app.view(_ANY)(self._listening("view", answers=True))
        app.view_closed(_ANY, middleware=[ack_first])(self._listening("view_closed"))
        for event in ("app_mention", "app_home_opened", "message"):
            app.event(event)(self._listening(event))
        app.event({"type": "message", "subtype": "file_share"})(self._listening("file_share"))

    async def apologise(self, body: dict[str, Any], _reference: str) -> None:
        """Note for what."""
        self.sorry.append(body)
        self.slack.ledger.ring()

    def _listening(self, name: str, *, answers: bool = False) -> Callable[..., Awaitable[None]]:
        async def listen(
            body: Payload, payload: Payload, context: Any, request: Any, ack: Any
        ) -> None:
            plain = {
                key: value
                for key, value in context.items()
                if value is None or isinstance(value, str | bool | int)
            }
            retry = request.headers.get("x-slack-retry-num", ["0"])[0]
            self.heard.append(
                Heard(listener=name, body=body, payload=payload, context=plain, retry=retry)
            )
            self.slack.ledger.ring()
            words = _words(payload)
            if words == BREAK:
                raise LookupError(name)
            if answers:
                await ack(**json.loads(words or "{}"))

        return listen


def _words(payload: Payload) -> str:
    """What the person typed: how they want to be answered."""
    values = payload.get("state", {}).get("values", {}) if "state" in payload else {}
    typed = values.get("ids", {}).get("text", {}).get("value")
    return str(typed or payload.get("text") or "")


class Noting:
    """A delivery that notes what was sent and how it was acknowledged."""

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
        """Deliver, in an envelope whose name costs none of Slack's numbers."""
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
        """What Slack reads in an acknowledgement; over HTTP its content type decides."""
        if not ack.body or isinstance(self.inner, SocketDelivery):
            return json.loads(ack.body) if ack.body and ack.accepted else None
        (exchange,) = self._slack.wire.exchanges[-1:]
        if exchange.answer_headers.get("Content-Type") == "application/json":
            return json.loads(ack.body)
        return {"text": ack.body}


@dataclass(frozen=True, kw_only=True)
class Play:
    """A person before the bot's way in, and everything that was noted."""

    slack: LoopbackSlack
    person: Person
    recorder: Recorder
    noting: Noting

    def card(self, *, user: str | None = None, thread_ts: str | None = None) -> Message:
        """A message of the bot with a button."""
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
        """A modal before the person."""
        view = modal(*(blocks or (IDS,)), private_metadata="kept", **fields)
        return self.slack.open_views.open(self.person.user, TEAM_ID, view)

    def home(self) -> View:
        """A Home tab with a button."""
        view = {"type": "home", "blocks": [actions(button(value="1"), block_id="row")]}
        return self.slack.open_views.publish(self.person.user, TEAM_ID, view)

    async def submit(self, typed: Any) -> None:
        """Fill in a modal with what its acknowledgement shall be, and submit it."""
        words = typed if isinstance(typed, str) else json.dumps(typed)
        await self.person.submit(self.modal(), {"ids": words})

    def expect_silence(self) -> None:
        """From now on wait no longer than an acknowledgement takes over a socket, if one comes."""
        if isinstance(self.noting.inner, SocketDelivery):
            self.noting.inner._patience = 0.2

    async def of(self, doing: Awaitable[object]) -> Record:
        """Do something; gives what was sent, and what listeners were given of it."""
        sent, heard = len(self.noting.delivered), len(self.recorder.heard)
        await doing

        def all_heard() -> bool:
            return len(self.recorder.heard) - heard >= len(self.noting.delivered) - sent

        await self.slack.wait_for(all_heard)
        return Record(
            delivered=tuple(self.noting.delivered[sent:]),
            heard=tuple(self.recorder.heard[heard:]),
            slack=self.slack.base_url,
        )


@asynccontextmanager
async def playing(mode: Mode) -> AsyncIterator[Play]:
    """Open the bot's own way in to listeners of ours."""
    async with running_slack(clock=lambda: _NOW) as slack, slack_session() as session:
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url, session=session)
        recorder = Recorder(slack=slack)
        app = build_app(
            client=client,
            workspace=await find_workspace(client),
            signing_secret=slack.signing_secret if mode is Mode.HTTP else "",
            listeners=[recorder],
            apologise=recorder.apologise,
        )
        async with reaching(app, client, slack, mode) as person:
            noting = Noting(slack, person.delivery)
            slack.ledger._number = _FIRST_NUMBER
            # A person delivers by whatever has this one method.
            noted = replace(person, delivery=noting)  # type: ignore[arg-type]
            yield Play(slack=slack, person=noted, recorder=recorder, noting=noting)
