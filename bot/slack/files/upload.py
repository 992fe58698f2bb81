"""A file of the bot's own, shared in a thread: told, sent, finished, each step once.

Slack wants the length before the bytes, so they are gathered first, on disk where they are many.
https://docs.slack.dev/messaging/working-with-files#upload
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from tempfile import SpooledTemporaryFile
from typing import IO, Final, TypeAlias

import aiohttp
import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.jobs.watch import PostedCard
from bot.domain.timing import Timing
from bot.services.jobs.outcomes import Delivery
from bot.slack.api.errors import NO_SCOPE, TRANSPORT_ERRORS
from bot.slack.api.payload import part
from bot.slack.api.post_once import after, unrepeating
from bot.slack.api.threads import THREAD_GONE, Threads
from bot.slack.blocks.style import is_direct
from bot.slack.files.addresses import FileAddresses

WRITE_SCOPE: Final = "files:write"
# Ten thousand calls fill some megabytes.
MOST_BYTES: Final = 20 * 1024 * 1024
IN_MEMORY_BYTES: Final = 1024 * 1024

_log = structlog.get_logger(__name__)
_PIECE_BYTES: Final = 64 * 1024
# So many lines are gathered before others get their turn.
_LINES_AT_ONCE: Final = 500
# So often it is looked where Slack shows a file.
_LOOKS: Final = 5
_NOT_NOW: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})

Lines: TypeAlias = Iterable[bytes] | AsyncIterable[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultFile:
    """A file that is to be shared.

    Attributes:
        name: with its ending; people who save the file get it.
        title: what stands over it.
        channel: the id of a conversation; a person's id is none.
        thread: the time stamp of the thread's first message; `None` for the conversation itself.
    """

    name: str
    title: str
    channel: str
    thread: str | None = None


class _NotSharedError(Exception):
    """The file does not stand there; `why` may be logged."""

    def __init__(self, why: str, delivery: Delivery = Delivery.UNDELIVERABLE) -> None:
        super().__init__(why)
        self.why = why
        # Before the last step nothing stands there, whatever nobody said.
        self.delivery = Delivery.NOT_SENT if delivery is Delivery.UNKNOWN else delivery


class ResultFiles:
    """Shares files. Raises nothing for what Slack does."""

    def __init__(
        self, *, client: AsyncWebClient, session: aiohttp.ClientSession, timing: Timing = Timing()
    ) -> None:
        self._client = unrepeating(client)
        self._session = session
        self._timing = timing
        self._threads = Threads(client, timing=timing)
        self._addresses = FileAddresses(client.base_url)

    async def share(self, file: ResultFile, lines: Lines) -> Delivery:
        """Share a file with this content; each line is given with its end."""
        try:
            with SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as spool:
                length = await _gathered(lines, spool)
                file_id, address = await self._begun(file.name, length)
                await self._send(address, spool, length)
        except _NotSharedError as error:
            return _handed(error.delivery, error.why)
        if not await self._threads.stands(file.channel, file.thread):
            return _handed(Delivery.UNDELIVERABLE, THREAD_GONE)
        delivery = await self._finish(file, file_id)
        if await self._is_elsewhere(file, file_id):
            await self._threads.delete(lambda: self._client.files_delete(file=file_id))
            return _handed(Delivery.UNDELIVERABLE, THREAD_GONE)
        return delivery

    async def _begun(self, name: str, length: int) -> tuple[str, str]:
        """The id of the file, and the address that takes its bytes."""
        try:
            async with asyncio.timeout(self._timing.posting):
                answer = await self._client.files_getUploadURLExternal(filename=name, length=length)
            file_id, address = answer.get("file_id"), answer.get("upload_url")
        except TRANSPORT_ERRORS as error:
            attempt = after(error)
            raise _NotSharedError(attempt.why, attempt.delivery) from None
        if not isinstance(file_id, str) or not isinstance(address, str):
            raise _NotSharedError("an answer that cannot be read")
        if not self._addresses.are_slacks(address):
            raise _NotSharedError("an address that is not Slack's")
        return file_id, address

    async def _send(self, address: str, spool: IO[bytes], length: int) -> None:
        """Send the bytes; the address is the secret, so no token goes along."""
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(length)}
        try:
            async with (
                asyncio.timeout(self._timing.send),
                self._session.post(
                    address, data=_pieces(spool), headers=headers, allow_redirects=False
                ) as response,
            ):
                status = response.status
        except TRANSPORT_ERRORS as error:
            raise _NotSharedError(type(error).__name__, Delivery.NOT_SENT) from None
        if status != HTTPStatus.OK:
            later = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _NOT_NOW
            raise _NotSharedError(
                f"status {status}", Delivery.NOT_SENT if later else Delivery.UNDELIVERABLE
            )

    async def _finish(self, file: ResultFile, file_id: str) -> Delivery:
        """Let it stand there: the one step that people see."""
        try:
            async with asyncio.timeout(self._timing.posting):
                await self._client.files_completeUploadExternal(
                    files=[{"id": file_id, "title": file.title}],
                    channel_id=file.channel,
                    thread_ts=file.thread,
                )
        except TRANSPORT_ERRORS as error:
            attempt = after(error)
            return _handed(attempt.delivery, attempt.why)
        return Delivery.SENT

    async def _is_elsewhere(self, file: ResultFile, file_id: str) -> bool:
        """Whether Slack is seen to show a file outside of its thread.

        That needs `files:read`; without it, the look at the thread before has to be enough.
        """
        if file.thread is None or is_direct(file.channel):
            return False
        for _ in range(_LOOKS):
            try:
                async with asyncio.timeout(self._timing.posting):
                    answer = await self._client.files_info(file=file_id)
            except TRANSPORT_ERRORS:
                return False
            for ts, thread in _shares(answer.data, file.channel):
                card = PostedCard(channel=file.channel, ts=ts)
                return thread != file.thread and not await self._threads.holds(card, file.thread)
            await asyncio.sleep(self._timing.file_look)
        return False


def _shares(answer: object, channel: str) -> Iterator[tuple[str, object]]:
    """The messages of a channel in which a file is shared: time stamp and thread."""
    shares = part(part(answer, "file"), "shares") if isinstance(answer, Mapping) else {}
    for kind in ("public", "private"):
        found = part(shares, kind).get(channel)
        for one in found if isinstance(found, list) else ():
            if isinstance(one, Mapping):
                yield str(one.get("ts", "")), one.get("thread_ts")


async def _gathered(lines: Lines, spool: IO[bytes]) -> int:
    """How many bytes there are, all of them written."""
    length = 0
    async for number, line in _numbered(lines):
        length += len(line)
        if length > MOST_BYTES:
            raise _NotSharedError("too large")
        try:
            spool.write(line)
        except OSError as error:
            raise _NotSharedError(type(error).__name__) from None
        if number % _LINES_AT_ONCE == 0:
            await asyncio.sleep(0)
    if not length:
        raise _NotSharedError("empty")
    return length


async def _numbered(lines: Lines) -> AsyncIterator[tuple[int, bytes]]:
    number = 0
    if isinstance(lines, AsyncIterable):
        async for line in lines:
            number += 1
            yield number, line
    else:
        for line in lines:
            number += 1
            yield number, line


async def _pieces(spool: IO[bytes]) -> AsyncIterator[bytes]:
    spool.seek(0)
    while piece := spool.read(_PIECE_BYTES):
        yield piece


def _handed(delivery: Delivery, why: str) -> Delivery:
    _log.warning("a file was not shared", error=why)
    # Unlike a notice, which can only be posted later, a file has pages in its place.
    return Delivery.UNDELIVERABLE if why in NO_SCOPE else delivery
