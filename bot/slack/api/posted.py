"""Posted messages: the marks that identify notices, and the threads that messages belong to.

After the first message of a thread is deleted and no reply is left, Slack silently posts a message
for that thread into the channel itself, for everyone to read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.jobs.job import Delivery, PostedCard, Report, Trace
from bot.domain.timing import Timing
from bot.slack.api.calls import GoneError, MissingScopeError, NotMemberError, SlackError, within
from bot.slack.blocks.payload import first_word, part, parts
from bot.slack.blocks.style import is_direct

# Our error code for a message that Slack accepted but posted outside of its thread.
THREAD_GONE: Final = "thread_gone"

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What identifies a notice.

    Attributes:
        event_type: the type of its metadata.
        name: the field of the metadata's payload with `value`.
        value: our id of the job.
        block_id: the id of one of its blocks, for when the metadata cannot be read.
        since: the earliest time at which it can have been posted.
        file: the name of a file that may have been shared instead.
    """

    event_type: str
    name: str
    value: str
    block_id: str
    since: datetime
    file: str = ""

    @property
    def metadata(self) -> dict[str, Any]:
        """The metadata of the notice.

        https://docs.slack.dev/messaging/message-metadata
        """
        return {"event_type": self.event_type, "event_payload": {self.name: self.value}}


def has_mark(message: Mapping[str, Any], mark: Mark) -> bool:
    """Compare the metadata, or the block ids if the metadata cannot be read."""
    payload = part(part(message, "metadata"), "event_payload")
    files = [one.get("name") for one in parts(message, "files")]
    is_file = bool(mark.file) and mark.file in files
    block_ids = [one.get("block_id") for one in parts(message, "blocks")]
    # The value of a notice for several watches names them all.
    is_named = mark.value in str(payload.get(mark.name, "")).split()
    return is_named or is_file or mark.block_id in block_ids


def trace_after(error: SlackError) -> Trace:
    """What a failed search shows."""
    if isinstance(error, GoneError):
        return Trace.NONE
    if isinstance(error, NotMemberError):
        return Trace.OUTSIDE
    away = error.passes and not isinstance(error, MissingScopeError)
    return Trace.AWAY if away else Trace.UNREADABLE


def card_of(answer: object, channel: str = "") -> PostedCard | None:
    """The posted message, from Slack's answer; `channel` is used if that names none."""
    found = answer if isinstance(answer, Mapping) else {}
    channel = first_word(found.get("channel"), channel)
    ts = first_word(found.get("ts"), part(answer, "message").get("ts"))
    return PostedCard(channel=channel, ts=ts) if channel and ts else None


def report_after(error: SlackError) -> Report:
    """What is certain after a failed attempt to post."""
    delivery = Delivery.NOT_SENT if error.passes else Delivery.UNDELIVERABLE
    if error.may_be_done:
        delivery = Delivery.UNKNOWN
    pause = None
    if error.retry_after is not None:
        longest = timedelta.max.total_seconds() / 2
        pause = timedelta(seconds=min(error.retry_after, longest))
    return Report(delivery=delivery, why=error.reason, pause=pause)


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
        return await self.link(channel, thread) is not None

    async def landed(self, arguments: Mapping[str, Any], answer: object) -> bool:
        """Whether a message was posted in its thread; one posted elsewhere is deleted immediately.

        Args:
            arguments: those of chat.postMessage.
            answer: Slack's answer, with `ok: true`.
        """
        wanted, channel = arguments.get("thread_ts"), str(arguments["channel"])
        if not wanted or is_direct(channel):
            return True
        card = card_of(answer, channel)
        message = part(answer, "message")
        if message.get("thread_ts") == wanted:
            return True
        if not message and card is not None and await self.contains(card, wanted):
            return True
        _log.warning("a message landed outside of its thread", channel=channel)
        await self.take_back(card)
        return False

    async def contains(self, card: PostedCard, thread: str) -> bool:
        """Whether a message is known to be in a thread: its permalink names the thread."""
        link = await self.link(card.channel, card.ts) or ""
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

    async def link(self, channel: str, ts: str) -> str | None:
        """A message's permalink; empty if Slack does not say, `None` if there is no message."""
        try:
            async with within(self._timing.thread_look):
                answer = await self._client.chat_getPermalink(channel=channel, message_ts=ts)
                return first_word(answer["permalink"])
        except GoneError:
            return None
        except SlackError:
            return ""
