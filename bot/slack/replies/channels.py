"""The delivery channels for a message; Slack may refuse each of them.

A `response_url` is trusted because Slack signed the request that contained it. It takes five posts
within 30 minutes, and works in channels that the bot is not a member of.
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
    """Where a question was asked. No repr, because the response URL is a secret.

    Attributes:
        response_url: empty if Slack sent none.
        thread_ts: the thread, or the message that would start one; empty outside of threads.
        begins: that message has no replies yet. Slack shows an ephemeral message in a thread only
            if the thread exists.
    """

    channel: str
    user: str
    response_url: str = ""
    thread_ts: str = ""
    begins: bool = False

    @property
    def seen_thread_ts(self) -> str:
        """The thread that can show an ephemeral message; empty if it does not exist yet."""
        return "" if self.begins else self.thread_ts


class Spot:
    """The place of one answer, whose thread may have been deleted.

    Attributes:
        thread_gone: whether the thread was found to be deleted.
    """

    def __init__(self, place: ReplyTarget) -> None:
        self._place = place
        self.thread_gone = False

    @property
    def place(self) -> ReplyTarget:
        """The place, without its thread if that was deleted."""
        return replace(self._place, thread_ts="") if self.thread_gone else self._place


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenModal:
    """An open modal that shows a message.

    Attributes:
        catalog: the language of its title and buttons.
        ack: acknowledges its submission; `None` if nothing has to be acknowledged.
    """

    id: str
    catalog: Catalog
    ack: Callable[..., Awaitable[object]] | None = None


class DeliveryChannel(Protocol):
    """One way to deliver a message."""

    async def show(self, message: Message, *, replace: bool) -> bool:
        """Show a message or replace the previous one; return whether Slack took it."""


class ByResponseUrl:
    """Posts to the response URL of a command, a click or a submission."""

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
        """Whether the thread for a public message still exists.

        Slack answers a post to a response URL only with `ok`, so the thread is checked first.
        """
        spot = self._spot
        place = spot.place
        if not spot.thread_gone:
            exists = await self._slack.threads.stands(place.channel, place.thread_ts)
            spot.thread_gone = not exists
        return not spot.thread_gone


class ByEphemeral:
    """Posts a message that only one member of the channel sees.

    https://docs.slack.dev/reference/methods/chat.postEphemeral
    """

    def __init__(self, slack: SlackClient, spot: Spot) -> None:
        self._slack = slack
        self._spot = spot

    async def show(self, message: Message, *, replace: bool) -> bool:  # noqa: ARG002
        """Show a message; the Web API has no method to update an ephemeral one."""
        place = self._spot.place
        where = {"channel": place.channel, "user": place.user}
        if place.seen_thread_ts:
            where["thread_ts"] = place.seen_thread_ts
        sent = await self._slack.call("chat.postEphemeral", **where, **message.body)
        return sent is not None


class ByPost:
    """Posts a message as the bot: to a user directly, or to a channel or thread.

    Args:
        slack: the Web API client.
        where: a user's id, or the spot of the answer.
    """

    def __init__(self, slack: SlackClient, where: str | Spot) -> None:
        self._slack = slack
        self._spot = (
            where if isinstance(where, Spot) else Spot(ReplyTarget(channel=where, user=where))
        )
        self._posted: dict[str, str] = {}

    @property
    def posted(self) -> PostedCard:
        """The message that was posted."""
        return PostedCard(**self._posted)

    async def show(self, message: Message, *, replace: bool) -> bool:
        """Post or update a message; return `False` if it missed its thread."""
        if replace:
            changed = await self._slack.call("chat.update", **self._posted, **message.body)
            return changed is not None
        if self._spot.thread_gone:
            return False
        place = self._spot.place
        thread = {"thread_ts": place.thread_ts} if place.thread_ts else {}
        payload = {"channel": place.channel, **thread, **message.body, **NO_PREVIEWS}
        sent = await self._slack.call("chat.postMessage", **payload)
        if sent is None:
            return False
        if not await self._slack.threads.landed(payload, sent):
            self._spot.thread_gone = True
            return False
        self._posted = {"channel": str(sent.get("channel", "")), "ts": str(sent.get("ts", ""))}
        return True


class ByModal:
    """Shows a message in a modal: first in its acknowledgement if one is due, then by views.update.

    If an update reached Slack before the acknowledgement, the acknowledgement would overwrite it.
    https://docs.slack.dev/surfaces/modals
    """

    def __init__(self, slack: SlackClient, modal: OpenModal, ack_seconds: float) -> None:
        self._slack = slack
        self._modal = modal
        self._ack_seconds = ack_seconds
        self._acknowledged_at = 0.0

    async def show(self, message: Message, *, replace: bool) -> bool:
        """Show a message; the submission is acknowledged only once."""
        view = answer(self._modal.catalog, message)
        if self._modal.ack is not None and not replace:
            if self._acknowledged_at:
                return False
            await self._modal.ack(response_action="update", view=view)
            self._acknowledged_at = monotonic()
            return True
        await asyncio.sleep(self._acknowledged_at + self._ack_seconds - monotonic())
        return await self._slack.call("views.update", view_id=self._modal.id, view=view) is not None
