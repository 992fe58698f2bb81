"""What a bulk says in Slack: one card that shows how far it is, and one report in its thread."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from time import monotonic
from typing import Final

import structlog
from cachetools import TLRUCache
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.jobs.bulk import Bulk, BulkItem, Tally
from bot.domain.jobs.bulk_report import BulkReport, Reckoning
from bot.domain.jobs.watch import PostedCard
from bot.domain.timing import Timing
from bot.services.jobs.outcomes import Delivery, Report, Trace
from bot.slack.api.find_marked import Mark, MarkedMessageFinder
from bot.slack.api.marked_messages import change_card, post_notice, report_of
from bot.slack.api.post_once import Attempt, Fate, unrepeating
from bot.slack.api.threads import THREAD_GONE, Threads
from bot.slack.blocks.block_kit import Message
from bot.slack.blocks.style import AudienceStyles, CardStyle, is_direct
from bot.slack.bulk.cards import mark, progress_card, report_card
from bot.slack.bulk.tables import MOST_ROWS, Form, items_of_page, page_of_results
from bot.slack.files.upload import Handover
from bot.storage.errors import StorageError

EVENT_TYPE: Final = "bulk_report"

_MOST_CARDS: Final = 10_000
# What became of the file; where it will not stand there, its pages may.
_DELIVERIES: Final = {
    Handover.SHARED: Delivery.SENT,
    Handover.LATER: Delivery.NOT_SENT,
    Handover.UNKNOWN: Delivery.UNKNOWN,
}
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Where a bulk reports: in the thread of its card or of the question, else directly."""

    channel: str
    thread: str | None


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
        share_file: Callable[[Bulk, Home], Awaitable[Handover]],
        file_name: Callable[[Bulk, Home], Awaitable[str]],
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
        # Cards that are left alone for so many seconds.
        self._left_alone: TLRUCache[str, float] = TLRUCache(
            _MOST_CARDS, ttu=lambda _, seconds, since: since + seconds, timer=monotonic
        )

    async def show_progress(self, bulk: Bulk, tally: Tally) -> PostedCard | None:
        """Post the card, where the destination refuses it directly; or bring it up to date."""
        if bulk.card is not None:
            await self._update(bulk, bulk.card, tally)
            return None
        if bulk.id in self._left_alone:
            return None
        place = bulk.destination
        attempt = await self._post_progress(bulk, tally, place.channel, place.thread)
        if attempt.fate is Fate.REFUSED and not is_direct(place.channel):
            _log.info("a bulk is shown to the asker directly", error=attempt.why)
            attempt = await self._post_progress(bulk, tally, bulk.user, None)
        every = self._timing.card_every
        pause = attempt.pause.total_seconds() if attempt.pause is not None else every
        self._left_alone[bulk.id] = pause
        return attempt.card

    async def find_progress(self, bulk: Bulk) -> PostedCard | None:
        """The card that a process may have posted which died before it could say so."""
        place = bulk.destination
        mark = _mark_of_progress(bulk)
        found = await self._traces.find(
            mark, channel=place.channel, thread=place.thread, user=bulk.user
        )
        if found is not None or place.channel == bulk.user:
            return found
        return await self._traces.find(mark, channel=bulk.user, thread=None, user=bulk.user)

    async def report(self, bulk: Bulk) -> Report:
        """Post the report beside the card; where that place takes nothing, directly."""
        home = home_of(bulk)
        counted, first = await self._counted(bulk)
        attempt = await self._post_report(bulk, counted, first, home)
        if attempt.fate is Fate.REFUSED and home.channel != bulk.user:
            _log.warning("a report goes to the asker directly", error=attempt.why)
            gone = attempt.why == THREAD_GONE
            home = Home(channel=bulk.user, thread=None)
            attempt = await self._post_report(bulk, counted, first, home, moved=True, gone=gone)
        # What stands directly begins a thread of its own, in which the rest of it belongs.
        return replace(report_of(attempt), card=attempt.card if home.thread is None else None)

    async def trace(self, bulk: Bulk) -> Trace:
        """Look where the report may stand: beside the card, and where it would go instead."""
        home = home_of(bulk)
        return await self._traces.trace(
            _mark(bulk), channel=home.channel, thread=home.thread, user=bulk.user
        )

    async def deliver_results(self, bulk: Bulk) -> Report:
        """The whole result as a file; else, where the report does not show it all, as pages."""
        home = home_of(bulk)
        handover = await self._share_file(bulk, home)
        if handover in _DELIVERIES or bulk.total <= MOST_ROWS:
            return Report(delivery=_DELIVERIES.get(handover, Delivery.SENT))
        try:
            items = await items_of_page(self._results(bulk.id), 1)
        except StorageError as error:
            _log.warning("results cannot be read", error=error.code)
            return Report(delivery=Delivery.NOT_SENT)
        attempt = await self._post_page(bulk, items, home)
        if attempt.fate is Fate.REFUSED and home.channel != bulk.user:
            attempt = await self._post_page(bulk, items, Home(channel=bulk.user, thread=None))
            if attempt.card is not None:
                # The thread may have kept out the file as well.
                card = attempt.card
                await self._share_file(bulk, Home(channel=card.channel, thread=card.ts))
        return report_of(attempt)

    async def trace_result(self, bulk: Bulk) -> Trace:
        """Look where the file or its pages may stand: beside the report."""
        home = home_of(bulk)
        mark = await self._mark_of_result(bulk, home)
        return await self._traces.trace(
            mark, channel=home.channel, thread=home.thread, user=bulk.user
        )

    async def _mark_of_result(self, bulk: Bulk, home: Home) -> Mark:
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

    async def _post_page(self, bulk: Bulk, items: Sequence[BulkItem], home: Home) -> Attempt:
        style = await self._read_in(bulk, home.channel)
        forms = (page_of_results(bulk, items, 1, style, form=form) for form in Form)
        mark = await self._mark_of_result(bulk, home)
        return await self._post(forms, mark, channel=home.channel, thread_ts=home.thread)

    async def _post_progress(
        self, bulk: Bulk, tally: Tally, channel: str, thread: str | None
    ) -> Attempt:
        style = await self._read_in(bulk, channel)
        card = progress_card(bulk, tally, style, self._now())
        mark = _mark_of_progress(bulk)
        return await self._post([card], mark, channel=channel, thread_ts=thread)

    async def _update(self, bulk: Bulk, card: PostedCard, tally: Tally) -> None:
        over = bulk.ending is not None
        if bulk.id in self._left_alone and not over:
            return
        every = self._left_alone[bulk.id] = self._timing.card_every
        style = await self._read_in(bulk, card.channel)
        changed = progress_card(bulk, tally, style, self._now())
        attempt = await change_card(self._client, card, changed, seconds=self._timing.posting)
        if attempt.pause is not None:
            self._left_alone[bulk.id] = max(attempt.pause.total_seconds(), every)

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
        home: Home,
        *,
        moved: bool = False,
        gone: bool = False,
    ) -> Attempt:
        style = await self._read_in(bulk, home.channel)
        report: BulkReport = counted.report(style.catalog)
        forms = (
            report_card(bulk, report, first, style, form=form, moved=moved, gone=gone)
            for form in Form
        )
        return await self._post(forms, _mark(bulk), channel=home.channel, thread_ts=home.thread)

    async def _post(self, forms: Iterable[Message], mark: Mark, **where: str | None) -> Attempt:
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


def home_of(bulk: Bulk) -> Home:
    """Where it reports."""
    place, card = bulk.destination, bulk.card
    if place.thread is not None and (card is None or card.channel == place.channel):
        return Home(channel=place.channel, thread=place.thread)
    if card is not None:
        return Home(channel=card.channel, thread=card.ts)
    # Nothing of it stands in the channel, so nobody there waits for the report.
    return Home(channel=bulk.user, thread=None)


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
