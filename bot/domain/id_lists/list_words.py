"""One word or cell of a list: its IDMSG, or the reason why it has none.

The author of a list cannot be asked, so doubtful words are judged here: a word in the gateway's
form is certain, and a phone number, a date or an amount is not an id.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.domain.id_lists.effort import CERTAIN_WORD, PASSED_OVER, SLOW_CHARACTER, WORD, Effort
from bot.domain.input.found_ids import BARE_PHONE, find_ids, is_certain, might_be_id, readable
from bot.domain.input.message_id import (
    MAX_LENGTH,
    InvalidMessageIdError,
    MessageId,
    parse_typed,
    unwrap,
)

# How a spreadsheet writes a long number: 1,23457E+11. The missing digits are lost.
ROUNDED: Final = re.compile(r"[+-]?[0-9](?:[.,][0-9]+)?[Ee]\+[0-9]{2,3}")
# The shortest text that hints at an id of a certain form.
HINT: Final = re.compile(r"mpg[0-9]{5}|sandbox-|idmsg", re.IGNORECASE)
HEADER: Final = re.compile(
    r"(?:ids?|c[oó]d(?:igos?|\.)?)[\s_.-]*(?:d[aeo]s?[\s_.-]*)?"
    r"(?:msgs?|mpg|mensage(?:m|ns)|messages?|torpedos?)|message[\s_-]*ids?|mpg",
    re.IGNORECASE,
)

# The same hints inside a text, and the label `id:`.
_HINT_IN_TEXT: Final = re.compile(rf"{HINT.pattern}|\bid:", re.IGNORECASE)
_FORCED: Final = re.compile(r"id:\s*(\S+)", re.IGNORECASE)
# Marks a number as text in a spreadsheet: ="0123", or a leading apostrophe.
_KEPT_AS_TEXT: Final = re.compile(r'="([^"]*)')
_SIGNS_OF_PHONES: Final = re.compile(r"[+0-9()\s./-]{8,40}")
# Toll-free, international, or dialled with a carrier's prefix.
_DIALLED: Final = re.compile(
    r"0[3589]00[0-9]{6,7}|00[1-9][0-9]{9,12}|0[1-9][0-9](?:[1-9]{2})(?:9[0-9]{8}|[2-5][0-9]{7})"
)
_NO_DIGIT: Final = re.compile(r"[^0-9]+")
_SPACE: Final = re.compile(r"\s")
_PLAIN: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]*")
_DATE_OR_AMOUNT: Final = re.compile(
    r"[0-9]{1,4}[.:/-][0-9]{1,2}[.:/-][0-9]{1,4}\S*|[0-9]{1,2}:[0-9]{2}|[0-9.]*[.][0-9]+"
)
_MOST_READ: Final = 2_000
# After `IDMSG` there may be a colon, the id, and a word that marks prose.
_RUNS_WITH_A_HINT: Final = 4
# The largest weight of a digit, by the number's length.
_TAX_NUMBERS: Final = {11: 11, 14: 9}


class LineProblem(StrEnum):
    """Why a word, a cell or a line has no IDMSG: an `IdProblem` among others.

    `ROUNDED`: a spreadsheet read it as a number and dropped digits. `UNLIKE`: it may be an id, but
    the others in the list have another form.
    """

    EMPTY = "empty"
    NO_ID = "no_id"
    PHONE = "phone"
    ROUNDED = "rounded"
    TOO_LONG = "too_long"
    UNPRINTABLE = "unprintable"
    UNLIKE = "unlike"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The result of reading one word.

    Attributes:
        ids: empty if there is a problem; several if the word is a text that contains them.
        certain: in the gateway's form, or called an IDMSG in the word itself (`id:X`).
    """

    ids: tuple[MessageId, ...] = ()
    certain: bool = False
    problem: LineProblem | None = None


def judge(word: str, *, named: bool = False, effort: Effort | None = None) -> Judged:
    """Judge one word or cell; any text yields a value.

    Args:
        word: with or without quotes, brackets and labels; only the beginning of a very long one is
            read.
        named: its column is called IDMSG, so that any word with a digit may be one.
        effort: limits the work on a file; none is needed for a short text.

    Raises:
        TooMuchWorkError: `effort` is used up.
    """
    effort = effort or Effort()
    if word.isascii() and len(word) <= MAX_LENGTH and is_certain(word):
        effort.spend(CERTAIN_WORD)
        return Judged(ids=(MessageId(word),), certain=True)
    read = min(len(word), _MOST_READ)
    effort.spend(WORD + (read // PASSED_OVER if word.isascii() else SLOW_CHARACTER * read))
    bare = _bare(word)
    if forced := _FORCED.fullmatch(bare):
        return _read(forced[1], certain=True, forced=True)
    if (other := _something_else(bare)) is not None:
        return Judged(problem=other)
    judged = _read(bare, certain=False)
    if certain := _certain(bare, judged, effort):
        return Judged(ids=certain, certain=True)
    if _SPACE.search(bare) or (judged.ids and not _may_be(judged.ids[0].value, named=named)):
        return Judged(problem=LineProblem.NO_ID)
    return judged


def _something_else(bare: str) -> LineProblem | None:
    """What the word certainly is, if it is not an id."""
    if ROUNDED.fullmatch(bare):
        return LineProblem.ROUNDED
    digits = _NO_DIGIT.sub("", bare) if _SIGNS_OF_PHONES.fullmatch(bare) else ""
    phone = any(form.fullmatch(digits) for form in (BARE_PHONE, _DIALLED))
    return LineProblem.PHONE if phone else None


def _certain(bare: str, judged: Judged, effort: Effort) -> tuple[MessageId, ...]:
    """The ids whose form is certain: the word itself, or ids inside it."""
    if judged.ids and is_certain(judged.ids[0].value):
        return judged.ids
    # Most cells have no hint, and the finder is the most expensive part.
    if not HINT.search(bare):
        return ()
    near = _near_hints(bare)
    effort.spend(WORD + len(bare) // PASSED_OVER + SLOW_CHARACTER * sum(map(len, near)))
    return find_ids(near).ids


def _near_hints(text: str) -> list[str]:
    """The parts of a text that may contain ids of a certain form."""
    runs = text.split()
    parts: list[list[str]] = []
    end = 0
    for place, run in enumerate(runs):
        if not _HINT_IN_TEXT.search(run):
            continue
        if place >= end:
            parts.append([])
        upto = place + 1 + _RUNS_WITH_A_HINT
        parts[-1] += runs[max(place, end) : upto]
        end = upto
    return [" ".join(part) for part in parts]


def _bare(word: str) -> str:
    text = unwrap(readable(word[:_MOST_READ], most=_MOST_READ))
    marked = _KEPT_AS_TEXT.fullmatch(text)
    return marked[1] if marked else text


def _read(word: str, *, certain: bool, forced: bool = False) -> Judged:
    try:
        message_id = parse_typed(word, forced=forced)
    except InvalidMessageIdError as error:
        return Judged(problem=LineProblem(error.problem.value))
    return Judged(ids=(message_id,), certain=certain)


def _may_be(word: str, *, named: bool) -> bool:
    if not named:
        if _is_tax_number(word):
            return False
        return might_be_id(word) and _PLAIN.fullmatch(word) is not None
    digits = any(character in "0123456789" for character in word)
    return digits and not _DATE_OR_AMOUNT.fullmatch(word)


def _is_tax_number(word: str) -> bool:
    """Whether the word is a CPF or CNPJ (a tax number) by its two check digits.

    Both digits are a sum of the others, each times its weight, modulo 11 (Receita Federal).
    """
    if len(word) not in _TAX_NUMBERS or not (word.isascii() and word.isdigit()):
        return False
    largest = _TAX_NUMBERS[len(word)]
    for end in (len(word) - 2, len(word) - 1):
        weights = (2 + place % (largest - 1) for place in range(end))
        rest = sum(int(d) * w for d, w in zip(reversed(word[:end]), weights, strict=True)) % 11
        if int(word[end]) != (0 if rest < 2 else 11 - rest):  # noqa: PLR2004 - as they are defined
            return False
    return True
