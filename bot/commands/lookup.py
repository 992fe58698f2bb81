"""`voicestatus lookup`: cards or JSON lines on standard output."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from bot.commands.exit_codes import OK, exit_code_of
from bot.composition.configured import build_lookups, gateway_of, rate_limits_of, revealed, style_of
from bot.domain.call_status import Answer, Finding
from bot.domain.gate import Urgency
from bot.domain.input.message_id import MessageId
from bot.domain.input.query import LookUp, Nothing, parse_ids, ranges_in
from bot.domain.privacy import shorten
from bot.domain.texts.catalog import Catalog
from bot.domain.texts.explanation import as_record, explain
from bot.domain.texts.printable import json_line
from bot.gateway.request_queue import Gatekeeper
from bot.logs import configure_logging
from bot.settings.settings import Settings
from bot.slack.cards.status_card import card
from bot.slack.cards.terminal import console, draw
from bot.telemetry import Telemetry

if TYPE_CHECKING:
    from bot.composition.terminal import Installation
    from bot.storage.errors import StorageError

AskGateway: TypeAlias = Callable[[MessageId, Urgency], Awaitable[Answer]]

_COMMAND: Final = "voicestatus lookup"
_SHOWN: Final = 60
_NO_BOT: Final = "Not recorded in the audit: no database of a bot was found (DATABASE_URL)."
_NO_WORD: Final = re.compile(r"[^\w\x00-\x1f]*(?:[0-9]{1,3}[.):\]]+|[^\W\d_]?)[^\w\x00-\x1f]*")


def read_ids(words: Sequence[str], catalog: Catalog) -> tuple[list[MessageId], list[str]]:
    """The ids, without duplicates, and a sentence for each word that has none.

    Each word is read like the text in a form. Bullets and numbers of entries, which are copied
    along with a list, are left out. A range has no id: its ends alone are not what is asked for.
    """
    if ranges := [*ranges_in(" ".join(words))]:
        return [], [_line(one, catalog.say("problem.ranges"), catalog) for one in ranges]
    ids: dict[MessageId, None] = {}
    problems: list[str] = []
    example = ""
    wanted = [word for word in words if not _NO_WORD.fullmatch(word)]
    for word in wanted or words:
        query = parse_ids(word)
        if isinstance(query, Nothing):
            problems.append(_line(word, catalog.say("list.ignored.no_id"), catalog))
            continue
        ids |= dict.fromkeys(query.ids)
        for bad in query.bad_words if isinstance(query, LookUp) else ():
            problem = catalog.say(f"problem.{bad.problem.value}")
            problems.append(_line(bad.word, problem, catalog))
            example = example or bad.forceable
    if problems:
        problems.append(plain(catalog.say("problem.where_to_find")))
    if example:
        problems.append(plain(catalog.say("problem.force", command=_COMMAND, example=example)))
    return list(ids), problems


def _line(word: str, problem: str, catalog: Catalog) -> str:
    shown = shorten(word if word.isprintable() else ascii(word), _SHOWN)
    return plain(catalog.say("problem.line", word=shown, problem=problem))


def plain(sentence: str) -> str:
    """The sentence with quotes in place of Slack's code marks."""
    return sentence.replace("`", '"')


async def look_up(
    message_ids: Sequence[MessageId], settings: Settings, catalog: Catalog, *, as_json: bool
) -> int:
    """Look up all ids, print the answers in the order of the ids, and return the exit code."""
    worst, style = OK, style_of(settings, catalog)
    async with lookups_of(settings) as ask_gateway:
        room = asyncio.Semaphore(at_once(settings))

        async def ask(message_id: MessageId) -> Answer:
            async with room:
                return await ask_gateway(message_id, Urgency.PERSON)

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(ask(message_id)) for message_id in message_ids]
            for task in tasks:
                answer = await task
                # Not in a task of the group: rich raises SystemExit when the reader has left.
                if as_json:
                    print(line_of(answer.message_id, answer.finding, catalog), flush=True)  # noqa: T201
                else:
                    # A terminal has no watches.
                    console().print(draw(card([answer], style, watched=True).blocks))
                worst = max(worst, exit_code_of(answer.finding))
    return worst


def line_of(message_id: MessageId, finding: Finding, catalog: Catalog) -> str:
    """What was found, as a line of JSON."""
    return json_line(as_record(message_id.value, finding, explain(finding, catalog)))


@asynccontextmanager
async def lookups_of(settings: Settings) -> AsyncIterator[AskGateway]:
    """Look-ups for a terminal command, which logs errors only, and stores them in the audit."""
    configure_logging(level="ERROR", json=False)
    async with AsyncExitStack() as stack:
        beside = await stack.enter_async_context(_beside_a_bot(settings))
        gatekeeper: Gatekeeper | None = None
        installation: Installation | None = None
        if isinstance(beside, tuple):
            gatekeeper, installation = beside
        elif why := _why_unrecorded(beside):
            print(why, file=sys.stderr)  # noqa: T201 - the terminal's own output
        opened = gateway_of(settings, gatekeeper=gatekeeper)
        gateway = await stack.enter_async_context(opened)
        lookups = build_lookups(settings, gateway, Telemetry(b""))

        async def ask(message_id: MessageId, urgency: Urgency) -> Answer:
            answers = await lookups.look_up([message_id], urgency=urgency)
            if installation is not None:
                installation.records.audit(installation.asked, answers)
            return answers[0]

        yield ask


def at_once(settings: Settings) -> int:
    """How many calls to look up together: the last of them has half of its time left."""
    return rate_limits_of(settings).at_once(settings.gateway_timeout_seconds / 2)


def _why_unrecorded(error: StorageError | None) -> str:
    """Why no audit has the look-ups; empty where a script asks on a machine without a bot."""
    if error is not None:
        return f"Not recorded in the audit. {error.detail}"
    return _NO_BOT if sys.stderr.isatty() else ""


def _beside_a_bot(
    settings: Settings,
) -> AbstractAsyncContextManager[tuple[Gatekeeper, Installation] | StorageError | None]:
    """The rate limit and the data of a bot on this database, if one has run."""
    url = revealed(settings.database_url)
    if url.startswith("sqlite:") and not Path(url.removeprefix("sqlite:///")).is_file():
        return nullcontext()
    # The database packages take longer to load than a look-up takes.
    from bot.composition.terminal import beside_a_bot  # noqa: PLC0415

    return beside_a_bot(settings)
