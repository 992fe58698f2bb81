"""The ways for a message to reach people, each of which may be closed.

`response_url` is used as Slack gave it, since the request that brought it was signed; it takes five
posts within 30 minutes and works where the bot is no member.
https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any, Final, Protocol

from bot.domain.jobs.watch import PostedCard
from bot.slack.api.web_client import SlackClient
from bot.slack.blocks.block_kit import Message

View = dict[str, Any]

_QUIET: Final = {"unfurl_links": False, "unfurl_media": False}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ReplyTarget:
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


class Spot:
    """Where one answer goes: a place whose thread may turn out to be gone.

    Attributes:
        thread_gone: it is.
    """

    def __init__(self, place: ReplyTarget) -> None:
        self._place = place
        self.thread_gone = False

    @property
    def place(self) -> ReplyTarget:
        """The place as it is now, without a thread that is gone."""
        return replace(self._place, thread_ts="") if self.thread_gone else self._place


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


class DeliveryChannel(Protocol):
    """One way for a message to reach people."""

    async def send(self, message: Message) -> bool:
        """Show a message; whether Slack took it."""

    async def replace(self, message: Message) -> bool:
        """Put a message in the place of the one that was sent; whether Slack took it."""


class ByResponseUrl:
    """The address that came with a request, a click or a submission."""

    def __init__(self, slack: SlackClient, spot: Spot, response_type: str | None) -> None:
        self._slack = slack
        self._spot = spot
        self._response_type = response_type

    async def send(self, message: Message) -> bool:
        """Show a message."""
        return await self._post(message, {"replace_original": False} if self._for_all else {})

    async def replace(self, message: Message) -> bool:
        """Show it in place of the one before."""
        return await self._post(message, {"replace_original": True})

    @property
    def _for_all(self) -> bool:
        return self._response_type == "in_channel"

    async def _post(self, message: Message, body: dict[str, Any]) -> bool:
        place = self._spot.place
        if not place.response_url or (self._for_all and not await self._takes_all()):
            return False
        thread_ts = place.seen_thread_ts if self._response_type == "ephemeral" else place.thread_ts
        body |= _body(message)
        if self._response_type:
            body["response_type"] = self._response_type
        if thread_ts:
            body["thread_ts"] = thread_ts
        return await self._slack.post(place.response_url, body)

    async def _takes_all(self) -> bool:
        """Whether what all can read would stand where it is wanted.

        Slack answers such a post with `ok` alone, so that has to be asked before.
        """
        spot = self._spot
        place = spot.place
        if not spot.thread_gone:
            stands = await self._slack.threads.stands(place.channel, place.thread_ts)
            spot.thread_gone = not stands
        return not spot.thread_gone


class ReplacesOriginal:
    """A way whose first message already replaces: that of a pressed button."""

    def __init__(self, way: DeliveryChannel) -> None:
        self._way = way

    async def send(self, message: Message) -> bool:
        """Show a message."""
        return await self._way.replace(message)

    async def replace(self, message: Message) -> bool:
        """Show it in place of the one before."""
        return await self._way.replace(message)


class AlwaysNew:
    """A way on which nothing is replaced: each message stands beside the others."""

    def __init__(self, way: DeliveryChannel) -> None:
        self._way = way

    async def send(self, message: Message) -> bool:
        """Show a message."""
        return await self._way.send(message)

    async def replace(self, message: Message) -> bool:
        """Show it in place of the one before."""
        return await self._way.send(message)


class WithHint:
    """A way that is a last resort: the person is told why it is, and how to get more.

    Args:
        way: the way.
        spot: where the answer was to go.
        hint: where others could not be told.
        gone: where the thread is gone.
    """

    def __init__(
        self, way: DeliveryChannel, spot: Spot, *, hint: Message | None, gone: Message | None
    ) -> None:
        self.way = way
        self._spot = spot
        self._hint = hint
        self._gone = gone

    async def send(self, message: Message) -> bool:
        """Show a message."""
        return await self.way.send(self._hinted(message))

    async def replace(self, message: Message) -> bool:
        """Show it in place of the one before."""
        return await self.way.replace(self._hinted(message))

    def _hinted(self, message: Message) -> Message:
        hint = self._gone if self._spot.thread_gone else self._hint
        if hint is None:
            return message
        text = f"{message.text} {hint.text}"
        return Message(text=text, blocks=(*message.blocks, *hint.blocks))


class ByEphemeral:
    """A message that one member of the channel sees (chat.postEphemeral)."""

    def __init__(self, slack: SlackClient, spot: Spot) -> None:
        self._slack = slack
        self._spot = spot

    async def send(self, message: Message) -> bool:
        """Show a message."""
        place = self._spot.place
        where = {"channel": place.channel, "user": place.user}
        if place.seen_thread_ts:
            where["thread_ts"] = place.seen_thread_ts
        sent = await self._slack.call("chat.postEphemeral", **where, **_body(message))
        return sent is not None

    async def replace(self, message: Message) -> bool:
        """Show it in place of the one before."""
        # An ephemeral message cannot be updated by a method.
        return await self.send(message)


class ByPost:
    """A message of the bot's own: directly to a person, or in the spot's channel or thread.

    Args:
        slack: the way to Slack.
        where: the person's id, or the spot.
    """

    def __init__(self, slack: SlackClient, where: str | Spot) -> None:
        self._slack = slack
        self._spot = (
            where if isinstance(where, Spot) else Spot(ReplyTarget(channel=where, user=where))
        )
        self._posted: dict[str, str] = {}

    @property
    def posted(self) -> PostedCard:
        """What was sent."""
        return PostedCard(**self._posted)

    async def send(self, message: Message) -> bool:
        """Show a message, but nowhere else than in its thread."""
        if self._spot.thread_gone:
            return False
        place = self._spot.place
        thread = {"thread_ts": place.thread_ts} if place.thread_ts else {}
        said = {"channel": place.channel, **thread, **_body(message), **_QUIET}
        sent = await self._slack.call("chat.postMessage", **said)
        if sent is None:
            return False
        if not await self._slack.threads.landed(said, sent):
            self._spot.thread_gone = True
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

    def __init__(self, slack: SlackClient, modal: OpenModal, ack_seconds: float) -> None:
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

    def __init__(self, slack: SlackClient, view: OpenView) -> None:
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
