"""What the admins must act on, as seen in the answers of look-ups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.domain.call_status import Answer, GatewayCode, LookupFailure


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


def alert_of(answer: Answer) -> Alert | None:
    """What the admins must know of an answer; `None` for nearly all."""
    finding = answer.finding
    if isinstance(finding, LookupFailure):
        trouble = _BY_ERROR.get(finding.error)
        return None if trouble is None else Alert(trouble=trouble, detail=finding.detail)
    code = finding.gateway_code or ""
    return Alert(trouble=_BY_CODE[code], code=code) if code in _BY_CODE else None
