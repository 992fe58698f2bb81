"""`voicestatus jobs`: the watches of all people, for the operator. Shows no IDMSG."""

from __future__ import annotations

import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Final

from rich.table import Table

from bot.connections import revealed, utc_now
from bot.domain.watch import Watch
from bot.services.watch_jobs import JobOutcome, WatchJobs
from bot.settings import Settings
from bot.storage.database import open_database
from bot.storage.errors import StorageError
from bot.storage.watches import Watches
from bot.telemetry import configure_logging
from bot.terminal import console

_MOST: Final = 1_000
_EXIT_FAILED: Final = 1
_SENTENCES: Final = {
    JobOutcome.DONE: "Done; the running bot sees it within half a minute.",
    JobOutcome.UNKNOWN: "There is no watch of that id.",
    JobOutcome.NOT_OPEN: "It is over, or its answer is on the way.",
    JobOutcome.NOTHING_TO_RETRY: "There is nothing to retry: it is over, or its answer is on the "
    "way.",
    JobOutcome.WATCHED_ANEW: "The same call is watched for the same place again by now.",
}


async def do_job(
    settings: Settings, action: str, watch_id: str, *, everything: bool, as_json: bool
) -> int:
    """List watches, or do one thing with one of them; the exit code."""
    configure_logging(level="ERROR", json=False)
    try:
        async with open_database(revealed(settings.database_url)) as database:
            jobs = WatchJobs(watches=Watches(database), now=utc_now)
            if action == "list":
                _show(await jobs.latest(_MOST, only_open=not everything), as_json=as_json)
                return 0
            return _say(await _one(jobs, action)(watch_id))
    except StorageError as error:
        print(f"{error.problem} Check DATABASE_URL. [{error.fact}]", file=sys.stderr)  # noqa: T201
        return _EXIT_FAILED


def _one(jobs: WatchJobs, action: str) -> Callable[[str], Awaitable[JobOutcome]]:
    return jobs.cancel if action == "cancel" else jobs.retry


def _say(outcome: JobOutcome) -> int:
    done = outcome is JobOutcome.DONE
    print(_SENTENCES[outcome], file=sys.stdout if done else sys.stderr)
    return 0 if done else _EXIT_FAILED


def _show(watches: Sequence[Watch], *, as_json: bool) -> None:
    if as_json:
        for watch in watches:
            print(json.dumps(_record(watch)))  # noqa: T201 - the terminal's own output
        return
    table = Table("id", "state", "who", "where", "looks", "next", "until", box=None, pad_edge=False)
    for watch in watches:
        record = _record(watch)
        table.add_row(
            watch.id,
            watch.state.value,
            watch.user,
            f"{watch.destination.channel} {watch.destination.thread or ''}".strip(),
            str(watch.looks),
            record["due_at"] or "",
            record["expires_at"],
        )
    console().print(table)


def _record(watch: Watch) -> dict[str, Any]:
    return {
        "id": watch.id,
        "state": watch.state.value,
        "ending": watch.ending.value if watch.ending is not None else None,
        "user": watch.user,
        "team": watch.destination.team,
        "channel": watch.destination.channel,
        "thread": watch.destination.thread,
        "looks": watch.looks,
        "attempts": watch.attempts,
        "started_at": _moment(watch.started_at),
        "due_at": _moment(watch.due_at) if watch.open else None,
        "expires_at": _moment(watch.expires_at),
        "ended_at": _moment(watch.ended_at) if watch.ended_at is not None else None,
    }


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
