"""One word or cell of a list: its IDMSG, or the reason why it has none.

The author of a list cannot be asked, so doubtful words are judged here: a word in the gateway's
form is certain, and a phone number, a date or an amount is not an id.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from bot.domain.id_lists.effort import CERTAIN_WORD, PASSED_OVER, SLOW_CHARACTER, WORD, Effort
from bot.domain.input.found_ids import find_ids
from bot.domain.input.id_forms import BARE_PHONE, MIN_DOUBTFUL, is_certain, might_be_id
from bot.domain.input.message_id import (
    MAX_LENGTH,
    InvalidMessageIdError,
    MessageId,
    parse_typed,
    unwrap,
)
from bot.domain.input.readable import readable
from bot.domain.input.written_numbers import read_number
from bot.domain.privacy import is_tax_number

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
# Marks a number as text in a spreadsheet: ="0123", or a leading apostrophe. A formula may also be
# just the number.
_KEPT_AS_TEXT: Final = re.compile(r"""=([0-9]*)"*|="([^"]*)"?|'([^']*)""")
# `#236180474`, `nº 236180474`, whose sign is a dot in plain text.
_NUMBER_SIGN: Final = re.compile(
    r"\A(?:#\s*|no?\.\s*|n(?:o|r|um|[uú]mero)?[.:]?\s+)(?=[0-9]{5})", re.IGNORECASE
)
_IN_BRACKETS: Final = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]")
_SIGNS_OF_PHONES: Final = re.compile(r"[+0-9()\s./-]{8,40}")
# Toll-free, international, or dialled with a carrier's prefix.
_DIALLED: Final = re.compile(
    r"0[3589]00[0-9]{6,7}|00[1-9][0-9]{9,12}|0[1-9][0-9](?:[1-9]{2})(?:9[0-9]{8}|[2-5][0-9]{7})"
)
_DIGIT: Final = re.compile(r"[0-9]")
_NO_DIGIT: Final = re.compile(r"[^0-9]+")
_SPACE: Final = re.compile(r"\s")
_PLAIN: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]*")
_DATE_OR_AMOUNT: Final = re.compile(
    r"[0-9]{1,4}[.:/-][0-9]{1,2}[.:/-][0-9]{1,4}\S*(?: [0-9:.]+)?|[0-9]{1,2}:[0-9]{2}"
    r"|[0-9.]*[.][0-9]+|[0-9.,\s-]*(?:R\$|[%$€£])[0-9.,\s-]*"
)
# Also an error of a formula, `#DIV/0!`, and a list in a cell.
_NO_VALUE: Final = re.compile(rf"#\S*|[^,;]*[,;].*|{_DATE_OR_AMOUNT.pattern}")
_MOST_READ: Final = 2_000
# After `IDMSG` there may be a colon, the id, and a word that marks prose.
_RUNS_WITH_A_HINT: Final = 4


class LineProblem(StrEnum):
    """Why a word, a cell or a line has no IDMSG: an `IdProblem` among others.

    `ROUNDED`: a spreadsheet read it as a number and dropped digits. `AMOUNT`: a date, a time, or a
    number that is not whole. `UNLIKE`: it may be an id, but the others in the list have another
    form.
    """

    EMPTY = "empty"
    NO_ID = "no_id"
    PHONE = "phone"
    AMOUNT = "amount"
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
        written: a spreadsheet wrote the digits of its id as a number.
        kept: the digits are marked as text, so they are no sum and no row number.
    """

    ids: tuple[MessageId, ...] = ()
    certain: bool = False
    written: bool = False
    kept: bool = False
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
    plain = readable(word[:_MOST_READ], most=_MOST_READ).strip()
    marked = _KEPT_AS_TEXT.fullmatch(plain) if plain[:1] in {"'", "="} else None
    bare = unwrap(_undressed(marked[marked.lastindex or 0] if marked else plain))
    if ":" in bare and (forced := _FORCED.fullmatch(bare)):
        return _read(forced[1], certain=True, forced=True)
    # The blanks of SAP between thousands are gone from the plain text.
    number = read_number(bare) or (None if word.isascii() else read_number(unwrap(word)))
    if number is not None and not number.digits:
        return Judged(problem=LineProblem.ROUNDED if number.rounded else LineProblem.AMOUNT)
    judged = _judge(bare if number is None else number.digits, named=named, effort=effort)
    if number is None and marked is None:
        return judged
    effort.spend(WORD)
    kept = marked is not None and len(bare) >= MIN_DOUBTFUL
    return replace(judged, written=number is not None, kept=kept)


def _judge(bare: str, *, named: bool, effort: Effort) -> Judged:
    if _is_phone(bare):
        return Judged(problem=LineProblem.PHONE)
    judged = _read(bare, certain=False)
    if certain := _certain(bare, judged, effort):
        return Judged(ids=certain, certain=True)
    if _SPACE.search(bare) or (judged.ids and not _may_be(judged.ids[0].value, named=named)):
        amount = _DATE_OR_AMOUNT.fullmatch(bare)
        return Judged(problem=LineProblem.AMOUNT if amount else LineProblem.NO_ID)
    return judged


def _undressed(word: str) -> str:
    """The word without brackets, list marks, the sign of a number, and what ends a sentence."""
    inside = _IN_BRACKETS.fullmatch(word)
    inner = inside[inside.lastindex or 0] if inside else word
    bare = inner.lstrip("*_~\u2022 ").rstrip("*_~:;!?/\\-\u2022 ")
    return _NUMBER_SIGN.sub("", bare)


def _is_phone(bare: str) -> bool:
    if not _SIGNS_OF_PHONES.fullmatch(bare):
        return False
    digits = bare if bare.isdigit() else _NO_DIGIT.sub("", bare)
    return bool(BARE_PHONE.fullmatch(digits) or _DIALLED.fullmatch(digits))


def _certain(bare: str, judged: Judged, effort: Effort) -> tuple[MessageId, ...]:
    """The ids whose form is certain: the word itself, or ids inside it."""
    # Most cells have no hint, and the finder is the most expensive part.
    if not HINT.search(bare):
        return ()
    if judged.ids and is_certain(judged.ids[0].value):
        return judged.ids
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


def _read(word: str, *, certain: bool, forced: bool = False) -> Judged:
    try:
        message_id = parse_typed(word, forced=forced)
    except InvalidMessageIdError as error:
        return Judged(problem=LineProblem(error.problem.value))
    return Judged(ids=(message_id,), certain=certain)


def _may_be(word: str, *, named: bool) -> bool:
    if not named:
        if is_tax_number(word):
            return False
        return might_be_id(word) and _PLAIN.fullmatch(word) is not None
    return (
        word.isascii()
        and _DIGIT.search(word) is not None
        and (word.isalnum() or not _NO_VALUE.fullmatch(word))
    )
