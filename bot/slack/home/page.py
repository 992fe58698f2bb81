"""The App Home: useful on the first day, and the place of a person's settings.

https://docs.slack.dev/surfaces/app-home
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from bot.domain.jobs.watch import Watch
from bot.domain.texts.catalog import Catalog, Language
from bot.slack.blocks.block_kit import Block, code_span, context, escape, header, moment, section
from bot.slack.blocks.style import CardStyle
from bot.slack.bulk.buttons import HOME_OPEN_ACTION, open_button
from bot.slack.watches.buttons import HOME_CANCEL_ACTION
from bot.slack.watches.notes import WatchNotes

LANGUAGE_ACTION: Final = "home_language"
ASK_ACTION: Final = "home_ask"
AUTOMATIC: Final = "auto"
_MOST_WATCHES: Final = 10
_FREQUENT: Final = (486, 480, 404, 484, 408, 487, 403, 603, 503)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recent:
    """One earlier look-up of the person who opens the page.

    Attributes:
        idmsg: of the call.
        counted_as: what became of it, one of `bot.domain.texts.sums.COUNTED`.
        at: when the person asked; aware.
    """

    idmsg: str
    counted_as: str
    at: datetime


def home(
    style: CardStyle,
    *,
    command: str,
    recent: Sequence[Recent],
    watches: Sequence[Watch],
    chosen: Language | None,
) -> dict[str, Any]:
    """The view of the page."""
    catalog = style.catalog
    blocks = [
        header(catalog.say("help.title")),
        section(catalog.say("home.intro", command=code_span(command))),
        _ask_buttons(catalog),
        {"type": "divider"},
        *_recent(recent, style, command),
        {"type": "divider"},
        *_watches(watches, style, command),
        {"type": "divider"},
        header(catalog.say("home.settings")),
        _language(catalog, chosen),
        {"type": "divider"},
        *_codes(catalog),
        context(_small_print(style, command)),
    ]
    return {"type": "home", "blocks": blocks}


def _ask_buttons(catalog: Catalog) -> Block:
    label = {"type": "plain_text", "text": catalog.say("home.ask"), "emoji": True}
    button = {"type": "button", "action_id": ASK_ACTION, "text": label, "style": "primary"}
    list_button = open_button(catalog, action=HOME_OPEN_ACTION)
    return {"type": "actions", "block_id": "home_actions", "elements": [button, list_button]}


def _recent(recent: Sequence[Recent], style: CardStyle, command: str) -> Iterator[Block]:
    catalog = style.catalog
    yield header(catalog.say("home.recent"))
    if not recent:
        yield section(catalog.say("home.nothing_yet", command=code_span(command)))
        return
    yield section("\n".join(_recent_line(one, style) for one in recent))


def _watches(watches: Sequence[Watch], style: CardStyle, command: str) -> Iterator[Block]:
    notes = WatchNotes(style, code_span(command))
    yield header(style.catalog.say("watches.title"))
    if not watches:
        yield section(style.catalog.say("watches.none", command=code_span(command)))
    yield from notes.rows(watches[:_MOST_WATCHES], HOME_CANCEL_ACTION)
    yield from notes.more(watches, _MOST_WATCHES)


def _recent_line(one: Recent, style: CardStyle) -> str:
    catalog = style.catalog
    fallback = f"{one.at.astimezone(style.zone):%Y-%m-%d %H:%M}"
    return catalog.say(
        "home.recent_line",
        icon=catalog.say(f"icon.{one.counted_as}"),
        idmsg=code_span(one.idmsg),
        outcome=catalog.say(f"outcome_word.{one.counted_as}"),
        when=moment(int(one.at.timestamp()), fallback),
    )


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
    return (
        section(catalog.say("home.language"))
        | {"block_id": "home_language_row"}
        | {"accessory": select}
    )


def _option(text: str, value: str) -> dict[str, Any]:
    return {"text": {"type": "plain_text", "text": text}, "value": value}


def _codes(catalog: Catalog) -> Iterator[Block]:
    yield header(catalog.say("home.codes"))
    lines = []
    for number in _FREQUENT:
        entry = catalog.sip(number)
        lines.append(f"`{number}`  {entry.heading}")
    yield section("\n".join(lines))


def _small_print(style: CardStyle, command: str) -> Iterator[str]:
    say = style.catalog.say
    yield say("home.more", command=code_span(command))
    if style.contacts.bot:
        yield say("help.contact", contact=escape(style.contacts.bot))
