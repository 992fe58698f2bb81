"""What the ids of one list have in common: which words are unlike them, and which lost digits.

The form is the list's, whether it was pasted or stands in a file. A total, a row number or an
amount under the heading IDMSG has a digit like an id; the other cells show that it is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, TypeAlias

from bot.domain.id_lists.effort import LINE_LEFT_OUT, Effort
from bot.domain.id_lists.list_words import Judged, LineProblem
from bot.domain.input.message_id import MessageId

# The number of a line or row, a word or cell, and what it contains.
Entry: TypeAlias = tuple[int, str, Judged]

# No id has so few digits if others have more.
_FEW: Final = 4
# Where a column has phone numbers instead of ids, their total is no id either.
_PHONE: Final = 11
# A spreadsheet keeps so many digits of a number; the others become zeros.
_KEPT: Final = 15
# So many zeros are no coincidence.
_ZEROS: Final = 3


def in_one_form(read: Iterable[Entry], effort: Effort) -> Iterator[Entry]:
    """The entries; those unlike the others have no ids any more.

    Where one id has the gateway's form, all have; otherwise most of them decide what is too short,
    too long, or no number. What is marked as text is believed.

    Raises:
        TooMuchWorkError: `effort` is used up.
    """
    entries = [*read]
    words = [judged.ids[0].value for _, _, judged in entries if judged.ids]
    certain = any(judged.certain for _, _, judged in entries)
    phones = any(judged.problem is LineProblem.PHONE for _, _, judged in entries)
    form = _Form([] if certain else words, length=_PHONE if phones else 0)
    for number, word, judged in entries:
        like = judged.certain or judged.kept or not judged.ids
        if like or (not certain and form.has(judged.ids[0].value)):
            yield number, word, judged
        else:
            effort.spend(LINE_LEFT_OUT)
            yield number, word, Judged(problem=LineProblem.UNLIKE)


class _Form:
    """The length and the alphabet that most words share; `length` if all of them are short."""

    def __init__(self, words: Sequence[str], *, length: int) -> None:
        long = [word for word in words if len(word) > _FEW or not word.isdigit()]
        self._length = sorted(map(len, long))[len(long) // 2] if long else length
        numbers = sum(word.isdigit() for word in long)
        self._lengths = {len(word) for word in long if word.isdigit()}
        self._digits = 2 * numbers > len(long)

    def has(self, word: str) -> bool:
        """Whether the word may be one of them; a zero never is."""
        if not word.strip("0"):
            return False
        if self._length and not self._length + 1 < 2 * len(word) < 4 * self._length:
            return False
        return not self._digits or word.isdigit() or len(word) in self._lengths


def lost_digits(ids: Sequence[MessageId]) -> int:
    """How many ids look as though a spreadsheet had replaced or removed digits.

    Zeros stand behind the fifteenth digit, or those in front are missing which others have.
    """
    digits = [one.value for one in ids if one.value.isdigit()]
    tails = [word[_KEPT:] for word in digits if len(word) > _KEPT]
    rounded = {"0"} == {*"".join(tails)} and len("".join(tails)) >= _ZEROS
    full = {len(word) for word in digits if word.startswith("0")}
    shorter = sum(len(word) < min(full) for word in digits) if len(full) == 1 else 0
    return shorter + (len(tails) if rounded else 0)
