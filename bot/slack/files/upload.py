"""Shares a file of the bot in a thread: get an upload URL, send the bytes, make it visible.

Each step is made once. Slack wants the length before the bytes, so they are gathered first, on disk
if there are many. https://docs.slack.dev/messaging/working-with-files#upload
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from dataclasses import replace
from http import HTTPStatus
from tempfile import SpooledTemporaryFile
from typing import IO, Final

import aiohttp
import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.jobs.job import Delivery, Destination, PostedCard, Report
from bot.domain.timing import Timing
from bot.services.jobs.pace import Pace
from bot.slack.api.addresses import is_slacks
from bot.slack.api.calls import MissingScopeError, SlackError, within, without_retries
from bot.slack.api.paced import in_turn
from bot.slack.api.posted import THREAD_GONE, Threads, report_after
from bot.slack.blocks.payload import part, parts
from bot.slack.blocks.style import is_direct

# Ten thousand calls fill some megabytes.
MOST_BYTES: Final = 20 * 1024 * 1024

# Why a file was not uploaded.
TOO_LARGE: Final = "too large"

_log = structlog.get_logger(__name__)
_IN_MEMORY_BYTES: Final = 1024 * 1024
_PIECE_BYTES: Final = 64 * 1024
# After so many lines, other tasks of the event loop get a turn.
_LINES_AT_ONCE: Final = 100
# Slack may list the message of a new file late, so look several times.
_LOOKS: Final = 5
_NOT_NOW: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})


class ResultFiles:
    """Shares files. No method raises for what Slack does."""

    def __init__(
        self,
        *,
        client: AsyncWebClient,
        session: aiohttp.ClientSession,
        pace: Pace | None = None,
        timing: Timing = Timing(),
    ) -> None:
        self._pace = pace
        self._client = without_retries(client)
        self._session = session
        self._timing = timing
        self._threads = Threads(client, timing=timing)
        self._api_url = client.base_url

    async def upload(
        self, lines: AsyncIterable[bytes], *, name: str, in_memory: bool = False
    ) -> str | Report:
        """Upload a file, which nobody sees yet; return its id, or why Slack does not have it.

        Args:
            lines: its content; each line includes its line end.
            name: with its extension; users who save the file get it.
            in_memory: never put it on a disk.
        """
        with SpooledTemporaryFile(max_size=0 if in_memory else _IN_MEMORY_BYTES) as spool:
            why = await _gathered(lines, spool)
            file_id = _never(why) if why else await self._uploaded(name, spool)
        return _logged(file_id) if isinstance(file_id, Report) else file_id

    async def show(
        self, file_id: str, *, title: str, place: Destination, comment: str = ""
    ) -> Report:
        """Show a file that was uploaded.

        Args:
            file_id: its id.
            title: the heading above it.
            place: the conversation, not a user, and the thread if any.
            comment: the text of its message.
        """
        if not await self._threads.exists(place.channel, place.thread):
            return _logged(_never(THREAD_GONE))
        report = await self._finished(file_id, title, place, comment)
        if await self._is_elsewhere(file_id, place):
            await self._threads.delete(lambda: self._client.files_delete(file=file_id))
            report = _never(THREAD_GONE)
        return _logged(report)

    async def _uploaded(self, name: str, spool: IO[bytes]) -> str | Report:
        """Send the bytes; return the id of the file, or why Slack does not have it."""
        length = spool.tell()
        # Given the length, aiohttp does not send the generator with chunked encoding.
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(length)}
        try:
            async with within(self._timing.posting):
                answer = await self._client.files_getUploadURLExternal(filename=name, length=length)
                file_id, address = answer.get("file_id"), answer.get("upload_url")
            if not (isinstance(file_id, str) and is_slacks(address, self._api_url)):
                return _never("an address that is not Slack's")
            async with (
                within(self._timing.send),
                # Without a token, because the URL is the secret.
                self._session.post(str(address), data=_pieces(spool), headers=headers) as response,
            ):
                status = response.status
        except SlackError as error:
            report = _after(error)
            # Nobody sees a file before the last step, so it can be shared again from the start.
            unknown = report.delivery is Delivery.UNKNOWN
            return replace(report, delivery=Delivery.NOT_SENT) if unknown else report
        if status == HTTPStatus.OK:
            return file_id
        passes = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _NOT_NOW
        why = f"status {status}"
        return Report(delivery=Delivery.NOT_SENT, why=why) if passes else _never(why)

    async def _finished(self, file_id: str, title: str, place: Destination, comment: str) -> Report:
        """Make the file visible: the one step that users see."""

        async def finish() -> None:
            async with within(self._timing.posting):
                await self._client.files_completeUploadExternal(
                    files=[{"id": file_id, "title": title}],
                    channel_id=place.channel,
                    thread_ts=place.thread,
                    initial_comment=comment or None,
                )

        try:
            await in_turn(self._pace, place.channel, finish)
        except SlackError as error:
            return _after(error)
        return Report(delivery=Delivery.SENT)

    async def _is_elsewhere(self, file_id: str, place: Destination) -> bool:
        """Whether Slack lists a file outside of its thread.

        This needs `files:read`; without it, the earlier check of the thread has to be enough.
        """
        if place.thread is None or is_direct(place.channel):
            return False
        for _ in range(_LOOKS):
            try:
                async with within(self._timing.posting):
                    answer = await self._client.files_info(file=file_id)
            except SlackError:
                return False
            for ts, thread in _shares(answer.data, place.channel):
                card = PostedCard(channel=place.channel, ts=ts)
                return thread != place.thread and not await self._threads.contains(
                    card, place.thread
                )
            await asyncio.sleep(self._timing.file_look)
        return False


def _shares(answer: object, channel: str) -> Iterator[tuple[str, object]]:
    """The messages of a channel in which a file is shared: time stamp and thread."""
    shares = part(part(answer, "file"), "shares")
    for kind in ("public", "private"):
        for one in parts(part(shares, kind), channel):
            yield str(one.get("ts", "")), one.get("thread_ts")


async def _gathered(lines: AsyncIterable[bytes], spool: IO[bytes]) -> str:
    """Write all lines; return why they cannot be shared, or an empty string."""
    number = 0
    async for line in lines:
        number += 1
        try:
            spool.write(line)
        except OSError as error:
            return type(error).__name__
        if spool.tell() > MOST_BYTES:
            return TOO_LARGE
        if number % _LINES_AT_ONCE == 0:
            await asyncio.sleep(0)
    return "" if spool.tell() else "empty"


async def _pieces(spool: IO[bytes]) -> AsyncIterator[bytes]:
    spool.seek(0)
    while piece := spool.read(_PIECE_BYTES):
        yield piece


def _logged(report: Report) -> Report:
    if report.delivery is not Delivery.SENT:
        _log.warning("a file was not shared", error=report.why)
    return report


def _never(why: str) -> Report:
    return Report(delivery=Delivery.UNDELIVERABLE, why=why)


def _after(error: SlackError) -> Report:
    # A notice waits until an admin grants the scope; instead of a file, pages are posted at once.
    return _never(error.reason) if isinstance(error, MissingScopeError) else report_after(error)
