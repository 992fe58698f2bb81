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
from typing import Protocol

from bot.domain.jobs.watch import PostedCard
from bot.domain.texts.catalog import Catalog
from bot.slack.api.web_client import SlackClient
from bot.slack.blocks.block_kit import NO_PREVIEWS, Message
from bot.slack.cards.modals import answer


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
    """A modal that is open, in which a message is shown.

    Attributes:
        catalog: the language of its frame.
        ack: acknowledges its submission; `None` where that is not still to be done.
    """

    id: str
    catalog: Catalog
    ack: Callable[..., Awaitable[object]] | None = None


class DeliveryChannel(Protocol):
    """One way for a message to reach people."""

    async def show(self, message: Message, *, replace: bool) -> bool:
        """Show a message, in the place of the one before if so wanted; whether Slack took it."""


class ByResponseUrl:
    """The address that came with a request, a click or a submission."""

    def __init__(self, slack: SlackClient, spot: Spot, response_type: str | None) -> None:
        self._slack = slack
        self._spot = spot
        self._response_type = response_type

    async def show(self, message: Message, *, replace: bool) -> bool:
        """Show a message."""
        place, for_all = self._spot.place, self._response_type == "in_channel"
        if not place.response_url or (for_all and not await self._takes_all()):
            return False
        thread_ts = place.seen_thread_ts if self._response_type == "ephemeral" else place.thread_ts
        body = message.body
        if replace or for_all:
            body["replace_original"] = replace
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


class ByEphemeral:
    """A message that one member of the channel sees (chat.postEphemeral)."""

    def __init__(self, slack: SlackClient, spot: Spot) -> None:
        self._slack = slack
        self._spot = spot

    async def show(self, message: Message, *, replace: bool) -> bool:  # noqa: ARG002
        """Show a message; an ephemeral one cannot be replaced by a method."""
        place = self._spot.place
        where = {"channel": place.channel, "user": place.user}
        if place.seen_thread_ts:
            where["thread_ts"] = place.seen_thread_ts
        sent = await self._slack.call("chat.postEphemeral", **where, **message.body)
        return sent is not None


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

    async def show(self, message: Message, *, replace: bool) -> bool:
        """Show a message, but nowhere else than in its thread."""
        if replace:
            changed = await self._slack.call("chat.update", **self._posted, **message.body)
            return changed is not None
        if self._spot.thread_gone:
            return False
        place = self._spot.place
        thread = {"thread_ts": place.thread_ts} if place.thread_ts else {}
        said = {"channel": place.channel, **thread, **message.body, **NO_PREVIEWS}
        sent = await self._slack.call("chat.postMessage", **said)
        if sent is None:
            return False
        if not await self._slack.threads.landed(said, sent):
            self._spot.thread_gone = True
            return False
        self._posted = {"channel": str(sent.get("channel", "")), "ts": str(sent.get("ts", ""))}
        return True


class ByModal:
    """The content of a modal: at first by its acknowledgement if that is due, then by views.update.

    An update that overtook the acknowledgement on its way would be covered by it for ever.
    """

    def __init__(self, slack: SlackClient, modal: OpenModal, ack_seconds: float) -> None:
        self._slack = slack
        self._modal = modal
        self._ack_seconds = ack_seconds
        self._acknowledged_at = 0.0

    async def show(self, message: Message, *, replace: bool) -> bool:
        """Show a message; the acknowledgement is given once."""
        view = answer(self._modal.catalog, message)
        if self._modal.ack is not None and not replace:
            if self._acknowledged_at:
                return False
            await self._modal.ack(response_action="update", view=view)
            self._acknowledged_at = monotonic()
            return True
        await asyncio.sleep(self._acknowledged_at + self._ack_seconds - monotonic())
        return await self._slack.call("views.update", view_id=self._modal.id, view=view) is not None
