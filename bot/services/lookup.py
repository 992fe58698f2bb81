"""The look-up: allow, ask, record. What the gateway gave, or why it gave nothing, is an `Answer`.

A failed call is a successful look-up; a failed look-up says nothing about the call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from time import monotonic

from bot.domain.access import AccessRules, Asker, Refusal, is_admin, refusal
from bot.domain.call_status import Answer, LookupFailure
from bot.domain.gate import Urgency
from bot.domain.gateway_health import GatewayHealth
from bot.domain.input.message_id import MessageId
from bot.gateway.client import GatewayClient
from bot.gateway.protocol.errors import GatewayError
from bot.telemetry import Telemetry


class LookupService:
    """Asks the gateway for people who may ask."""

    def __init__(
        self,
        *,
        gateway: GatewayClient,
        rules: AccessRules,
        telemetry: Telemetry,
        now: Callable[[], datetime],
    ) -> None:
        self._gateway = gateway
        self._rules = rules
        self._telemetry = telemetry
        self._now = now
        telemetry.follow_gateway(lambda: gateway.health.down_since is None)

    @property
    def health(self) -> GatewayHealth:
        """How the gateway has been answering this process."""
        return self._gateway.health

    def refusal(self, asker: Asker) -> Refusal | None:
        """Why the asker may not look calls up; `None` when they may."""
        return refusal(asker, self._rules)

    def is_final(self, message_id: MessageId) -> bool:
        """Whether this process knows a final status of the call already."""
        return self._gateway.is_final(message_id)

    def is_admin(self, asker: Asker) -> bool:
        """Whether the asker has the operator's rights."""
        return is_admin(asker, self._rules)

    async def look_up(
        self,
        message_ids: Sequence[MessageId],
        *,
        urgency: Urgency = Urgency.PERSON,
        asker: str = "",
    ) -> tuple[Answer, ...]:
        """One answer for each id, in their order; never raises for what the gateway does.

        Args:
            message_ids: the calls.
            urgency: whether a person waits for the answers.
            asker: the user who asked, also for background work; users take turns.
        """
        if len(message_ids) == 1:
            return (await self._look_up_one(message_ids[0], urgency, asker),)
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(self._look_up_one(one, urgency, asker)) for one in message_ids
            ]
        return tuple(task.result() for task in tasks)

    async def _look_up_one(self, message_id: MessageId, urgency: Urgency, asker: str) -> Answer:
        started = monotonic()
        answer = await self._gateway.status(message_id, urgency=urgency, asker=asker)
        if isinstance(answer, GatewayError):
            failure = LookupFailure(error=answer.code, detail=answer.fact, moment=answer.moment)
            answer = Answer(
                message_id=message_id,
                finding=failure,
                checked_at=self._now(),
                sandbox=answer.sandbox,
            )
        self._telemetry.looked_up(answer, monotonic() - started)
        return answer
