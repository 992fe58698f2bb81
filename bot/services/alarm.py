"""Alerts the admins to what they must act on: once an hour, however many agents meet it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

import structlog

from bot.domain.answer import Answer
from bot.domain.call_status import GatewayCode
from bot.domain.texts.explanation import LookupFailure
from bot.services.claiming import Claiming
from bot.storage.claims import Claim
from bot.storage.errors import StorageError

EVERY: Final = timedelta(hours=1)

_log = structlog.get_logger(__name__)


class Trouble(StrEnum):
    """What the admins must act on."""

    SECURITY_LIMIT = "security_limit"
    KEYS = "keys"
    ACCOUNT = "account"
    DOWN = "down"


_BY_CODE: Final[Mapping[str, Trouble]] = {
    GatewayCode.CREDENTIAL: Trouble.KEYS,
    GatewayCode.TOKEN: Trouble.KEYS,
    GatewayCode.ACCOUNT: Trouble.ACCOUNT,
    GatewayCode.PAUSE: Trouble.SECURITY_LIMIT,
}
_BY_ERROR: Final[Mapping[str, Trouble]] = {
    "gateway_down": Trouble.DOWN,
    "paused": Trouble.SECURITY_LIMIT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One message to the admins.

    Attributes:
        code: what the gateway answered; empty where it did not.
        detail: the code of the last error; empty where the gateway answered.
    """

    trouble: Trouble
    code: str = ""
    detail: str = ""


class AdminAlerter:
    """Checks every answer for what the admins must act on.

    Args:
        notices: the alerts that any process sent within `EVERY`.
        tell: sends an alert to the admins; returns whether it reached one of them.
        has_admins: whether there are admins.
    """

    def __init__(
        self,
        *,
        notices: Claiming,
        tell: Callable[[Alert], Awaitable[bool]],
        has_admins: bool,
    ) -> None:
        self._notices = notices
        self._tell = tell
        self._has_admins = has_admins

    def covers(self, answers: Sequence[Answer]) -> bool:
        """Whether the admins are alerted because of these answers."""
        return self._has_admins and any(alert_of(answer) is not None for answer in answers)

    async def observe(self, answers: Sequence[Answer]) -> None:
        """Send the alerts that are due; raises no errors of the database or Slack."""
        alerts = {alert.trouble: alert for answer in answers if (alert := alert_of(answer))}
        for alert in alerts.values():
            try:
                await self._raise(alert)
            except StorageError as error:
                _log.warning("the admins could not be told once only", error=error.code)

    async def _raise(self, alert: Alert) -> None:
        reason = alert.trouble.value
        if await self._notices.claim(reason) is not Claim.MINE:
            return
        async with self._notices.doing(reason) as deed:
            _log.warning("the admins must act", reason=reason, error=alert.code or alert.detail)
            deed.done = not self._has_admins or await self._tell(alert)
        if not deed.done:
            _log.error("no admin could be told", reason=reason)


def alert_of(answer: Answer) -> Alert | None:
    """What the admins must know of an answer; `None` for nearly all."""
    finding = answer.finding
    if isinstance(finding, LookupFailure):
        trouble = _BY_ERROR.get(finding.error)
        return None if trouble is None else Alert(trouble=trouble, detail=finding.detail)
    code = finding.gateway_code or ""
    return Alert(trouble=_BY_CODE[code], code=code) if code in _BY_CODE else None
