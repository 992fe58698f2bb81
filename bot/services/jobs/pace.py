"""The pace of the bot's posts in each conversation: Slack accepts about one a second.

Answers to people go at once, and in no transaction; this process remembers them. Notices, progress
and reports take places that all processes share, behind the answers of this process. After Slack
has refused a post for its rate limit, nobody posts there for as long as Slack asks for.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

from bot.domain.timing import Timing
from bot.storage.errors import FailureLogged
from bot.storage.jobs.pace import SharedPace

# How long before a post a process asks whether others were refused, and how far two clocks may
# differ.
_LAST_LOOK: Final = 0.05
_TOLERANCE: Final = 0.02
# Past moments of other conversations are forgotten when there are more.
_MOST_KEPT: Final = 1_000


@dataclass(slots=True, kw_only=True)
class _Conversation:
    """What this process knows, in monotonic seconds.

    Attributes:
        free_at: when all its posts so far are within the pace.
        next_at: the earliest moment for its next notice.
        closed_until: until when Slack refuses posts, and answers that it refused are posted again.
        places: those of notices that this process has claimed and is about to post.
    """

    free_at: float = 0.0
    next_at: float = 0.0
    closed_until: float = 0.0
    places: deque[float] = field(default_factory=deque)

    @property
    def over_at(self) -> float:
        """When nothing of it matters any more."""
        return max(self.free_at, self.next_at, self.closed_until, *self.places)


class Pace:
    """The pace in all conversations, as one process keeps it."""

    def __init__(
        self,
        shared: SharedPace,
        *,
        timing: Timing = Timing(),
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._shared = shared
        self._timing = timing
        self._clock = clock
        self._conversations: dict[str, _Conversation] = {}

    def ahead(self, channel: str) -> float:
        """For how many seconds the posts of this process have used up the pace there."""
        one = self._conversations.get(channel, _Conversation())
        return max(0.0, max(one.free_at, one.closed_until) - self._clock())

    def answer(self, channel: str) -> float:
        """Let an answer to a person be posted; returns in how many seconds.

        For the pace alone it waits no longer than for one call; Slack may refuse it then.
        """
        now, one = self._clock(), self._known(channel)
        lag = one.free_at - self._timing.answers_ahead - now
        moment = max(now + min(lag, self._timing.slack_call), now, one.closed_until)
        if one.closed_until > now:
            # Answers that Slack refused go one by one, when it accepts posts again.
            one.closed_until = moment + self._timing.pace
        self._posted(one, moment)
        return moment - now

    def placed(self, channel: str, place: float) -> None:
        """Note that a notice has the place at this moment."""
        now, places = self._clock(), self._known(channel).places
        # A notice that went elsewhere has left its place unused.
        while places and places[0] < now - self._timing.pace:
            places.popleft()
        places.append(place)

    async def turn(self, channel: str) -> float:
        """Wait until a notice or report may be posted.

        Returns:
            0.0 after the wait; without a wait, the seconds if there are too many.
        """
        one = self._known(channel)
        place = one.places.popleft() if one.places else await self._reserved(channel)
        if (wait := self._moment(one, place) - self._clock()) > self._timing.posting:
            return wait
        await asyncio.sleep(wait - _LAST_LOOK)
        closed = await self._closed(channel)
        # Answers may have gone first meanwhile.
        moment = self._moment(one, place)
        if closed and self._clock() + closed > moment + _TOLERANCE:
            return closed
        self._posted(one, moment)
        await asyncio.sleep(moment - self._clock())
        return 0.0

    def _moment(self, one: _Conversation, place: float) -> float:
        """When the notice of this place may be posted."""
        return max(self._clock(), place, one.next_at, one.closed_until)

    async def _closed(self, channel: str) -> float:
        """For how many seconds Slack refuses posts there, as far as other processes know."""
        with FailureLogged("a rate limit of Slack is not known"):
            return await self._shared.closed(channel)
        return 0.0

    async def refused(self, channel: str, seconds: float) -> None:
        """Note that Slack has refused a post there for its rate limit, for all processes."""
        one, seconds = self._known(channel), max(seconds, self._timing.pace)
        one.closed_until = max(one.closed_until, self._clock() + seconds)
        with FailureLogged("a rate limit of Slack is not shared"):
            await self._shared.close(channel, seconds)

    async def _reserved(self, channel: str) -> float:
        """The next place that no process has; this process's own one if that is not known."""
        now, ahead = self._clock(), self.ahead(channel)
        with FailureLogged("a place in a conversation is not shared"):
            return await self._shared.reserve(channel, ahead)
        return now + ahead

    def _posted(self, one: _Conversation, moment: float) -> None:
        one.next_at = max(one.next_at, moment + self._timing.pace)
        one.free_at = max(moment, one.free_at) + self._timing.pace

    def _known(self, channel: str) -> _Conversation:
        if channel not in self._conversations:
            now = self._clock()
            if len(self._conversations) >= _MOST_KEPT:
                kept = self._conversations.items()
                self._conversations = {name: one for name, one in kept if one.over_at > now}
            self._conversations[channel] = _Conversation()
        return self._conversations[channel]
