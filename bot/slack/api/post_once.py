"""Posts messages at most once: marked, in the best form Slack accepts, at the conversation's pace.

Elsewhere a message with an unknown outcome is sent again through the next channel; here that would
notify people twice, so nothing is retried, and an unknown outcome is reported as unknown.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Final

import structlog
from cachetools import LRUCache
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.domain.jobs.job import Delivery, Destination, PostedCard, Report
from bot.domain.timing import Timing
from bot.services.jobs.pace import Pace
from bot.slack.api.calls import FormRefusedError, GoneError, SlackError, within, without_retries
from bot.slack.api.finding import MarkedMessageFinder
from bot.slack.api.paced import in_turn
from bot.slack.api.posted import THREAD_GONE, Mark, Threads, card_of, report_after
from bot.slack.blocks.audience import AudienceStyles
from bot.slack.blocks.block_kit import NO_PREVIEWS, Message
from bot.slack.blocks.plainer import Arguments, Forms, plainer
from bot.slack.blocks.style import CardStyle

_log = structlog.get_logger(__name__)
# So many cards are remembered with the form that Slack accepts.
_CARDS: Final = 1_000
# Slack may refuse a message for these alone.
_EXTRAS: Final = frozenset({"metadata", *NO_PREVIEWS})

# The forms of a message, at least one, the best first; each has the text. The second argument says
# why the message is not where it was meant to be; see `post`.
MakeForms = Callable[[CardStyle, str], Iterable[Message]]


class OncePoster:
    """Posts, updates and finds the messages of jobs, in the language of their readers.

    Args:
        client: calls Slack.
        readers: the style of messages for each reader.
        pace: the pace in each conversation; `None` for none.
        page: the number of messages per request in a search.
        timing: the time limits.
    """

    def __init__(
        self,
        *,
        client: AsyncWebClient,
        readers: AudienceStyles,
        pace: Pace | None = None,
        page: int = 100,
        timing: Timing = Timing(),
    ) -> None:
        self._client = without_retries(client)
        self._threads = Threads(client, timing=timing)
        self._readers = readers
        self._pace = pace
        self._seconds = timing.posting
        # A card of a list is updated every few seconds.
        self._cards = LRUCache[PostedCard, Forms](_CARDS)
        self.finder = MarkedMessageFinder(client, page=page, timing=timing)

    async def style(self, place: Destination, user: str) -> CardStyle:
        """The style for the readers of a place; `user` started the job."""
        return await self._readers.at(place.channel, team=place.team, person=user)

    async def post(
        self, forms: MakeForms, mark: Mark, place: Destination, user: str
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

        async def change(arguments: Arguments) -> Report:
            async with within(self._seconds):
                await self._client.api_call("chat.update", json=arguments)
            return Report(delivery=Delivery.SENT)

        where = {"channel": card.channel, "ts": card.ts}
        forms = self._cards.setdefault(card, Forms())
        report = await _in_some_form(forms.of(where | message.body), change)
        if report.delivery is Delivery.SENT:
            forms.accepted()
        return report

    async def link(self, card: PostedCard) -> str:
        """The link to a card; empty if Slack gives none."""
        return await self._threads.link(card.channel, card.ts) or ""

    async def _posted(self, forms: Iterable[Message], mark: Mark, place: Destination) -> Report:
        """Post a message in the first of its forms that Slack does not refuse.

        Hours may have passed since the request, so it first checks that the thread still exists: a
        message outside of it would notify people even if it is deleted immediately.
        """
        if not await self._threads.exists(place.channel, place.thread):
            return Report(delivery=Delivery.UNDELIVERABLE, why=THREAD_GONE)
        thread = {"thread_ts": place.thread} if place.thread is not None else {}
        fixed = {"channel": place.channel, **thread, **NO_PREVIEWS, "metadata": mark.metadata}
        return await _in_some_form(_forms(fixed, forms), self._attempt)

    async def _attempt(self, arguments: Arguments) -> Report:
        async def post() -> AsyncSlackResponse:
            async with within(self._seconds):
                return await self._client.api_call("chat.postMessage", json=arguments)

        answer = await in_turn(self._pace, arguments["channel"], post)
        if not await self._threads.landed(arguments, answer.data):
            raise GoneError(THREAD_GONE)
        return Report(delivery=Delivery.SENT, card=card_of(answer.data))


def _forms(fixed: Arguments, messages: Iterable[Message]) -> Iterator[Arguments]:
    """The arguments for each form of a message, down to text with nothing else to refuse."""
    arguments = fixed
    for message in messages:
        arguments = fixed | message.body
        yield arguments
    for plain in plainer(arguments):
        arguments = plain
        yield plain
    bare = {name: value for name, value in arguments.items() if name not in _EXTRAS}
    if bare != arguments:
        yield bare


async def _in_some_form(
    forms: Iterable[Arguments], send: Callable[[Arguments], Awaitable[Report]]
) -> Report:
    """Send the first form that Slack does not refuse for its form."""
    report = Report(delivery=Delivery.UNDELIVERABLE)
    for form in forms:
        try:
            return await send(form)
        except SlackError as error:
            report = report_after(error)
            _log.warning("a message was not accepted", error=error.reason)
            # Only then it is certainly not in Slack, and a plainer form may be accepted.
            if not isinstance(error, FormRefusedError):
                break
    return report
