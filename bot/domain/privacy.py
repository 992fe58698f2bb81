"""What each place may show: phone numbers masked, ids shortened, free text bounded."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

ELLIPSIS: Final = "…"

# Brazilian numbers: optional 55, an area code without a zero, eight or nine digits, any
# punctuation. Word boundaries on both sides, so that digits inside an IDMSG are left alone.
_GAP: Final = r"[\s.\u2010-\u2015-]{0,3}"
_PHONE: Final = re.compile(
    rf"(?<![\w+])(\+?55{_GAP})?\(?([1-9]{{2}})\)?{_GAP}"
    rf"((?:[0-9]{_GAP})?[0-9]{{4}}){_GAP}([0-9]{{4}})(?!\w)"
)
_KEPT: Final = 4
_SHORTENED_FROM: Final = 13
_ZERO_WIDTH_JOINER: Final = "\u200d"
# Beside marks, these extend a character: skin tones, and the tags of flags.
_EXTENDERS: Final = frozenset(
    map(chr, (0x200D, *range(0x1F3FB, 0x1F400), *range(0xE0020, 0xE0080)))
)
_FLAG_LETTERS: Final = "".join(map(chr, range(0x1F1E6, 0x1F200)))


def mask_phones(text: str) -> str:
    """The text with the subscriber part of each phone number hidden except for four digits."""
    return _PHONE.sub(_masked, text)


def _masked(phone: re.Match[str]) -> str:
    stars = "*" * sum(character.isdigit() for character in phone[3])
    return f"{'+55 ' if phone[1] else ''}({phone[2]}) {stars}-{phone[4]}"


def public_id(message_id: str) -> str:
    """The id as shown in a channel: a phone number masked, a long id shortened in the middle."""
    masked = mask_phones(message_id)
    if masked != message_id or len(message_id) < _SHORTENED_FROM:
        return masked
    return f"{message_id[:_KEPT]}{ELLIPSIS}{message_id[-_KEPT:]}"


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters (1 or more), cut between user-perceived characters.

    A base letter includes its accents, an emoji its skin tone and its joined parts, a flag its two
    letters (the clusters of UAX #29 that matter here).
    """
    if len(text) <= limit:
        return text
    cut = limit - len(ELLIPSIS)
    while cut > 0 and _joined(text, cut):
        cut -= 1
    return text[:cut] + ELLIPSIS


def _joined(text: str, cut: int) -> bool:
    """Whether the characters on both sides of the cut form one user-perceived character."""
    after = text[cut]
    if after in _EXTENDERS or unicodedata.category(after) in {"Mn", "Me", "Mc"}:
        return True
    if text[cut - 1] == _ZERO_WIDTH_JOINER:
        return True
    before = text[:cut]
    odd = (len(before) - len(before.rstrip(_FLAG_LETTERS))) % 2 == 1
    return odd and after in _FLAG_LETTERS
