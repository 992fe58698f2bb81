"""`voicestatus lookup`: cards or JSON lines on standard output."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from typing import Final

from bot.commands.exit_codes import OK, exit_code_of
from bot.composition.configured import build_lookups, gateway_of, rate_limits_of, revealed, style_of
from bot.domain.call_status import Answer, Finding
from bot.domain.input.message_id import InvalidMessageIdError, MessageId, parse_typed
from bot.domain.privacy import shorten
from bot.domain.texts.catalog import Catalog
from bot.domain.texts.explanation import as_record, explain
from bot.gateway.request_queue import Gatekeeper
from bot.logs import configure_logging
from bot.services.lookup import LookupService
from bot.settings.settings import Settings
from bot.slack.cards.status_card import card
from bot.slack.cards.terminal import console, draw
from bot.telemetry import Telemetry

_SHOWN: Final = 60


def read_ids(words: Sequence[str], catalog: Catalog) -> tuple[list[MessageId], list[str]]:
    """The ids, without duplicates, and a sentence for each word that is not one."""
    ids: dict[MessageId, None] = {}
    problems = []
    for word in words:
        forced = word.lower().startswith("id:")
        try:
            message_id = parse_typed(word[3:] if forced else word, forced=forced)
        except InvalidMessageIdError as error:
            problem = catalog.say(f"problem.{error.problem.value}")
            shown = shorten(ascii(word) if not word.isprintable() else word, _SHOWN)
            problems.append(plain(catalog.say("problem.line", word=shown, problem=problem)))
        else:
            ids[message_id] = None
    if problems:
        problems.append(plain(catalog.say("problem.where_to_find")))
    return list(ids), problems


def plain(sentence: str) -> str:
    """The sentence with quotes in place of Slack's code marks."""
    return sentence.replace("`", '"')


async def look_up(
    message_ids: Sequence[MessageId], settings: Settings, catalog: Catalog, *, as_json: bool
) -> int:
    """Look up all ids, print the answers in the order of the ids, and return the exit code."""
    worst, style = OK, style_of(settings, catalog)
    async with lookups_of(settings) as lookups:
        room = asyncio.Semaphore(at_once(settings))

        async def ask(message_id: MessageId) -> Answer:
            async with room:
                return (await lookups.look_up([message_id]))[0]

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(ask(message_id)) for message_id in message_ids]
            for task in tasks:
                answer = await task
                # Not in a task of the group: rich raises SystemExit when the reader has left.
                if as_json:
                    print(json_line(answer.message_id, answer.finding, catalog), flush=True)  # noqa: T201
                else:
                    console().print(draw(card([answer], style).blocks))
                worst = max(worst, exit_code_of(answer.finding))
    return worst


def json_line(message_id: MessageId, finding: Finding, catalog: Catalog) -> str:
    """What was found, as a JSON object."""
    record = as_record(message_id.value, finding, explain(finding, catalog))
    return json.dumps(record, ensure_ascii=False)


@asynccontextmanager
async def lookups_of(settings: Settings) -> AsyncIterator[LookupService]:
    """Look-ups for a terminal command, which logs errors only."""
    configure_logging(level="ERROR", json=False)
    async with (
        _gatekeeper(settings) as gatekeeper,
        gateway_of(settings, gatekeeper=gatekeeper) as gateway,
    ):
        yield build_lookups(settings, gateway, Telemetry(b""))


def at_once(settings: Settings) -> int:
    """How many calls to look up together: the last of them has half of its time left."""
    return rate_limits_of(settings).at_once(settings.gateway_timeout_seconds / 2)


def _gatekeeper(settings: Settings) -> AbstractAsyncContextManager[Gatekeeper | None]:
    """The gatekeeper that shares the rate limits with a bot on this database, if one has run."""
    url = revealed(settings.database_url)
    if url.startswith("sqlite:") and not Path(url.removeprefix("sqlite:///")).is_file():
        return nullcontext()
    # The database packages take longer to load than a look-up takes.
    from bot.composition.jobs import gatekeeper_beside_a_bot  # noqa: PLC0415

    return gatekeeper_beside_a_bot(settings)
