"""The card that explains a code or a word."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bot.domain.texts.dictionary import Definition, Found
from bot.slack.blocks.block_kit import (
    Block,
    Message,
    code_span,
    context,
    escape,
    header,
    message,
    note,
    section,
    visible,
)
from bot.slack.cards.notes import Notes
from bot.slack.cards.status_card import resolves

_MOST: Final = 5


def definitions_card(found: Found, notes: Notes, *, assumed: bool = False) -> Message:
    """Make the card for the definitions found.

    Args:
        found: the term and its definitions.
        notes: the language.
        assumed: the user did not type `explain`; add how to look the word up as an IDMSG.
    """
    if not found.term:
        return notes.note("help.usage_title", "explain.usage")
    if not found.definitions:
        return _nothing_found(found, notes)
    shown = found.definitions[:_MOST]
    blocks = [block for definition in shown for block in _definition(definition, notes)]
    if len(found.definitions) > len(shown):
        blocks.append(context([notes.say("explain.more", count=len(shown))]))
    if assumed:
        blocks.append(context([notes.say("explain.assumed", term=code_span(found.term))]))
    text = "; ".join(escape(_title(definition, notes)) for definition in shown)
    return message(text, blocks)


def _nothing_found(found: Found, notes: Notes) -> Message:
    words = ", ".join(f"`{word}`" for word in found.nearest)
    return note(
        notes.say("explain.nothing_title", term=visible(found.term)),
        notes.say("explain.nearest", words=words) if words else "",
        notes.say("explain.nothing"),
    )


def _definition(definition: Definition, notes: Notes) -> Iterator[Block]:
    entry = definition.entry
    yield header(_title(definition, notes))
    yield section(" ".join(filter(None, (definition.remark, entry.meaning))))
    advice = notes.say("card.next_step", advice=entry.advice)
    retry = notes.say(f"retry.{entry.about}.{entry.retry.value}")
    yield section("\n".join((advice, *resolves(entry.who_acts, notes.style), f"{retry}.")))
    yield context(_origin(definition, notes))


def _title(definition: Definition, notes: Notes) -> str:
    code = visible(definition.code)
    if definition.headline:
        return notes.say("explain.result", code=code, headline=definition.headline)
    return notes.say("explain.text", code=code, title=definition.entry.title)


def _origin(definition: Definition, notes: Notes) -> Iterator[str]:
    entry = definition.entry
    kind = notes.say(f"kind.{entry.kind.value}")
    code = entry.code if definition.headline else definition.code
    yield f"{kind} {code} {entry.phrase}".strip()
    if entry.source:
        yield notes.say("card.source", source=entry.source)
