"""Posts the progress card of a list, its report, and all results as a file or as pages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import datetime

from bot.domain.id_lists.id_list import IgnoredLine
from bot.domain.id_lists.result_sheet import ResultSheet, local_moment
from bot.domain.jobs.bulk import Bulk, BulkItem, Tally
from bot.domain.jobs.bulk_report import ReportCounter
from bot.domain.jobs.job import Delivery, Destination, PostedCard, Report, Trace
from bot.slack.api.post_once import OncePoster
from bot.slack.blocks.block_kit import Message
from bot.slack.blocks.style import CardStyle
from bot.slack.bulk.cards import progress_card, report_card
from bot.slack.bulk.places import (
    beside,
    direct_to,
    file_name,
    home_of,
    progress_mark,
    report_mark,
    result_mark,
)
from bot.slack.bulk.tables import MOST_ROWS, ROWS_OF_A_PAGE, Form, page_of_results
from bot.slack.files.upload import ResultFiles
from bot.storage.errors import FailureLogged


class SlackBulkNotifier:
    """Posts for lists, in the language that the reader has chosen by then.

    Args:
        poster: posts messages.
        files: shares files.
        results: all calls of a list in their order.
        ignored: the lines of a list that had no id.
        now: the current time, aware, UTC.
    """

    def __init__(
        self,
        *,
        poster: OncePoster,
        files: ResultFiles,
        results: Callable[[str], AsyncIterator[BulkItem]],
        ignored: Callable[[str], AsyncIterator[IgnoredLine]],
        now: Callable[[], datetime],
    ) -> None:
        self._poster = poster
        self._files = files
        self._results = results
        self._ignored = ignored
        self._now = now

    async def show_progress(self, bulk: Bulk, tally: Tally) -> Report:
        """Update the card, or post it; directly if its place does not accept it."""
        if bulk.card is not None:
            style = await self._poster.style(beside(bulk, bulk.card), bulk.user)
            changed = progress_card(bulk, tally, style, self._now())
            return await self._poster.update(bulk.card, changed)
        report, _ = await self._poster.post(
            lambda style, _: [progress_card(bulk, tally, style, self._now())],
            progress_mark(bulk),
            bulk.destination,
            bulk.user,
        )
        return report

    async def find_progress(self, bulk: Bulk) -> PostedCard | None:
        """The card that a process may have posted before it crashed."""
        for place in dict.fromkeys((bulk.destination, direct_to(bulk))):
            found = await self._poster.finder.find(progress_mark(bulk), place, bulk.user)
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

        posted, place = await self._poster.post(forms, report_mark(bulk), home_of(bulk), bulk.user)
        # A report outside of a thread begins one, and the results belong in that.
        return posted if place.thread is None else replace(posted, card=None)

    async def trace(self, bulk: Bulk) -> Trace:
        """Search for the report beside the card, and where it would go instead."""
        return await self._poster.finder.trace(report_mark(bulk), home_of(bulk), bulk.user)

    async def deliver_results(self, bulk: Bulk) -> Report:
        """Share all results as a file, or else as pages if the report does not show them all."""
        home = home_of(bulk)
        shared = await self._share_file(bulk, home)
        if shared is not Delivery.UNDELIVERABLE:
            return Report(delivery=shared)
        if bulk.total <= MOST_ROWS:
            return Report(delivery=Delivery.SENT)
        with FailureLogged("results cannot be read"):
            _, first = await self._counted(bulk)
            items = first[:ROWS_OF_A_PAGE]
            report, place = await self._poster.post(
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
        style = await self._poster.style(home, bulk.user)
        mark = result_mark(bulk, file_name(bulk, style.catalog))
        return await self._poster.finder.trace(mark, home, bulk.user)

    async def _share_file(self, bulk: Bulk, home: Destination) -> Delivery:
        if home.channel == bulk.user:
            # Slack shares a file in a conversation; the id of a user names none.
            return Delivery.UNDELIVERABLE
        style = await self._poster.style(home, bulk.user)
        with FailureLogged("results cannot be read"):
            return await self._files.share(
                self._lines(bulk, style),
                name=file_name(bulk, style.catalog),
                title=style.catalog.say("bulk.file.title", count=bulk.total),
                place=home,
            )
        return Delivery.NOT_SENT

    async def _lines(self, bulk: Bulk, style: CardStyle) -> AsyncIterator[bytes]:
        """The file, line by line, without storing it."""
        catalog = style.catalog
        sheet = ResultSheet(catalog, local_moment(style.zone, catalog.language))
        yield sheet.head()
        async for item in self._results(bulk.id):
            yield sheet.line(item)
        for line in sheet.tail([one async for one in self._ignored(bulk.id)]):
            yield line

    async def _counted(self, bulk: Bulk) -> tuple[ReportCounter, list[BulkItem]]:
        """Count all calls, and store the first ones for the table."""
        counted = ReportCounter()
        first: list[BulkItem] = []
        async for item in self._results(bulk.id):
            counted.add(item)
            if len(first) < MOST_ROWS:
                first.append(item)
        return counted, first
