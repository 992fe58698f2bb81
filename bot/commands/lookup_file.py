"""`voicestatus lookup --file`: looks up a whole list; the result is CSV or JSON lines."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final
from zoneinfo import ZoneInfo

from bot.commands.exit_codes import OK, USAGE, exit_code_of
from bot.commands.lookup import at_once, line_of, lookups_of, plain
from bot.commands.lookup_progress import (
    Showing,
    say,
    say_alike,
    say_sums,
    say_what_was_found,
    showing,
)
from bot.domain.call_status import REFUSING, Answer, CallStatus
from bot.domain.gate import Urgency
from bot.domain.id_lists.id_file import read_file
from bot.domain.id_lists.id_list import (
    MAX_BYTES,
    IdList,
    IgnoredLine,
    UnreadableListError,
    say_problem,
)
from bot.domain.id_lists.original import OriginalSheet
from bot.domain.id_lists.result_sheet import ResultSheet, local_moment
from bot.domain.input.message_id import MessageId
from bot.domain.jobs.bulk import LARGEST, BulkItem
from bot.domain.jobs.bulk_report import ReportCounter
from bot.domain.privacy import shorten
from bot.domain.texts.catalog import Catalog
from bot.domain.texts.explanation import explain
from bot.services.ordered_look_ups import OrderedLookUps
from bot.settings.settings import Settings

STANDARD_INPUT: Final = "-"
_LONGEST_NAME: Final = 200


def read_list(
    file: str, output: Path | None, catalog: Catalog, settings: Settings | None
) -> tuple[IdList | None, list[str]]:
    """The list in a file or on standard input; `None` and a sentence if it has no usable list.

    It is read without usable settings too, so that all problems are reported together.
    """
    max_ids = settings.bulk_max_ids if settings is not None else LARGEST
    if output is not None and _are_the_same(file, output):
        return None, [catalog.say("list.terminal.same_file")]
    try:
        # Standard output may go to a log, where the names of customers do not belong.
        columns = output is not None
        return read_file(_bytes_of(file), max_ids=max_ids, columns=columns), []
    except OSError:
        return None, [catalog.say("list.terminal.no_file", file=_shown(file))]
    except UnreadableListError as error:
        return None, [plain(say_problem(error, catalog))]


async def look_up_list(
    given: IdList, settings: Settings, catalog: Catalog, *, as_json: bool, output: Path | None
) -> int:
    """Look up all calls of a list, write the results, and return the exit code.

    The exit code is that of `look_up`. When cancelled, it writes the results so far before it ends.
    """
    try:
        with ExitStack() as stack:
            sink = _sink(output, stack)
            say_what_was_found(given, catalog)
            moment = local_moment(ZoneInfo(settings.bot_timezone), catalog.language)
            form: ResultSheet | _JsonLines = ResultSheet(catalog, moment)
            if given.original is not None:
                form = OriginalSheet(catalog, moment, given.original)
            form = _JsonLines(catalog) if as_json else form
            contact = settings.gateway_support_contact
            run = _Run(given=given, form=form, sink=sink, catalog=catalog, contact=contact)
            # Results on the same terminal would break a progress bar.
            bar = sys.stderr.isatty() and (output is not None or not sys.stdout.isatty())
            try:
                with showing(len(given.ids), catalog, bar=bar) as show:
                    await run.ask(settings, show)
            finally:
                if not run.broken:
                    run.end()
    except BrokenPipeError:
        # `main` ends quietly when the reader has left; any other fault gets a sentence.
        raise
    except OSError:
        say(catalog, "list.terminal.no_output", file=_shown(str(output or STANDARD_INPUT)))
        return USAGE
    if output is not None:
        say(catalog, "list.terminal.written", file=_shown(str(output)))
    return run.worst


def _sink(output: Path | None, stack: ExitStack) -> BinaryIO:
    """The destination of the result.

    Raises:
        OSError: the file cannot be written.
    """
    if output is not None:
        # Names and phone numbers may be in it.
        private = partial(os.open, mode=0o600)
        return stack.enter_context(open(output, "wb", opener=private))
    # A process may be started with its standard output closed.
    if sys.stdout is None:
        raise OSError(errno.EBADF, "closed")
    return sys.stdout.buffer


class _JsonLines:
    """One JSON object a line, for each call; the keys are those of `look_up`.

    Written as a `ResultSheet` is.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def head(self) -> bytes:
        return b""

    def line(self, item: BulkItem) -> bytes:
        if item.finding is None:
            return b""
        line = line_of(item.message_id, item.finding, self._catalog)
        return f"{line}\n".encode("utf-8", "replace")

    def tail(self, ignored: Iterable[IgnoredLine]) -> Iterator[bytes]:
        del ignored
        return iter(())


@dataclass(slots=True, kw_only=True)
class _Run:
    """One list in progress.

    Attributes:
        worst: the highest exit code so far.
        broken: the reader has closed the result.
    """

    given: IdList
    form: ResultSheet | _JsonLines
    sink: BinaryIO
    catalog: Catalog
    contact: str
    counted: ReportCounter = field(default_factory=ReportCounter)
    asking: OrderedLookUps | None = None
    reason: CallStatus | None = None
    worst: int = OK
    broken: bool = False

    async def ask(self, settings: Settings, show: Showing) -> None:
        """Look up all ids, or stop when the gateway refuses this bot."""
        self._write(self.form.head())

        def tell(answer: Answer) -> bool:
            stop = self._tell(answer)
            show(self.counted.tally)
            return stop

        async with lookups_of(settings) as ask_gateway:

            async def ask(message_id: MessageId) -> Answer:
                return await ask_gateway(message_id, Urgency.BACKGROUND)

            self.asking = OrderedLookUps(
                self.given.ids, ask=ask, report=tell, at_once=at_once(settings)
            )
            await self.asking.run()

    def end(self) -> None:
        """Write the rest of the list, and print the summary."""
        untold = self.asking.waiting if self.asking is not None else {}
        for place in range(self.counted.items, len(self.given.ids)):
            self._take(place, untold.get(place))
        for line in self.form.tail(self.given.ignored):
            self._write(line)
        if self.reason is not None:
            explanation = explain(self.reason, self.catalog)
            headline, advice = plain(explanation.headline), plain(explanation.entry.advice)
            say(self.catalog, "list.terminal.stopped", headline=headline, advice=advice)
        report = self.counted.report(self.catalog)
        say_sums(report, len(self.given.ids), self.catalog)
        say_alike(report, self.contact, self.catalog)

    def _tell(self, answer: Answer) -> bool:
        """Record the list's next answer; returns whether to stop."""
        self._take(self.counted.items, answer)
        finding = answer.finding
        if isinstance(finding, CallStatus) and finding.gateway_code in REFUSING:
            self.reason = finding
        return self.reason is not None

    def _take(self, place: int, answer: Answer | None) -> None:
        item = BulkItem(position=place, message_id=self.given.ids[place])
        if answer is not None:
            item = replace(
                item, finding=answer.finding, checked_at=answer.checked_at, sandbox=answer.sandbox
            )
            self.worst = max(self.worst, exit_code_of(answer.finding))
        self.counted.add(item)
        self._write(self.form.line(item))

    def _write(self, line: bytes) -> None:
        try:
            self.sink.write(line)
            self.sink.flush()
        except OSError:
            self.broken = True
            raise


def _bytes_of(file: str) -> bytes:
    """The file, read only until it is certainly too large.

    Raises:
        OSError: the file cannot be opened or read.
    """
    # One byte more than allowed is enough to see that it is too large.
    if file == STANDARD_INPUT:
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    with Path(file).open("rb") as opened:
        return opened.read(MAX_BYTES + 1)


def _are_the_same(file: str, output: Path) -> bool:
    try:
        return file != STANDARD_INPUT and output.samefile(file)
    except OSError:
        return False


def _shown(name: str) -> str:
    return shorten(ascii(name) if not name.isprintable() else name, _LONGEST_NAME)
