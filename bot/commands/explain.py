"""`voicestatus explain`: cards, JSON lines or Markdown; `docs/` has the pages of all codes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from zoneinfo import ZoneInfo

import typer

from bot.domain.input.found_ids import find_ids
from bot.domain.texts.catalog import Catalog
from bot.domain.texts.dictionary import Definition, Found, as_record, everything, find, terms
from bot.domain.texts.printable import json_line, printable
from bot.slack.blocks.style import CardStyle, Contacts
from bot.slack.cards.notes import Notes, definitions_card
from bot.slack.cards.terminal import console, draw


def print_meanings(
    codes: Sequence[str],
    catalog: Catalog,
    others: Callable[[], Iterable[Catalog]],
    *,
    as_json: bool,
    markdown: bool,
) -> bool:
    """Print what these codes or words mean, or the whole dictionary if there are none.

    Args:
        codes: as they were typed.
        catalog: of the language to explain in.
        others: of the languages in which words are found too; read only if one is needed.
        as_json: JSON lines; otherwise Markdown or cards.
        markdown: a page of Markdown.

    Returns:
        whether each of them was found.
    """
    found = [find(term, catalog, others()) for code in codes for term in terms(code)]
    found = found or [Found(term="", definitions=everything(catalog))]
    definitions = [definition for one in found for definition in one.definitions]
    style = CardStyle(catalog=catalog, contacts=Contacts(), zone=ZoneInfo("UTC"))
    if as_json:
        for definition in definitions:
            typer.echo(json_line(as_record(definition)))
    elif markdown:
        typer.echo(page(definitions, catalog), nl=False)
    for one in found:
        if not one.definitions:
            typer.echo(printable(_nothing_found(one, catalog)), err=True)
        elif not as_json and not markdown:
            console().print(draw(definitions_card(one, Notes(style, "voicestatus")).blocks))
    return all(one.definitions for one in found)


def _nothing_found(found: Found, catalog: Catalog) -> str:
    if find_ids([found.term]).ids:
        return catalog.say("explain.call", term=found.term)
    title = catalog.say("explain.nothing_title", term=found.term)
    nearest = ", ".join(found.nearest)
    return f"{title}. {catalog.say('explain.nearest', words=nearest)}" if nearest else f"{title}."


def page(definitions: Sequence[Definition], catalog: Catalog) -> str:
    """A page with a section for each code, in the language of the catalog.

    The page of the whole dictionary has an introduction and a table of its sections.
    """
    lines = [f"# {catalog.say('page.title')}", ""]
    if tuple(definitions) == everything(catalog):
        lines += [catalog.say("page.intro"), "", *_contents(definitions, catalog), ""]
    for kind, group in _by_kind(definitions):
        lines += [f"## {catalog.say(f'kind.{kind}')}", ""]
        for definition in group:
            lines += [*_section(definition, catalog), ""]
    return "\n".join(lines)


def _by_kind(definitions: Sequence[Definition]) -> Iterator[tuple[str, Iterable[Definition]]]:
    for kind in dict.fromkeys(definition.entry.kind for definition in definitions):
        yield kind.value, [d for d in definitions if d.entry.kind is kind]


def _contents(definitions: Sequence[Definition], catalog: Catalog) -> Iterator[str]:
    yield f"| {catalog.say('page.code')} | {catalog.say('page.what')} |"
    yield "| --- | --- |"
    for definition in definitions:
        anchor = _anchor(_heading(definition, catalog))
        yield f"| [{definition.code}](#{anchor}) | {definition.entry.title} |"


def _heading(definition: Definition, catalog: Catalog) -> str:
    entry = definition.entry
    if definition.headline:
        code, headline = definition.code, definition.headline
        return catalog.say("explain.result", code=code, headline=headline)
    name = f"{definition.code} {entry.phrase}".strip()
    return catalog.say("explain.text", code=name, title=entry.title)


def _anchor(heading: str) -> str:
    """The anchor of a heading, in the format of Git hosts."""
    # GitHub and GitLab drop punctuation, and write hyphens for spaces.
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _section(definition: Definition, catalog: Catalog) -> Iterator[str]:
    entry = definition.entry
    yield f"### {_heading(definition, catalog)}"
    yield ""
    yield " ".join(filter(None, (definition.remark, entry.meaning)))
    yield ""
    yield f"**{catalog.say('page.next_step')}.** {entry.advice}"
    yield from ("", entry.source) if entry.source else ()
