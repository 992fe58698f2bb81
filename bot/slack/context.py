"""The services of the listeners, and the wrappers around each listener.

A listener gets a request, made from the payload; its task is tracked, so that shutdown waits for
it. A button listener also gets the button's value, after the access check. Bolt passes arguments by
parameter name.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from bot.domain.access import Asker, Circle
from bot.services.claiming import EventDeduplicator
from bot.services.languages import Languages
from bot.services.records import Records
from bot.slack.api.web_client import SlackClient
from bot.slack.blocks.audience import AudienceStyles
from bot.slack.blocks.payload import first_word
from bot.slack.blocks.seal import without_carried
from bot.slack.blocks.style import Audience
from bot.slack.bulk.from_file import BulkFromFile
from bot.slack.bulk.handler import BulkHandler
from bot.slack.cards.notes import Notes
from bot.slack.inbound.app import RunningListeners
from bot.slack.inbound.people import People
from bot.slack.inbound.posts import as_it_is_now
from bot.slack.lookups.handler import QueryHandler
from bot.slack.lookups.sharing import in_chosen_place
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
        reads_files: the bot has the permission to read files.
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
    reads_files: bool
    command: str

    def listener(
        self,
        answer: Callable[[Request], Awaitable[None]],
        read: Callable[[Body], Situation | None],
        *,
        circle: Circle = Circle.ANYBODY,
    ) -> BoltListener:
        """Wrap a listener for Bolt.

        Args:
            answer: answers the request.
            read: parses the payload; one for which it returns `None` is ignored.
            circle: whom it is for; checked first.
        """

        async def tracked(ack: Ack, body: dict[str, Any]) -> None:
            # Before the first await, so that a drain at shutdown misses no listener.
            self.work.track()
            payload, is_own = self._own_part(in_chosen_place(as_it_is_now(body)))
            situation = read(payload)
            if situation is None:
                return
            request = await self.request(payload, situation, ack)
            if not await self.queries.admitted(request, circle):
                return
            await (answer(request) if is_own else requests.refuse_foreign(request))

        return tracked

    def click(
        self,
        answer: Callable[[Request, _T], Awaitable[None]],
        read: Callable[[object], _T | None],
        *,
        how: Route = Route.BESIDE,
        circle: Circle = Circle.USERS,
    ) -> BoltListener:
        """Wrap the listener of a button on a card.

        Args:
            answer: answers the click.
            read: parses the button's value; a click for which it returns `None` is ignored.
            how: whether the answer replaces the card, or is posted beside it.
            circle: whom it is for; checked first.
        """

        async def clicked(body: dict[str, Any]) -> None:
            self.work.track()
            payload, is_own = self._own_part(body)
            value = read(requests.value_on(payload))
            if is_own and value is None:
                return
            request = await self.request(payload, requests.click(payload, how))
            if not await self.queries.admitted(request, circle):
                return
            if value is None or not is_own:
                await requests.refuse_foreign(request)
            else:
                await answer(request, value)

        return clicked

    def _own_part(self, body: Body) -> tuple[Body, bool]:
        """The payload without what another one signed, and whether that is all of it."""
        is_own = self.slack.seal.is_on(body)
        return (body if is_own else without_carried(body)), is_own

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

    async def apologise(self, body: Body, reference: str) -> None:
        """Report a failed listener to the user, with the number that the log has too."""
        body, _ = self._own_part(as_it_is_now(body))
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
