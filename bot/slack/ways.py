"""The ways for a message to reach people, each of which may be closed.

`response_url` is used as Slack gave it, since the request that brought it was signed; it takes five
posts within 30 minutes and works where the bot is no member.
https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final, Protocol

from bot.domain.watch import PostedCard
from bot.slack.block_kit import Message
from bot.slack.door import SlackDoor

View = dict[str, Any]

_QUIET: Final = {"unfurl_links": False, "unfurl_media": False}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Place:
    """Where a question came from; the response URL is a secret, so there is no repr.

    Attributes:
        response_url: empty where Slack gave none.
        thread_ts: the thread, or the message that would begin one; empty outside of threads.
        begins: nobody has replied to that message yet, so there is no thread in which an ephemeral
            message would be seen.
    """

    channel: str
    user: str
    response_url: str = ""
    thread_ts: str = ""
    begins: bool = False

    @property
    def seen_thread_ts(self) -> str:
        """The thread in which one person can be told something; empty where there is none."""
        return "" if self.begins else self.thread_ts


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenModal:
    """A submitted modal whose acknowledgement is still to be given.

    Attributes:
        ack: acknowledges the submission.
        draw: makes the view that shows a message.
    """

    id: str
    ack: Callable[..., Awaitable[object]]
    draw: Callable[[Message], View]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenView:
    """A modal that is open and was submitted before.

    Attributes:
        draw: makes the view that shows a message.
    """

    id: str
    draw: Callable[[Message], View]


class Way(Protocol):
    """One way for a message to reach people."""

    async def send(self, message: Message) -> bool:
        """Show a message; whether Slack took it."""

    async def replace(self, message: Message) -> bool:
        """Put a message in the place of the one that was sent; whether Slack took it."""


class ByResponseUrl:
    """The address that came with a request, a click or a submission."""

    def __init__(self, slack: SlackDoor, place: Place, response_type: str | None) -> None:
        self._slack = slack
        self._url = place.response_url
        self._extra: dict[str, Any] = {"response_type": response_type} if response_type else {}
        thread_ts = place.seen_thread_ts if response_type == "ephemeral" else place.thread_ts
        if thread_ts:
            self._extra["thread_ts"] = thread_ts
        if response_type == "in_channel":
            self._extra["replace_original"] = False

    async def send(self, message: Message) -> bool:
        """Show a message."""
        return await self._slack.post(self._url, _body(message) | self._extra)

    async def replace(self, message: Message) -> bool:
        """Show it in place of the one before."""
        body = _body(message) | self._extra | {"replace_original": True}
        return await self._slack.post(self._url, body)


class Replacing:
    """A way whose first message already replaces: that of a pressed button."""

    def __init__(self, way: Way) -> None:
        self._way = way

    async def send(self, message: Message) -> bool:
        """Show a message."""
        return await self._way.replace(message)

    async def replace(self, message: Message) -> bool:
        """Show it in place of the one before."""
        return await self._way.replace(message)


class Anew:
    """A way on which nothing is replaced: each message stands beside the others."""

    def __init__(self, way: Way) -> None:
        self._way = way

    async def send(self, message: Message) -> bool:
        """Show a message."""
        return await self._way.send(message)

    async def replace(self, message: Message) -> bool:
        """Show it in place of the one before."""
        return await self._way.send(message)


class Hinting:
    """A way that is a last resort: the person is told how to get more."""

    def __init__(self, way: Way, hint: Message | None) -> None:
        self._way = way
        self._hint = hint

    async def send(self, message: Message) -> bool:
        """Show a message."""
        return await self._way.send(self._hinted(message))

    async def replace(self, message: Message) -> bool:
        """Show it in place of the one before."""
        return await self._way.replace(self._hinted(message))

    def _hinted(self, message: Message) -> Message:
        if self._hint is None:
            return message
        text = f"{message.text} {self._hint.text}"
        return Message(text=text, blocks=(*message.blocks, *self._hint.blocks))


class ByEphemeral:
    """A message that one member of the channel sees (chat.postEphemeral)."""

    def __init__(self, slack: SlackDoor, place: Place) -> None:
        self._slack = slack
        self._where = {"channel": place.channel, "user": place.user}
        if place.seen_thread_ts:
            self._where["thread_ts"] = place.seen_thread_ts

    async def send(self, message: Message) -> bool:
        """Show a message."""
        sent = await self._slack.call("chat.postEphemeral", **self._where, **_body(message))
        return sent is not None

    async def replace(self, message: Message) -> bool:
        """Show it in place of the one before."""
        # An ephemeral message cannot be updated by a method.
        return await self.send(message)


class ByPost:
    """A message of the bot's own, in a channel, a thread, or directly to a person."""

    def __init__(self, slack: SlackDoor, channel: str, thread_ts: str = "") -> None:
        self._slack = slack
        self._where = {"channel": channel}
        if thread_ts:
            self._where["thread_ts"] = thread_ts
        self._posted: dict[str, str] = {}

    @property
    def posted(self) -> PostedCard:
        """What was sent."""
        return PostedCard(**self._posted)

    async def send(self, message: Message) -> bool:
        """Show a message."""
        sent = await self._slack.call("chat.postMessage", **self._where, **_body(message), **_QUIET)
        if sent is None:
            return False
        self._posted = {"channel": str(sent.get("channel", "")), "ts": str(sent.get("ts", ""))}
        return True

    async def replace(self, message: Message) -> bool:
        """Show it in place of the one before."""
        return await self._slack.call("chat.update", **self._posted, **_body(message)) is not None


class ByModal:
    """The content of a submitted modal: at first by the acknowledgement, then by views.update.

    An update that overtook the acknowledgement on its way would be covered by it for ever.
    """

    def __init__(self, slack: SlackDoor, modal: OpenModal, ack_seconds: float) -> None:
        self._slack = slack
        self._modal = modal
        self._ack_seconds = ack_seconds
        self._acknowledged_at = 0.0

    async def send(self, message: Message) -> bool:
        """Show a message."""
        if self._acknowledged_at:
            return False
        await self._modal.ack(response_action="update", view=self._modal.draw(message))
        self._acknowledged_at = monotonic()
        return True

    async def replace(self, message: Message) -> bool:
        """Show it in place of the one before."""
        await asyncio.sleep(self._acknowledged_at + self._ack_seconds - monotonic())
        view = self._modal.draw(message)
        return await self._slack.call("views.update", view_id=self._modal.id, view=view) is not None


class ByView:
    """The content of a modal that is open."""

    def __init__(self, slack: SlackDoor, view: OpenView) -> None:
        self._slack = slack
        self._view = view

    async def send(self, message: Message) -> bool:
        """Show a message."""
        view = self._view.draw(message)
        updated = await self._slack.call("views.update", view_id=self._view.id, view=view)
        return updated is not None

    async def replace(self, message: Message) -> bool:
        """Show it in place of the one before."""
        return await self.send(message)


def _body(message: Message) -> dict[str, Any]:
    return {"text": message.text, "blocks": list(message.blocks)}
