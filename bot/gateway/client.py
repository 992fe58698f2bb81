"""The path of one look-up: cache, single flight, ceiling, one deadline, few retries.

Speaks the domain's values upwards and the error tree of `errors.py`; knows no HTTP library.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

import stamina

from bot.domain.call_status import CheckedStatus, read_result
from bot.domain.message_id import MessageId
from bot.gateway.ceiling import Ceiling
from bot.gateway.errors import Busy, GatewayError, NotSoap, TimedOut, UnsafeXml
from bot.gateway.soap import Account, SoapRequest, SoapVersion, build_request, read_reply
from bot.gateway.status_cache import StatusCache
from bot.gateway.transport import Reply, Transport, open_transport

ATTEMPTS: Final = 3
# Of the deadline, for each attempt to connect: three of them and the waits between have room.
CONNECT_SHARE: Final = 0.25
# Seconds before a repetition: the first lies between 0.1 and 0.5, none is longer than 1.
WAIT_INITIAL: Final = 0.1
WAIT_JITTER: Final = 0.4
WAIT_MAX: Final = 1.0


@dataclass(slots=True)
class _Progress:
    """How far one look-up has come: what it would have to report if its deadline fell now.

    Before the first request the bot is busy; during one the gateway is slow; after one, while a
    repetition waits or queues, what went wrong last is all that is known.
    """

    late: GatewayError = field(default_factory=Busy)
    asked: bool = False


@dataclass(slots=True, eq=False)
class _Flight:
    """A look-up on its way, and how many wait for it. Its errors are values until it has landed."""

    task: asyncio.Task[CheckedStatus | GatewayError]
    askers: int = 0


class GatewayClient:
    """Asks the gateway for the status of calls of one account.

    Args:
        transport: open for as long as the client is used.
        account: keys of the account; the cache is for this account alone.
        version: SOAP version of the requests; replies may come in either.
        timeout: seconds for one look-up, waiting and repetitions included.
        requests_per_second: ceiling on starts, see `Ceiling`.
        max_concurrency: ceiling on requests at the same time.
        now: the present moment, aware, UTC.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        account: Account,
        version: SoapVersion,
        timeout: float,
        requests_per_second: float,
        max_concurrency: int,
        now: Callable[[], datetime],
    ) -> None:
        self._transport = transport
        self._account = account
        self._version = version
        self._timeout = timeout
        self._now = now
        self._cache = StatusCache(now)
        self._ceiling = Ceiling(
            requests_per_second=requests_per_second, max_concurrency=max_concurrency
        )
        self._retrying = stamina.AsyncRetryingCaller(
            attempts=ATTEMPTS,
            timeout=None,
            wait_initial=WAIT_INITIAL,
            wait_max=WAIT_MAX,
            wait_jitter=WAIT_JITTER,
        )
        self._flights: dict[MessageId, _Flight] = {}
        self._tasks: set[asyncio.Task[CheckedStatus | GatewayError]] = set()

    async def status(self, message_id: MessageId) -> CheckedStatus:
        """Look up one call.

        Whoever asks for a call that is being looked up shares that look-up, its deadline and its
        error. It is given up when the last of them is cancelled.

        Raises:
            GatewayError: the gateway gave no answer; the class says why.
        """
        if kept := self._cache.get(message_id):
            return kept
        flight = self._board(message_id)
        flight.askers += 1
        try:
            outcome = await asyncio.shield(flight.task)
        finally:
            flight.askers -= 1
            if not flight.askers:
                self._land(message_id, flight)
        if isinstance(outcome, GatewayError):
            # The same error goes to everybody who waits; each starts a traceback of its own.
            raise outcome.with_traceback(None)
        return outcome

    async def aclose(self) -> None:
        """Give up every look-up that is on its way; those who wait for one are cancelled."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _board(self, message_id: MessageId) -> _Flight:
        flight = self._flights.get(message_id)
        if flight is None or flight.task.done():
            task = asyncio.create_task(self._look_up(message_id))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            flight = self._flights[message_id] = _Flight(task)
        return flight

    def _land(self, message_id: MessageId, flight: _Flight) -> None:
        flight.task.cancel()
        if self._flights.get(message_id) is flight:
            del self._flights[message_id]

    async def _look_up(self, message_id: MessageId) -> CheckedStatus | GatewayError:
        request = build_request(self._version, self._account, message_id)
        progress = _Progress()
        try:
            async with asyncio.timeout(self._timeout):
                checked = await self._retrying(_may_be_repeated, self._ask, request, progress)
        except TimeoutError:
            return self._marked(progress.late)
        except GatewayError as error:
            return self._marked(error)
        self._cache.keep(message_id, checked)
        return checked

    def _marked(self, error: GatewayError) -> GatewayError:
        error.sandbox = self._transport.sandbox
        return error

    async def _ask(self, request: SoapRequest, progress: _Progress) -> CheckedStatus:
        async with self._ceiling.turn(repetition=progress.asked):
            progress.asked, progress.late = True, TimedOut()
            try:
                reply = await self._transport.exchange(request)
                text = _read(reply)
            except GatewayError as error:
                progress.late = error
                raise
        return CheckedStatus(
            status=read_result(text), checked_at=self._now(), sandbox=reply.sandbox
        )


def _read(reply: Reply) -> str:
    """The text of the result, also of a reply whose end is missing when its envelope is whole.

    Raises:
        GatewayError: there is none; where the line broke and the status says nothing, that.
    """
    try:
        return read_reply(
            reply.http_status, reply.content_type, reply.content, retry_after=reply.retry_after
        )
    except (NotSoap, UnsafeXml):
        if reply.cut_by is None:
            raise
    raise reply.cut_by


def _may_be_repeated(error: Exception) -> bool:
    return isinstance(error, GatewayError) and error.retryable


@asynccontextmanager
async def open_gateway(
    *,
    url: str,
    credential: str,
    token: str,
    soap_version: str,
    timeout_seconds: float,
    requests_per_second: float,
    max_concurrency: int,
    now: Callable[[], datetime],
    proxy: str | None = None,
    ca_file: str | Path | None = None,
) -> AsyncIterator[GatewayClient]:
    """Open the way to the gateway from plain settings, and close it at the end.

    Raises:
        ValueError: a value is unusable; the message does not quote it.
        OSError: the file of certificates cannot be read or holds none.
    """
    account = Account(credential, token)
    version = SoapVersion(soap_version)
    async with open_transport(
        url,
        connections=max_concurrency,
        connect_seconds=timeout_seconds * CONNECT_SHARE,
        proxy=proxy,
        ca_file=ca_file,
    ) as transport:
        client = GatewayClient(
            transport,
            account=account,
            version=version,
            timeout=timeout_seconds,
            requests_per_second=requests_per_second,
            max_concurrency=max_concurrency,
            now=now,
        )
        try:
            yield client
        finally:
            await client.aclose()
