"""The gateway's result text read as a value. Unknown text never counts as success.

The readings and their reasons are in docs/readings.md; the tests have a row for each.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar, Final

from bot.domain.input.message_id import MessageId


class GatewayCode(StrEnum):
    """The gateway codes that change what the bot itself does."""

    CREDENTIAL = "001"
    TOKEN = "019"  # noqa: S105 - a code of the gateway
    ACCOUNT = "022"
    NOT_FOUND = "023"
    PENDING = "024"
    PAUSE = "900"


# The gateway refuses this bot, or asks it to slow down; further requests would be useless, or make
# it worse.
REFUSING: Final = frozenset(
    {GatewayCode.CREDENTIAL, GatewayCode.TOKEN, GatewayCode.ACCOUNT, GatewayCode.PAUSE}
)

# Characters that change the direction of text (Unicode Standard Annex 9, section 2): invisible,
# but the visible digits beside them may differ from the number that was sent.
_TURNING: Final = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
# The other characters that Unicode calls default ignorable (DerivedCoreProperties.txt), and
# annotation marks; each pair is the first and the last of a range.
_RANGES: Final = (
    *("\u115f\u1160", "\u17b4\u17b5", "\u180b\u180f", "\u200b\u200d", "\u2060\u2065"),
    *("\u206a\u206f", "\ufe00\ufe0f", "\ufff0\ufffb", "\U0001bca0\U0001bca3"),
    *("\U0001d173\U0001d17a", "\U000e0000\U000e0fff"),
)
_SINGLE: Final = "\u00ad\u034f\u3164\ufeff\uffa0"
_IGNORABLE: Final = _SINGLE + "".join(
    chr(code) for first, last in _RANGES for code in range(ord(first), ord(last) + 1)
)
_BLANKS: Final = "".join(filter(str.isspace, map(chr, range(0x3001)))) + _IGNORABLE
# Those, and control characters that are no spaces. As a pattern, since a set of 4,000 characters
# takes half a megabyte.
_HIDDEN: Final = re.compile(
    f"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f{_TURNING}{_SINGLE}"
    + "".join(f"{first}-{last}" for first, last in _RANGES)
    + "]"
)

_CODE: Final = re.compile(r"([0-9]{3})(?![0-9])(.*)", re.DOTALL)
_STATUS_WORD: Final = re.compile(
    r"(?<![^\W\d_])(?:ok|failed|error|blocked|machine)(?![^\W\d_])", re.IGNORECASE
)
_DIGIT: Final = re.compile(r"\d")
_WORDS_WITHIN: Final = re.compile(r"[^\W_]+")
_TOKEN: Final = re.compile(r"[\w.-]+")
_LETTER: Final = re.compile(r"[^\W\d_]")
_GROUP_OF_THREE: Final = re.compile(r"(?<!\d)\d{3}(?!\d)")

# The registered reason phrases that contain a status word, and their common variants.
_PHRASES: Final = {
    "200": ("ok",),
    "412": ("conditional request failed",),
    "430": ("flow failed",),
    "500": ("server internal error", "internal server error"),
}
_NUMBER: Final = re.compile(r"([+-]?[\d.,]+)\s*([A-Za-z]*)\.?")
_UNITS: Final = frozenset(
    {"", "s", "sec", "secs", "second", "seconds", "seg", "segs", "segundo", "segundos"}
)
_PLAIN: Final = re.compile(r"[0-9]{1,9}(?:[.,][0-9]{1,9})?")
_GROUPED: Final = re.compile(r"[0-9]{1,3}(?:\.[0-9]{3}){1,2},[0-9]{1,9}")
_GROUPED_ENGLISH: Final = re.compile(r"[0-9]{1,3}(?:,[0-9]{3}){1,2}\.[0-9]{1,9}")


class Outcome(StrEnum):
    """The outcome of a look-up, in the words of the JSON output."""

    ANSWERED = "answered"
    FAILED = "failed"
    ERROR = "error"
    BLOCKED = "blocked"
    MACHINE = "machine"
    PENDING = "pending"
    GATEWAY_ERROR = "gateway_error"
    UNRECOGNISED = "unrecognised"
    LOOKUP_FAILED = "lookup_failed"


_WORDS: Final = {"ok": Outcome.ANSWERED} | {
    one.value: one for one in (Outcome.FAILED, Outcome.ERROR, Outcome.BLOCKED, Outcome.MACHINE)
}
CALL_OUTCOMES: Final = frozenset(_WORDS.values())
# The gateway works and does not know the id, so a summary does not count it as a gateway error.
NOT_FOUND: Final = f"gateway.{GatewayCode.NOT_FOUND}"

# The names of the phrases `count` and `icon`, in the order in which summaries list them.
# Outcomes of calls come first, then those without a status; an unknown id comes between them.
_OF_CALLS: Final = 6
COUNTED: Final[tuple[str, ...]] = (*[*Outcome][:_OF_CALLS], NOT_FOUND, *[*Outcome][_OF_CALLS:])


@dataclass(frozen=True, slots=True, kw_only=True)
class CallStatus:
    """One answer of the gateway about one call.

    Attributes:
        outcome: never `LOOKUP_FAILED`, because that is not an answer.
        raw: the result text as received.
        sip_code: SIP response code, 100 to 699; `None` without one.
        other_code: three digits in place of a SIP code, outside 100 to 699.
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
        """Whether the status is final, so that the answer may be cached."""
        return self.outcome in CALL_OUTCOMES and not self.off_format


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupFailure:
    """The look-up failed. Says nothing about the call.

    Attributes:
        error: a code of the gateway's error tree, such as "timeout".
        detail: a short fact for an engineer ("HTTP 502"), never text from the wire.
        moment: a time that some error texts mention, aware: since when the gateway has been down,
            or when it may be asked again.
    """

    outcome: ClassVar[Outcome] = Outcome.LOOKUP_FAILED
    gateway_code: ClassVar[str | None] = None
    final: ClassVar[bool] = False
    error: str
    detail: str = ""
    moment: datetime | None = None


Finding = CallStatus | LookupFailure


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The result of one look-up.

    Attributes:
        checked_at: when the gateway answered, or when the look-up failed; aware, UTC.
        from_cache: a final status from an earlier look-up.
        sandbox: the sandbox gateway answered, so there was no real call.
    """

    message_id: MessageId
    finding: Finding
    checked_at: datetime
    from_cache: bool = False
    sandbox: bool = False


def is_blank(raw: str) -> bool:
    """Whether the text has no visible character."""
    return not raw.strip(_BLANKS + _TURNING)


def read_result(raw: str) -> CallStatus:
    """Read the text of `MPG_Status_VoiceResult`; any text at all yields a value.

    A text is either one status with its details, or unrecognised.
    """
    text = raw.strip(_BLANKS)
    word, _, value = text.partition(":")
    word = word.strip(_BLANKS)
    # The Kelvin sign is a k in lower case, but not a letter of a status word.
    outcome = _WORDS.get(word.lower()) if word.isascii() else None
    status = None
    if outcome is not None:
        status = _read_call(outcome, raw, value.strip(_BLANKS))
    elif code := _CODE.fullmatch(text):
        status = _read_gateway_code(code[1], raw, code[2].strip(_BLANKS))
    return status or CallStatus(outcome=Outcome.UNRECOGNISED, raw=raw)


def _read_call(outcome: Outcome, raw: str, value: str) -> CallStatus | None:
    value = _without_phrase(value)
    if _holds_another(value):
        return None
    if outcome is Outcome.ANSWERED:
        return _read_answer(raw, value)
    match = _CODE.fullmatch(value)
    if match is None:
        off_format = CallStatus(outcome=outcome, raw=raw, off_format=True)
        return off_format if _number(value) or not _DIGIT.search(value) else None
    if _DIGIT.search(match[2]):
        return None
    code = int(match[1])
    if 100 <= code <= 699:  # noqa: PLR2004 - the range of RFC 3261, section 7.2
        return CallStatus(outcome=outcome, raw=raw, sip_code=code)
    return CallStatus(outcome=outcome, raw=raw, other_code=code)


def _without_phrase(value: str) -> str:
    """The value without a registered reason phrase that contains a status word."""
    match = _CODE.fullmatch(value)
    named = match is not None and match[2].strip(_BLANKS).casefold() in _PHRASES.get(match[1], ())
    return match[1] if match is not None and named else value


def _read_answer(raw: str, value: str) -> CallStatus | None:
    """A duration and its unit. What is neither a number nor one word may take the answer back."""
    if number := _number(value):
        duration = _read_duration(number)
        return CallStatus(
            outcome=Outcome.ANSWERED, raw=raw, duration=duration, off_format=duration is None
        )
    if _DIGIT.search(value) or len(_WORDS_WITHIN.findall(value)) > 1:
        return None
    return CallStatus(outcome=Outcome.ANSWERED, raw=raw, off_format=True)


def _read_gateway_code(code: str, raw: str, rest: str) -> CallStatus | None:
    if _holds_another(rest) or any(map(_is_another_code, _TOKEN.findall(rest))):
        return None
    outcome = Outcome.PENDING if code == GatewayCode.PENDING else Outcome.GATEWAY_ERROR
    return CallStatus(outcome=outcome, raw=raw, gateway_code=code)


def _holds_another(rest: str) -> bool:
    """Whether the text after a status names a second status, or hides its content from a reader."""
    shown = unicodedata.normalize("NFKC", rest)
    return bool(_HIDDEN.search(rest) or _STATUS_WORD.search(shown))


def _is_another_code(token: str) -> bool:
    """Whether it has a group of three digits and no letters, unlike an identifier."""
    return bool(_GROUP_OF_THREE.search(token)) and not _LETTER.search(token)


def _number(value: str) -> str | None:
    """The characters of a bare number, or of a number followed by a unit of seconds."""
    match = _NUMBER.fullmatch(value)
    return match[1] if match and match[2].lower() in _UNITS else None


def _read_duration(number: str) -> Decimal | None:
    """Seconds, with a point or a comma; if both occur, the last one is the decimal separator."""
    for form, thousands in ((_GROUPED, "."), (_GROUPED_ENGLISH, ","), (_PLAIN, "")):
        if form.fullmatch(number):
            return Decimal(number.replace(thousands, "").replace(",", "."))
    return None


def outcome_key(finding: Finding) -> str:
    """The name under which a finding is counted, one of `COUNTED`."""
    if finding.gateway_code == GatewayCode.NOT_FOUND:
        return NOT_FOUND
    return finding.outcome.value
