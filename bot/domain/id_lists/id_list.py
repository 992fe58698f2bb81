"""A list of IDMSGs from a user: what is looked up, what is left out, and why.

`bot.domain.id_lists.id_file` reads files, `bot.domain.id_lists.pasted` text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.domain.id_lists.list_form import Entry, lost_digits
from bot.domain.id_lists.list_words import LineProblem
from bot.domain.input.message_id import MessageId
from bot.domain.privacy import mask_people, shorten
from bot.domain.texts.catalog import Catalog

MAX_BYTES: Final = 5_000_000
MAX_LINES: Final = 100_000
# Slack's form takes 3,000 characters, enough for the 200 ids that a message may hold.
MAX_PASTED: Final = 10_000
MAX_SHOWN: Final = 80

_MEGABYTE: Final = 1_000_000


class ListProblem(StrEnum):
    """Why the input cannot be read as a list; the language files have a sentence for each."""

    EMPTY = "empty"
    NOT_TEXT = "not_text"
    SPREADSHEET = "spreadsheet"
    DOCUMENT = "document"
    PICTURE = "picture"
    ARCHIVE = "archive"
    WEB_PAGE = "web_page"
    TOO_LARGE = "too_large"
    TOO_MUCH_WORK = "too_much_work"
    TOO_LONG = "too_long"
    TOO_MANY_LINES = "too_many_lines"
    TOO_MANY_IDS = "too_many_ids"
    NO_IDS = "no_ids"
    NO_COLUMN = "no_column"
    EMPTY_COLUMN = "empty_column"
    PHONES = "phones"
    AMOUNTS = "amounts"
    ROUNDED = "rounded"


# By what is wrong with all cells of the column.
_ALIKE: Final[Mapping[LineProblem, ListProblem]] = {
    LineProblem.EMPTY: ListProblem.EMPTY_COLUMN,
    LineProblem.PHONE: ListProblem.PHONES,
    LineProblem.AMOUNT: ListProblem.AMOUNTS,
    LineProblem.UNLIKE: ListProblem.AMOUNTS,
}


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
        text: the word or cell, for the author of the list only: printable, at most `MAX_SHOWN`
            characters, with personal data masked. It is not stored.
    """

    number: int
    text: str = ""
    problem: LineProblem


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginalRow:
    """A row of a file, and what its cell of the ids' column contains.

    Attributes:
        number: from 1, as a spreadsheet counts.
        problem: why it has no id; `None` if it has one.
    """

    number: int
    cells: Sequence[str]
    ids: tuple[MessageId, ...] = ()
    problem: LineProblem | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """The columns of the file that a list is from.

    Attributes:
        heading: the heading row; empty without one.
        rows: all rows below it that are not blank, in order.
    """

    heading: Sequence[str] = ()
    rows: tuple[OriginalRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IdList:
    """A user's list, parsed.

    Attributes:
        ids: one or more, each once, in the order given.
        doubles: how many repetitions were dropped.
        ignored: the parts without an id, in the order given.
        written: how many ids a spreadsheet had written as numbers.
        lost: how many numbers look as though a spreadsheet had dropped digits, ignored ones too.
        column: the heading of the ids' column in a file, or its letter where it has none; empty for
            pasted text and files of one column whose heading says nothing about ids.
        width: how many columns the file has, the one of ids included; 0 for what is no table.
        original: the columns of the file, if they are wanted, and there are several.
    """

    ids: tuple[MessageId, ...]
    doubles: int = 0
    ignored: tuple[IgnoredLine, ...] = ()
    written: int = 0
    lost: int = 0
    column: str = ""
    width: int = 0
    original: Original | None = None


def to_list(
    entries: Sequence[Entry], max_ids: int, *, column: str = "", width: int = 0, named: bool = False
) -> IdList:
    """The list of what was read.

    Args:
        entries: in one form.
        max_ids: how many ids may be among them.
        column: as in the list.
        width: as in the list.
        named: a heading says that they are ids.

    Raises:
        UnreadableListError: no ids, or more than `max_ids`.
    """
    ids = [one for _, _, judged in entries for one in judged.ids]
    written = {one for _, _, judged in entries if judged.written for one in judged.ids}
    ignored = tuple(
        IgnoredLine(number=number, text=mask_people(shown(text)), problem=judged.problem)
        for number, text, judged in entries
        if judged.problem is not None
    )
    different = tuple(dict.fromkeys(ids))
    if not different:
        problems = {line.problem for line in ignored} - {LineProblem.EMPTY}
        raise UnreadableListError(_problem_of(problems, named=named))
    if len(different) > max_ids:
        raise UnreadableListError(ListProblem.TOO_MANY_IDS, count=len(different), limit=max_ids)
    return IdList(
        ids=different,
        doubles=len(ids) - len(different),
        ignored=ignored,
        written=len(written),
        lost=lost_digits(different) + sum(one.problem is LineProblem.ROUNDED for one in ignored),
        column=column,
        width=width,
    )


def _problem_of(problems: AbstractSet[LineProblem], *, named: bool) -> ListProblem:
    """What is wrong with a list without an id; of a column with a name, what is in it."""
    if LineProblem.ROUNDED in problems:
        return ListProblem.ROUNDED
    kinds = problems - {LineProblem.UNLIKE} or problems
    if not named or len(kinds) > 1:
        return ListProblem.NO_IDS
    return _ALIKE.get(next(iter(kinds), LineProblem.EMPTY), ListProblem.NO_IDS)


def say_problem(error: UnreadableListError, catalog: Catalog) -> str:
    """What is wrong with the list and how to fix it, in a sentence or two; mrkdwn."""
    in_bytes = error.problem is ListProblem.TOO_LARGE
    limit = error.limit // _MEGABYTE if in_bytes else error.limit
    return catalog.say(f"list.problem.{error.problem.value}", count=error.count, limit=limit)


def say_reason(problem: LineProblem, catalog: Catalog) -> str:
    """Why a line or a word is ignored: a short sentence that begins with a small letter."""
    return catalog.say(f"list.ignored.{problem.value}")


def say_remarks(found: IdList, catalog: Catalog) -> Iterator[str]:
    """What a user should know before the list starts: numbers that a spreadsheet has changed."""
    if found.written:
        yield catalog.say("list.written", count=found.written)
    if found.lost:
        yield catalog.say("list.lost", count=found.lost)


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
