"""The App Home: look-ups, watches and the settings of a user.

https://docs.slack.dev/surfaces/app-home
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from bot.domain.jobs.watch import Watch
from bot.domain.texts.catalog import Catalog, Language
from bot.slack.blocks.block_kit import (
    Block,
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
from bot.slack.cards.notes import Notes
from bot.slack.watches.buttons import HOME_CANCEL_ACTION
from bot.slack.watches.notes import rows_of
from bot.storage.recents import RecentLookup

LANGUAGE_ACTION: Final = "home_language"
ASK_ACTION: Final = "home_ask"
AUTOMATIC: Final = "auto"
_MOST_WATCHES: Final = 10
_FREQUENT: Final = (486, 480, 404, 484, 408, 487, 403, 603, 503)


def home(
    notes: Notes,
    *,
    recent: Sequence[RecentLookup],
    watches: Sequence[Watch],
    chosen: Language | None,
) -> dict[str, Any]:
    """Make the view of the page."""
    catalog = notes.style.catalog
    blocks = [
        header(notes.say("help.title")),
        section(notes.say("home.intro")),
        _ask_buttons(catalog),
        {"type": "divider"},
        *_recent(recent, notes),
        {"type": "divider"},
        *_watches(watches, notes),
        {"type": "divider"},
        header(catalog.say("home.settings")),
        _language(catalog, chosen),
        {"type": "divider"},
        *_codes(catalog),
        context(_small_print(notes)),
    ]
    return {"type": "home", "blocks": blocks}


def _ask_buttons(catalog: Catalog) -> Block:
    ask = button(ASK_ACTION, catalog.say("home.ask"), style="primary")
    return actions("home_actions", [ask, open_button(catalog, action=HOME_OPEN_ACTION)])


def _recent(recent: Sequence[RecentLookup], notes: Notes) -> Iterator[Block]:
    yield header(notes.say("home.recent"))
    lines = [_recent_line(one, notes) for one in recent]
    yield section("\n".join(lines) if lines else notes.say("home.nothing_yet"))


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
    options = [_option(catalog.say("home.automatic"), AUTOMATIC)]
    options += [
        _option(catalog.say(f"home.language_{lang.name.lower()}"), lang.value) for lang in Language
    ]
    wanted = chosen.value if chosen is not None else AUTOMATIC
    select = {
        "type": "static_select",
        "action_id": LANGUAGE_ACTION,
        "options": options,
        "initial_option": next(o for o in options if o["value"] == wanted),
    }
    row = section(catalog.say("home.language"))
    return row | {"block_id": "home_language_row", "accessory": select}


def _option(text: str, value: str) -> dict[str, Any]:
    return {"text": label(text), "value": value}


def _codes(catalog: Catalog) -> Iterator[Block]:
    yield header(catalog.say("home.codes"))
    yield section("\n".join(f"`{n}`  {catalog.sip(n).heading}" for n in _FREQUENT))


def _small_print(notes: Notes) -> Iterator[str]:
    yield notes.say("home.more")
    contact = notes.style.contacts.bot
    if contact:
        yield notes.say("help.contact", contact=escape(contact))
