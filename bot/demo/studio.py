"""Makes the gallery's exhibits with the bot's own builders, in one language at a fixed time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot.demo.stage import COMMAND
from bot.domain.call_status import Answer, LookupFailure, read_result
from bot.domain.input.commands import Command
from bot.domain.input.found_ids import find_ids
from bot.domain.input.message_id import MessageId
from bot.domain.input.query import Run
from bot.domain.jobs.watch import Watch
from bot.domain.texts.catalog import Catalog, Language
from bot.locales import load_catalog
from bot.slack.blocks.block_kit import Message
from bot.slack.blocks.style import Audience, CardStyle, Contacts
from bot.slack.cards.controls import Origin, asking
from bot.slack.cards.controls import answer as answer_view
from bot.slack.cards.details import customer_texts, details
from bot.slack.cards.notes import Notes
from bot.slack.cards.status_card import card
from bot.slack.home.page import home
from bot.slack.lookups.message_text import asking_about
from bot.slack.lookups.messages import definition_note
from bot.storage.records import RecentLookup

MOMENT: Final = datetime(2026, 3, 2, 17, 4, 5, tzinfo=UTC)
IDMSG: Final = "MPG000236180474"
_ZONE: Final = "America/Sao_Paulo"
_READER: Final = "Ana Souza"
# Look-up errors with a time in their text.
_WITH_A_MOMENT: Final = frozenset({"gateway_down", "paused"})


class Surface(StrEnum):
    """The Slack surface of an exhibit."""

    MESSAGE = "message"
    MODAL = "modal"
    HOME = "home"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The builders' output: blocks, and a modal's title and buttons."""

    surface: Surface
    content: dict[str, Any]
    ephemeral: bool = False


@dataclass(frozen=True, slots=True)
class Studio:
    """Makes exhibits in one language; time and ids are fixed, so that they are reproducible."""

    language: Language

    @property
    def catalog(self) -> Catalog:
        """The language's texts."""
        return load_catalog(self.language)

    @property
    def style(self) -> CardStyle:
        """The style of a private answer, with both contacts set."""
        contacts = Contacts(bot="#help-voicestatus", gateway="suporte@mobipronto.example")
        return CardStyle(catalog=self.catalog, contacts=contacts, zone=ZoneInfo(_ZONE))

    @property
    def notes(self) -> Notes:
        """The builder of all messages other than look-up results."""
        return Notes(self.style, COMMAND)

    def answers(self, *results: str) -> list[Answer]:
        """Gateway answers; a result such as `!timeout` makes a look-up error."""
        return [
            Answer(message_id=message_id, finding=_finding(result), checked_at=MOMENT)
            for message_id, result in zip(ids_of(len(results)), results, strict=True)
        ]

    def card(self, *results: str, audience: Audience = Audience.PRIVATE) -> Shown:
        """The card of one result, or of several, with the buttons of its audience."""
        answers = self.answers(*results)
        style = self.style.read_by(audience)
        style = style.shared(_READER) if style.public else style
        shown = card(answers, style, reader="")
        return self.message(shown, ephemeral=audience is Audience.PRIVATE)

    def explained(self, term: str, *, assumed: bool = False) -> Shown:
        """The dictionary's explanation of a term."""
        run = Run(command=Command.EXPLAIN, argument=term, assumed=assumed)
        return self.note(definition_note(run, self.notes, map(load_catalog, Language)))

    def customer(self, *results: str) -> Shown:
        """The customer replies in the reader's language; the other one is behind a button."""
        others = [load_catalog(one) for one in Language if one is not self.language]
        shown = customer_texts(self.answers(*results), self.style, self.catalog, others)
        return self.note(shown)

    def details(self, *results: str) -> Shown:
        """The engineer's details."""
        return self.note(details(self.answers(*results), self.style))

    def note(self, message: Message) -> Shown:
        """A message that only one user sees."""
        return self.message(message, ephemeral=True)

    def message(self, message: Message, *, ephemeral: bool) -> Shown:
        """A message in a conversation."""
        content = {"text": message.text, "blocks": list(message.blocks)}
        return Shown(surface=Surface.MESSAGE, content=content, ephemeral=ephemeral)

    def home(
        self,
        *recent: tuple[str, str],
        chosen: Language | None = None,
        watches: Sequence[Watch] = (),
    ) -> Shown:
        """The App Home with these look-ups, newest first, and these watches."""
        age = timedelta(minutes=7)
        past = [
            RecentLookup(team="T1", user="U1", idmsg=idmsg, outcome=name, at=MOMENT - age * number)
            for number, (idmsg, name) in enumerate(recent)
        ]
        view = home(self.notes, recent=past, watches=watches, chosen=chosen)
        return Shown(surface=Surface.HOME, content=view)

    def asking(self, *texts: str) -> Shown:
        """The modal that asks for ids, or asks about those of a message with these texts."""
        if texts:
            view = asking_about(find_ids(texts), self.style, Origin())
        else:
            view = asking(self.catalog, Origin())
        return Shown(surface=Surface.MODAL, content=view)

    def answering(self, message: Message) -> Shown:
        """The modal that shows an answer."""
        return Shown(surface=Surface.MODAL, content=answer_view(self.catalog, message))


def ids_of(count: int) -> list[MessageId]:
    """Ids of as many calls, from `IDMSG` on."""
    return [MessageId(f"MPG{int(IDMSG[3:]) + number:012}") for number in range(count)]


# A function that makes an exhibit.
Make = Callable[[Studio], Shown]


def _finding(result: str) -> Any:
    error, _, detail = result.removeprefix("!").partition(" ")
    if result.startswith("!"):
        moment = MOMENT if error in _WITH_A_MOMENT else None
        return LookupFailure(error=error, detail=detail, moment=moment)
    return read_result(result)
