"""The sandbox's answer to an account and an IDMSG: the script, as pure decisions.

Uses no clock and no socket: the caller passes how long ago an id was first requested.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from bot.gateway.sandbox.fault_names import FaultName

PREFIX: Final = "SANDBOX-"
PENDING_SECONDS: Final = 20.0
MAX_SLOW_SECONDS: Final = 600.0
MAX_IDMSG: Final = 40

_OK: Final = "ok:85.00"
_PENDING: Final = "024"
_UNKNOWN: Final = "023"

_FIXED: Final[Mapping[str, str]] = {
    "OK": _OK,
    "SHORT": "ok:3.00",
    "BUSY": "failed:486",
    "NOANSWER": "failed:480",
    "NOTFOUND": "failed:404",
    "DECLINED": "failed:603",
    "ERROR": "error:503",
    "BLOCKED": "blocked:608",
    "MACHINE": "machine:200",
    "FOREVER": _PENDING,
    "EMPTY": "",
}
_FAULTS: Final[Mapping[str, FaultName]] = {f"FAULT-{name}".upper(): name for name in FaultName}
_WAITING: Final = re.compile(r"PENDING(?:-([0-9]+(?:\.[0-9]+)?))?")
_SLOW: Final = re.compile(r"SLOW-([0-9]+(?:\.[0-9]+)?)")
_CODE: Final = re.compile(r"[0-9]{3}")
_RESULT: Final = re.compile(r"([A-Z]+|[0-9]{3})\.(.*)", re.DOTALL)

#: Every id, or form of ids, with one sentence on its effect.
SCRIPTED: Final[Mapping[str, str]] = {
    f"{PREFIX}OK": "Answered, 85 seconds (ok:85.00).",
    f"{PREFIX}SHORT": "Answered for 3 seconds only (ok:3.00).",
    f"{PREFIX}BUSY": "Busy (failed:486).",
    f"{PREFIX}NOANSWER": "Nobody answered (failed:480).",
    f"{PREFIX}NOTFOUND": "No such number (failed:404).",
    f"{PREFIX}DECLINED": "Declined (failed:603).",
    f"{PREFIX}ERROR": "Broke down while the call was running (error:503).",
    f"{PREFIX}BLOCKED": "Barred on the way (blocked:608).",
    f"{PREFIX}MACHINE": "An answering machine was detected (machine:200).",
    f"{PREFIX}PENDING": "No status (024) for 20 seconds after it is first asked, then ok.",
    f"{PREFIX}PENDING-n": "No status (024) for n seconds after it is first asked, then ok.",
    f"{PREFIX}FOREVER": "No status (024), always.",
    f"{PREFIX}001": "That gateway code; any three digits may stand here.",
    f"{PREFIX}failed.486": "That result; the first point stands for the colon (failed:486).",
    f"{PREFIX}SLOW-n": "Answered (ok:85.00), but n seconds late, 600 at most.",
    f"{PREFIX}EMPTY": "An empty result element.",
    **{f"{PREFIX}FAULT-{name}": name.sentence for name in FaultName},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer: a result text, `delay` seconds late; or a fault, if one is named."""

    text: str = ""
    delay: float = 0.0
    fault: FaultName | None = None


def refusal(credential: str | None, token: str | None) -> str | None:
    """The gateway code for a rejected account; None if it is accepted.

    Any credential of 40 and token of 6 characters is accepted, unless it begins with BAD.
    """
    if credential is None or len(credential) != 40 or credential.startswith("BAD"):  # noqa: PLR2004
        return "001"
    if token is None or len(token) != 6 or token.startswith("BAD"):  # noqa: PLR2004
        return "019"
    return None


def pending_seconds(idmsg: str | None) -> float | None:
    """How long this id has no status after its first request; None if it does not wait."""
    found = _WAITING.fullmatch(_tail(idmsg))
    if found is None:
        return None
    return PENDING_SECONDS if found[1] is None else float(found[1])


def answer(idmsg: str | None, *, elapsed: float = 0.0) -> Answer:
    """The scripted answer; `elapsed` is the time in seconds since the id was first asked."""
    tail, seconds = _tail(idmsg), pending_seconds(idmsg)
    if seconds is not None:
        return Answer(text=_PENDING if elapsed < seconds else _OK)
    if tail in _FIXED:
        return Answer(text=_FIXED[tail])
    if tail in _FAULTS:
        return Answer(fault=_FAULTS[tail])
    for form, read in _FORMS.items():
        if found := form.fullmatch(tail):
            return read(found)
    return Answer(text=_UNKNOWN)


_FORMS: Final[Mapping[re.Pattern[str], Callable[[re.Match[str]], Answer]]] = {
    _SLOW: lambda found: Answer(text=_OK, delay=min(float(found[1]), MAX_SLOW_SECONDS)),
    _CODE: lambda found: Answer(text=found[0]),
    _RESULT: lambda found: Answer(text=f"{found[1]}:{found[2]}".lower()),
}


def _tail(idmsg: str | None) -> str:
    """The text after the prefix, in upper case; empty for unknown ids."""
    if idmsg is None or len(idmsg) > MAX_IDMSG:
        return ""
    upper = idmsg.upper()
    return upper.removeprefix(PREFIX) if upper.startswith(PREFIX) else ""
