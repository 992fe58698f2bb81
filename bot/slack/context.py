"""The services of the listeners, and the wrapper around each listener.

A listener gets the asker and the payload; its task is tracked, so that shutdown waits for it. A
button listener gets a request and the button's value, after the access check. Bolt passes arguments
by parameter name.
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
    """The services that listeners call; the composition root makes it once.

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
        """Wrap a listener for Bolt, and track its task."""

        async def tracked(body: dict[str, Any]) -> None:
            self.work.track()
            await answer(await self.people.asker(body), body)

        return tracked

    def submission(self, answer: Callable[[Asker, Body, Ack], Awaitable[None]]) -> BoltListener:
        """Wrap the listener of a modal, whose acknowledgement has errors or a view."""

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
        """Wrap the listener of a button on a card.

        Args:
            answer: answers the click.
            read: parses the button's value; a click for which it returns `None` is ignored.
            how: whether the answer replaces the card, or is posted beside it.
            anybody: skip the access check.
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
        """Make the request of a click; in a modal the answer always replaces the content."""
        container = part(body, "container")
        if container.get("type") == "view":
            return await self.requests.make(asker, body, Surface.BUTTON, Audience.MODAL)
        audience, shared_by = audience_of(first_action(body).get("block_id"))
        if audience is not Audience.DIRECT:
            # A card counts as public unless it is certain that one user alone sees it.
            private = bool(container.get("is_ephemeral")) or audience is Audience.PRIVATE
            audience = Audience.PRIVATE if private else Audience.PUBLIC
        return await self.requests.make(
            asker, body, Surface.BUTTON, audience, click=how, shared_by=shared_by
        )

    async def apologise(self, body: dict[str, Any], reference: str) -> None:
        """Report a failed listener to the user; `reference` is also in the log."""
        await self.requests.apologise(await self.people.asker(body), body, reference)


def value_on(body: Body) -> object:
    """The value of the button that was clicked."""
    return first_action(body).get("value")


def ids_on(body: Body) -> tuple[MessageId, ...] | None:
    """The ids in its value; `None` if it has none."""
    return ids_of(value_on(body)) or None
