"""A watch's answer on its way into Slack: to its thread, else to the asker directly."""

from __future__ import annotations

from typing import Final

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.jobs.watch import Watch
from bot.domain.timing import Timing
from bot.services.jobs.outcomes import Delivery, Report, Trace
from bot.services.languages import Languages
from bot.slack.api.find_marked import Mark, MarkedMessageFinder
from bot.slack.api.marked_messages import DELIVERIES, change_card, post_notice, report_of
from bot.slack.api.post_once import Attempt, Fate, unrepeating
from bot.slack.api.threads import THREAD_GONE, Threads
from bot.slack.blocks.block_kit import Message
from bot.slack.blocks.style import AudienceStyles, CardStyle, Styles
from bot.slack.watches.notice import mark, notice, updated_card

EVENT_TYPE: Final = "watch_notice"

_log = structlog.get_logger(__name__)


class SlackNotifier:
    """Speaks for watches. Languages are those of the moment of telling.

    Args:
        client: Slack's.
        languages: who has chosen which.
        styles: of the notices.
        page: how many messages are read at once where a notice is looked for.
        timing: how long it waits for what.
    """

    def __init__(
        self,
        *,
        client: AsyncWebClient,
        languages: Languages,
        styles: Styles,
        page: int = 200,
        timing: Timing = Timing(),
    ) -> None:
        self._client = unrepeating(client)
        self._threads = Threads(client, timing=timing)
        self._traces = MarkedMessageFinder(client, page=page, timing=timing)
        self._seconds = timing.posting
        self._readers = AudienceStyles(languages=languages, styles=styles)

    async def tell(self, watch: Watch) -> Report:
        """Post the notice, marked with the id of the watch; where a thread refuses it, directly."""
        place = watch.destination
        gone, threaded = False, place.thread is not None
        if threaded:
            attempt = await self._post_in_thread(watch)
            if attempt.fate is not Fate.REFUSED:
                return report_of(attempt)
            _log.warning("a notice goes to the asker directly", error=attempt.why)
            gone = attempt.why == THREAD_GONE
        style = await self._style(watch, watch.user)
        message = notice(watch, style, moved=threaded, gone=gone)
        return report_of(await self._post(watch, message, channel=watch.user))

    async def trace(self, watch: Watch) -> Trace:
        """Look where it may stand: in the thread, and where it would have gone instead."""
        place = watch.destination
        return await self._traces.trace(
            _mark(watch), channel=place.channel, thread=place.thread, user=watch.user
        )

    async def update_card(self, watch: Watch) -> Report:
        """Change the card where it stands; one that is gone or out of reach is left alone."""
        card, done = watch.card, Report(delivery=Delivery.SENT)
        if card is None:
            return done
        message = updated_card(watch, await self._style(watch, card.channel))
        if message is None:
            return done
        attempt = await change_card(self._client, card, message, seconds=self._seconds)
        return Report(delivery=DELIVERIES[attempt.fate], pause=attempt.pause)

    async def _post_in_thread(self, watch: Watch) -> Attempt:
        place = watch.destination
        message = notice(watch, await self._style(watch, place.channel))
        return await self._post(watch, message, channel=place.channel, thread_ts=place.thread)

    async def _post(self, watch: Watch, message: Message, **where: str | None) -> Attempt:
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
