"""What each place may show: personal data masked, ids shortened, free text bounded."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from bot.domain.input.id_forms import BARE_PHONE

ELLIPSIS: Final = "…"

# Brazilian numbers: optional 55, an area code without a zero, eight or nine digits, any
# punctuation. Word boundaries on both sides, so that digits inside an IDMSG are left alone.
_GAP: Final = r"[\s.\u2010-\u2015-]{0,3}"
_PHONE: Final = re.compile(
    rf"(?<![\w+])(\+?55{_GAP})?\(?([1-9]{{2}})\)?{_GAP}"
    rf"((?:[0-9]{_GAP})?[0-9]{{4}}){_GAP}([0-9]{{4}})(?!\w)"
)
# CPF and CNPJ as they are written, the latter with letters too since 2026. Bare digits have to be
# one by their check digits.
_TAX_NUMBER: Final = re.compile(
    r"(?<![\w.])(?:[0-9]{3}\.[0-9]{3}\.[0-9]{3}[-\u2010-\u2015/ ]?[0-9]{2}"
    r"|[0-9A-Z]{2}\.[0-9A-Z]{3}\.[0-9A-Z]{3}/[0-9A-Z]{4}-?[0-9]{2}"
    r"|[0-9]{9}-[0-9]{2}|(?P<bare>[0-9]{11}|[0-9]{14}))(?!\w)"
)
# The largest weight of a digit, by the number's length.
_WEIGHTS: Final = {11: 11, 14: 9}
_SIGN: Final = re.compile(r"\w(?=(?:\W*\w){2})")
# What stands before the @ is often a name.
_BEFORE_AT: Final = r"[\w.!#$%&'*+/=?^`{}~-]"
_EMAIL: Final = re.compile(rf"(?<!{_BEFORE_AT}){_BEFORE_AT}+@(?=[\w-]+(?:\.[\w-]+)+)")
_KEPT: Final = 4
_SHORTENED_FROM: Final = 13
_ZERO_WIDTH_JOINER: Final = "\u200d"
# Beside marks, these extend a character: skin tones, and the tags of flags.
_EXTENDERS: Final = frozenset(
    map(chr, (0x200D, *range(0x1F3FB, 0x1F400), *range(0xE0020, 0xE0080)))
)
_FLAG_LETTERS: Final = "".join(map(chr, range(0x1F1E6, 0x1F200)))


def mask_people(text: str) -> str:
    """The text without what identifies people: tax numbers, phone numbers, e-mail addresses."""
    return mask_phones(_EMAIL.sub("***@", _TAX_NUMBER.sub(_tax_masked, text)))


def is_tax_number(word: str) -> bool:
    """Whether the word is a CPF or CNPJ (a tax number) in bare digits, by its two check digits.

    Both digits are a sum of the others, each times its weight, modulo 11 (Receita Federal).
    """
    if len(word) not in _WEIGHTS or not (word.isascii() and word.isdigit()):
        return False
    largest = _WEIGHTS[len(word)]
    for end in (len(word) - 2, len(word) - 1):
        weights = (2 + place % (largest - 1) for place in range(end))
        rest = sum(int(d) * w for d, w in zip(reversed(word[:end]), weights, strict=True)) % 11
        if int(word[end]) != (0 if rest < 2 else 11 - rest):  # noqa: PLR2004 - as they are defined
            return False
    return True


def _tax_masked(number: re.Match[str]) -> str:
    """All but the last two digits are hidden."""
    if number["bare"] and not is_tax_number(number[0]):
        return number[0]
    return _SIGN.sub("*", number[0])


def mask_phones(text: str) -> str:
    """The text with the subscriber part of each phone number hidden except for four digits."""
    return _PHONE.sub(_masked, text)


def _masked(phone: re.Match[str]) -> str:
    stars = "*" * sum(character.isdigit() for character in phone[3])
    return f"{'+55 ' if phone[1] else ''}({phone[2]}) {stars}-{phone[4]}"


def public_id(message_id: str) -> str:
    """The id as shown in a channel: masked if it is personal data, else a long one shortened."""
    masked = mask_people(message_id)
    if masked != message_id or len(message_id) < _SHORTENED_FROM:
        return masked
    return f"{message_id[:_KEPT]}{ELLIPSIS}{message_id[-_KEPT:]}"


def shared_id(message_id: str) -> str:
    """The id as a file in a channel has it: in full, so that it is found in other lists.

    One that is personal data is masked. Bare digits are a phone number only if Anatel could have
    assigned it.
    """
    masked = _EMAIL.sub("***@", _TAX_NUMBER.sub(_tax_masked, message_id))
    return mask_phones(masked) if BARE_PHONE.fullmatch(masked.removeprefix("+")) else masked


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
