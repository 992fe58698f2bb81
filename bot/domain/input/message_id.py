"""The IDMSG: the gateway's name for one voice call, and the problems of an invalid one.

An IDMSG is opaque: 1 to 40 case-sensitive characters (specification of `MPG_Status_Voice`).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MAX_LENGTH: Final = 40

# The send operation's result before the identifier; agents copy it along with the IDMSG.
SEND_PREFIX: Final = "000:"

# Quotes, straight and typographic, code marks, angle brackets, and every blank.
_DRESS: Final = (
    "`'\"<>\u2018\u2019\u201c\u201d\u00ab\u00bb \t\r\n\u00a0\u200b\u200c\u200d\u2060\ufeff"
)
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_NOT_XML: Final = frozenset({"\ufffe", "\uffff"})

# A formatted phone number: a plus sign, an area code in brackets, or a hyphen before the last four
# digits; with quotes or `id:` around it, still one word. Bare digits do not count as formatted,
# because an IDMSG may be all digits; `BARE_PHONE` judges those.
DRESSED_PHONE: Final = re.compile(
    r"""(?<![^\s,;])(?:id:)?[`'"<\u2018-\u201d\u00ab]*(?:
          \+[0-9][0-9\s().-]{5,20}[0-9]
        | (?:\+?[0-9]{1,3}[\s.-]*)?\([0-9]{2,3}\)\s*[0-9][0-9\s.-]{5,12}[0-9]
        | (?:[0-9]{2}[\s.-]+){0,2}[0-9]{4,5}-[0-9]{4}
    )[`'">\u2018-\u201d\u00bb]*(?![^\s,;])""",
    re.VERBOSE | re.IGNORECASE,
)


class IdProblem(StrEnum):
    """Why a text is not an IDMSG; the language files have a sentence for each reason.

    `ROUNDED`: a spreadsheet dropped digits. `UNLIKE`: other words of the text have the form of an
    IDMSG, and this one has not. `RANGES`: of some IDMSGs only the first, the last or the end is
    written.
    """

    EMPTY = "empty"
    TOO_LONG = "too_long"
    UNPRINTABLE = "unprintable"
    PHONE = "phone"
    ROUNDED = "rounded"
    UNLIKE = "unlike"
    RANGES = "ranges"


class InvalidMessageIdError(ValueError):
    """The text is not a valid IDMSG; `problem` says why."""

    def __init__(self, problem: IdProblem) -> None:
        super().__init__(problem.value)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class MessageId:
    """An IDMSG that may be sent to the gateway.

    Raises:
        InvalidMessageIdError: empty, longer than 40 characters, or with characters that are
            invisible or that XML 1.0 (section 2.2) forbids.
    """

    value: str

    def __post_init__(self) -> None:
        if not self.value.strip():
            raise InvalidMessageIdError(IdProblem.EMPTY)
        if len(self.value) > MAX_LENGTH:
            raise InvalidMessageIdError(IdProblem.TOO_LONG)
        # A fast path for nearly all of them, twenty times as quick.
        if self.value.isascii() and self.value.isprintable():
            return
        if any(unicodedata.category(c) in _INVISIBLE or c in _NOT_XML for c in self.value):
            raise InvalidMessageIdError(IdProblem.UNPRINTABLE)

    def __str__(self) -> str:
        return self.value


def unwrap(word: str) -> str:
    """The word without quotes and code marks from Slack or a word processor."""
    return word.strip(_DRESS)


def parse_typed(word: str, *, forced: bool = False) -> MessageId:
    """Read one word as an IDMSG, without a leading `000:` of the send result.

    Args:
        word: the typed word, with or without quotes and labels.
        forced: the user marked it as an IDMSG (`id:X`), so it may resemble a phone number.

    Raises:
        InvalidMessageIdError: the word is not an IDMSG; `problem` says why.
    """
    bare = unwrap(word)
    if DRESSED_PHONE.fullmatch(bare) and not forced:
        raise InvalidMessageIdError(IdProblem.PHONE)
    return MessageId(bare.removeprefix(SEND_PREFIX))


def folded(text: str) -> str:
    """The text for comparison: no accents, no case."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))
