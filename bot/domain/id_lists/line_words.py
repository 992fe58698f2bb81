"""The words of a line in which ids are separated by commas, semicolons or blanks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from bot.domain.id_lists.id_column import names_ids
from bot.domain.id_lists.list_form import Entry
from bot.domain.id_lists.list_words import HEADER, LineProblem, judge
from bot.domain.input.message_id import DRESSED_PHONE
from bot.domain.input.written_numbers import IN_A_LIST

_BESIDE: Final = frozenset(
    {LineProblem.EMPTY, LineProblem.NO_ID, LineProblem.PHONE, LineProblem.AMOUNT}
)
_SEVERAL: Final = 2
# Around all words of `[236180474, 236180475]`, and behind a word of prose.
_BRACKETS: Final = "()[]{}!?"
_LABEL: Final = re.compile(r"idmsgs?:?|ids?:|:", re.IGNORECASE)
# A phone number, an amount and a number of a spreadsheet stay one word, whatever they contain.
_WORD: Final = re.compile(
    rf"(?P<phone>{DRESSED_PHONE.pattern})|{IN_A_LIST}|r?[$€£]\ ?[0-9][0-9.,]*|[^\s,;|]+",
    re.VERBOSE | re.IGNORECASE,
)


def words_of(number: int, line: str, *, named: bool = False) -> list[Entry]:
    """The words of a line with their contents; for a row with tabs, its cells with theirs.

    Beside an id, what surely is none says nothing: list marks, prose, the names of JSON, phone
    numbers. In a row, an id of the gateway's form is the only one.
    """
    is_row = "\t" in line
    words = [cell for cell in line.split("\t") if cell.strip()] if is_row else [*_split(line)]
    if is_row and any(map(names_ids, words)):
        return []
    is_named = named and not is_row and len(words) == 1
    read = [(number, word, judge(word, named=is_named)) for word in words]
    if is_row and (certain := [one for one in read if one[2].certain]):
        return certain
    beside = [one for one in read if one[2].problem in _BESIDE]
    if any(judged.ids for _, _, judged in read):
        return [one for one in read if one not in beside]
    if is_row or len(beside) < max(len(read), _SEVERAL):
        return read
    # A name, or a sentence: one remark is enough for it.
    judged = next((one[2] for one in beside if one[2].problem is LineProblem.PHONE), read[0][2])
    return [(number, " ".join(words), judged)]


def _split(line: str) -> Iterator[str]:
    if names_ids(line):
        return
    for match in _WORD.finditer(line):
        word = match["phone"] or match[0].strip(_BRACKETS)
        if word and not (_LABEL.fullmatch(word) or HEADER.fullmatch(word)):
            yield word
