"""Posts messages at most once: marked, without link previews, in the best form Slack accepts.

Elsewhere a message with an unknown outcome is sent again through the next channel; here that would
notify people twice, so nothing is retried, and an unknown outcome is reported as unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.jobs.job import Delivery, Destination, PostedCard, Report
from bot.domain.timing import Timing
from bot.slack.api.calls import within, without_retries
from bot.slack.api.errors import FormRefusedError, GoneError, SlackError
from bot.slack.api.find_marked import MarkedMessageFinder
from bot.slack.api.marks import Mark, card_of, report_after
from bot.slack.api.threads import THREAD_GONE, Threads
from bot.slack.blocks.audience import AudienceStyles
from bot.slack.blocks.block_kit import NO_PREVIEWS, Message
from bot.slack.blocks.style import CardStyle

_log = structlog.get_logger(__name__)

# The forms of a message, at least one, the best first; each has the text. The second argument says
# why the message is not where it was meant to be; see `post`.
Forms = Callable[[CardStyle, str], Iterable[Message]]


class OncePoster:
    """Posts, updates and finds the messages of jobs, in the language of their readers.

    Args:
        client: calls Slack.
        readers: the style of messages for each reader.
        page: the number of messages per request in a search.
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
        self._client = without_retries(client)
        self._threads = Threads(client, timing=timing)
        self._readers = readers
        self._seconds = timing.posting
        self.finder = MarkedMessageFinder(client, page=page, timing=timing)

    async def style(self, place: Destination, user: str) -> CardStyle:
        """The style for the readers of a place; `user` started the job."""
        return await self._readers.at(place.channel, team=place.team, person=user)

    async def post(
        self, forms: Forms, mark: Mark, place: Destination, user: str
    ) -> tuple[Report, Destination]:
        """Post a message, or send it to the user directly if the place will never accept it.

        Args:
            forms: makes the message; the reason is `gone` if its thread was deleted, `moved` if it
                is sent directly for another reason, and empty if it is posted in its place.
            mark: the message's mark.
            place: where it is meant to be.
            user: who started the job.

        Returns:
            the outcome, and where the message was posted.
        """
        report = await self._posted(forms(await self.style(place, user), ""), mark, place)
        if report.delivery is Delivery.UNDELIVERABLE and place.channel != user:
            _log.warning("a message goes to the user directly", error=report.why)
            reason = "gone" if report.why == THREAD_GONE else "moved"
            place = Destination(team=place.team, channel=user)
            report = await self._posted(forms(await self.style(place, user), reason), mark, place)
        if report.delivery is not Delivery.SENT:
            _log.warning("a notice was not posted", error=report.why, outcome=report.delivery.value)
        return report, place

    async def update(self, card: PostedCard, message: Message) -> Report:
        """Update a card; a failure is logged, and the caller decides what follows."""
        try:
            async with within(self._seconds):
                await self._client.chat_update(
                    channel=card.channel, ts=card.ts, text=message.text, blocks=message.blocks
                )
        except SlackError as error:
            _log.info("a card was not updated", error=error.reason)
            return report_after(error)
        return Report(delivery=Delivery.SENT)

    async def _posted(self, forms: Iterable[Message], mark: Mark, place: Destination) -> Report:
        """Post a message in the first of its forms that Slack accepts, or else its text only.

        Hours may have passed since the request, so it first checks that the thread still exists: a
        message outside of it would notify people even if it is deleted immediately.
        """
        if not await self._threads.exists(place.channel, place.thread):
            return Report(delivery=Delivery.UNDELIVERABLE, why=THREAD_GONE)
        thread = {"thread_ts": place.thread} if place.thread is not None else {}
        fixed = {"channel": place.channel, **thread, **NO_PREVIEWS, "metadata": mark.metadata}
        text = ""
        try:
            for message in forms:
                text = message.text
                try:
                    return await self._attempt(fixed | message.body)
                # The message is certainly not posted, so another attempt is safe.
                except FormRefusedError as error:
                    _log.error("a notice is posted in a plainer form", error=error.reason)
            return await self._attempt(fixed | {"text": text})
        except SlackError as error:
            return report_after(error)

    async def _attempt(self, arguments: dict[str, Any]) -> Report:
        async with within(self._seconds):
            answer = await self._client.api_call("chat.postMessage", json=arguments)
        if not await self._threads.landed(arguments, answer.data):
            raise GoneError(THREAD_GONE)
        return Report(delivery=Delivery.SENT, card=card_of(answer.data))
