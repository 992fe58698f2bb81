"""A watch's answer on its way into Slack."""

from __future__ import annotations

from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.watch import Watch
from bot.services.watching import Delivery, Report, Trace

EVENT_TYPE = "watch_notice"


class SlackNotifier:
    """Posts the notice of a watch. Stands in until notices have cards."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client

    async def tell(self, watch: Watch) -> Report:
        """Post it, marked with the id of the watch."""
        place = watch.destination
        try:
            await self._client.chat_postMessage(
                channel=place.channel,
                thread_ts=place.thread,
                text=watch.message_id.value,
                metadata={"event_type": EVENT_TYPE, "event_payload": {"watch": watch.id}},
            )
        except SlackClientError:
            return Report(delivery=Delivery.UNSURE)
        return Report(delivery=Delivery.TOLD)

    async def trace(self, watch: Watch) -> Trace:
        """Nothing can be read yet."""
        del watch
        return Trace.UNREADABLE

    async def update_card(self, watch: Watch) -> None:
        """No card is kept yet."""
        del watch
