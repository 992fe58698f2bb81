"""Voices of watches and bulks that post into threads, and read them when in doubt."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.jobs.bulk import Bulk, Tally
from bot.domain.jobs.job import Delivery, Destination, PostedCard, Report, Trace
from bot.domain.jobs.watch import Watch

EVENT, NOTICE = "watch_notice", "watch"
REPORT, RESULT = "bulk", "result"


class Threads:
    """Posts marks into threads, and finds them."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client

    async def post(self, place: Destination, event: str, **mark: str) -> Report:
        """Post once; what became of it."""
        try:
            await self._client.chat_postMessage(
                channel=place.channel,
                thread_ts=place.thread,
                text="a message",
                metadata={"event_type": event, "event_payload": mark},
            )
        except SlackApiError:
            return Report(delivery=Delivery.NOT_SENT)
        except (OSError, TimeoutError):
            return Report(delivery=Delivery.UNKNOWN)
        return Report(delivery=Delivery.SENT)

    async def find(self, place: Destination, **mark: str) -> Trace:
        """Whether it stands there."""
        try:
            found = await self._client.conversations_replies(
                channel=place.channel, ts=place.thread or ""
            )
        except SlackApiError:
            return Trace.UNREADABLE
        except (OSError, TimeoutError):
            return Trace.AWAY
        marks = [message["metadata"]["event_payload"] for message in found["messages"]]
        return Trace.FOUND if mark in marks else Trace.NONE


class ThreadNotifier:
    """Speaks for watches."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._threads = Threads(client)

    async def tell(self, *watches: Watch) -> Report:
        """Post once."""
        (watch,) = watches
        return await self._threads.post(watch.destination, EVENT, **{NOTICE: watch.id})

    async def find_sent(self, watches: Sequence[Watch]) -> AsyncIterator[Trace]:
        """Read the thread of each."""
        for watch in watches:
            yield await self._threads.find(watch.destination, **{NOTICE: watch.id})

    async def update_card(self, watch: Watch) -> Report:
        """There are no cards here."""
        del watch
        return Report(delivery=Delivery.SENT)


class ThreadSpeaker:
    """Speaks for bulks; its progress is seen by nobody."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._threads = Threads(client)

    async def show_progress(self, bulk: Bulk, tally: Tally, *, missing: str = "") -> Report:
        """Nothing is posted."""
        del bulk, tally, missing
        return Report(delivery=Delivery.SENT)

    async def find_progress(self, bulk: Bulk) -> PostedCard | None:
        """Nothing was posted."""
        del bulk
        return None

    async def report(self, bulk: Bulk) -> Report:
        """Post once."""
        return await self._threads.post(bulk.destination, "bulk_report", **{REPORT: bulk.id})

    async def trace(self, bulk: Bulk) -> Trace:
        """Read the thread."""
        return await self._threads.find(bulk.destination, **{REPORT: bulk.id})

    async def deliver_results(self, bulk: Bulk) -> Report:
        """Post that it was."""
        return await self._threads.post(bulk.destination, "bulk_report", **{RESULT: bulk.id})

    async def trace_result(self, bulk: Bulk) -> Trace:
        """Read the thread."""
        return await self._threads.find(bulk.destination, **{RESULT: bulk.id})

    async def deliver_columns(self, bulk: Bulk) -> Report:
        """There are none."""
        del bulk
        return Report(delivery=Delivery.SENT)

    async def trace_columns(self, bulk: Bulk) -> Trace:
        """There are none."""
        del bulk
        return Trace.NONE
