"""Progress of `voicestatus lookup --file` on standard error: ids found, progress, summary."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bot.domain.answer import COUNTED, outcome_key
from bot.domain.call_status import CallStatus, Outcome
from bot.domain.id_lists.id_list import IdList, say_reason
from bot.domain.texts.catalog import Catalog
from bot.domain.texts.explanation import Finding

_IGNORED_SHOWN: Final = 5
# Without a bar, a line follows each tenth of the list, if the list is long enough.
_STEPS: Final = 10
_LEAST_STEP: Final = 10


class Sums:
    """Counts findings."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self.final = 0

    def add(self, finding: Finding) -> None:
        """Count one finding."""
        self._counts[outcome_key(finding)] += 1
        self.final += isinstance(finding, CallStatus) and finding.final

    @property
    def asked(self) -> int:
        """How many calls were looked up."""
        return self._counts.total()

    @property
    def answered(self) -> int:
        """How many calls were answered."""
        return self._counts[Outcome.ANSWERED]

    def said(self, catalog: Catalog) -> Iterator[tuple[int, str]]:
        """The count of each kind that occurs, as number and words."""
        for name in COUNTED:
            if count := self._counts[name]:
                yield count, catalog.say(f"count.{name}", count=count)


# Shows the progress of the look-ups.
Showing = Callable[[Sums], None]


def say(line: str) -> None:
    """A line on standard error."""
    print(line, file=sys.stderr)  # noqa: T201 - the terminal's own output


def say_what_was_found(given: IdList, catalog: Catalog) -> None:
    """How many ids the list has, and what was left out, before the first request."""
    name = "list.terminal.found_in" if given.column else "list.terminal.found"
    say(catalog.say(name, count=len(given.ids), column=given.column))
    if given.doubles:
        say(catalog.say("list.terminal.doubles", count=given.doubles))
    if not given.ignored:
        return
    say(catalog.say("list.terminal.ignored", count=len(given.ignored)))
    for line in given.ignored[:_IGNORED_SHOWN]:
        reason = say_reason(line.problem, catalog)
        text = catalog.say(
            "list.terminal.ignored_line", number=line.number, text=line.text, reason=reason
        )
        say(text)
    if (more := len(given.ignored) - _IGNORED_SHOWN) > 0:
        say(catalog.say("list.terminal.ignored_more", count=more))


def say_sums(sums: Sums, total: int, catalog: Catalog) -> None:
    """Counts and shares by outcome, the answer rate, and how many calls were not looked up."""
    say(catalog.say("list.terminal.done", count=sums.asked))
    for count, words in sums.said(catalog):
        share = catalog.writing.share(count, sums.asked)
        say(catalog.say("list.terminal.share", share=f"{share:>7}", summary=words))
    if (left := total - sums.asked) > 0:
        say(catalog.say("list.terminal.not_asked", count=left))
    if sums.final:
        share = catalog.writing.share(sums.answered, sums.final)
        text = catalog.say(
            "list.terminal.rate", share=share, answered=sums.answered, final=sums.final
        )
        say(text)
    else:
        say(catalog.say("list.terminal.no_rate"))


def showing(total: int, catalog: Catalog, *, bar: bool) -> AbstractContextManager[Showing]:
    """Show the progress: a bar with the time left, or a line now and then."""
    return _bar(total, catalog) if bar else _lines(total, catalog)


@contextmanager
def _bar(total: int, catalog: Catalog) -> Iterator[Showing]:
    columns = (
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[summary]}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=total, summary="")

        def show(sums: Sums) -> None:
            summary = _summary(sums, catalog)
            progress.update(task, completed=sums.asked, summary=summary)

        yield show


@contextmanager
def _lines(total: int, catalog: Catalog) -> Iterator[Showing]:
    step = max(_LEAST_STEP, total // _STEPS)

    def show(sums: Sums) -> None:
        if sums.asked % step == 0:
            summary = _summary(sums, catalog)
            text = catalog.say(
                "list.terminal.progress", asked=sums.asked, total=total, summary=summary
            )
            say(text)

    yield show


def _summary(sums: Sums, catalog: Catalog) -> str:
    return ", ".join(words for _, words in sums.said(catalog))
