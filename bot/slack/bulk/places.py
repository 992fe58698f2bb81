"""Where the messages of a list are posted, and how they are recognised later."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from bot.domain.jobs.bulk import Bulk
from bot.domain.jobs.job import Destination, PostedCard
from bot.domain.privacy import shorten
from bot.domain.texts.catalog import Catalog
from bot.slack.api.posted import Mark
from bot.slack.blocks.style import is_direct
from bot.slack.bulk.cards import report_block

_NAME_LIMIT: Final = 60
# Characters that some file system or URL does not accept.
_ODD: Final = re.compile(r"[^\w.-]+")


def home_of(bulk: Bulk) -> Destination:
    """Where the report is posted: beside its card, or in the thread of the question."""
    place, card = bulk.destination, bulk.card
    if place.thread is not None and (card is None or card.channel == place.channel):
        return place
    # Without a card the channel has nothing of the list, so nobody there waits for the report.
    return direct_to(bulk) if card is None else beside(bulk, card)


def direct_to(bulk: Bulk) -> Destination:
    """The direct messages to the user who started the list."""
    return replace(bulk.destination, channel=bulk.user, thread=None)


def beside(bulk: Bulk, card: PostedCard) -> Destination:
    """The thread of a message of the list; in direct messages the conversation itself."""
    thread = None if is_direct(card.channel) else card.ts
    return replace(bulk.destination, channel=card.channel, thread=thread)


def report_mark(bulk: Bulk) -> Mark:
    """The mark of the report: its metadata, and a `block_id` for when that cannot be read."""
    return Mark(
        event_type="bulk_report",
        name="bulk",
        value=bulk.id,
        block_id=report_block(bulk),
        since=bulk.started_at,
    )


def progress_mark(bulk: Bulk) -> Mark:
    """The mark of the progress card."""
    return replace(report_mark(bulk), event_type="bulk_progress", name="progress", block_id="")


def result_mark(bulk: Bulk, file: str = "") -> Mark:
    """The mark of the pages of results, or of the file with this name."""
    since = bulk.decided_at or bulk.started_at
    named = replace(report_mark(bulk), event_type="bulk_result", name="result", block_id="")
    return replace(named, since=since, file=file)


def columns_mark(bulk: Bulk) -> Mark:
    """The mark of the message above the file with the columns."""
    return replace(result_mark(bulk), event_type="bulk_columns", name="columns")


def file_name(bulk: Bulk, catalog: Catalog) -> str:
    """The name of the file of results: after the file of the list, or after its id."""
    stem = _ODD.sub("-", bulk.name.rpartition(".")[0] or bulk.name).strip("-.")
    return f"{catalog.say('bulk.file.name')}-{shorten(stem, _NAME_LIMIT) or bulk.id}.csv"
