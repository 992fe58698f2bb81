"""Where an answer goes, and what is tried when that way is closed. An answer is never lost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from time import monotonic

import structlog

from bot.domain.timing import Timing
from bot.domain.watch import PostedCard
from bot.slack.block_kit import Message
from bot.slack.door import SlackDoor
from bot.slack.ways import (
    Anew,
    ByEphemeral,
    ByModal,
    ByPost,
    ByResponseUrl,
    ByView,
    Hinting,
    OpenModal,
    OpenView,
    Place,
    Replacing,
    Way,
)

_log = structlog.get_logger("bot.slack.replies")


class Reply:
    """One answer: what is shown later takes the place of what was shown before."""

    def __init__(
        self, ways: Sequence[Way], reopened: Callable[[], Awaitable[bool]], timing: Timing
    ) -> None:
        self._ways = ways
        self._reopened = reopened
        self._doubtful = timing.doubtful
        self._used: Way | None = None
        self._lost = False

    @property
    def as_wanted(self) -> bool:
        """Whether the last message reached those it was meant for, and not the asker alone."""
        return self._used is not None and not isinstance(self._used, Hinting)

    @property
    def in_use(self) -> bool:
        """Whether something was shown already."""
        return self._used is not None

    @property
    def posted(self) -> PostedCard | None:
        """The message of the bot's own that stands there, which can be changed at any time."""
        return self._used.posted if isinstance(self._used, ByPost) else None

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

    def __init__(self, slack: SlackDoor, *, timing: Timing = Timing()) -> None:
        self._slack = slack
        self._timing = timing

    def privately(self, place: Place) -> Reply:
        """For the asker alone: the response URL, an ephemeral message, a direct message."""
        return self._reply(self._private_ways(place))

    def beside(self, place: Place) -> Reply:
        """For the one who pressed a button, beside the card, which stays as it is.

        Slack takes `replace_original` for the message whose button was pressed.
        """
        return self._reply([Anew(way) for way in self._private_ways(place)])

    def in_place_of(self, place: Place) -> Reply:
        """In the place of the message whose button was pressed."""
        original = ByResponseUrl(self._slack, place, None)
        return self._reply([Replacing(original), *self._private_ways(place)])

    def to_channel(self, place: Place, *, hint: Message | None = None) -> Reply:
        """For everybody in the channel or thread, from the response URL on; else to the asker.

        Args:
            place: where the question came from.
            hint: what the asker is told when only they can be reached.
        """
        ways: list[Way] = [
            ByResponseUrl(self._slack, place, "in_channel"),
            ByPost(self._slack, place.channel, place.thread_ts),
            # Directly: a URL and a channel that took no public card are not asked once more.
            Hinting(ByPost(self._slack, place.user), hint),
        ]
        return self._reply(ways)

    def in_thread(self, place: Place, *, hint: Message | None = None) -> Reply:
        """For everybody in the thread: as a member, else by the response URL."""
        ways: list[Way] = [
            ByPost(self._slack, place.channel, place.thread_ts),
            ByResponseUrl(self._slack, place, "in_channel"),
        ]
        return self._reply([*ways, *self._last_resorts(place, hint)])

    def directly(self, place: Place) -> Reply:
        """In a direct message to the person."""
        return self._reply([ByPost(self._slack, place.user)])

    def in_modal(self, place: Place, modal: OpenModal) -> Reply:
        """In the open modal; where it was closed meanwhile, in a direct message."""
        acknowledged = ByModal(self._slack, modal, self._timing.modal_ack)
        return self._reply([acknowledged, ByPost(self._slack, place.user)])

    def _reply(self, ways: Sequence[Way]) -> Reply:
        return Reply(ways, self._slack.reopened, self._timing)

    def in_view(self, place: Place, view: OpenView) -> Reply:
        """In a modal that is open; where it was closed meanwhile, in a direct message."""
        return self._reply([ByView(self._slack, view), ByPost(self._slack, place.user)])

    def _private_ways(self, place: Place) -> list[Way]:
        ways: list[Way] = [ByResponseUrl(self._slack, place, "ephemeral")]
        if place.channel:
            ways.append(ByEphemeral(self._slack, place))
        return [*ways, ByPost(self._slack, place.user)]

    def _last_resorts(self, place: Place, hint: Message | None) -> list[Way]:
        return [Hinting(way, hint) for way in self._private_ways(place)]
