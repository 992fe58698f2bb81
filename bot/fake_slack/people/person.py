"""A user of the loopback Slack: what they type and click is sent as Slack would send it.

Each kind of action is one method; NotPossibleError means that Slack's client would not allow it.
The bot is reached only over the wire; nothing of it is imported.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp

from bot.fake_slack.payloads.events import HOME_TAB
from bot.fake_slack.people.delivery import (
    PATIENCE_SECONDS,
    HttpDelivery,
    Kind,
    SocketDelivery,
    sign,
)
from bot.fake_slack.people.interactions import Interactions
from bot.fake_slack.people.typed_messages import edited_message, made_message, place_to_write
from bot.fake_slack.slack_server import LoopbackSlack
from bot.fake_slack.state import workspace as made_up
from bot.fake_slack.state.file_shelf import File
from bot.fake_slack.state.ledger import Ack, Blocks, Message, SentEvent, UserMessage, View
from bot.fake_slack.state.refusals import NotPossibleError
from bot.fake_slack.views.submissions import Outcome, Submission

__all__ = [
    "Ack",
    "HttpDelivery",
    "Kind",
    "NotPossibleError",
    "Outcome",
    "Person",
    "SocketDelivery",
    "Submission",
    "person_over_http",
    "person_over_socket",
    "sign",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A user of the fake workspace; `delivery` sends their actions to the bot."""

    slack: LoopbackSlack = field(repr=False)
    delivery: HttpDelivery | SocketDelivery = field(repr=False)
    user: str = made_up.USER_ID
    team: str = made_up.TEAM_ID

    def as_user(self, user: str) -> Person:
        """Another user of the same Slack, in the workspace of their profile."""
        return replace(self, user=user, team=self.slack.workspace.team_of(user))

    @property
    def direct_channel(self) -> str:
        """The direct conversation of this user and the bot."""
        return self.slack.workspace.direct(self.user).id

    async def command(
        self,
        command: str,
        text: str = "",
        *,
        channel: str = made_up.CHANNEL_ID,
        user: str | None = None,
        team: str | None = None,
    ) -> Ack:
        """Type a slash command; the body of its acknowledgement is shown in the channel."""
        author, home = user or self.user, team or self.team
        asking = Interactions(slack=self.slack, user=author, team=home)
        payload = asking.command(command, text, channel)
        ack = await self.deliver(Kind.COMMAND, payload)
        if ack.accepted and ack.body:
            self.slack.show_ack(payload["response_url"], ack.body)
        return ack

    async def say(
        self,
        text: str,
        *,
        channel: str = made_up.CHANNEL_ID,
        thread_ts: str | None = None,
        files: Sequence[File] = (),
        blocks: Blocks | None = None,
        seconds_ago: float = 0.0,
        **fields: Any,
    ) -> UserMessage:
        """Write a message, and deliver its event if Slack would send one.

        `text` is as Slack stores it (`&amp;`, `<@U…>`, `<https://…|…>`); `blocks` default to what
        Slack makes of it; `files` are as `File` says, and `fields` those of `UserMessage`. The
        answers to the event are in `slack.events`.

        Raises:
            NotPossibleError: the user is not in this channel.
        """
        place_to_write(self.slack.workspace, self.user, channel)
        message = made_message(
            self.slack.ledger,
            self.slack.files,
            UserMessage(
                channel=channel,
                ts=self.slack.ledger.next_ts(seconds_ago=seconds_ago),
                user=self.user,
                team=self.team,
                text=text,
                blocks=blocks or (),
                thread_ts=thread_ts,
                **fields,
            ),
            files,
        )
        event = self.slack.event_maker.of_message(message)
        if event is None:
            return message
        delivered = self.slack.ledger.replace_said(message, event_id=event.id)
        await self._deliver_event(event)
        return delivered

    async def edit(self, message: UserMessage, text: str) -> UserMessage:
        """Edit one of the user's own messages.

        Raises:
            NotPossibleError: it is another user's, or gone.
        """
        before = self._own(message)
        after = edited_message(self.slack.ledger, before, text)
        event = self.slack.event_maker.of_change(before, after)
        if event is not None:
            await self._deliver_event(event)
        return after

    async def delete(self, message: UserMessage) -> None:
        """Delete one of the user's own messages; its thread stays as long as it has replies.

        Raises:
            NotPossibleError: it is another user's, or gone.
        """
        now = self._own(message)
        self.slack.said.remove(now)
        self.slack.ledger.notify()
        event = self.slack.event_maker.of_deletion(now)
        if event is not None:
            await self._deliver_event(event)

    async def deliver_again(self, times: int = 3, *, event: SentEvent | None = None) -> list[Ack]:
        """Deliver an event, by default the last one, `times` more times."""
        repeated = event or self.slack.events[-1]
        earlier = len(repeated.acks)
        return [
            await self._deliver_event(repeated, retry_attempt=earlier + number)
            for number in range(times)
        ]

    async def message_shortcut(
        self, callback_id: str, message: Message | UserMessage, *, channel: str | None = None
    ) -> Ack:
        """Choose a shortcut in the menu of a message.

        Raises:
            NotPossibleError: the message is ephemeral, gone or not visible to this user.
        """
        place = channel or message.channel
        payload = self._interactions.message_shortcut(callback_id, message, place)
        return await self._interact(payload)

    async def global_shortcut(self, callback_id: str) -> Ack:
        """Choose a global shortcut."""
        return await self._interact(self._interactions.global_shortcut(callback_id))

    async def click(
        self,
        on: Message | View,
        action_id: str,
        *,
        block_id: str | None = None,
        value: Any = None,
    ) -> Ack:
        """Press a button, or choose the option with this value, in the current state of `on`.

        Raises:
            NotPossibleError: there is no such element that this user can see.
        """
        if isinstance(on, View):
            payload = self._interactions.click_in_view(on, action_id, block_id, value)
        else:
            payload = self._interactions.click_in_message(on, action_id, block_id, value)
        return await self._interact(payload)

    async def submit(self, view: View, values: Mapping[str, Any] | None = None) -> Submission:
        """Fill in the top modal, by block_id or action_id, and submit it.

        Raises:
            NotPossibleError: Slack's client would not accept these values, or this modal.
        """
        payload = self._interactions.submission(view, values or {})
        ack = await self.deliver(Kind.INTERACTIVE, payload)
        return self.slack.submissions.apply(view, ack)

    async def close(self, view: View) -> list[Ack]:
        """Close the top modal; the bot is notified only if the modal has `notify_on_close`.

        Raises:
            NotPossibleError: it is not this user's top modal.
        """
        top = self._interactions.usable_view(view)
        is_cleared = bool(top.content.get("clear_on_close"))
        # From the top down, the order in which Slack sends view_closed.
        leaving = self.slack.modals_of(self.user)[::-1] if is_cleared else [top]
        acks = []
        for modal in leaving:
            self.slack.open_views.close(modal)
            if modal.content.get("notify_on_close"):
                payload = self._interactions.closing(modal, is_cleared=is_cleared)
                acks.append(await self._interact(payload))
        return acks

    async def open_home(self, tab: str = HOME_TAB) -> Ack | None:
        """Open the app's Home tab or its messages; None if the bot gets no event for it."""
        home = self.slack.home_of(self.user)
        event = self.slack.event_maker.of_home(self.user, tab, home)
        return None if event is None else await self._deliver_event(event)

    async def deliver(
        self, kind: Kind, payload: Mapping[str, Any], *, retry_attempt: int = 0
    ) -> Ack:
        """Deliver a given payload of any kind."""
        return await self.delivery.deliver(kind, payload, retry_attempt=retry_attempt)

    def _own(self, message: UserMessage) -> UserMessage:
        current = self.slack.ledger.find_said(message.channel, message.ts)
        if current is None or current.user != self.user:
            raise NotPossibleError("users change only their own messages")
        return current

    @property
    def _interactions(self) -> Interactions:
        return Interactions(slack=self.slack, user=self.user, team=self.team)

    async def _interact(self, payload: Mapping[str, Any]) -> Ack:
        ack = await self.deliver(Kind.INTERACTIVE, payload)
        if ack.accepted and ack.body:
            self.slack.warnings.append(
                f"{payload['type']}: Slack shows nothing of a body in the acknowledgement"
            )
        return ack

    async def _deliver_event(self, event: SentEvent, *, retry_attempt: int = 0) -> Ack:
        ack = await self.delivery.deliver(
            Kind.EVENT,
            event.payload,
            retry_attempt=retry_attempt,
            envelope_id=event.envelope_id,
        )
        event.acks.append(ack)
        return ack


@asynccontextmanager
async def person_over_http(
    slack: LoopbackSlack, url: str, *, patience: float = PATIENCE_SECONDS
) -> AsyncIterator[Person]:
    """A user whose requests go to the bot at `url`, such as http://127.0.0.1:3000/slack/events."""
    # Slack does not send cookies back.
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        secret = slack.signing_secret
        delivery = HttpDelivery(
            session, url, signing_secret=secret, patience=patience, wire=slack.wire
        )
        yield Person(slack=slack, delivery=delivery)


def person_over_socket(slack: LoopbackSlack, *, patience: float = PATIENCE_SECONDS) -> Person:
    """A user whose requests go through Socket Mode."""
    return Person(slack=slack, delivery=SocketDelivery(slack, patience=patience))
