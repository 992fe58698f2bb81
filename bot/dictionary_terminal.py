"""`voicestatus explain`: cards, or a page of Markdown; `docs/` holds the pages of all codes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from zoneinfo import ZoneInfo

from bot.domain.catalog import Catalog
from bot.domain.dictionary import Definition, Found
from bot.slack.notes import Notes
from bot.slack.style import CardStyle, Contacts
from bot.terminal import console, draw


def print_found(found: Sequence[Found], catalog: Catalog) -> None:
    """Draw what was found as cards."""
    style = CardStyle(catalog=catalog, contacts=Contacts(), zone=ZoneInfo("UTC"))
    notes = Notes(style, "voicestatus")
    for one in found:
        if one.definitions:
            console().print(draw(notes.definitions(one)))


def page(definitions: Sequence[Definition], catalog: Catalog) -> str:
    """A page with a section for each code, in the language of the catalog."""
    lines: list[str] = [f"# {catalog.say('page.title')}", "", catalog.say("page.intro"), ""]
    for kind, group in _by_kind(definitions):
        lines += [f"## {catalog.say(f'kind.{kind}')}", ""]
        for definition in group:
            lines += [*_section(definition, catalog), ""]
    return "\n".join(lines)


def _by_kind(definitions: Sequence[Definition]) -> Iterator[tuple[str, Iterable[Definition]]]:
    for kind in dict.fromkeys(definition.entry.kind for definition in definitions):
        yield kind.value, [d for d in definitions if d.entry.kind is kind]


def _section(definition: Definition, catalog: Catalog) -> Iterator[str]:
    entry = definition.entry
    name = f"{definition.code} {entry.phrase}".strip()
    yield f"### {name}: {entry.title}"
    yield ""
    yield " ".join(filter(None, (definition.remark, entry.meaning)))
    yield ""
    who = catalog.say(f"who.{entry.who_acts.value}")
    retry = catalog.say(f"retry.{entry.about}.{entry.retry.value}")
    yield f"**{catalog.say('page.next_step')}** ({who}). {entry.advice}"
    yield ""
    yield " · ".join(filter(None, (retry, entry.source)))
