"""One look-up on the wire: through the ceiling, repeated a little, all under one deadline.

Its outcome is a value, a found-out status or an error of the tree, and is recorded in the circuit.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import stamina

from bot.domain.call_status import CheckedStatus, read_result
from bot.domain.input.message_id import MessageId
from bot.domain.timing import Timing
from bot.gateway.ceiling import Ceiling, GateClosedError, Ticket
from bot.gateway.circuit import Circuit
from bot.gateway.http.transport import Reply, Transport
from bot.gateway.protocol.errors import (
    Busy,
    GatewayError,
    GatewayUnavailable,
    NotSoap,
    Paused,
    TimedOut,
    UnsafeXml,
)
from bot.gateway.protocol.soap import Account, SoapRequest, SoapVersion, build_request, read_reply

ATTEMPTS: Final = 3

# What the gateway says when it is asked too often, or does not like who asks.
_SLOW_DOWN: Final = "900"


@dataclass(slots=True)
class _Progress:
    """How far one look-up has come: what it would have to report if its deadline fell now.

    Before the first request the bot is busy; during one the gateway is slow; after one, while a
    repetition waits or queues, what went wrong last is all that is known.
    """

    ticket: Ticket
    late: GatewayError = field(default_factory=Busy)
    checked: CheckedStatus | None = None


class Inquiry:
    """Asks the gateway about one call at a time of one account.

    Args:
        transport: open for as long as this is used.
        account: keys of the account.
        version: SOAP version of the requests; replies may come in either.
        ceiling: asked before each request.
        circuit: told of each outcome.
        now: the present moment, aware, UTC.
        timing: how long it waits for what.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        account: Account,
        version: SoapVersion,
        ceiling: Ceiling,
        circuit: Circuit,
        now: Callable[[], datetime],
        timing: Timing = Timing(),
    ) -> None:
        self._transport = transport
        self._account = account
        self._version = version
        self._ceiling = ceiling
        self._circuit = circuit
        self._now = now
        self._timing = timing
        self._retrying = stamina.AsyncRetryingCaller(
            attempts=ATTEMPTS,
            timeout=None,
            wait_initial=timing.retry_initial,
            wait_max=timing.retry_max,
            wait_jitter=timing.retry_jitter,
        )

    async def outcome(self, message_id: MessageId, ticket: Ticket) -> CheckedStatus | GatewayError:
        """What could be found out until the ticket's time is up."""
        found = await self._found(message_id, _Progress(ticket))
        if isinstance(found, CheckedStatus):
            self._circuit.answered()
        else:
            self._circuit.failed(found)
        return found

    async def _found(
        self, message_id: MessageId, progress: _Progress
    ) -> CheckedStatus | GatewayError:
        request = build_request(self._version, self._account, message_id)
        try:
            async with asyncio.timeout_at(progress.ticket.give_up_at):
                return await self._retrying(
                    _repetition(progress.ticket, self._timing), self._ask, request, progress
                )
        except TimeoutError:
            return progress.checked or progress.late
        except GateClosedError as closed:
            return self._paused(closed.seconds)
        except GatewayError as error:
            return error

    def _paused(self, seconds: float) -> Paused:
        error = Paused()
        error.moment = self._now() + timedelta(seconds=seconds)
        self._circuit.paused(error.moment)
        return error

    async def _ask(self, request: SoapRequest, progress: _Progress) -> CheckedStatus:
        async with self._ceiling.turn(progress.ticket):
            progress.ticket.repetition, progress.late = True, TimedOut()
            try:
                reply = await self._transport.exchange(request)
                text = _read(reply)
            except GatewayError as error:
                progress.late = error
                raise
            checked = progress.checked = CheckedStatus(
                status=read_result(text), checked_at=self._now(), sandbox=reply.sandbox
            )
            # Before the place is given to the next one, who must not ask in the pause.
            await self._heed(checked.status.gateway_code)
        return checked

    async def _heed(self, gateway_code: str | None) -> None:
        """Slow down when the gateway says so."""
        if gateway_code == _SLOW_DOWN:
            seconds = await self._ceiling.close()
            self._circuit.paused(self._now() + timedelta(seconds=seconds))
        else:
            await self._ceiling.reset_backoff()


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


def _repetition(ticket: Ticket, timing: Timing) -> Callable[[Exception], bool | float]:
    """Whether an error may be followed by a repetition, and after how long if the gateway said."""

    def decide(error: Exception) -> bool | float:
        if not isinstance(error, GatewayError) or not error.retryable:
            return False
        asked = error.retry_after if isinstance(error, GatewayUnavailable) else None
        if asked is None:
            return True
        # Many are told the same moment.
        least, more = timing.retry_initial, timing.retry_jitter
        pause = asked + random.uniform(least, least + more)  # noqa: S311  # nosec B311
        return pause if asyncio.get_running_loop().time() + pause < ticket.give_up_at else False

    return decide
