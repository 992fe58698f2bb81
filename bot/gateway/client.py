"""The path of one look-up: cache, circuit, single flight, rate limit, one deadline, few retries.

Works with the domain's values and the error tree of `errors.py`, both as values; knows no HTTP
library.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import stamina
from cachetools import TTLCache

from bot.domain.call_status import Answer, GatewayCode, read_result
from bot.domain.gate import RateLimits, Urgency
from bot.domain.gateway_health import GatewayHealth
from bot.domain.input.message_id import MessageId
from bot.domain.timing import Timing
from bot.gateway.circuit import Circuit
from bot.gateway.http.transport import Transport, open_transport
from bot.gateway.line import Ticket
from bot.gateway.protocol.errors import Busy, GatewayError, Paused, TimedOut, may_retry
from bot.gateway.protocol.soap import Account, RequestForm, SoapVersion, read_reply
from bot.gateway.request_queue import (
    GateClosedError,
    Gatekeeper,
    LocalGate,
    RequestQueue,
    TooLateError,
)

ATTEMPTS: Final = 3
# The share of the deadline for each attempt to connect: three of them and the waits between fit.
CONNECT_SHARE: Final = 0.25
# Whether the gateway redials on its own is not documented, so no final status is cached for ever.
LIFETIME: Final = timedelta(hours=24)
# About a megabyte. The same call is asked about again within minutes, seldom after hours.
MAX_STATUSES: Final = 2_000


@dataclass(slots=True, eq=False)
class _Flight:
    """A look-up in progress.

    Attributes:
        outcome: the error to report if its deadline passed now. Before the first request the bot is
            busy; during one the gateway is slow; after one, while a retry waits or queues, the last
            error is all that is known.
        askers: how many wait for it.
    """

    message_id: MessageId
    ticket: Ticket
    outcome: Answer | GatewayError = field(default_factory=Busy)
    askers: int = 0
    task: asyncio.Task[Answer | GatewayError] = field(init=False)


class GatewayClient:
    """Asks the gateway for the status of calls of one account.

    Args:
        transport: open for as long as the client is used.
        form: of the requests, with the account's keys; the cache is for this account alone.
        timeout: seconds for one look-up, waits and retries included.
        gatekeeper: decides when requests may start.
        now: the present moment, aware, UTC.
        timing: how long each wait takes.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        form: RequestForm,
        timeout: float,
        gatekeeper: Gatekeeper,
        now: Callable[[], datetime],
        timing: Timing = Timing(),
    ) -> None:
        self._transport = transport
        self._form = form
        self._timeout = timeout
        self._now = now
        self._timing = timing
        self._finals: TTLCache[str, Answer, datetime] = TTLCache(
            maxsize=MAX_STATUSES, ttl=LIFETIME, timer=now
        )
        self._queue = RequestQueue(gatekeeper, most_reserved=timeout / 2, timing=timing)
        self._circuit = Circuit(self._probe, now, timing=timing)
        self._one_reply = asyncio.Lock()
        self._flights: dict[str, _Flight] = {}
        self._tasks: set[asyncio.Task[Answer | GatewayError]] = set()

    @property
    def health(self) -> GatewayHealth:
        """How the gateway has been answering."""
        return self._circuit.health

    def is_final(self, message_id: MessageId) -> bool:
        """Whether a final status is cached, so that the look-up needs no wait."""
        return message_id.value in self._finals

    async def status(
        self, message_id: MessageId, *, urgency: Urgency = Urgency.PERSON, asker: str = ""
    ) -> Answer | GatewayError:
        """Look up one call: its status, or the error that prevented an answer.

        Askers take turns, so that one with many calls does not keep the others waiting. A second
        caller for the same call shares the running look-up, its deadline and its error.
        The look-up is cancelled with its last caller.
        """
        if (cached := self._finals.get(message_id.value)) is not None:
            return replace(cached, from_cache=True)
        if (down := self._circuit.error()) is not None:
            return self._marked(down)
        flight = self._board(message_id, urgency, asker)
        flight.askers += 1
        try:
            # The shield keeps one caller's cancellation from ending what others wait for.
            return await asyncio.shield(flight.task)
        finally:
            flight.askers -= 1
            if not flight.askers:
                flight.task.cancel()
                if self._flights.get(message_id.value) is flight:
                    del self._flights[message_id.value]

    async def aclose(self) -> None:
        """Cancel every look-up in progress, and with it its callers."""
        await self._circuit.aclose()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._queue.aclose()

    def _board(self, message_id: MessageId, urgency: Urgency, asker: str) -> _Flight:
        flight = self._flights.get(message_id.value)
        if flight is None or flight.task.done():
            flight = self._new_flight(message_id, urgency, asker)
            self._flights[message_id.value] = flight
            flight.task = asyncio.create_task(self._look_up(flight))
            # asyncio keeps only weak references; a cancelled look-up has left `_flights` already.
            self._tasks.add(flight.task)
            flight.task.add_done_callback(self._tasks.discard)
        else:
            self._queue.join(flight.ticket, asker, urgency)
        return flight

    def _new_flight(self, message_id: MessageId, urgency: Urgency, asker: str) -> _Flight:
        give_up_at = asyncio.get_running_loop().time() + self._timeout
        return _Flight(message_id, Ticket(urgency, give_up_at, {asker}))

    async def _probe(self) -> None:
        """Ask for a call that cannot exist; any answer proves that the gateway is up."""
        impossible = MessageId(f"PROBE-{secrets.token_hex(12)}")
        await self._look_up(self._new_flight(impossible, Urgency.BACKGROUND, asker=""))

    async def _look_up(self, flight: _Flight) -> Answer | GatewayError:
        """The outcome that the look-up reaches before the ticket expires."""
        # The flight's outcome already records the error.
        with suppress(GatewayError, TimeoutError):
            async with asyncio.timeout_at(flight.ticket.give_up_at):
                await self._ask_until_answered(flight)
        outcome = flight.outcome
        if isinstance(outcome, GatewayError):
            self._circuit.failed(outcome)
            # The frames of its traceback refer to the request, and with it to the keys.
            return self._marked(outcome).with_traceback(None)
        self._circuit.answered()
        if outcome.finding.final:
            self._finals[flight.message_id.value] = outcome
        return outcome

    async def _ask_until_answered(self, flight: _Flight) -> None:
        request = self._form.fill(flight.message_id)
        timing, clock = self._timing, asyncio.get_running_loop().time
        # Nearly no look-up is repeated, and what stamina sets up costs a twentieth of one.
        with suppress(GatewayError):
            await self._ask(request, flight)
            return
        async for attempt in stamina.retry_context(
            lambda error: may_retry(error, flight.ticket.give_up_at - clock(), timing),
            attempts=ATTEMPTS,
            timeout=None,
            wait_initial=timing.retry_initial,
            wait_max=timing.retry_max,
            wait_jitter=timing.retry_jitter,
        ):
            with attempt:
                if attempt.num == 1 and isinstance(flight.outcome, GatewayError):
                    raise flight.outcome
                await self._ask(request, flight)

    async def _ask(self, request: bytes, flight: _Flight) -> None:
        """One attempt; its result becomes the flight's outcome.

        Raises:
            GatewayError: the same error.
        """
        try:
            async with self._queue.turn(flight.ticket):
                flight.outcome = TimedOut()
                reply = await self._transport.exchange(request)
                if flight.ticket.urgency is Urgency.BACKGROUND:
                    # The replies to a list come together. One in a turn of the loop, or the next
                    # requests would be sent together too, each when all of these are read.
                    async with self._one_reply:
                        await asyncio.sleep(0)
                status = read_result(read_reply(reply))
                flight.outcome = Answer(
                    message_id=flight.message_id,
                    finding=status,
                    checked_at=self._now(),
                    sandbox=reply.sandbox,
                )
                # Before the place is freed for the next request, which must not start in the pause.
                await self._heed(status.gateway_code)
        except TooLateError:
            # The outcome so far says why: the bot is busy, or an earlier attempt failed.
            return
        except GateClosedError as closed:
            flight.outcome = self._paused(closed.seconds)
        except GatewayError as error:
            flight.outcome = error
            raise

    async def _heed(self, gateway_code: str | None) -> None:
        """Slow down when the gateway asks for it."""
        if gateway_code == GatewayCode.PAUSE:
            self._paused(await self._queue.close())
        else:
            await self._queue.reset_backoff()

    def _paused(self, seconds: float) -> Paused:
        error = Paused()
        error.moment = self._now() + timedelta(seconds=seconds)
        self._circuit.paused(error.moment)
        return error

    def _marked(self, error: GatewayError) -> GatewayError:
        error.sandbox = self._transport.sandbox
        return error


@asynccontextmanager
async def open_gateway(
    *,
    url: str,
    account: Account,
    version: SoapVersion,
    timeout_seconds: float,
    limits: RateLimits,
    now: Callable[[], datetime],
    gatekeeper: Gatekeeper | None = None,
    proxy: str | None = None,
    ca_file: str | Path | None = None,
    timing: Timing = Timing(),
) -> AsyncIterator[GatewayClient]:
    """Open a client for the gateway, and close it at the end.

    Without a gatekeeper the rate limits apply to this process alone. Replies may come in either
    version of SOAP.

    Raises:
        ValueError: an address is not usable; the message does not quote it.
        OSError: the file of certificates cannot be read or contains none.
    """
    form = RequestForm(version, account)
    async with (
        open_transport(
            url,
            connections=limits.max_concurrency,
            headers=form.headers,
            connect_seconds=timeout_seconds * CONNECT_SHARE,
            proxy=proxy,
            ca_file=ca_file,
        ) as transport,
        aclosing(
            GatewayClient(
                transport,
                form=form,
                timeout=timeout_seconds,
                gatekeeper=gatekeeper or LocalGate(limits, timing=timing),
                now=now,
                timing=timing,
            )
        ) as client,
    ):
        yield client
