"""Posts messages at most once: marked, in the best form Slack accepts; finds them by their mark.

Elsewhere a message with an unknown outcome is sent again through the next channel; here that would
notify people twice, so nothing is retried, and an unknown outcome is reported as unknown. Finding
needs the history scopes, and `im:write` for a user's direct conversation; without them the result
is `UNREADABLE`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any, Final

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.jobs.job import Delivery, Destination, PostedCard, Report, Trace
from bot.domain.timing import Timing
from bot.slack.api.calls import FormRefusedError, GoneError, SlackError, within, without_retries
from bot.slack.api.posted import (
    THREAD_GONE,
    Mark,
    Threads,
    card_of,
    has_mark,
    report_after,
    trace_after,
)
from bot.slack.blocks.audience import AudienceStyles
from bot.slack.blocks.block_kit import NO_PREVIEWS, Message
from bot.slack.blocks.payload import first_word, part, parts
from bot.slack.blocks.style import CardStyle, is_direct

_log = structlog.get_logger(__name__)
# Tolerance for the difference between Slack's clock and ours; a mark is unique to one job, so a
# longer period finds nothing else.
_BEFORE: Final = timedelta(seconds=60)

# The forms of a message, at least one, the best first; each has the text. The second argument says
# why the message is not where it was meant to be; see `post`.
Forms = Callable[[CardStyle, str], Iterable[Message]]


class MarkedMessageFinder:
    """Searches for notices.

    Args:
        client: calls Slack.
        page: the number of messages per request.
        timing: the time limits.
    """

    def __init__(
        self, client: AsyncWebClient, *, page: int = 200, timing: Timing = Timing()
    ) -> None:
        self._client = client
        self._threads = Threads(client, timing=timing)
        self._page = page
        self._timing = timing

    async def trace(self, mark: Mark, place: Destination, user: str) -> Trace:
        """Search where a notice may be: in its thread, and in the fallback conversations.

        Args:
            mark: the notice's mark.
            place: the conversation it was meant for; without a thread, the user's direct messages.
            user: the user.
        """
        in_thread = Trace.OUTSIDE if place.thread is None else await self._in_thread(mark, place)
        if in_thread in {Trace.FOUND, Trace.AWAY}:
            return in_thread
        instead, _ = await self._seen(mark, user, direct=True)
        if instead in {Trace.FOUND, Trace.AWAY} or in_thread is Trace.OUTSIDE:
            return instead
        # The bot posts to the thread if it can: if the thread was readable, its result is decisive.
        return in_thread

    async def find(self, mark: Mark, place: Destination, user: str) -> PostedCard | None:
        """The message with that mark, so that it can be updated; `None` if it is not found.

        Args:
            mark: its mark.
            place: where it was posted; its channel is the user's id for a direct message.
            user: the user.
        """
        _, card = await self._seen(mark, place.channel, place.thread, direct=place.channel == user)
        return card

    async def _in_thread(self, mark: Mark, place: Destination) -> Trace:
        """Search the thread; if it was deleted, the notice may be in the channel itself."""
        trace, _ = await self._seen(mark, place.channel, place.thread)
        if trace is not Trace.NONE or is_direct(place.channel):
            return trace
        trace, card = await self._seen(mark, place.channel)
        if trace is not Trace.FOUND:
            return trace
        _log.warning("a notice landed outside of its thread", channel=place.channel)
        await self._threads.take_back(card)
        return Trace.NONE

    async def _seen(
        self, mark: Mark, channel: str, thread: str | None = None, *, direct: bool = False
    ) -> tuple[Trace, PostedCard | None]:
        """The result of the search, and the notice, if Slack identifies it.

        Args:
            mark: the notice's mark.
            channel: the conversation; if `direct`, a user's id.
            thread: the thread to search; `None` for the conversation itself.
            direct: search the direct conversation with that user.
        """
        try:
            if direct:
                async with within(self._timing.trace):
                    opened = await self._client.conversations_open(users=channel)
                channel = first_word(part(opened.data, "channel").get("id"))
            async with within(self._timing.trace):
                async for message in self._messages(mark, channel, thread):
                    if has_mark(message, mark):
                        return Trace.FOUND, card_of({"channel": channel, "ts": message.get("ts")})
        except SlackError as error:
            if not isinstance(error, GoneError):
                _log.warning("a notice cannot be looked for", error=error.reason)
            return trace_after(error), None
        return Trace.NONE, None

    async def _messages(
        self, mark: Mark, channel: str, thread: str | None
    ) -> AsyncIterator[Mapping[str, Any]]:
        asked: dict[str, Any] = {
            "channel": channel,
            "oldest": f"{(mark.since - _BEFORE).timestamp():.6f}",
            "limit": self._page,
            "include_all_metadata": True,
            "cursor": None,
        }
        # Not slack-sdk's own paging, which fails for metadata of another shape.
        while asked["cursor"] != "":
            if thread is None:
                page = await self._client.conversations_history(**asked)
            else:
                page = await self._client.conversations_replies(ts=thread, **asked)
            for message in parts(page.data, "messages"):
                yield message
            asked["cursor"] = first_word(part(page.data, "response_metadata").get("next_cursor"))


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
