"""Where an answer is posted, and the fallbacks that are tried if Slack refuses it there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from time import monotonic

import structlog

from bot.domain.jobs.watch import PostedCard
from bot.domain.timing import Timing
from bot.slack.api.web_client import SlackClient
from bot.slack.blocks.block_kit import Message
from bot.slack.replies.channels import (
    ByEphemeral,
    ByModal,
    ByPost,
    ByResponseUrl,
    DeliveryChannel,
    OpenModal,
    ReplyTarget,
    Spot,
)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One of the delivery channels, which are tried in order.

    Attributes:
        replaces: whether a message replaces the previous one on this channel; `None` if all but
            the first do.
        last_resort: it reaches only the asker although others should read it, so a hint is added.
    """

    channel: DeliveryChannel
    replaces: bool | None = None
    last_resort: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """The hints on a public answer that could be shown only to the asker.

    Attributes:
        alone: the bot could not post in the channel.
        thread_gone: the thread was deleted.
    """

    alone: Message
    thread_gone: Message


class Reply:
    """One answer; each message that it shows replaces the previous one."""

    def __init__(
        self,
        ways: Sequence[Way],
        spot: Spot,
        reopened: Callable[[], Awaitable[bool]],
        timing: Timing,
        hints: Hints | None = None,
    ) -> None:
        self._ways = ways
        self._spot = spot
        self._hints = hints
        self._reopened = reopened
        self._doubtful = timing.doubtful
        self._used: Way | None = None
        self._lost = False

    @property
    def as_wanted(self) -> bool:
        """Whether the last message reached its intended readers, not only the asker."""
        return self._used is not None and not self._used.last_resort

    @property
    def in_use(self) -> bool:
        """Whether a message was shown already."""
        return self._used is not None

    @property
    def thread_gone(self) -> bool:
        """Whether its thread was found to be deleted."""
        return self._spot.thread_gone

    @property
    def posted(self) -> PostedCard | None:
        """The message that the bot posted, which it can update at any time."""
        channel = self._used.channel if self._used is not None else None
        return channel.posted if isinstance(channel, ByPost) else None

    async def show(self, message: Message, *, passing: bool = False) -> bool:
        """Show the message on the first channel that takes it; return whether one did.

        If all of them refuse and one does so temporarily, they are retried, unless the message is
        `passing`, because the answer replaces it soon. A passing message is also not sent on a
        second channel if the first one timed out: it may have arrived, and would show twice.
        """
        shown = await self._shown(message, passing=passing)
        if passing or shown:
            return shown
        if await self._reopened() and await self._shown(message):
            return True
        if not self._lost:
            _log.error("an answer was lost: no way to the person is open")
        self._lost = True
        return False

    async def _shown(self, message: Message, *, passing: bool = False) -> bool:
        if self._used is not None and await self._by(self._used, message, first=False):
            return True
        for way in self._ways:
            began = monotonic()
            if await self._by(way, message, first=True):
                self._used = way
                return True
            if passing and monotonic() - began >= self._doubtful:
                return False
        return False

    async def _by(self, way: Way, message: Message, *, first: bool) -> bool:
        if way.last_resort and self._hints is not None:
            gone = self._spot.thread_gone
            message = message.and_then(self._hints.thread_gone if gone else self._hints.alone)
        replace = not first if way.replaces is None else way.replaces
        return await way.channel.show(message, replace=replace)


class Replies:
    """Makes replies that share one Web API client."""

    def __init__(self, slack: SlackClient, *, timing: Timing = Timing()) -> None:
        self._slack = slack
        self._timing = timing

    def privately(self, place: ReplyTarget) -> Reply:
        """Reply to the asker only: response URL, ephemeral message, direct message."""
        spot = Spot(place)
        return self._reply([Way(channel=one) for one in self._private(spot)], spot)

    def beside(self, place: ReplyTarget) -> Reply:
        """Reply to the user who clicked, beside the card, which stays unchanged.

        `replace_original` would replace the card, because it refers to the message with the button.
        """
        spot = Spot(place)
        return self._reply([Way(channel=o, replaces=False) for o in self._private(spot)], spot)

    def in_place_of(self, place: ReplyTarget) -> Reply:
        """Replace the message whose button was clicked."""
        spot = Spot(place)
        original = Way(channel=ByResponseUrl(self._slack, spot, None), replaces=True)
        return self._reply([original, *(Way(channel=o) for o in self._private(spot))], spot)

    def to_channel(self, place: ReplyTarget, hints: Hints) -> Reply:
        """Reply to the channel or thread, by response URL first; else to the asker."""
        spot = Spot(place)
        ways = [
            Way(channel=ByResponseUrl(self._slack, spot, "in_channel")),
            Way(channel=ByPost(self._slack, spot)),
            # By direct message: the response URL and the channel have just refused the card.
            Way(channel=ByPost(self._slack, place.user), last_resort=True),
        ]
        return self._reply(ways, spot, hints)

    def in_thread(self, place: ReplyTarget, hints: Hints | None = None) -> Reply:
        """Reply to the thread, by chat.postMessage or response URL; else to the asker."""
        spot = Spot(place)
        ways = [
            Way(channel=ByPost(self._slack, spot)),
            Way(channel=ByResponseUrl(self._slack, spot, "in_channel")),
            *(Way(channel=one, last_resort=True) for one in self._private(spot)),
        ]
        return self._reply(ways, spot, hints)

    def directly(self, place: ReplyTarget) -> Reply:
        """Reply in a direct message."""
        return self._reply([Way(channel=ByPost(self._slack, place.user))], Spot(place))

    def in_modal(self, place: ReplyTarget, modal: OpenModal) -> Reply:
        """Reply in the open modal, or in a direct message if the user has closed it."""
        shown = ByModal(self._slack, modal, self._timing.modal_ack)
        direct = ByPost(self._slack, place.user)
        return self._reply([Way(channel=shown), Way(channel=direct)], Spot(place))

    def _reply(self, ways: Sequence[Way], spot: Spot, hints: Hints | None = None) -> Reply:
        return Reply(ways, spot, self._slack.reopened, self._timing, hints)

    def _private(self, spot: Spot) -> list[DeliveryChannel]:
        channels: list[DeliveryChannel] = [ByResponseUrl(self._slack, spot, "ephemeral")]
        if spot.place.channel:
            channels.append(ByEphemeral(self._slack, spot))
        return [*channels, ByPost(self._slack, spot.place.user)]
