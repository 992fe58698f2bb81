"""Progress of `voicestatus lookup --file` on standard error: ids found, progress, summary."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bot.domain.call_status import COUNTED
from bot.domain.id_lists.id_list import IdList, say_reason, say_remarks
from bot.domain.jobs.bulk import Tally
from bot.domain.jobs.bulk_report import BulkReport, alike_report
from bot.domain.texts.catalog import Catalog
from bot.domain.texts.printable import printable
from bot.slack.cards.status_card import reached

_IGNORED_SHOWN: Final = 5
# Without a bar, a line follows each tenth of the list, if the list is long enough.
_STEPS: Final = 10
_LEAST_STEP: Final = 10


# Shows the progress of the look-ups.
Showing = Callable[[Tally], None]


def say(catalog: Catalog, phrase: str, /, **values: object) -> None:
    """Print a phrase on standard error."""
    _print(catalog.say(phrase, **values))


def _print(text: str) -> None:
    print(printable(text), file=sys.stderr)  # noqa: T201 - the terminal's own output


def say_what_was_found(given: IdList, catalog: Catalog) -> None:
    """How many ids the list has, and what was left out, before the first request."""
    name = "list.terminal.found_in" if given.column else "list.terminal.found"
    say(catalog, name, count=len(given.ids), column=given.column)
    if given.doubles:
        say(catalog, "list.terminal.doubles", count=given.doubles)
    for remark in say_remarks(given, catalog):
        _print(remark)
    if not given.ignored:
        return
    say(catalog, "list.terminal.ignored", count=len(given.ignored))
    for line in given.ignored[:_IGNORED_SHOWN]:
        name = "list.terminal.ignored_line" if line.text else "list.terminal.ignored_row"
        reason = say_reason(line.problem, catalog)
        say(catalog, name, number=line.number, text=line.text, reason=reason)
    if (more := len(given.ignored) - _IGNORED_SHOWN) > 0:
        say(catalog, "list.terminal.ignored_more", count=more)


def say_sums(report: BulkReport, total: int, catalog: Catalog) -> None:
    """Counts and shares by outcome, the answer rate, and how many calls were not looked up."""
    say(catalog, "list.terminal.done", count=report.asked)
    for count, words in _sums(report, catalog):
        share = catalog.writing.share(count, report.asked)
        say(catalog, "list.terminal.share", share=f"{share:>7}", summary=words)
    if (left := total - report.asked) > 0:
        say(catalog, "list.terminal.not_asked", count=left)
    if not report.final:
        say(catalog, "list.terminal.no_rate")
        return
    share, count = catalog.writing.share(report.answered, report.final), report.final
    rate = catalog.say("bulk.report.rate", share=share, answered=report.answered, count=count)
    _print(rate.replace("*", ""))


def _sums(tally: Tally, catalog: Catalog) -> Iterator[tuple[int, str]]:
    """The count of each kind that occurs, as number and words."""
    for name in COUNTED:
        if count := tally.of(name):
            yield count, catalog.say(f"count.{name}", count=count)


def say_alike(counted: BulkReport, contact: str, catalog: Catalog) -> None:
    """What to report, and to whom, if too many calls ended alike."""
    for one in counted.reasons:
        if one.alike:
            entry, ids = one.explanation.entry, [example.value for example in one.examples]
            whom = catalog.say("card.copy_for", contact=reached(entry.contact, contact))
            report = alike_report(one, counted.ended, ids, catalog)
            _print(f"\n{entry.advice}\n\n{whom}\n{report}")


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

        def show(tally: Tally) -> None:
            progress.update(task, completed=tally.asked, summary=_summary(tally, catalog))

        yield show


@contextmanager
def _lines(total: int, catalog: Catalog) -> Iterator[Showing]:
    step = max(_LEAST_STEP, total // _STEPS)

    def show(tally: Tally) -> None:
        if tally.asked % step == 0:
            asked, summary = tally.asked, _summary(tally, catalog)
            say(catalog, "list.terminal.progress", asked=asked, total=total, summary=summary)

    yield show


def _summary(tally: Tally, catalog: Catalog) -> str:
    return ", ".join(words for _, words in _sums(tally, catalog))
