"""The App Home: look-ups, watches and the settings of a user.

https://docs.slack.dev/surfaces/app-home
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Final

from bot.domain.jobs.watch import Watch
from bot.domain.texts.catalog import Catalog, Language
from bot.slack.blocks.block_kit import (
    Block,
    Message,
    View,
    actions,
    button,
    code_span,
    context,
    escape,
    header,
    label,
    section,
)
from bot.slack.bulk.buttons import HOME_OPEN_ACTION, open_button
from bot.slack.cards.controls import ASK_ACTION
from bot.slack.cards.notes import Notes
from bot.slack.watches.notes import HOME_CANCEL_ACTION, rows_of
from bot.storage.records import RecentLookup

LANGUAGE_ACTION: Final = "home_language"
RECENT_ACTION: Final = "home_recent"
AUTOMATIC: Final = "auto"
# A view takes 100 blocks: https://docs.slack.dev/reference/views/home-tab-views
_MOST_WATCHES: Final = 10


def home(
    notes: Notes,
    *,
    recent: Sequence[RecentLookup],
    watches: Sequence[Watch],
    chosen: Language | None,
) -> View:
    """Make the view of the page."""
    catalog = notes.style.catalog
    ask = button(ASK_ACTION, catalog.say("home.ask"), style="primary")
    buttons = [ask, open_button(catalog, action=HOME_OPEN_ACTION)]
    blocks = [
        header(notes.say("help.title")),
        section(notes.say("home.intro")),
        actions("home_actions", buttons),
        {"type": "divider"},
        *_recent(recent, notes),
        {"type": "divider"},
        *_watches(watches, notes),
        {"type": "divider"},
        header(catalog.say("home.settings")),
        _language(catalog, chosen),
        context(_small_print(notes)),
    ]
    return {"type": "home", "blocks": blocks}


def closed(refusal: Message) -> View:
    """Make the page for somebody who may not use the bot."""
    return {"type": "home", "blocks": list(refusal.blocks)}


def _recent(recent: Sequence[RecentLookup], notes: Notes) -> Iterator[Block]:
    yield header(notes.say("home.recent"))
    if not recent:
        yield section(notes.say("home.nothing_yet"))
    for one in recent:
        opening = button(RECENT_ACTION, notes.say("home.open"), value=json.dumps([one.idmsg]))
        yield section(_recent_line(one, notes)) | {"accessory": opening}


def _recent_line(one: RecentLookup, notes: Notes) -> str:
    return notes.say(
        "home.recent_line",
        icon=notes.say(f"icon.{one.outcome}"),
        idmsg=code_span(one.idmsg),
        outcome=notes.say(f"outcome_word.{one.outcome}"),
        when=notes.style.moment(one.at),
    )


def _watches(watches: Sequence[Watch], notes: Notes) -> Iterator[Block]:
    yield header(notes.say("watches.title"))
    if not watches:
        yield section(notes.say("watches.none"))
    yield from rows_of(watches, notes, HOME_CANCEL_ACTION, most=_MOST_WATCHES)


def _language(catalog: Catalog, chosen: Language | None) -> Block:
    texts = {AUTOMATIC: catalog.say("home.automatic")} | {
        one.value: catalog.say(f"home.language_{one.name.lower()}") for one in Language
    }
    options = {value: {"text": label(text), "value": value} for value, text in texts.items()}
    select = {
        "type": "static_select",
        "action_id": LANGUAGE_ACTION,
        "options": [*options.values()],
        "initial_option": options[AUTOMATIC if chosen is None else chosen.value],
    }
    row = section(catalog.say("home.language"))
    return row | {"block_id": "home_language_row", "accessory": select}


def _small_print(notes: Notes) -> Iterator[str]:
    yield notes.say("home.more")
    contact = notes.style.contacts.bot
    if contact:
        yield notes.say("help.contact", contact=escape(contact))
