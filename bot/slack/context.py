"""What every listener has at hand, and what is done for each of them alike.

A listener gets who asks and what Slack sent; its work is tracked, so that the end of the process
waits for it. That of a button gets a request and what the button carries, and whoever may not ask
was told so before. Bolt matches the parameters of what it calls by name.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from bot.domain.access import Asker
from bot.domain.input.message_id import MessageId
from bot.services.deliveries import EventDeduplicator
from bot.services.languages import Languages
from bot.services.records import Records, Surface
from bot.slack.api.payload import first_action, part
from bot.slack.api.web_client import SlackClient
from bot.slack.blocks.style import Audience
from bot.slack.bulk.from_file import BulkFromFile
from bot.slack.bulk.handler import BulkHandler
from bot.slack.cards.buttons import audience_of, ids_of
from bot.slack.inbound.people import People
from bot.slack.inbound.running_listeners import RunningListeners
from bot.slack.lookups.handler import QueryHandler
from bot.slack.replies.requests import Ack, Click, Request, RequestFactory
from bot.slack.watches.handler import WatchHandler

Body = Mapping[str, Any]
BoltListener = Callable[..., Awaitable[None]]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerContext:
    """The services that listeners call; made once, by the composition root.

    Attributes:
        work: the listeners that are running.
    """

    queries: QueryHandler
    watches: WatchHandler
    bulks: BulkHandler
    files: BulkFromFile
    requests: RequestFactory
    people: People
    languages: Languages
    records: Records
    deliveries: EventDeduplicator
    slack: SlackClient
    work: RunningListeners

    def listener(self, answer: Callable[[Asker, Body], Awaitable[None]]) -> BoltListener:
        """A listener for Bolt whose work is tracked."""

        async def tracked(body: dict[str, Any]) -> None:
            self.work.track()
            await answer(await self.people.asker(body), body)

        return tracked

    def submission(self, answer: Callable[[Asker, Body, Ack], Awaitable[None]]) -> BoltListener:
        """The same for a form, whose acknowledgement carries the errors or the next view."""

        async def tracked(ack: Ack, body: dict[str, Any]) -> None:
            self.work.track()
            await answer(await self.people.asker(body), body, ack)

        return tracked

    def click(
        self,
        answer: Callable[[Request, _T], Awaitable[None]],
        read: Callable[[Body], _T | None],
        *,
        how: Click = Click.BESIDE,
        anybody: bool = False,
    ) -> BoltListener:
        """The same for a button of a card.

        Args:
            answer: answers the click.
            read: what the button carries; nothing comes of a click for which it gives `None`.
            how: the answer takes the place of the card, or else stands beside it.
            anybody: those who may not look calls up may press it as well.
        """

        async def clicked(asker: Asker, body: Body) -> None:
            carried = read(body)
            if carried is None:
                return
            request = await self._clicked(asker, body, how)
            if anybody or await self.queries.admitted(request):
                await answer(request, carried)

        return self.listener(clicked)

    async def _clicked(self, asker: Asker, body: Body, how: Click) -> Request:
        """In a modal there is one place for the answer."""
        container = part(body, "container")
        if container.get("type") == "view":
            return await self.requests.make(asker, body, Surface.BUTTON, Audience.MODAL)
        audience, shared_by = audience_of(first_action(body).get("block_id"))
        if audience is not Audience.DIRECT:
            # Whatever is not certainly for one person alone is for all.
            private = bool(container.get("is_ephemeral")) or audience is Audience.PRIVATE
            audience = Audience.PRIVATE if private else Audience.PUBLIC
        return await self.requests.make(
            asker, body, Surface.BUTTON, audience, click=how, shared_by=shared_by
        )

    async def apologise(self, body: dict[str, Any], reference: str) -> None:
        """Tell a person that their question broke; `reference` is in the log as well."""
        await self.requests.apologise(await self.people.asker(body), body, reference)


def value_on(body: Body) -> object:
    """What the button that was pressed carries."""
    return first_action(body).get("value")


def ids_on(body: Body) -> tuple[MessageId, ...] | None:
    """The ids that it carries; `None` where there are none."""
    return ids_of(value_on(body)) or None
