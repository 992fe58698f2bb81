"""The gateway's result text read as a value. Nothing that is unknown ever turns into success.

The readings, with their reasons, are the table in docs/readings.md; the tests hold a row for each.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

PENDING_CODE: Final = "024"

_BLANKS: Final = " \t\r\n\v\f\u00a0\u200b\u200c\u200d\u2060\ufeff"
_WORD: Final = re.compile(r"([A-Za-z]+)\s*(?::(.*))?", re.DOTALL)
_GATEWAY_CODE: Final = re.compile(r"([0-9]{3})(?![0-9])(.*)", re.DOTALL)
_THREE_DIGITS: Final = re.compile(r"([0-9]{3})(?![0-9])(.*)", re.DOTALL)
_SECOND_STATUS: Final = re.compile(
    r"\b(?:ok|failed|error|blocked|machine)\s*:|[;|]\s*[0-9]{3}(?![0-9])", re.IGNORECASE
)
_NUMBER: Final = re.compile(r"([0-9][0-9.,]*)(?:\s(.*))?", re.DOTALL)
_PLAIN: Final = re.compile(r"[0-9]{1,9}(?:[.,][0-9]{1,9})?")
_GROUPED: Final = re.compile(r"[0-9]{1,3}(?:\.[0-9]{3}){1,2},[0-9]{1,9}")
_GROUPED_ENGLISH: Final = re.compile(r"[0-9]{1,3}(?:,[0-9]{3}){1,2}\.[0-9]{1,9}")


class Outcome(StrEnum):
    """What became of a look-up, in the words of the JSON output."""

    ANSWERED = "answered"
    FAILED = "failed"
    ERROR = "error"
    BLOCKED = "blocked"
    MACHINE = "machine"
    PENDING = "pending"
    GATEWAY_ERROR = "gateway_error"
    UNRECOGNISED = "unrecognised"
    LOOKUP_FAILED = "lookup_failed"


_WORDS: Final = {
    "ok": Outcome.ANSWERED,
    "failed": Outcome.FAILED,
    "error": Outcome.ERROR,
    "blocked": Outcome.BLOCKED,
    "machine": Outcome.MACHINE,
}
CALL_OUTCOMES: Final = frozenset(_WORDS.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class CallStatus:
    """One answer of the gateway about one call.

    Attributes:
        outcome: never `LOOKUP_FAILED`, which is no answer.
        raw: the result text as received.
        sip_code: SIP response code, 100 to 699; `None` without one.
        other_code: three digits where a SIP code should stand, outside 100 to 699.
        duration: seconds, as the gateway counts them; `None` when absent or unreadable.
        gateway_code: three characters such as "024"; `None` for a call outcome.
        off_format: a call outcome whose value is missing or unreadable.
    """

    outcome: Outcome
    raw: str
    sip_code: int | None = None
    other_code: int | None = None
    duration: Decimal | None = None
    gateway_code: str | None = None
    off_format: bool = False

    @property
    def final(self) -> bool:
        """Whether asking again can bring nothing new, so that the answer may be kept."""
        return self.outcome in CALL_OUTCOMES and not self.off_format


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedStatus:
    """A status with the moment at which the gateway gave it.

    Attributes:
        checked_at: aware, UTC.
        from_cache: served from memory; the gateway was not asked this time.
        sandbox: given by the sandbox gateway, so about no real call.
    """

    status: CallStatus
    checked_at: datetime
    from_cache: bool = False
    sandbox: bool = False


def is_blank(raw: str) -> bool:
    """Whether the text holds nothing that can be seen."""
    return not raw.strip(_BLANKS)


def read_result(raw: str) -> CallStatus:
    """Read the text of `MPG_Status_VoiceResult`; whatever it holds, a value comes back."""
    text = raw.strip(_BLANKS)
    if word := _WORD.fullmatch(text):
        outcome = _WORDS.get(word[1].lower())
        if outcome is not None:
            return _read_call(outcome, raw, (word[2] or "").strip(_BLANKS))
    elif code := _GATEWAY_CODE.fullmatch(text):
        return _read_gateway_code(code[1], raw, code[2])
    return CallStatus(outcome=Outcome.UNRECOGNISED, raw=raw)


def _read_call(outcome: Outcome, raw: str, value: str) -> CallStatus:
    if _SECOND_STATUS.search(value):
        return CallStatus(outcome=Outcome.UNRECOGNISED, raw=raw)
    if outcome is Outcome.ANSWERED:
        duration = _read_duration(value)
        return CallStatus(outcome=outcome, raw=raw, duration=duration, off_format=duration is None)
    match = _THREE_DIGITS.fullmatch(value)
    if match is None:
        return CallStatus(outcome=outcome, raw=raw, off_format=True)
    code = int(match[1])
    if 100 <= code <= 699:  # noqa: PLR2004 - the range of RFC 3261, section 7.2
        return CallStatus(outcome=outcome, raw=raw, sip_code=code)
    return CallStatus(outcome=outcome, raw=raw, other_code=code)


def _read_gateway_code(code: str, raw: str, rest: str) -> CallStatus:
    if _SECOND_STATUS.search(rest):
        return CallStatus(outcome=Outcome.UNRECOGNISED, raw=raw)
    outcome = Outcome.PENDING if code == PENDING_CODE else Outcome.GATEWAY_ERROR
    return CallStatus(outcome=outcome, raw=raw, gateway_code=code)


def _read_duration(value: str) -> Decimal | None:
    """Seconds, with point or comma; where both stand, the last one is the decimal sign."""
    match = _NUMBER.fullmatch(value)
    if match is None:
        return None
    number = match[1]
    if _GROUPED.fullmatch(number):
        return Decimal(number.replace(".", "").replace(",", "."))
    if _GROUPED_ENGLISH.fullmatch(number):
        return Decimal(number.replace(",", ""))
    if _PLAIN.fullmatch(number):
        return Decimal(number.replace(",", "."))
    return None
