"""Posts at the pace of their conversation: where `Pace` and Slack's refusals meet."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from bot.services.jobs.pace import Pace
from bot.slack.api.calls import NotNowError, SlackError

_T = TypeVar("_T")
_LIMITED: Final = "ratelimited"


async def in_turn(pace: Pace | None, channel: str, post: Callable[[], Awaitable[_T]]) -> _T:
    """Post a notice, report or file when its conversation has a place for it.

    Args:
        pace: the pace; `None` for none.
        channel: the conversation.
        post: the call.

    Raises:
        NotNowError: the place is too far away.
        SlackError: the call failed.
    """
    if pace is None:
        return await post()
    if seconds := await pace.turn(channel):
        raise NotNowError(_LIMITED, retry_after=seconds)
    try:
        return await post()
    except SlackError as error:
        if error.retry_after is not None:
            await pace.refused(channel, error.retry_after)
        raise


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The place of an answer to a person in its conversation."""

    pace: Pace
    channel: str

    def first(self, patience: float) -> float:
        """In how many seconds it may be posted.

        Raises:
            NotNowError: they are too many.
        """
        wait = self.pace.answer(self.channel)
        if wait > patience:
            raise NotNowError(_LIMITED, retry_after=wait)
        return wait

    async def next(self, refused: float) -> float:
        """The same after Slack has refused it for so many seconds."""
        await self.pace.refused(self.channel, refused)
        return self.pace.answer(self.channel)
