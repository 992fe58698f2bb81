"""Where the gallery's exhibits are made: one language, one moment, and the bot's own builders."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot.demo.stage import COMMAND
from bot.domain.call_status import read_result
from bot.domain.input.message_id import MessageId
from bot.domain.input.query import Query, parse_query
from bot.domain.jobs.watch import Watch
from bot.domain.jobs.watchable import invites_watch
from bot.domain.texts.catalog import Catalog, Language
from bot.domain.texts.dictionary import find
from bot.domain.texts.explanation import LookupFailure
from bot.locales import load_catalog
from bot.services.answers import Answer
from bot.slack.blocks.block_kit import Message
from bot.slack.blocks.style import CardStyle, Contacts
from bot.slack.cards.buttons import Row, buttons
from bot.slack.cards.modals import Origin, asking
from bot.slack.cards.modals import answer as answer_view
from bot.slack.cards.notes import Notes
from bot.slack.cards.status_card import card
from bot.slack.home.page import Recent, home
from bot.slack.lookups.card_details import customer_texts, details

MOMENT: Final = datetime(2026, 3, 2, 17, 4, 5, tzinfo=UTC)
IDMSG: Final = "MPG000236180474"
_ZONE: Final = "America/Sao_Paulo"
_READER: Final = "Ana Souza"
_FIRST_ID: Final = 236_180_474
# Errors of a look-up that say since when, or until when.
_WITH_A_MOMENT: Final = frozenset({"gateway_down", "paused"})


class Surface(StrEnum):
    """Where an exhibit is shown in Slack."""

    MESSAGE = "message"
    MODAL = "modal"
    HOME = "home"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the builders made: blocks, and the frame of a modal around them."""

    surface: Surface
    content: dict[str, Any]
    ephemeral: bool = False


@dataclass(frozen=True, slots=True)
class Studio:
    """Makes what is shown, in one language; always the same moment and the same ids."""

    language: Language

    @property
    def catalog(self) -> Catalog:
        """The language's texts."""
        return load_catalog(self.language)

    @property
    def style(self) -> CardStyle:
        """For one reader alone, with both contacts set."""
        contacts = Contacts(bot="#help-voicestatus", gateway="suporte@mobipronto.example")
        return CardStyle(catalog=self.catalog, contacts=contacts, zone=ZoneInfo(_ZONE))

    @property
    def notes(self) -> Notes:
        """Every message that is no look-up."""
        return Notes(self.style, COMMAND)

    def answers(self, *results: str) -> list[Answer]:
        """Answers of the gateway, or errors of look-ups where a result is written `!timeout`."""
        return [
            Answer(
                message_id=MessageId(f"MPG000{_FIRST_ID + number}"),
                finding=_finding(result),
                checked_at=MOMENT,
            )
            for number, result in enumerate(results)
        ]

    def card(self, *results: str, row: Row = Row.PRIVATE) -> Shown:
        """The card of one result, or the list of several, with the buttons of its readers."""
        answers = self.answers(*results)
        public = row is Row.PUBLIC
        style = self.style.shared(_READER) if public else self.style
        under = buttons(
            [one.message_id for one in answers],
            row,
            self.catalog,
            watching=any(invites_watch(one.finding) for one in answers),
        )
        return self.message(card(answers, style, row=under), ephemeral=row is Row.PRIVATE)

    def several(self, results: Sequence[str]) -> Shown:
        """The list of several results."""
        return self.card(*results)

    def typed(self, text: str) -> Query:
        """What somebody typed, read as a question."""
        return parse_query(text)

    def explained(self, term: str, *, assumed: bool = False) -> Shown:
        """What the dictionary says to a term."""
        others = [load_catalog(other) for other in Language]
        found = find(term, self.catalog, others)
        return self.note(self.notes.definitions(found, assumed=assumed))

    def customer(self, *results: str) -> Shown:
        """The texts for the customer, the reader's language first."""
        catalogs = [self.catalog, *(load_catalog(o) for o in Language if o is not self.language)]
        return self.note(customer_texts(self.answers(*results), self.style, catalogs))

    def details(self, *results: str) -> Shown:
        """The details for an engineer."""
        return self.note(details(self.answers(*results), self.style))

    def note(self, message: Message) -> Shown:
        """A message that only one person sees."""
        return self.message(message, ephemeral=True)

    def message(self, message: Message, *, ephemeral: bool) -> Shown:
        """A message as it stands in a conversation."""
        content = {"text": message.text, "blocks": list(message.blocks)}
        return Shown(surface=Surface.MESSAGE, content=content, ephemeral=ephemeral)

    def home(
        self,
        *recent: tuple[str, str],
        chosen: Language | None = None,
        watches: Sequence[Watch] = (),
    ) -> Shown:
        """The App Home after these look-ups, the newest first, and with these watches."""
        past = [
            Recent(idmsg=idmsg, counted_as=name, at=MOMENT - timedelta(minutes=7 * number))
            for number, (idmsg, name) in enumerate(recent)
        ]
        view = home(self.style, command=COMMAND, recent=past, watches=watches, chosen=chosen)
        return Shown(surface=Surface.HOME, content=view)

    def asking(self, *found: str, remark: str = "", **values: object) -> Shown:
        """The modal that asks for ids; `remark` is the name of a phrase."""
        said = self.catalog.say(remark, **values) if remark else ""
        view = asking(self.catalog, Origin(), found=found, remark=said)
        return Shown(surface=Surface.MODAL, content=view)

    def answering(self, message: Message) -> Shown:
        """The modal that shows an answer."""
        return Shown(surface=Surface.MODAL, content=answer_view(self.catalog, message))


# How an exhibit is made.
Make = Callable[[Studio], Shown]


def _finding(result: str) -> Any:
    error, _, detail = result.removeprefix("!").partition(" ")
    if result.startswith("!"):
        moment = MOMENT if error in _WITH_A_MOMENT else None
        return LookupFailure(error=error, detail=detail, moment=moment)
    return read_result(result)
