"""Posts the answer of a watch to its thread, or else to the user directly."""

from __future__ import annotations

from typing import Final

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.jobs.watch import Watch
from bot.domain.timing import Timing
from bot.services.jobs.outcomes import Delivery, Report, Trace
from bot.slack.api.find_marked import Mark, MarkedMessageFinder
from bot.slack.api.marked_messages import change_card, logged, post_notice
from bot.slack.api.post_once import unrepeating
from bot.slack.api.threads import THREAD_GONE, Threads
from bot.slack.blocks.block_kit import Message
from bot.slack.blocks.style import AudienceStyles, CardStyle
from bot.slack.watches.notice import mark, notice, updated_card

EVENT_TYPE: Final = "watch_notice"

_log = structlog.get_logger(__name__)


class SlackNotifier:
    """Posts for watches, in the language that the reader has chosen by then.

    Args:
        client: calls Slack.
        readers: the style of messages for each reader.
        page: the number of messages per request in a search for a notice.
        timing: the time limits.
    """

    def __init__(
        self,
        *,
        client: AsyncWebClient,
        readers: AudienceStyles,
        page: int = 200,
        timing: Timing = Timing(),
    ) -> None:
        self._client = unrepeating(client)
        self._threads = Threads(client, timing=timing)
        self._traces = MarkedMessageFinder(client, page=page, timing=timing)
        self._seconds = timing.posting
        self._readers = readers

    async def tell(self, watch: Watch) -> Report:
        """Post the notice, marked with the id of the watch; where a thread refuses it, directly."""
        place = watch.destination
        gone, threaded = False, place.thread is not None
        if threaded:
            attempt = await self._post_in_thread(watch)
            if attempt.delivery is not Delivery.UNDELIVERABLE:
                return logged(attempt)
            _log.warning("a notice goes to the asker directly", error=attempt.why)
            gone = attempt.why == THREAD_GONE
        style = await self._style(watch, watch.user)
        message = notice(watch, style, moved=threaded, gone=gone)
        return logged(await self._post(watch, message, channel=watch.user))

    async def trace(self, watch: Watch) -> Trace:
        """Look where it may stand: in the thread, and where it would have gone instead."""
        return await self._traces.trace(_mark(watch), watch.destination, watch.user)

    async def update_card(self, watch: Watch) -> Report:
        """Change the card where it stands; one that is gone or out of reach is left alone."""
        card, done = watch.card, Report(delivery=Delivery.SENT)
        if card is None:
            return done
        message = updated_card(watch, await self._style(watch, card.channel))
        if message is None:
            return done
        return await change_card(self._client, card, message, seconds=self._seconds)

    async def _post_in_thread(self, watch: Watch) -> Report:
        place = watch.destination
        message = notice(watch, await self._style(watch, place.channel))
        return await self._post(watch, message, channel=place.channel, thread_ts=place.thread)

    async def _post(self, watch: Watch, message: Message, **where: str | None) -> Report:
        return await post_notice(
            self._client,
            [message],
            _mark(watch),
            threads=self._threads,
            seconds=self._seconds,
            **where,
        )

    async def _style(self, watch: Watch, channel: str) -> CardStyle:
        return await self._readers.at(channel, team=watch.destination.team, person=watch.user)


def _mark(watch: Watch) -> Mark:
    return Mark(
        event_type=EVENT_TYPE,
        name="watch",
        value=watch.id,
        block_id=mark(watch),
        since=watch.decided_at or watch.started_at,
    )
