"""Where an answer goes, and what is tried when that way is closed. An answer is never lost."""

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
    """One of the ways that are tried in turn.

    Attributes:
        replaces: whether a message takes the place of the one before on it; `None` where all but
            the first do.
        last_resort: it reaches the asker alone where others should read, so a hint goes with it.
    """

    channel: DeliveryChannel
    replaces: bool | None = None
    last_resort: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What goes with an answer that only the asker can be shown.

    Attributes:
        alone: why others do not read it.
        thread_gone: the same where that is so because the thread is gone.
    """

    alone: Message
    thread_gone: Message


class Reply:
    """One answer: what is shown later takes the place of what was shown before."""

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
        """Whether the last message reached those it was meant for, and not the asker alone."""
        return self._used is not None and not self._used.last_resort

    @property
    def in_use(self) -> bool:
        """Whether something was shown already."""
        return self._used is not None

    @property
    def thread_gone(self) -> bool:
        """Whether the thread that it was meant for turned out to be gone."""
        return self._spot.thread_gone

    @property
    def posted(self) -> PostedCard | None:
        """The message of the bot's own that stands there, which can be changed at any time."""
        channel = self._used.channel if self._used is not None else None
        return channel.posted if isinstance(channel, ByPost) else None

    async def show(self, message: Message, *, passing: bool = False) -> bool:
        """Show the message by the first way that is open; whether any was.

        Where every way is closed and one of them only for a while, they are tried once more; not
        for a `passing` message, which something else takes the place of soon. Nor does that one go
        by a second way where it may have arrived by the first: it would stand there twice.
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
    """Makes replies over connections that are kept open."""

    def __init__(self, slack: SlackClient, *, timing: Timing = Timing()) -> None:
        self._slack = slack
        self._timing = timing

    def privately(self, place: ReplyTarget) -> Reply:
        """For the asker alone: the response URL, an ephemeral message, a direct message."""
        spot = Spot(place)
        return self._reply([Way(channel=one) for one in self._private(spot)], spot)

    def beside(self, place: ReplyTarget) -> Reply:
        """For the one who pressed a button, beside the card, which stays as it is.

        Slack takes `replace_original` for the message whose button was pressed.
        """
        spot = Spot(place)
        return self._reply([Way(channel=o, replaces=False) for o in self._private(spot)], spot)

    def in_place_of(self, place: ReplyTarget) -> Reply:
        """In the place of the message whose button was pressed."""
        spot = Spot(place)
        original = Way(channel=ByResponseUrl(self._slack, spot, None), replaces=True)
        return self._reply([original, *(Way(channel=o) for o in self._private(spot))], spot)

    def to_channel(self, place: ReplyTarget, hints: Hints) -> Reply:
        """For everybody in the channel or thread, from the response URL on; else to the asker."""
        spot = Spot(place)
        ways = [
            Way(channel=ByResponseUrl(self._slack, spot, "in_channel")),
            Way(channel=ByPost(self._slack, spot)),
            # Directly: a URL and a channel that took no public card are not asked once more.
            Way(channel=ByPost(self._slack, place.user), last_resort=True),
        ]
        return self._reply(ways, spot, hints)

    def in_thread(self, place: ReplyTarget, hints: Hints | None = None) -> Reply:
        """For everybody in the thread: as a member, else by the response URL; else to the asker."""
        spot = Spot(place)
        ways = [
            Way(channel=ByPost(self._slack, spot)),
            Way(channel=ByResponseUrl(self._slack, spot, "in_channel")),
            *(Way(channel=one, last_resort=True) for one in self._private(spot)),
        ]
        return self._reply(ways, spot, hints)

    def directly(self, place: ReplyTarget) -> Reply:
        """In a direct message to the person."""
        return self._reply([Way(channel=ByPost(self._slack, place.user))], Spot(place))

    def in_modal(self, place: ReplyTarget, modal: OpenModal) -> Reply:
        """In the open modal; where it was closed meanwhile, in a direct message."""
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
