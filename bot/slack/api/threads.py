"""Deleted threads, and deletion of messages that Slack posted outside of their thread.

After the first message of a thread is deleted and no reply is left, Slack silently posts a message
for that thread into the channel itself, for everyone to read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.jobs.job import PostedCard
from bot.domain.timing import Timing
from bot.slack.api.calls import within
from bot.slack.api.errors import GoneError, SlackError
from bot.slack.api.marks import card_of
from bot.slack.blocks.payload import first_word, part
from bot.slack.blocks.style import is_direct

# Our error code for a message that Slack accepted but posted outside of its thread.
THREAD_GONE: Final = "thread_gone"

_log = structlog.get_logger(__name__)


class Threads:
    """Checks threads in shared conversations and deletes messages posted outside of theirs.

    Args:
        client: calls Slack.
        timing: time limits and pauses of the calls.
    """

    def __init__(self, client: AsyncWebClient, *, timing: Timing = Timing()) -> None:
        self._client = client
        self._timing = timing
        self._taking_back: set[asyncio.Task[None]] = set()

    async def exists(self, channel: str, thread: str | None) -> bool:
        """Whether a thread exists; it counts as existing if Slack does not say.

        Slack does not say so for a private channel without this bot. This needs no scope.
        https://docs.slack.dev/reference/methods/chat.getPermalink
        """
        if not thread or is_direct(channel):
            return True
        return await self._link(channel, thread) is not None

    async def landed(self, arguments: Mapping[str, Any], answer: object) -> bool:
        """Whether a message was posted in its thread; one posted elsewhere is deleted immediately.

        Args:
            arguments: those of chat.postMessage.
            answer: Slack's answer, with `ok: true`.
        """
        wanted, card = arguments.get("thread_ts"), card_of(answer)
        if not wanted or is_direct(str(arguments["channel"])):
            return True
        message = part(answer, "message")
        if message.get("thread_ts") == wanted:
            return True
        if not message and card is not None and await self.contains(card, wanted):
            return True
        _log.warning("a message landed outside of its thread", channel=arguments["channel"])
        await self.take_back(card)
        return False

    async def contains(self, card: PostedCard, thread: str) -> bool:
        """Whether a message is known to be in a thread: its permalink names the thread."""
        link = await self._link(card.channel, card.ts) or ""
        return thread in parse_qs(urlsplit(link).query).get("thread_ts", ())

    async def take_back(self, card: PostedCard | None) -> None:
        """Delete a message of the bot, with retries."""
        if card is None:
            _log.error("a message outside of its thread cannot be deleted", error="no_ts")
            return
        await self.delete(lambda: self._client.chat_delete(channel=card.channel, ts=card.ts))

    async def delete(self, deletion: Callable[[], Awaitable[object]]) -> None:
        """Delete in a background task, and wait for it as long as for one call.

        The task continues if the caller is cancelled or stops waiting.
        """
        # asyncio holds only weak references to tasks; the set prevents garbage collection.
        taking = asyncio.create_task(self._deleted(deletion))
        self._taking_back.add(taking)
        taking.add_done_callback(self._taking_back.discard)
        await asyncio.wait({taking}, timeout=self._timing.slack_call)

    async def _deleted(self, deletion: Callable[[], Awaitable[object]]) -> None:
        loop, pause = asyncio.get_running_loop(), self._timing.first_deletion
        over = loop.time() + self._timing.deletion
        while True:
            try:
                async with within(self._timing.slack_call):
                    await deletion()
            except GoneError:
                return
            except SlackError as error:
                pause = max(pause, error.retry_after or 0.0)
                if loop.time() + pause > over:
                    _log.error(
                        "what landed outside of its thread was not deleted", error=error.reason
                    )
                    return
            else:
                return
            await asyncio.sleep(pause)
            pause *= 2

    async def _link(self, channel: str, ts: str) -> str | None:
        """A message's permalink; empty if Slack does not say, `None` if there is no message."""
        try:
            async with within(self._timing.thread_look):
                answer = await self._client.chat_getPermalink(channel=channel, message_ts=ts)
                return first_word(answer["permalink"])
        except GoneError:
            return None
        except SlackError:
            return ""
