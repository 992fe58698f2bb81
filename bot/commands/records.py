"""`voicestatus audit` and `voicestatus data`: what is stored, for operators and for requests."""

from __future__ import annotations

import asyncio
import csv
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from bot.commands.exit_codes import FAILED, OK
from bot.composition.terminal import Installation, open_installation
from bot.domain.audit import AuditEntry
from bot.domain.texts.printable import json_line
from bot.domain.timing import Timing
from bot.logs import configure_logging
from bot.settings.settings import Settings
from bot.storage.errors import StorageError
from bot.storage.personal_data import Subject


async def export_audit(settings: Settings, since: datetime | None, form: str) -> int:
    """Print the audit, oldest first, with one line for each call; the exit code."""

    async def export(installation: Installation) -> int:
        write = _csv_lines() if form == "csv" else _json_line
        async for entry in installation.stores.audit.entries(since):
            for call in entry.calls():
                write(asdict(call) | {"at": call.at.isoformat()})
        installation.records.acted(installation.asked, "export")
        return OK

    return await with_installation(settings, export)


async def export_data(settings: Settings, subject: Subject) -> int:
    """Print all rows about a person or a call as JSON lines; the exit code."""

    async def export(installation: Installation) -> int:
        found = False
        async for table, row in installation.personal_data.export(subject):
            found = True
            _json_line({"table": table} | row)
        installation.records.acted(installation.asked, "export", [subject.message_id])
        if not found:
            print("Nothing is stored about this person or call.", file=sys.stderr)  # noqa: T201
        return OK if found else FAILED

    return await with_installation(settings, export)


async def erase_data(settings: Settings, subject: Subject, *, timing: Timing = Timing()) -> int:
    """Erase what is stored about a person or a call, and print how many rows; the exit code."""

    async def erase(installation: Installation) -> int:
        personal_data = installation.personal_data
        erased = Counter(await personal_data.erase(subject))
        if await personal_data.may_be_written():
            # What a running bot was about to store is erased as well, once no request that began
            # before can still be under way; a list may still be on its way from a file.
            longest = settings.gateway_timeout_seconds + timing.fetch + timing.reading
            wait = longest + timing.erased_again
            print(f"Waiting {wait:.0f} seconds for requests under way.", file=sys.stderr)  # noqa: T201
            await asyncio.sleep(wait)
            erased.update(await personal_data.erase(subject))
        for table, count in erased.items():
            _json_line({"table": table, "erased": count})
        installation.records.acted(installation.asked, "erase", [subject.message_id])
        return OK

    return await with_installation(settings, erase)


async def with_installation(
    settings: Settings, do: Callable[[Installation], Awaitable[int]]
) -> int:
    """Do this with what a bot has stored; the exit code."""
    configure_logging(level="ERROR", json=False)
    try:
        async with open_installation(settings) as installation:
            return await do(installation)
    except StorageError as error:
        print(error.detail, file=sys.stderr)  # noqa: T201
        return FAILED


def _json_line(record: dict[str, Any]) -> None:
    print(json_line(record))  # noqa: T201 - the terminal's own output


def _csv_lines() -> Callable[[dict[str, Any]], None]:
    names = [one.name for one in fields(AuditEntry)]
    writer = csv.DictWriter(sys.stdout, names)
    writer.writeheader()
    return writer.writerow
