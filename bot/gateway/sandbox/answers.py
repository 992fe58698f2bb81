"""The sandbox's answer to an account and an IDMSG: the script, as pure decisions.

Uses no clock and no socket of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from bot.gateway.sandbox.fault_names import FaultName

PREFIX: Final = "SANDBOX-"
PENDING_SECONDS: Final = 20.0
MAX_SLOW_SECONDS: Final = 600.0
MAX_IDMSG: Final = 40

_OK: Final = "ok:85.00"
_PENDING: Final = "024"
_UNKNOWN: Final = "023"

# What follows the prefix, the result if it is always the same, and one sentence on the effect.
_SCRIPT: Final = (
    ("OK", _OK, "Answered, 85 seconds (ok:85.00)."),
    ("SHORT", "ok:3.00", "Answered for 3 seconds only (ok:3.00)."),
    ("BUSY", "failed:486", "Busy (failed:486)."),
    ("NOANSWER", "failed:480", "Nobody answered (failed:480)."),
    ("NOTFOUND", "failed:404", "No such number (failed:404)."),
    ("DECLINED", "failed:603", "Declined (failed:603)."),
    ("ERROR", "error:503", "Broke down while the call was running (error:503)."),
    ("BLOCKED", "blocked:608", "Barred on the way (blocked:608)."),
    ("MACHINE", "machine:200", "An answering machine was detected (machine:200)."),
    ("PENDING", None, "No status (024) for 20 seconds after it is first asked, then ok."),
    ("PENDING-n", None, "No status (024) for n seconds after it is first asked, then ok."),
    ("FOREVER", _PENDING, "No status (024), always."),
    ("001", None, "That gateway code; any three digits may stand here."),
    ("failed.486", None, "That result; the first point stands for the colon (failed:486)."),
    ("SLOW-n", None, "Answered (ok:85.00), but n seconds late, 600 at most."),
    ("EMPTY", "", "An empty result element."),
)
#: Every id, or form of ids, with one sentence on its effect.
SCRIPTED: Final[Mapping[str, str]] = {
    **{f"{PREFIX}{tail}": sentence for tail, _, sentence in _SCRIPT},
    **{f"{PREFIX}FAULT-{name}": name.sentence for name in FaultName},
}
_FIXED: Final = {tail: result for tail, result, _ in _SCRIPT if result is not None}
_FAULTS: Final[Mapping[str, FaultName]] = {f"FAULT-{name}".upper(): name for name in FaultName}
_WAITING: Final = re.compile(r"PENDING(?:-([0-9]+(?:\.[0-9]+)?))?")
_SLOW: Final = re.compile(r"SLOW-([0-9]+(?:\.[0-9]+)?)")
_CODE: Final = re.compile(r"[0-9]{3}")
_RESULT: Final = re.compile(r"([A-Z]+|[0-9]{3})\.(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer: a result text, `delay` seconds late; or a fault, if one is named."""

    text: str = ""
    delay: float = 0.0
    fault: FaultName | None = None


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


@dataclass(slots=True, kw_only=True, eq=False)
class Script:
    """The answers to requests over time: when each waiting id was first requested.

    Attributes:
        clock: seconds from any origin.
        remembered: the most waiting ids to store.
    """

    clock: Callable[[], float]
    remembered: int
    first_asked: dict[str, float] = field(default_factory=dict)

    def answer(self, credential: str | None, token: str | None, idmsg: str | None) -> Answer:
        """The answer now; the gateway code for a rejected account.

        Any credential of 40 and token of 6 characters is accepted, unless it begins with BAD.
        """
        if credential is None or len(credential) != 40 or credential.startswith("BAD"):  # noqa: PLR2004
            return Answer(text="001")
        if token is None or len(token) != 6 or token.startswith("BAD"):  # noqa: PLR2004
            return Answer(text="019")
        return answer(idmsg, elapsed=self._elapsed(idmsg))

    def _elapsed(self, idmsg: str | None) -> float:
        """Seconds since the first request for a waiting id; 0 for any other."""
        if idmsg is None or pending_seconds(idmsg) is None:
            return 0.0
        now = self.clock()
        first = self.first_asked.setdefault(idmsg.upper(), now)
        if len(self.first_asked) > self.remembered:
            del self.first_asked[next(iter(self.first_asked))]
        return now - first


def _tail(idmsg: str | None) -> str:
    """The text after the prefix, in upper case; empty for unknown ids."""
    if idmsg is None or len(idmsg) > MAX_IDMSG:
        return ""
    upper = idmsg.upper()
    return upper.removeprefix(PREFIX) if upper.startswith(PREFIX) else ""
