"""What a bulk says in Slack, as seen from below: the one Protocol of bulks that points up."""

from __future__ import annotations

from typing import Protocol

from bot.domain.jobs.bulk import Bulk, Tally
from bot.domain.jobs.watch import PostedCard
from bot.services.jobs.outcomes import Report, Trace


class BulkNotifier(Protocol):
    """Speaks for a bulk. None of these raises for what Slack does."""

    async def show_progress(self, bulk: Bulk, tally: Tally) -> Report:
        """Post the progress card, which is then the report's `card`, or update `bulk.card`.

        Called every few seconds while calls are asked about, when a pause begins or ends, and once
        when it is over.
        """

    async def find_progress(self, bulk: Bulk) -> PostedCard | None:
        """The progress card that stands there already; `None` where none is to be seen."""

    async def report(self, bulk: Bulk) -> Report:
        """Post the one report, marked with `bulk.id` in the message's metadata and block ids."""

    async def trace(self, bulk: Bulk) -> Trace:
        """Look for a report with that mark, posted since `bulk.started_at`."""

    async def deliver_results(self, bulk: Bulk) -> Report:
        """After the report was posted: give the whole result as a file, or else as pages."""

    async def trace_result(self, bulk: Bulk) -> Trace:
        """Look for that file or those pages, posted at `bulk.decided_at` or later."""
