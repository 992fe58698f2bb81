"""Where an answer goes, and what is tried when that way is closed. An answer is never lost.

`response_url` is used as Slack gave it, since the request that brought it was signed; it takes five
posts within 30 minutes and works where the bot is no member.
https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final, Protocol

import structlog

from bot.slack.block_kit import Message
from bot.slack.door import SlackDoor

View = dict[str, Any]

_log = structlog.get_logger("bot.slack.replies")
# How long an acknowledgement may take on its way to Slack.
_ACK_SECONDS: Final = 0.5
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


class Way(Protocol):
    """One way for a message to reach people."""

    async def send(self, message: Message) -> bool:
        """Show a message; whether Slack took it."""

    async def replace(self, message: Message) -> bool:
        """Put a message in the place of the one that was sent; whether Slack took it."""


class Reply:
    """One answer: what is shown later takes the place of what was shown before."""

    def __init__(self, ways: Sequence[Way], reopened: Callable[[], Awaitable[bool]]) -> None:
        self._ways = ways
        self._reopened = reopened
        self._used: Way | None = None
        self._lost = False

    @property
    def as_wanted(self) -> bool:
        """Whether the last message reached those it was meant for, and not the asker alone."""
        return self._used is not None and not isinstance(self._used, _Hinting)

    @property
    def in_use(self) -> bool:
        """Whether something was shown already."""
        return self._used is not None

    async def show(self, message: Message, *, passing: bool = False) -> bool:
        """Show the message by the first way that is open; whether any was.

        Where every way is closed and one of them only for a while, they are tried once more; not
        for a `passing` message, which something else takes the place of soon.
        """
        shown = await self._shown(message)
        if passing or shown:
            return shown
        if await self._reopened() and await self._shown(message):
            return True
        if not self._lost:
            _log.error("an answer was lost: no way to the person is open")
        self._lost = True
        return False

    async def _shown(self, message: Message) -> bool:
        if self._used is not None and await self._used.replace(message):
            return True
        for way in self._ways:
            if await way.send(message):
                self._used = way
                return True
        return False


class Replies:
    """Makes replies over connections that are kept open."""

    def __init__(self, slack: SlackDoor) -> None:
        self._slack = slack

    def privately(self, place: Place) -> Reply:
        """For the asker alone: the response URL, an ephemeral message, a direct message."""
        return self._reply(self._private_ways(place))

    def beside(self, place: Place) -> Reply:
        """For the one who pressed a button, beside the card, which stays as it is.

        Slack takes `replace_original` for the message whose button was pressed.
        """
        return self._reply([_Anew(way) for way in self._private_ways(place)])

    def in_place_of(self, place: Place) -> Reply:
        """In the place of the message whose button was pressed."""
        original = _ByResponseUrl(self._slack, place, None)
        return self._reply([_Replacing(original), *self._private_ways(place)])

    def to_channel(self, place: Place, *, hint: Message | None = None) -> Reply:
        """For everybody in the channel or thread, from the response URL on; else to the asker.

        Args:
            place: where the question came from.
            hint: what the asker is told when only they can be reached.
        """
        ways: list[Way] = [
            _ByResponseUrl(self._slack, place, "in_channel"),
            _ByPost(self._slack, place.channel, place.thread_ts),
            # Directly: a URL and a channel that took no public card are not asked once more.
            _Hinting(_ByPost(self._slack, place.user), hint),
        ]
        return self._reply(ways)

    def in_thread(self, place: Place, *, hint: Message | None = None) -> Reply:
        """For everybody in the thread: as a member, else by the response URL."""
        ways: list[Way] = [
            _ByPost(self._slack, place.channel, place.thread_ts),
            _ByResponseUrl(self._slack, place, "in_channel"),
        ]
        return self._reply([*ways, *self._last_resorts(place, hint)])

    def in_modal(self, place: Place, modal: OpenModal) -> Reply:
        """In the open modal; where it was closed meanwhile, in a direct message."""
        return self._reply([_ByModal(self._slack, modal), _ByPost(self._slack, place.user)])

    def _reply(self, ways: Sequence[Way]) -> Reply:
        return Reply(ways, self._slack.reopened)

    def _private_ways(self, place: Place) -> list[Way]:
        ways: list[Way] = [_ByResponseUrl(self._slack, place, "ephemeral")]
        if place.channel:
            ways.append(_ByEphemeral(self._slack, place))
        return [*ways, _ByPost(self._slack, place.user)]

    def _last_resorts(self, place: Place, hint: Message | None) -> list[Way]:
        return [_Hinting(way, hint) for way in self._private_ways(place)]


class _ByResponseUrl:
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
        return await self._slack.post(self._url, _body(message) | self._extra)

    async def replace(self, message: Message) -> bool:
        body = _body(message) | self._extra | {"replace_original": True}
        return await self._slack.post(self._url, body)


class _Replacing:
    """A way whose first message already replaces: that of a pressed button."""

    def __init__(self, way: Way) -> None:
        self._way = way

    async def send(self, message: Message) -> bool:
        return await self._way.replace(message)

    async def replace(self, message: Message) -> bool:
        return await self._way.replace(message)


class _Anew:
    """A way on which nothing is replaced: each message stands beside the others."""

    def __init__(self, way: Way) -> None:
        self._way = way

    async def send(self, message: Message) -> bool:
        return await self._way.send(message)

    async def replace(self, message: Message) -> bool:
        return await self._way.send(message)


class _Hinting:
    """A way that is a last resort: the person is told how to get more."""

    def __init__(self, way: Way, hint: Message | None) -> None:
        self._way = way
        self._hint = hint

    async def send(self, message: Message) -> bool:
        return await self._way.send(self._hinted(message))

    async def replace(self, message: Message) -> bool:
        return await self._way.replace(self._hinted(message))

    def _hinted(self, message: Message) -> Message:
        if self._hint is None:
            return message
        text = f"{message.text} {self._hint.text}"
        return Message(text=text, blocks=(*message.blocks, *self._hint.blocks))


class _ByEphemeral:
    """A message that one member of the channel sees (chat.postEphemeral)."""

    def __init__(self, slack: SlackDoor, place: Place) -> None:
        self._slack = slack
        self._where = {"channel": place.channel, "user": place.user}
        if place.seen_thread_ts:
            self._where["thread_ts"] = place.seen_thread_ts

    async def send(self, message: Message) -> bool:
        sent = await self._slack.call("chat.postEphemeral", **self._where, **_body(message))
        return sent is not None

    async def replace(self, message: Message) -> bool:
        # An ephemeral message cannot be updated by a method.
        return await self.send(message)


class _ByPost:
    """A message of the bot's own, in a channel, a thread, or directly to a person."""

    def __init__(self, slack: SlackDoor, channel: str, thread_ts: str = "") -> None:
        self._slack = slack
        self._where = {"channel": channel}
        if thread_ts:
            self._where["thread_ts"] = thread_ts
        self._posted: dict[str, str] = {}

    async def send(self, message: Message) -> bool:
        sent = await self._slack.call("chat.postMessage", **self._where, **_body(message), **_QUIET)
        if sent is None:
            return False
        self._posted = {"channel": str(sent.get("channel", "")), "ts": str(sent.get("ts", ""))}
        return True

    async def replace(self, message: Message) -> bool:
        return await self._slack.call("chat.update", **self._posted, **_body(message)) is not None


class _ByModal:
    """The content of a submitted modal: at first by the acknowledgement, then by views.update.

    An update that overtook the acknowledgement on its way would be covered by it for ever.
    """

    def __init__(self, slack: SlackDoor, modal: OpenModal) -> None:
        self._slack = slack
        self._modal = modal
        self._acknowledged_at = 0.0

    async def send(self, message: Message) -> bool:
        if self._acknowledged_at:
            return False
        await self._modal.ack(response_action="update", view=self._modal.draw(message))
        self._acknowledged_at = monotonic()
        return True

    async def replace(self, message: Message) -> bool:
        await asyncio.sleep(self._acknowledged_at + _ACK_SECONDS - monotonic())
        view = self._modal.draw(message)
        return await self._slack.call("views.update", view_id=self._modal.id, view=view) is not None


def _body(message: Message) -> dict[str, Any]:
    return {"text": message.text, "blocks": list(message.blocks)}
