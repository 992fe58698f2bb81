"""Alerts the admins to what they must act on: once an hour, however many agents meet it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog

from bot.domain.alerts import Alert, alert_of
from bot.domain.answer import Answer
from bot.services.claiming import Claiming
from bot.storage.claims import Claim
from bot.storage.errors import FailureLogged

EVERY: Final = timedelta(hours=1)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminAlerter:
    """Checks every answer for what the admins must act on.

    Attributes:
        notices: the alerts that any process sent within `EVERY`.
        tell: sends an alert to the admins; returns whether it reached one of them.
        has_admins: whether there are admins.
    """

    notices: Claiming
    tell: Callable[[Alert], Awaitable[bool]]
    has_admins: bool

    def covers(self, answers: Sequence[Answer]) -> bool:
        """Whether the admins are alerted because of these answers."""
        return self.has_admins and any(alert_of(answer) is not None for answer in answers)

    async def observe(self, answers: Sequence[Answer]) -> None:
        """Send the alerts that are due; raises no errors of the database or Slack."""
        alerts = {alert.trouble: alert for answer in answers if (alert := alert_of(answer))}
        for alert in alerts.values():
            with FailureLogged("the admins could not be alerted once only"):
                await self._raise(alert)

    async def _raise(self, alert: Alert) -> None:
        reason = alert.trouble.value
        if await self.notices.claim(reason) is not Claim.MINE:
            return
        async with self.notices.doing(reason) as deed:
            _log.warning("the admins must act", reason=reason, error=alert.code or alert.detail)
            deed.done = not self.has_admins or await self.tell(alert)
        if not deed.done:
            _log.error("no admin could be alerted", reason=reason)
