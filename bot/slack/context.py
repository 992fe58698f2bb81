"""The services of the listeners, and the wrappers around each listener.

A listener gets a request, made from the payload; its task is tracked, so that shutdown waits for
it. A button listener also gets the button's value, after the access check. Bolt passes arguments by
parameter name.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from bot.domain.access import Asker
from bot.services.claiming import EventDeduplicator
from bot.services.languages import Languages
from bot.services.records import Records
from bot.slack.api.web_client import SlackClient
from bot.slack.blocks.audience import AudienceStyles
from bot.slack.blocks.payload import first_word
from bot.slack.blocks.style import Audience
from bot.slack.bulk.from_file import BulkFromFile
from bot.slack.bulk.handler import BulkHandler
from bot.slack.cards.notes import Notes
from bot.slack.inbound.app import RunningListeners
from bot.slack.inbound.people import People
from bot.slack.lookups.handler import QueryHandler
from bot.slack.replies import requests
from bot.slack.replies.reply import Reply
from bot.slack.replies.requests import Request, broken
from bot.slack.replies.routes import Ack, Body, Route, Situation, target_of
from bot.slack.watches.handler import WatchHandler

BoltListener = Callable[..., Awaitable[None]]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerContext:
    """The services that listeners call; the composition root makes it once.

    Attributes:
        work: the listeners that are running.
        command: the slash command's name, for texts on surfaces whose payload has none.
    """

    queries: QueryHandler
    watches: WatchHandler
    bulks: BulkHandler
    files: BulkFromFile
    people: People
    styles: AudienceStyles
    languages: Languages
    records: Records
    deliveries: EventDeduplicator
    slack: SlackClient
    work: RunningListeners
    command: str

    def listener(
        self,
        answer: Callable[[Request], Awaitable[None]],
        read: Callable[[Body], Situation | None],
        *,
        admitted: bool = False,
    ) -> BoltListener:
        """Wrap a listener for Bolt.

        Args:
            answer: answers the request.
            read: parses the payload; one for which it returns `None` is ignored.
            admitted: check first whether the asker may look up calls.
        """

        async def tracked(ack: Ack, body: dict[str, Any]) -> None:
            # Before the first await, so that a drain at shutdown misses no listener.
            self.work.track()
            situation = read(body)
            if situation is None:
                return
            request = await self.request(body, situation, ack)
            if not admitted or await self.queries.admitted(request):
                await answer(request)

        return tracked

    def click(
        self,
        answer: Callable[[Request, _T], Awaitable[None]],
        read: Callable[[object], _T | None],
        *,
        how: Route = Route.BESIDE,
        anybody: bool = False,
    ) -> BoltListener:
        """Wrap the listener of a button on a card.

        Args:
            answer: answers the click.
            read: parses the button's value; a click for which it returns `None` is ignored.
            how: whether the answer replaces the card, or is posted beside it.
            anybody: skip the access check.
        """

        async def clicked(body: dict[str, Any]) -> None:
            self.work.track()
            carried = read(requests.value_on(body))
            if carried is None:
                return
            request = await self.request(body, requests.click(body, how))
            if anybody or await self.queries.admitted(request):
                await answer(request, carried)

        return clicked

    async def request(self, body: Body, situation: Situation, ack: Ack | None = None) -> Request:
        """Make a request and its reply."""
        asker, audience = await self.people.asker(body), situation.audience
        personal = Audience.PRIVATE if audience is Audience.PUBLIC else audience
        private = notes = await self._notes(asker, body, personal)
        # Beside a public card the answer is for the user who clicked.
        if audience is Audience.PUBLIC and situation.route is not Route.BESIDE:
            shared = await self._notes(asker, body, Audience.PUBLIC)
            notes = Notes(shared.style.shared(situation.shared_by), shared.command)
        target = target_of(asker, body, situation, ack)
        return Request(
            asker=asker,
            surface=situation.surface,
            audience=audience,
            body=body,
            reply=Reply(self.slack, situation.route, target, private),
            notes=notes,
            private_notes=private,
        )

    async def apologise(self, body: dict[str, Any], reference: str) -> None:
        """Report a failed listener to the user, with the number that the log has too."""
        asker = await self.people.asker(body)
        target = target_of(asker, body)
        if not asker.user or ("command" in body and not target.response_url):
            # Slack sends a response URL with every command; without one, send no apology.
            return
        notes = await self._notes(asker, body, Audience.PRIVATE)
        await Reply(self.slack, Route.PRIVATE, target, notes).show(broken(reference, notes))

    async def _notes(self, asker: Asker, body: Body, audience: Audience) -> Notes:
        style = await self.styles.of(
            audience, team=asker.team, channel=asker.channel, person=asker.user
        )
        return Notes(style, first_word(body.get("command"), self.command))
