"""What a bulk says in Slack: one card that shows how far it is, and one report in its thread."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.jobs.bulk import Bulk, BulkItem, Tally
from bot.domain.jobs.bulk_report import BulkReport, Reckoning
from bot.domain.jobs.watch import Destination, PostedCard
from bot.domain.timing import Timing
from bot.services.jobs.outcomes import Delivery, Report, Trace
from bot.slack.api.find_marked import Mark, MarkedMessageFinder
from bot.slack.api.marked_messages import change_card, logged, post_notice
from bot.slack.api.post_once import unrepeating
from bot.slack.api.threads import THREAD_GONE, Threads
from bot.slack.blocks.block_kit import Message
from bot.slack.blocks.style import AudienceStyles, CardStyle, is_direct
from bot.slack.bulk.cards import mark, progress_card, report_card
from bot.slack.bulk.tables import MOST_ROWS, Form, items_of_page, page_of_results
from bot.storage.errors import StorageError

EVENT_TYPE: Final = "bulk_report"

_log = structlog.get_logger(__name__)


class SlackBulkNotifier:
    """Speaks for bulks. Languages are those of the moment of telling.

    Args:
        client: Slack's.
        readers: who reads what in which language.
        results: all calls of a bulk in their order.
        share_file: gives the whole result as a file there.
        file_name: what that file is called there.
        now: the present moment, aware, UTC.
        timing: how long it waits for what.
    """

    def __init__(
        self,
        *,
        client: AsyncWebClient,
        readers: AudienceStyles,
        results: Callable[[str], AsyncIterator[BulkItem]],
        share_file: Callable[[Bulk, Destination], Awaitable[Delivery]],
        file_name: Callable[[Bulk, Destination], Awaitable[str]],
        now: Callable[[], datetime],
        timing: Timing = Timing(),
    ) -> None:
        self._client = unrepeating(client)
        self._threads = Threads(client, timing=timing)
        self._traces = MarkedMessageFinder(client, timing=timing)
        self._readers = readers
        self._results = results
        self._share_file = share_file
        self._file_name = file_name
        self._now = now
        self._timing = timing

    async def show_progress(self, bulk: Bulk, tally: Tally) -> Report:
        """Post the card, where the destination refuses it directly; or bring it up to date."""
        if bulk.card is not None:
            card, style = bulk.card, await self._read_in(bulk, bulk.card.channel)
            changed = progress_card(bulk, tally, style, self._now())
            return await change_card(self._client, card, changed, seconds=self._timing.posting)
        place = bulk.destination
        attempt = await self._post_progress(bulk, tally, place.channel, place.thread)
        if attempt.delivery is Delivery.UNDELIVERABLE and not is_direct(place.channel):
            _log.info("a bulk is shown to the asker directly", error=attempt.why)
            attempt = await self._post_progress(bulk, tally, bulk.user, None)
        return attempt

    async def find_progress(self, bulk: Bulk) -> PostedCard | None:
        """The card that a process may have posted which died before it could say so."""
        mark, place = _mark_of_progress(bulk), bulk.destination
        found = await self._traces.find(mark, place, bulk.user)
        if found is not None or place.channel == bulk.user:
            return found
        return await self._traces.find(mark, _direct(bulk), bulk.user)

    async def report(self, bulk: Bulk) -> Report:
        """Post the report beside the card; where that place takes nothing, directly."""
        home = home_of(bulk)
        counted, first = await self._counted(bulk)
        attempt = await self._post_report(bulk, counted, first, home)
        if attempt.delivery is Delivery.UNDELIVERABLE and home.channel != bulk.user:
            _log.warning("a report goes to the asker directly", error=attempt.why)
            gone = attempt.why == THREAD_GONE
            home = _direct(bulk)
            attempt = await self._post_report(bulk, counted, first, home, moved=True, gone=gone)
        # What stands directly begins a thread of its own, in which the rest of it belongs.
        return replace(logged(attempt), card=attempt.card if home.thread is None else None)

    async def trace(self, bulk: Bulk) -> Trace:
        """Look where the report may stand: beside the card, and where it would go instead."""
        return await self._traces.trace(_mark(bulk), home_of(bulk), bulk.user)

    async def deliver_results(self, bulk: Bulk) -> Report:
        """The whole result as a file; else, where the report does not show it all, as pages."""
        home = home_of(bulk)
        shared = await self._share_file(bulk, home)
        if shared is not Delivery.UNDELIVERABLE:
            return Report(delivery=shared)
        if bulk.total <= MOST_ROWS:
            return Report(delivery=Delivery.SENT)
        try:
            items = await items_of_page(self._results(bulk.id), 1)
        except StorageError as error:
            _log.warning("results cannot be read", error=error.code)
            return Report(delivery=Delivery.NOT_SENT)
        attempt = await self._post_page(bulk, items, home)
        if attempt.delivery is Delivery.UNDELIVERABLE and home.channel != bulk.user:
            attempt = await self._post_page(bulk, items, _direct(bulk))
            if attempt.card is not None:
                # The thread may have kept out the file as well.
                card = attempt.card
                await self._share_file(bulk, _beside(bulk, card))
        return logged(attempt)

    async def trace_result(self, bulk: Bulk) -> Trace:
        """Look where the file or its pages may stand: beside the report."""
        home = home_of(bulk)
        mark = await self._mark_of_result(bulk, home)
        return await self._traces.trace(mark, home, bulk.user)

    async def _mark_of_result(self, bulk: Bulk, home: Destination) -> Mark:
        name = await self._file_name(bulk, home)
        since = bulk.decided_at or bulk.started_at
        return replace(
            _mark(bulk),
            event_type="bulk_result",
            name="result",
            block_id="",
            since=since,
            file=name,
        )

    async def _post_page(self, bulk: Bulk, items: Sequence[BulkItem], home: Destination) -> Report:
        style = await self._read_in(bulk, home.channel)
        forms = (page_of_results(bulk, items, 1, style, form=form) for form in Form)
        mark = await self._mark_of_result(bulk, home)
        return await self._post(forms, mark, channel=home.channel, thread_ts=home.thread)

    async def _post_progress(
        self, bulk: Bulk, tally: Tally, channel: str, thread: str | None
    ) -> Report:
        style = await self._read_in(bulk, channel)
        card = progress_card(bulk, tally, style, self._now())
        mark = _mark_of_progress(bulk)
        return await self._post([card], mark, channel=channel, thread_ts=thread)

    async def _counted(self, bulk: Bulk) -> tuple[Reckoning, list[BulkItem]]:
        """All calls counted, and the first ones kept for the table."""
        counted = Reckoning()
        first: list[BulkItem] = []
        async for item in self._results(bulk.id):
            counted.add(item)
            if len(first) < MOST_ROWS:
                first.append(item)
        return counted, first

    async def _post_report(
        self,
        bulk: Bulk,
        counted: Reckoning,
        first: list[BulkItem],
        home: Destination,
        *,
        moved: bool = False,
        gone: bool = False,
    ) -> Report:
        style = await self._read_in(bulk, home.channel)
        report: BulkReport = counted.report(style.catalog)
        forms = (
            report_card(bulk, report, first, style, form=form, moved=moved, gone=gone)
            for form in Form
        )
        return await self._post(forms, _mark(bulk), channel=home.channel, thread_ts=home.thread)

    async def _post(self, forms: Iterable[Message], mark: Mark, **where: str | None) -> Report:
        return await post_notice(
            self._client,
            forms,
            mark,
            threads=self._threads,
            seconds=self._timing.posting,
            **where,
        )

    async def _read_in(self, bulk: Bulk, channel: str) -> CardStyle:
        return await self._readers.at(channel, team=bulk.destination.team, person=bulk.user)


def home_of(bulk: Bulk) -> Destination:
    """Where it reports: in the thread of its card or of the question, else directly."""
    place, card = bulk.destination, bulk.card
    if place.thread is not None and (card is None or card.channel == place.channel):
        return place
    # Without a card nothing of it is in the channel, so nobody there waits for the report.
    return _direct(bulk) if card is None else _beside(bulk, card)


def _direct(bulk: Bulk) -> Destination:
    return replace(bulk.destination, channel=bulk.user, thread=None)


def _beside(bulk: Bulk, card: PostedCard) -> Destination:
    return replace(bulk.destination, channel=card.channel, thread=card.ts)


def _mark(bulk: Bulk) -> Mark:
    return Mark(
        event_type=EVENT_TYPE,
        name="bulk",
        value=bulk.id,
        block_id=mark(bulk),
        since=bulk.started_at,
    )


def _mark_of_progress(bulk: Bulk) -> Mark:
    return replace(_mark(bulk), event_type="bulk_progress", name="progress", block_id="")
