"""The messages behind the buttons of a card: customer texts, and details for an engineer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.domain.answer import Answer
from bot.domain.call_status import CallStatus
from bot.domain.texts.catalog import Catalog, Entry
from bot.domain.texts.explanation import LookupFailure, customer_reply, explain
from bot.slack.blocks.block_kit import (
    Block,
    Element,
    Message,
    bold,
    code,
    header,
    line,
    message,
    plain,
    preformatted,
    rich_text,
    section,
)
from bot.slack.blocks.style import CardStyle


def customer_texts(
    answers: Sequence[Answer], style: CardStyle, catalogs: Sequence[Catalog]
) -> Message:
    """Show texts to copy for the customer, by language, the reader's first; without duplicates."""
    say = style.catalog.say
    blocks: list[Block] = [header(say("customer_card.title")), section(say("customer_card.intro"))]
    for catalog in sorted(catalogs, key=lambda one: one is not style.catalog):
        texts = dict.fromkeys(customer_reply(answer.finding, catalog) for answer in answers)
        label = line(bold(catalog.say("language.own_name")))
        blocks.append(rich_text(label, *(preformatted(text) for text in texts)))
    return message(f"{say('customer_card.title')}. {say('customer_card.intro')}", blocks)


def details(answers: Sequence[Answer], style: CardStyle) -> Message:
    """Show raw result, reason phrase, source, Q.850 cause and time of each call."""
    title = style.catalog.say("details.title")
    blocks = [rich_text(line(*_details(answer, style))) for answer in answers]
    return message(title, [header(title), *blocks])


def _details(answer: Answer, style: CardStyle) -> Iterator[Element]:
    yield code(style.shown_id(answer))
    for label, value in _rows(answer, style):
        yield bold(f"\n{style.catalog.say(f'details.{label}')}  ")
        # Slack rejects an empty text element, and the raw result may be empty.
        yield plain(value or " ")


def _rows(answer: Answer, style: CardStyle) -> Iterator[tuple[str, str]]:
    finding, catalog = answer.finding, style.catalog
    explanation = explain(finding, catalog)
    if isinstance(finding, LookupFailure):
        yield "error", " ".join(filter(None, (finding.error, finding.detail)))
    else:
        yield "raw", style.shown_raw(finding.raw)
        yield from _sip_rows(finding, catalog)
    yield "retry", catalog.say(f"retry.{explanation.entry.about}.{explanation.retry.value}")
    if explanation.entry.source:
        yield "source", explanation.entry.source
    yield "checked", style.when(answer)


def _sip_rows(status: CallStatus, catalog: Catalog) -> Iterator[tuple[str, str]]:
    if status.sip_code is None:
        return
    entry: Entry = catalog.sip(status.sip_code)
    yield "sip", f"{status.sip_code} {entry.phrase}".strip()
    yield "defined", entry.source
    if entry.q850:
        yield "q850", ", ".join(str(cause) for cause in entry.q850)
