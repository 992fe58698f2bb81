"""A watch's answer on its way into Slack: to its thread, else to the asker directly."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.watch import Watch
from bot.services.languages import Languages
from bot.services.watching import Delivery, Report, Trace
from bot.slack.block_kit import Message
from bot.slack.buttons import Row
from bot.slack.notice_traces import NoticeTraces, Sight
from bot.slack.posting import PATIENCE_SECONDS, Attempt, Fate, post_once, unrepeating
from bot.slack.refusals import UNREADABLE, error_code
from bot.slack.style import CardStyle, Styles
from bot.slack.watch_notes import is_direct
from bot.slack.watch_notices import notice, updated_card

EVENT_TYPE: Final = "watch_notice"

_log = structlog.get_logger("bot.slack.notifier")
_BAD_BLOCKS: Final = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"})
_DELIVERIES: Final = {
    Fate.POSTED: Delivery.TOLD,
    Fate.LATER: Delivery.NOT_TOLD,
    Fate.REFUSED: Delivery.UNDELIVERABLE,
    Fate.UNKNOWN: Delivery.UNSURE,
}
_TRACES: Final = {
    Sight.FOUND: Trace.FOUND,
    Sight.NONE: Trace.NONE,
    Sight.OUTSIDE: Trace.UNREADABLE,
    Sight.UNREADABLE: Trace.UNREADABLE,
    Sight.AWAY: Trace.AWAY,
}


class SlackNotifier:
    """Speaks for watches. Languages are those of the moment of telling."""

    def __init__(self, *, client: AsyncWebClient, languages: Languages, styles: Styles) -> None:
        self._client = unrepeating(client)
        self._traces = NoticeTraces(client)
        self._languages = languages
        self._styles = styles

    async def tell(self, watch: Watch) -> Report:
        """Post the notice, marked with the id of the watch; where a thread refuses it, directly."""
        place = watch.destination
        threaded = place.thread is not None
        if threaded:
            attempt = await self._post_in_thread(watch)
            if attempt.fate is not Fate.REFUSED:
                return _report(attempt)
            _log.warning("a notice goes to the asker directly", error=attempt.why)
        message = notice(watch, await self._for_the_asker(watch), Row.DIRECT, moved=threaded)
        return _report(await self._post(watch, message, channel=watch.user))

    async def trace(self, watch: Watch) -> Trace:
        """Look where it may stand: in the thread, and where it would have gone instead."""
        directly = self._traces.in_direct_message
        if watch.destination.thread is None:
            return _TRACES[await directly(watch)]
        in_thread = await self._traces.in_thread(watch)
        if in_thread in {Sight.FOUND, Sight.AWAY}:
            return _TRACES[in_thread]
        instead = await directly(watch)
        if instead in {Sight.FOUND, Sight.AWAY} or in_thread is Sight.OUTSIDE:
            return _TRACES[instead]
        # A thread that can be read would have been written to, whatever else cannot be read.
        return _TRACES[in_thread]

    async def update_card(self, watch: Watch) -> None:
        """Change the card where it stands; one that is gone or out of reach is left alone."""
        card = watch.card
        if card is None:
            return
        direct = card.channel.startswith("D")
        style = await (self._for_the_asker(watch) if direct else self._for_all(watch, card.channel))
        message = updated_card(watch, style, Row.DIRECT if direct else Row.PUBLIC)
        if message is None:
            return
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._client.chat_update(
                    channel=card.channel, ts=card.ts, text=message.text, blocks=message.blocks
                )
        except SlackApiError as error:
            _log.info("a card was not updated", error=error_code(error))
        except UNREADABLE as error:
            _log.info("a card was not updated", error=type(error).__name__)

    async def _post_in_thread(self, watch: Watch) -> Attempt:
        place = watch.destination
        if is_direct(watch):
            message = notice(watch, await self._for_the_asker(watch), Row.DIRECT)
        else:
            message = notice(watch, await self._for_all(watch, place.channel), Row.PUBLIC)
        return await self._post(watch, message, channel=place.channel, thread_ts=place.thread)

    async def _post(self, watch: Watch, message: Message, **where: str | None) -> Attempt:
        arguments: dict[str, Any] = {
            **where,
            "text": message.text,
            "metadata": {"event_type": EVENT_TYPE, "event_payload": {"watch": watch.id}},
            "unfurl_links": False,
            "unfurl_media": False,
        }
        attempt = await post_once(self._client, arguments | {"blocks": list(message.blocks)})
        if attempt.fate is Fate.REFUSED and attempt.why in _BAD_BLOCKS:
            _log.error("a notice is posted as plain text", error=attempt.why)
            return await post_once(self._client, arguments)
        return attempt

    async def _for_the_asker(self, watch: Watch) -> CardStyle:
        team = watch.destination.team
        return self._styles.private(await self._languages.of_person(team, watch.user))

    async def _for_all(self, watch: Watch, channel: str) -> CardStyle:
        catalog = await self._languages.of_channel(watch.destination.team, channel)
        return self._styles.private(catalog).shared("")


def _report(attempt: Attempt) -> Report:
    if attempt.fate is not Fate.POSTED:
        _log.warning("a notice was not posted", error=attempt.why, outcome=attempt.fate.value)
    return Report(delivery=_DELIVERIES[attempt.fate], pause=attempt.pause)
