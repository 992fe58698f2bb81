"""Posts the progress card of a list, its report, and all results as a file or as pages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from bot.domain.id_lists.id_list import IgnoredLine, Original
from bot.domain.id_lists.original import OriginalSheet
from bot.domain.id_lists.result_sheet import ResultSheet, local_moment
from bot.domain.jobs.bulk import Bulk, BulkItem, Tally
from bot.domain.jobs.bulk_report import ReportCounter
from bot.domain.jobs.job import Delivery, Destination, PostedCard, Report, Trace
from bot.slack.api.post_once import OncePoster
from bot.slack.blocks.block_kit import Message
from bot.slack.blocks.style import CardStyle, is_direct
from bot.slack.bulk.cards import columns_note, progress_card, report_card
from bot.slack.bulk.places import (
    beside,
    columns_mark,
    direct_to,
    file_name,
    home_of,
    progress_mark,
    report_mark,
    result_mark,
)
from bot.slack.bulk.tables import MOST_ROWS, ROWS_OF_A_PAGE, Form, page_of_results
from bot.slack.files.download import AttachedFiles
from bot.slack.files.file_objects import UnreadableFileError
from bot.slack.files.upload import TOO_LARGE, ResultFiles
from bot.storage.errors import FailureLogged

# If the list's file cannot be read for so long, about a minute, the results come without it.
_ATTEMPTS: Final = 5


def _title(bulk: Bulk, style: CardStyle) -> str:
    return style.catalog.say("bulk.file.title", count=bulk.total)


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackBulkNotifier:
    """Posts for lists, in the language that the reader has chosen by then.

    Attributes:
        poster: posts messages.
        files: shares files.
        attached: reads the columns of a list's file.
        results: all calls of a list in their order.
        ignored: the lines of a list that had no id.
        now: the current time, aware, UTC.
    """

    poster: OncePoster
    files: ResultFiles
    attached: AttachedFiles
    results: Callable[[str], AsyncIterator[BulkItem]]
    ignored: Callable[[str], AsyncIterator[IgnoredLine]]
    now: Callable[[], datetime]
    # The columns of one file at a time are in memory.
    _columns: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def show_progress(self, bulk: Bulk, tally: Tally, *, missing: str = "") -> Report:
        """Update the card, or post it; directly if its place does not accept it."""

        def shown(style: CardStyle) -> Message:
            return progress_card(bulk, tally, style, self.now(), missing=missing)

        if bulk.card is not None:
            style = await self.poster.style(beside(bulk, bulk.card), bulk.user)
            return await self.poster.update(bulk.card, shown(style))
        report, _ = await self.poster.post(
            lambda style, _: [shown(style)],
            progress_mark(bulk),
            bulk.destination,
            bulk.user,
        )
        return report

    async def find_progress(self, bulk: Bulk) -> PostedCard | None:
        """The card that a process may have posted before it crashed."""
        for place in dict.fromkeys((bulk.destination, direct_to(bulk))):
            found = await self.poster.finder.find(progress_mark(bulk), place, bulk.user)
            if found is not None:
                return found
        return None

    async def report(self, bulk: Bulk) -> Report:
        """Post the report beside the card, or else directly."""
        counted, first = await self._counted(bulk)

        def forms(style: CardStyle, reason: str) -> Iterator[Message]:
            report = counted.report(style.catalog)
            # A generator: the plainer forms are made only if Slack rejects the first one.
            for form in Form:
                yield report_card(bulk, report, first, style, form=form, why_here=reason)

        posted, place = await self.poster.post(forms, report_mark(bulk), home_of(bulk), bulk.user)
        if posted.card is not None and posted.card.channel != place.channel:
            # The results belong beside it, and only Slack's answer names that conversation.
            return posted
        return replace(posted, card=None)

    async def trace(self, bulk: Bulk) -> Trace:
        """Search for the report beside the card, and where it would go instead."""
        return await self.poster.finder.trace(report_mark(bulk), home_of(bulk), bulk.user)

    async def deliver_results(self, bulk: Bulk) -> Report:
        """Share all results as a file, or else as pages if the report does not show them all."""
        home = home_of(bulk)
        shared = await self._share_file(bulk, home)
        if shared is not Delivery.UNDELIVERABLE:
            return Report(delivery=shared)
        with FailureLogged("results cannot be read"):
            counted, first = await self._counted(bulk)
            if counted.items <= MOST_ROWS:
                return Report(delivery=Delivery.SENT)
            bulk, items = replace(bulk, total=counted.items), first[:ROWS_OF_A_PAGE]
            report, place = await self.poster.post(
                lambda style, _: (
                    page_of_results(bulk, items, 1, style, form=form) for form in Form
                ),
                result_mark(bulk),
                home,
                bulk.user,
            )
            if report.card is not None and place != home:
                # The thread may have refused the file as well.
                await self._share_file(bulk, beside(bulk, report.card))
            return replace(report, card=None)
        return Report(delivery=Delivery.NOT_SENT)

    async def trace_result(self, bulk: Bulk) -> Trace:
        """Search for the file or its pages beside the report."""
        home = home_of(bulk)
        style = await self.poster.style(home, bulk.user)
        mark = result_mark(bulk, file_name(bulk, style.catalog))
        return await self.poster.finder.trace(mark, home, bulk.user)

    async def deliver_columns(self, bulk: Bulk) -> Report:
        """Send the result with the columns of the list's file, if others have seen that without."""
        place = direct_to(bulk)
        if is_direct(home_of(bulk).channel):
            return Report(delivery=Delivery.SENT)
        style = await self.poster.style(place, bulk.user)
        uploaded = await self._upload_columns(bulk, style)
        if isinstance(uploaded, Report):
            return uploaded
        note, mark = columns_note(bulk, style, given=bool(uploaded)), columns_mark(bulk)
        # An earlier attempt may have posted it.
        again = bulk.attempts > 1
        card = await self.poster.finder.find(mark, place, bulk.user) if again else None
        report = Report(delivery=Delivery.SENT, card=card)
        if card is None:
            report, _ = await self.poster.post(lambda *_: [note], mark, place, bulk.user)
        if uploaded and report.card is not None:
            title, place = _title(bulk, style), beside(bulk, report.card)
            return await self.files.show(uploaded, title=title, place=place)
        return replace(report, card=None)

    async def trace_columns(self, bulk: Bulk) -> Trace:
        """Search for that file, whether or not the message above it is there."""
        place = direct_to(bulk)
        style = await self.poster.style(place, bulk.user)
        mark = result_mark(bulk, file_name(bulk, style.catalog))
        return await self.poster.finder.trace(mark, place, bulk.user)

    async def _upload_columns(self, bulk: Bulk, style: CardStyle) -> str | Report:
        """Upload the result with the columns; return the file's id, empty if there are none."""
        async with self._columns:
            try:
                file, digest = bulk.file or "", bulk.digest or ""
                original = await self.attached.original(file, digest, max_ids=bulk.total)
            except UnreadableFileError as error:
                again = bulk.attempts < _ATTEMPTS
                return Report(delivery=Delivery.NOT_SENT, why=str(error)) if again else ""
            if original is None:
                return ""
            uploaded = await self._upload(bulk, style, original)
            too_large = isinstance(uploaded, Report) and uploaded.why == TOO_LARGE
            return "" if too_large else uploaded

    async def _share_file(self, bulk: Bulk, home: Destination) -> Delivery:
        if home.channel == bulk.user:
            # Slack shares a file in a conversation; the id of a user names none.
            return Delivery.UNDELIVERABLE
        style = await self.poster.style(home, bulk.user)
        uploaded: str | Report = ""
        comment = ""
        if bulk.file is not None and is_direct(home.channel):
            uploaded = await self._upload_columns(bulk, style)
            comment = "" if uploaded else style.catalog.say("bulk.file.no_columns")
        uploaded = uploaded or await self._upload(bulk, style)
        if isinstance(uploaded, Report):
            return uploaded.delivery
        title = _title(bulk, style)
        shown = await self.files.show(uploaded, title=title, place=home, comment=comment)
        return shown.delivery

    async def _upload(
        self, bulk: Bulk, style: CardStyle, original: Original | None = None
    ) -> str | Report:
        """Upload the result, with these columns if there are any; return the file's id."""
        with FailureLogged("results cannot be read"):
            lines, name = self._lines(bulk, style, original), file_name(bulk, style.catalog)
            return await self.files.upload(lines, name=name, in_memory=original is not None)
        return Report(delivery=Delivery.NOT_SENT)

    async def _lines(
        self, bulk: Bulk, style: CardStyle, original: Original | None = None
    ) -> AsyncIterator[bytes]:
        """The file, line by line, without storing it."""
        catalog = style.catalog
        moment = local_moment(style.zone, catalog.language)
        sheet = ResultSheet(catalog, moment, public=style.public)
        if original is not None:
            sheet = OriginalSheet(catalog, moment, original)
        yield sheet.head()
        async for item in self.results(bulk.id):
            yield sheet.line(item)
        for line in sheet.tail([one async for one in self.ignored(bulk.id)]):
            yield line

    async def _counted(self, bulk: Bulk) -> tuple[ReportCounter, list[BulkItem]]:
        """Count all calls, and store the first ones for the table."""
        counted = ReportCounter()
        first: list[BulkItem] = []
        async for item in self.results(bulk.id):
            counted.add(item)
            if len(first) < MOST_ROWS:
                first.append(item)
        return counted, first
