"""Posts the answer of a watch to its thread, or else to the user directly."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.jobs.job import Delivery, Report, Trace
from bot.domain.jobs.watch import Watch
from bot.slack.api.post_once import OncePoster
from bot.slack.watches.notice import mark_of, notice, status_of


class SlackNotifier:
    """Posts for watches, in the language that the reader has chosen by then."""

    def __init__(self, poster: OncePoster) -> None:
        self._poster = poster

    async def tell(self, watch: Watch) -> Report:
        """Post the notice, marked with the id of the watch; directly if there is no thread."""
        report, _ = await self._poster.post(
            lambda style, reason: [notice(watch, style, why_here=reason)],
            mark_of(watch),
            watch.destination,
            watch.user,
        )
        # Nothing belongs to a notice, so the card of the watch stays the same.
        return replace(report, card=None)

    async def trace(self, watch: Watch) -> Trace:
        """Search for the notice in the thread, and where it would have gone instead."""
        return await self._poster.finder.trace(mark_of(watch), watch.destination, watch.user)

    async def update_card(self, watch: Watch) -> Report:
        """Update the card where it is; one that is gone or out of reach is left alone."""
        if watch.card is None or watch.last is None:
            return Report(delivery=Delivery.SENT)
        place = replace(watch.destination, channel=watch.card.channel)
        style = await self._poster.style(place, watch.user)
        return await self._poster.update(watch.card, status_of(watch, watch.last, style))
