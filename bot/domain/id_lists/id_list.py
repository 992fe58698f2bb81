"""A list of IDMSGs from a user: what is looked up, what is left out, and why.

This module has the values, and reads pasted text; `bot.domain.id_lists.id_file` reads files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.domain.id_lists.list_words import HEADER, ROUNDED, Judged, LineProblem, judge
from bot.domain.input.message_id import DRESSED_PHONE, MessageId
from bot.domain.privacy import shorten
from bot.domain.texts.catalog import Catalog

MAX_BYTES: Final = 5_000_000
MAX_LINES: Final = 100_000
# Slack's form takes 3,000 characters, enough for the 200 ids that a message may hold.
MAX_PASTED: Final = 10_000
MAX_SHOWN: Final = 80

_MEGABYTE: Final = 1_000_000

_LABEL: Final = re.compile(r"idmsgs?:?|ids?:|:", re.IGNORECASE)
# A phone number and a number that was rounded stay one word, whatever they contain.
_WORD: Final = re.compile(
    rf"(?P<phone>{DRESSED_PHONE.pattern})|{ROUNDED.pattern}(?![^\s,;|])|[^\s,;|]+",
    re.VERBOSE | re.IGNORECASE,
)


class ListProblem(StrEnum):
    """Why the input cannot be read as a list; the language files have a sentence for each."""

    EMPTY = "empty"
    NOT_TEXT = "not_text"
    SPREADSHEET = "spreadsheet"
    DOCUMENT = "document"
    PICTURE = "picture"
    ARCHIVE = "archive"
    TOO_LARGE = "too_large"
    TOO_MUCH_WORK = "too_much_work"
    TOO_LONG = "too_long"
    TOO_MANY_LINES = "too_many_lines"
    TOO_MANY_IDS = "too_many_ids"
    NO_IDS = "no_ids"
    NO_COLUMN = "no_column"
    ROUNDED = "rounded"


class UnreadableListError(ValueError):
    """The input is not a usable list.

    Attributes:
        count: the actual size, if it is too large: bytes, characters, lines or ids; otherwise 0.
        limit: the largest size, in the same unit; otherwise 0.
    """

    def __init__(self, problem: ListProblem, *, count: int = 0, limit: int = 0) -> None:
        super().__init__(problem.value)
        self.problem = problem
        self.count = count
        self.limit = limit


@dataclass(frozen=True, slots=True, kw_only=True)
class IgnoredLine:
    """A line, or a word in it, without an IDMSG.

    Attributes:
        number: of the line, from 1; in a file, of the row as a spreadsheet counts them.
        text: the printable text, at most `MAX_SHOWN` characters.
    """

    number: int
    text: str
    problem: LineProblem


@dataclass(frozen=True, slots=True, kw_only=True)
class IdList:
    """A user's list, parsed.

    Attributes:
        ids: one or more, each once, in the order given.
        doubles: how many repetitions were dropped.
        ignored: the parts without an id, in the order given.
        column: the heading of the ids' column in a file, or its letter where it has none; empty for
            pasted text and files of one column without a heading.
    """

    ids: tuple[MessageId, ...]
    doubles: int = 0
    ignored: tuple[IgnoredLine, ...] = ()
    column: str = ""


def to_list(read: Iterable[tuple[int, str, Judged]], max_ids: int, column: str = "") -> IdList:
    """The list of what was read: line numbers, words or cells, and what they contain.

    Raises:
        UnreadableListError: no ids, or more than `max_ids`.
    """
    ids: list[MessageId] = []
    ignored: list[IgnoredLine] = []
    for number, text, judged in read:
        ids += judged.ids
        if judged.problem is not None:
            line = IgnoredLine(number=number, text=shown(text), problem=judged.problem)
            ignored.append(line)
    different = tuple(dict.fromkeys(ids))
    if not different:
        rounded = any(line.problem is LineProblem.ROUNDED for line in ignored)
        raise UnreadableListError(ListProblem.ROUNDED if rounded else ListProblem.NO_IDS)
    if len(different) > max_ids:
        raise UnreadableListError(ListProblem.TOO_MANY_IDS, count=len(different), limit=max_ids)
    return IdList(
        ids=different, doubles=len(ids) - len(different), ignored=tuple(ignored), column=column
    )


def say_problem(error: UnreadableListError, catalog: Catalog) -> str:
    """What is wrong with the list and how to fix it, in a sentence or two; mrkdwn."""
    in_bytes = error.problem is ListProblem.TOO_LARGE
    limit = error.limit // _MEGABYTE if in_bytes else error.limit
    return catalog.say(f"list.problem.{error.problem.value}", count=error.count, limit=limit)


def say_reason(problem: LineProblem, catalog: Catalog) -> str:
    """Why a line or a word is ignored: a short sentence that begins with a small letter."""
    return catalog.say(f"list.ignored.{problem.value}")


def shown(text: str) -> str:
    """The part of a text that a user sees: one line, printable, at most `MAX_SHOWN` characters."""
    printable = "".join(c if c.isprintable() else " " for c in text[: 4 * MAX_SHOWN])
    return shorten(" ".join(printable.split()), MAX_SHOWN)


def lines_of(text: str) -> list[str]:
    """The lines of a text, whichever of CR LF, CR and LF ends them.

    Raises:
        UnreadableListError: there are more than `MAX_LINES`.
    """
    plain = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
    count = plain.count("\n") + 1
    if count > MAX_LINES:
        raise UnreadableListError(ListProblem.TOO_MANY_LINES, count=count, limit=MAX_LINES)
    return plain.split("\n")


def read_pasted(text: str, *, max_ids: int) -> IdList:
    """Read ids that a user typed or pasted, separated by lines, commas, semicolons or blanks.

    If one word is certain, words of another form are not ids (`LineProblem.UNLIKE`). In a row
    copied from a spreadsheet, cells beside an id are skipped, and so is a heading row.

    Raises:
        UnreadableListError: too long, no ids, or more than `max_ids`.
    """
    if len(text) > MAX_PASTED:
        raise UnreadableListError(ListProblem.TOO_LONG, count=len(text), limit=MAX_PASTED)
    if not text.strip():
        raise UnreadableListError(ListProblem.EMPTY)
    read = [one for number, line in enumerate(lines_of(text), 1) for one in _words(number, line)]
    certain = any(judged.certain for _, _, judged in read)
    unlike = Judged(problem=LineProblem.UNLIKE)
    if certain:
        read = [
            (number, word, unlike if one.ids and not one.certain else one)
            for number, word, one in read
        ]
    return to_list(read, max_ids)


def _words(number: int, line: str) -> list[tuple[int, str, Judged]]:
    """The words of a line with their contents; for a row with tabs, its cells with theirs."""
    if "\t" not in line:
        words = _split(line)
        return [(number, word, judge(word)) for word in words]
    cells = [cell for cell in line.split("\t") if cell.strip()]
    if any(HEADER.fullmatch(cell.strip()) for cell in cells):
        return []
    read = [(number, cell, judge(cell)) for cell in cells]
    certain = [one for one in read if one[2].certain]
    return certain or [one for one in read if one[2].ids] or read


def _split(line: str) -> Iterator[str]:
    if HEADER.fullmatch(line.strip()):
        return
    for match in _WORD.finditer(line):
        word = match[0]
        if not (_LABEL.fullmatch(word) or HEADER.fullmatch(word)):
            yield word
