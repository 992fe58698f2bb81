"""One word or cell of a list: the IDMSG in it, or why there is none.

A list is read without its writer at hand to ask, so what is doubtful is judged here: a word in the
form of the gateway is certain, and what is a phone number, a date or an amount is none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.domain.id_lists.effort import (
    CERTAIN_WORD,
    FOREIGN_CHARACTER,
    PASSED_OVER,
    SEARCHED_CHARACTER,
    WORD,
    Effort,
)
from bot.domain.input.found_ids import BARE_PHONE, find_ids, is_certain, might_be_id, readable
from bot.domain.input.message_id import (
    MAX_LENGTH,
    InvalidMessageIdError,
    MessageId,
    parse_typed,
    unwrap,
)

# What a spreadsheet makes of a long number: 1,23457E+11. The digits that are gone are lost.
ROUNDED: Final = re.compile(r"[+-]?[0-9](?:[.,][0-9]+)?[Ee]\+[0-9]{2,3}")
# The least that tells where an id of a certain form may stand.
HINT: Final = re.compile(r"mpg[0-9]{5}|sandbox-|idmsg", re.IGNORECASE)
HEADER: Final = re.compile(
    r"(?:ids?|c[oó]d(?:igos?|\.)?)[\s_.-]*(?:d[aeo]s?[\s_.-]*)?"
    r"(?:msgs?|mpg|mensage(?:m|ns)|messages?|torpedos?)|message[\s_-]*ids?|mpg",
    re.IGNORECASE,
)

# The same within a text in which there is one.
_HINT_IN_TEXT: Final = re.compile(rf"{HINT.pattern}|\bid:", re.IGNORECASE)
_FORCED: Final = re.compile(r"id:\s*(\S+)", re.IGNORECASE)
# What keeps a number a text in a spreadsheet: ="0123", or an apostrophe in front.
_KEPT_AS_TEXT: Final = re.compile(r'="([^"]*)')
_SIGNS_OF_PHONES: Final = re.compile(r"[+0-9()\s./-]{8,40}")
# Free of charge, abroad, or dialled with the number of a carrier in front.
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
# After `IDMSG` there may be a colon, the id, and the word by which prose is known.
_RUNS_WITH_A_HINT: Final = 4
# By their length, the largest weight of a digit.
_TAX_NUMBERS: Final = {11: 11, 14: 9}


class LineProblem(StrEnum):
    """Why there is no IDMSG to be had from a word, a cell or a line: an `IdProblem` among others.

    `ROUNDED`: a spreadsheet took it for a number and dropped digits. `UNLIKE`: it might be one, but
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
    """What a word holds.

    Attributes:
        ids: none where there is a problem; several where the word is a text that holds them.
        certain: in the form of the gateway, or called an IDMSG in the word itself (`id:X`).
    """

    ids: tuple[MessageId, ...] = ()
    certain: bool = False
    problem: LineProblem | None = None


def judge(word: str, *, named: bool = False, effort: Effort | None = None) -> Judged:
    """Judge one word or cell; any text gives a value.

    Args:
        word: in whatever dress; of a very long one only the beginning is read.
        named: it stands in a column that is called IDMSG, so that any word with a digit may be one.
        effort: what is counted, where much is to be judged.

    Raises:
        TooMuchWorkError: `effort` has come to its end.
    """
    effort = effort or Effort()
    if word.isascii() and len(word) <= MAX_LENGTH and is_certain(word):
        effort.spend(CERTAIN_WORD)
        return Judged(ids=(MessageId(word),), certain=True)
    read = min(len(word), _MOST_READ)
    effort.spend(WORD + (read // PASSED_OVER if word.isascii() else FOREIGN_CHARACTER * read))
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
    """What the word is for sure, if that is something else than an id."""
    if ROUNDED.fullmatch(bare):
        return LineProblem.ROUNDED
    return LineProblem.PHONE if _is_phone(bare) else None


def _certain(bare: str, judged: Judged, effort: Effort) -> tuple[MessageId, ...]:
    """The ids whose form leaves no doubt: the word itself, or what stands in it."""
    if judged.ids and is_certain(judged.ids[0].value):
        return judged.ids
    if not HINT.search(bare):
        return ()
    near = _near_hints(bare)
    effort.spend(WORD + len(bare) // PASSED_OVER + SEARCHED_CHARACTER * sum(map(len, near)))
    return find_ids(near).ids


def _near_hints(text: str) -> list[str]:
    """The parts of a text that may hold ids of a certain form."""
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
    kept = _KEPT_AS_TEXT.fullmatch(text)
    return kept[1] if kept else text


def _read(word: str, *, certain: bool, forced: bool = False) -> Judged:
    try:
        typed = parse_typed(word, forced=forced)
    except InvalidMessageIdError as error:
        return Judged(problem=LineProblem(error.problem.value))
    return Judged(ids=(typed.message_id,), certain=certain)


def _is_phone(bare: str) -> bool:
    if not _SIGNS_OF_PHONES.fullmatch(bare):
        return False
    digits = _NO_DIGIT.sub("", bare)
    return any(form.fullmatch(digits) for form in (BARE_PHONE, _DIALLED))


def _may_be(word: str, *, named: bool) -> bool:
    if not named:
        if _is_tax_number(word):
            return False
        return might_be_id(word) and _PLAIN.fullmatch(word) is not None
    digits = any(character in "0123456789" for character in word)
    return digits and not _DATE_OR_AMOUNT.fullmatch(word)


def _is_tax_number(word: str) -> bool:
    """Whether it is a CPF or CNPJ by its two check digits, and so a person's or company's number.

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
