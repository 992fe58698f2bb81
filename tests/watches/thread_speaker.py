"""A speaker that posts the report of a bulk into its thread, and reads it when in doubt."""

from __future__ import annotations

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.bulk import Bulk, Tally
from bot.domain.watch import PostedCard
from bot.services.watching import Delivery, Report, Trace

REPORT, RESULT = "bulk", "result"


class ThreadSpeaker:
    """Its progress is seen by nobody."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client

    async def show_progress(self, bulk: Bulk, tally: Tally) -> PostedCard | None:
        """Nothing is posted."""
        del bulk, tally
        return None

    async def report(self, bulk: Bulk) -> Report:
        """Post once."""
        try:
            await self._post(bulk, REPORT)
        except SlackApiError:
            return Report(delivery=Delivery.NOT_TOLD)
        except (OSError, TimeoutError):
            return Report(delivery=Delivery.UNSURE)
        return Report(delivery=Delivery.TOLD)

    async def trace(self, bulk: Bulk) -> Trace:
        """Read the thread."""
        try:
            found = await self._client.conversations_replies(
                channel=bulk.destination.channel, ts=bulk.destination.thread or ""
            )
        except SlackApiError:
            return Trace.UNREADABLE
        except (OSError, TimeoutError):
            return Trace.AWAY
        marks = [m["metadata"]["event_payload"].get(REPORT) for m in found["messages"]]
        return Trace.FOUND if bulk.id in marks else Trace.NONE

    async def hand_over(self, bulk: Bulk) -> None:
        """Post that it was."""
        await self._post(bulk, RESULT)

    async def _post(self, bulk: Bulk, mark: str) -> None:
        await self._client.chat_postMessage(
            channel=bulk.destination.channel,
            thread_ts=bulk.destination.thread,
            text="a message",
            metadata={"event_type": "bulk_report", "event_payload": {mark: bulk.id}},
        )
