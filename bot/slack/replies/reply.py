"""Where an answer goes, and what is tried when that way is closed. An answer is never lost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from time import monotonic

import structlog

from bot.domain.jobs.watch import PostedCard
from bot.domain.timing import Timing
from bot.slack.api.web_client import SlackClient
from bot.slack.blocks.block_kit import Message
from bot.slack.replies.channels import (
    AlwaysNew,
    ByEphemeral,
    ByModal,
    ByPost,
    ByResponseUrl,
    ByView,
    DeliveryChannel,
    OpenModal,
    OpenView,
    ReplacesOriginal,
    ReplyTarget,
    Spot,
    WithHint,
)

_log = structlog.get_logger(__name__)


class Reply:
    """One answer: what is shown later takes the place of what was shown before."""

    def __init__(
        self,
        ways: Sequence[DeliveryChannel],
        spot: Spot,
        reopened: Callable[[], Awaitable[bool]],
        timing: Timing,
    ) -> None:
        self._ways = ways
        self._spot = spot
        self._reopened = reopened
        self._doubtful = timing.doubtful
        self._used: DeliveryChannel | None = None
        self._lost = False

    @property
    def as_wanted(self) -> bool:
        """Whether the last message reached those it was meant for, and not the asker alone."""
        return self._used is not None and not isinstance(self._used, WithHint)

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
        used = self._used.way if isinstance(self._used, WithHint) else self._used
        return used.posted if isinstance(used, ByPost) else None

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
        if self._used is not None and await self._used.replace(message):
            return True
        for way in self._ways:
            began = monotonic()
            if await way.send(message):
                self._used = way
                return True
            if passing and monotonic() - began >= self._doubtful:
                return False
        return False


class Replies:
    """Makes replies over connections that are kept open."""

    def __init__(self, slack: SlackClient, *, timing: Timing = Timing()) -> None:
        self._slack = slack
        self._timing = timing

    def privately(self, place: ReplyTarget) -> Reply:
        """For the asker alone: the response URL, an ephemeral message, a direct message."""
        spot = Spot(place)
        return self._reply(self._private_ways(spot), spot)

    def beside(self, place: ReplyTarget) -> Reply:
        """For the one who pressed a button, beside the card, which stays as it is.

        Slack takes `replace_original` for the message whose button was pressed.
        """
        spot = Spot(place)
        return self._reply([AlwaysNew(way) for way in self._private_ways(spot)], spot)

    def in_place_of(self, place: ReplyTarget) -> Reply:
        """In the place of the message whose button was pressed."""
        spot = Spot(place)
        original = ByResponseUrl(self._slack, spot, None)
        return self._reply([ReplacesOriginal(original), *self._private_ways(spot)], spot)

    def to_channel(
        self, place: ReplyTarget, *, hint: Message | None = None, gone: Message | None = None
    ) -> Reply:
        """For everybody in the channel or thread, from the response URL on; else to the asker.

        Args:
            place: where the question came from.
            hint: what the asker is told when only they can be reached.
            gone: the same where that is so because the thread is gone.
        """
        spot = Spot(place)
        ways: list[DeliveryChannel] = [
            ByResponseUrl(self._slack, spot, "in_channel"),
            ByPost(self._slack, spot),
            # Directly: a URL and a channel that took no public card are not asked once more.
            WithHint(ByPost(self._slack, place.user), spot, hint=hint, gone=gone),
        ]
        return self._reply(ways, spot)

    def in_thread(
        self, place: ReplyTarget, *, hint: Message | None = None, gone: Message | None = None
    ) -> Reply:
        """For everybody in the thread: as a member, else by the response URL; else to the asker.

        Args:
            place: where the question came from.
            hint: what the asker is told when only they can be reached.
            gone: the same where that is so because the thread is gone.
        """
        spot = Spot(place)
        ways: list[DeliveryChannel] = [
            ByPost(self._slack, spot),
            ByResponseUrl(self._slack, spot, "in_channel"),
            *(WithHint(way, spot, hint=hint, gone=gone) for way in self._private_ways(spot)),
        ]
        return self._reply(ways, spot)

    def directly(self, place: ReplyTarget) -> Reply:
        """In a direct message to the person."""
        return self._reply([ByPost(self._slack, place.user)], Spot(place))

    def in_modal(self, place: ReplyTarget, modal: OpenModal) -> Reply:
        """In the open modal; where it was closed meanwhile, in a direct message."""
        acknowledged = ByModal(self._slack, modal, self._timing.modal_ack)
        return self._reply([acknowledged, ByPost(self._slack, place.user)], Spot(place))

    def _reply(self, ways: Sequence[DeliveryChannel], spot: Spot) -> Reply:
        return Reply(ways, spot, self._slack.reopened, self._timing)

    def in_view(self, place: ReplyTarget, view: OpenView) -> Reply:
        """In a modal that is open; where it was closed meanwhile, in a direct message."""
        return self._reply(
            [ByView(self._slack, view), ByPost(self._slack, place.user)], Spot(place)
        )

    def _private_ways(self, spot: Spot) -> list[DeliveryChannel]:
        ways: list[DeliveryChannel] = [ByResponseUrl(self._slack, spot, "ephemeral")]
        if spot.place.channel:
            ways.append(ByEphemeral(self._slack, spot))
        return [*ways, ByPost(self._slack, spot.place.user)]
