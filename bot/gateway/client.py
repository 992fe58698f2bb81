"""The path of one look-up: cache, circuit, single flight, ceiling, one deadline, few retries.

Speaks the domain's values upwards and the error tree of `errors.py`; knows no HTTP library.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from bot.domain.call_status import CheckedStatus
from bot.domain.gate import Ceilings, Urgency
from bot.domain.gateway_health import GatewayHealth
from bot.domain.input.message_id import MessageId
from bot.domain.timing import Timing
from bot.gateway.ceiling import Ceiling, Gatekeeper, Ticket
from bot.gateway.circuit import Circuit
from bot.gateway.http.transport import Transport, open_transport
from bot.gateway.inquiry import Inquiry
from bot.gateway.local_gate import LocalGate
from bot.gateway.protocol.errors import GatewayError
from bot.gateway.protocol.soap import Account, SoapVersion
from bot.gateway.status_cache import StatusCache

# Of the deadline, for each attempt to connect: three of them and the waits between have room.
CONNECT_SHARE: Final = 0.25


@dataclass(slots=True, eq=False)
class _Flight:
    """A look-up on its way, and how many wait for it. Its errors are values until it has landed."""

    task: asyncio.Task[CheckedStatus | GatewayError]
    ticket: Ticket
    askers: int = 0


class GatewayClient:
    """Asks the gateway for the status of calls of one account.

    Args:
        transport: open for as long as the client is used.
        account: keys of the account; the cache is for this account alone.
        version: SOAP version of the requests; replies may come in either.
        timeout: seconds for one look-up, waiting and repetitions included.
        gatekeeper: asked right before each request whether it may go.
        now: the present moment, aware, UTC.
        timing: how long it waits for what.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        account: Account,
        version: SoapVersion,
        timeout: float,
        gatekeeper: Gatekeeper,
        now: Callable[[], datetime],
        timing: Timing = Timing(),
    ) -> None:
        self._transport = transport
        self._timeout = timeout
        self._cache = StatusCache(now)
        self._ceiling = Ceiling(gatekeeper)
        self._circuit = Circuit(self._probe, now, timing=timing)
        self._inquiry = Inquiry(
            transport,
            account=account,
            version=version,
            ceiling=self._ceiling,
            circuit=self._circuit,
            now=now,
            timing=timing,
        )
        self._flights: dict[MessageId, _Flight] = {}
        self._tasks: set[asyncio.Task[CheckedStatus | GatewayError]] = set()

    @property
    def health(self) -> GatewayHealth:
        """How the gateway has been answering."""
        return self._circuit.health

    def is_final(self, message_id: MessageId) -> bool:
        """Whether a final status is kept, so that there is nothing to wait for."""
        return self._cache.get(message_id) is not None

    def forget(self) -> None:
        """Drop every cached status and what is known of the gateway's health, as a restart does."""
        self._cache.clear()
        self._circuit.reset()

    async def status(
        self, message_id: MessageId, *, urgency: Urgency = Urgency.PERSON
    ) -> CheckedStatus:
        """Look up one call.

        Whoever asks for a call that is being looked up shares that look-up, its deadline and its
        error. It is given up when the last of them is cancelled.

        Raises:
            GatewayError: the gateway gave no answer; the class says why.
        """
        if kept := self._cache.get(message_id):
            return kept
        if (down := self._circuit.error()) is not None:
            raise self._marked(down)
        flight = self._board(message_id, urgency)
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
        await self._circuit.aclose()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._ceiling.aclose()

    def _board(self, message_id: MessageId, urgency: Urgency) -> _Flight:
        flight = self._flights.get(message_id)
        if flight is None or flight.task.done():
            ticket = self._ticket(urgency)
            task = asyncio.create_task(self._look_up(message_id, ticket))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            flight = self._flights[message_id] = _Flight(task, ticket)
        elif urgency < flight.ticket.urgency:
            self._ceiling.hurry(flight.ticket)
        return flight

    def _land(self, message_id: MessageId, flight: _Flight) -> None:
        flight.task.cancel()
        if self._flights.get(message_id) is flight:
            del self._flights[message_id]

    def _ticket(self, urgency: Urgency) -> Ticket:
        return Ticket(urgency, asyncio.get_running_loop().time() + self._timeout)

    async def _look_up(self, message_id: MessageId, ticket: Ticket) -> CheckedStatus | GatewayError:
        outcome = await self._inquiry.outcome(message_id, ticket)
        if isinstance(outcome, GatewayError):
            return self._marked(outcome)
        self._cache.keep(message_id, outcome)
        return outcome

    async def _probe(self) -> None:
        """Ask for a call that cannot exist; whatever is answered, the gateway is there."""
        impossible = MessageId(f"PROBE-{secrets.token_hex(12)}")
        await self._look_up(impossible, self._ticket(Urgency.BACKGROUND))

    def _marked(self, error: GatewayError) -> GatewayError:
        error.sandbox = self._transport.sandbox
        return error


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
    gatekeeper: Gatekeeper | None = None,
    proxy: str | None = None,
    ca_file: str | Path | None = None,
    timing: Timing = Timing(),
) -> AsyncIterator[GatewayClient]:
    """Open the way to the gateway from plain settings, and close it at the end.

    Without a gatekeeper the ceilings are those of this process alone.

    Raises:
        ValueError: a value is unusable; the message does not quote it.
        OSError: the file of certificates cannot be read or holds none.
    """
    account, version = Account(credential, token), SoapVersion(soap_version)
    ceilings = Ceilings(requests_per_second=requests_per_second, max_concurrency=max_concurrency)
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
            gatekeeper=gatekeeper or LocalGate(ceilings, timing=timing),
            now=now,
            timing=timing,
        )
        try:
            yield client
        finally:
            await client.aclose()
