"""The look-up: allow, ask, record. What the gateway gave, or why it gave nothing, is an `Answer`.

A failed call is a successful look-up; a failed look-up says nothing about the call.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from time import monotonic

from bot.domain.access import AccessRules, Asker, Circle, Refusal, is_admin, refusal
from bot.domain.call_status import Answer, LookupFailure
from bot.domain.gate import Urgency
from bot.domain.gateway_health import GatewayHealth
from bot.domain.input.message_id import MessageId
from bot.gateway.client import GatewayClient
from bot.gateway.protocol.errors import GatewayError, OwnLookUps
from bot.telemetry import Telemetry


class LookupService:
    """Asks the gateway for people who may ask.

    Args:
        gateway: has the queue, in which users take turns.
        rules: who may ask.
        telemetry: counts and logs look-ups.
        now: the current time, aware, UTC.
        most_of_one: how many look-ups of one user can be answered in time; for further ones the
            user learns at once that they have to wait. `None` for no limit.
    """

    def __init__(
        self,
        *,
        gateway: GatewayClient,
        rules: AccessRules,
        telemetry: Telemetry,
        now: Callable[[], datetime],
        most_of_one: int | None = None,
    ) -> None:
        self._gateway = gateway
        self._rules = rules
        self._telemetry = telemetry
        self._now = now
        self._most_of_one = most_of_one
        self._under_way = Counter[str]()
        telemetry.follow_gateway(lambda: gateway.health.down_since is None)

    @property
    def health(self) -> GatewayHealth:
        """How the gateway has been answering this process."""
        return self._gateway.health

    def refusal(self, asker: Asker, circle: Circle = Circle.USERS) -> Refusal | None:
        """Why the asker may not use what is for this circle; `None` when they may."""
        return refusal(asker, self._rules, circle)

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
        if asker and urgency is Urgency.PERSON and not self.is_final(message_id):
            answer = await self._ask_for_user(message_id, asker)
        else:
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

    async def _ask_for_user(self, message_id: MessageId, asker: str) -> Answer | GatewayError:
        """The gateway's answer, or at once that so many of the user's own are under way."""
        under_way = self._under_way[asker]
        if self._most_of_one is not None and under_way >= self._most_of_one:
            return OwnLookUps(str(under_way))
        self._under_way[asker] += 1
        try:
            return await self._gateway.status(message_id, urgency=Urgency.PERSON, asker=asker)
        finally:
            self._under_way[asker] -= 1
            if not self._under_way[asker]:
                del self._under_way[asker]
