"""`voicestatus jobs`: the watches and bulks of all users, for the operator. Shows no IDMSG."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from rich.table import Table
from rich.text import Text

from bot.commands.exit_codes import FAILED, OK
from bot.commands.records import with_installation
from bot.composition.configured import utc_now
from bot.composition.terminal import Installation
from bot.domain.audit import Action
from bot.domain.jobs.bulk import Bulk
from bot.domain.jobs.watch import Watch
from bot.domain.texts.printable import json_line, printable
from bot.services.operator import JobOperator, JobOutcome
from bot.settings.settings import Settings
from bot.slack.cards.terminal import console

_MOST: Final = 1_000
_WIDE: Final = 250
_SENTENCES: Final = {
    JobOutcome.DONE: "Done; the running bot sees it within a second.",
    JobOutcome.UNKNOWN: "No watch or list has that id.",
    JobOutcome.NOT_OPEN: "It is finished, or its answer is being sent.",
    JobOutcome.NOTHING_TO_RETRY: "Nothing to retry: it is finished, or its answer is being sent.",
    JobOutcome.WATCHED_ANEW: "The same call is already watched again for the same place.",
}


async def do_job(
    settings: Settings, action: str, job_id: str, *, everything: bool, as_json: bool
) -> int:
    """List watches and bulks, or act on one of them; the exit code."""

    async def do(installation: Installation) -> int:
        stores = installation.stores
        jobs = JobOperator(watches=stores.watches, bulks=stores.bulks, now=utc_now)
        if action == "list":
            _show(await jobs.latest(_MOST, only_open=not everything), as_json=as_json)
            return OK
        outcome = await (jobs.cancel if action == "cancel" else jobs.retry)(job_id)
        if outcome is JobOutcome.DONE:
            deed: Action = "cancel" if action == "cancel" else "retry"
            installation.records.acted(installation.asked, deed)
        return _say(outcome)

    return await with_installation(settings, do)


def _say(outcome: JobOutcome) -> int:
    done = outcome is JobOutcome.DONE
    print(_SENTENCES[outcome], file=sys.stdout if done else sys.stderr)
    return OK if done else FAILED


def _show(jobs: Sequence[Watch | Bulk], *, as_json: bool) -> None:
    if as_json:
        for job in jobs:
            print(json_line(_record(job)))  # noqa: T201 - the terminal's own output
        return
    if not jobs:
        print("No watch and no list is open here; --all includes finished ones.")  # noqa: T201
        return
    # Fits the narrowest terminals: the kind of a bulk is beside its state.
    table = Table("id", "state", "who", "where", "looks", "next", "until", box=None, pad_edge=False)
    for job in jobs:
        record = _record(job)
        table.add_row(
            job.id,
            job.state.value if isinstance(job, Watch) else f"bulk {job.state.value}",
            Text(printable(job.user)),
            Text(printable(f"{job.destination.channel} {job.destination.thread or ''}").strip()),
            str(job.looks) if isinstance(job, Watch) else "",
            record["due_at"] or "",
            record["expires_at"] or "",
        )
    screen = console()
    if not screen.is_terminal:
        # For grep and the like, each job on a line of its own.
        screen.width = _WIDE
    screen.print(table)


def _record(job: Watch | Bulk) -> dict[str, Any]:
    watch = job if isinstance(job, Watch) else None
    return {
        "id": job.id,
        "kind": "watch" if watch is not None else "bulk",
        "calls": job.total if isinstance(job, Bulk) else 1,
        "state": job.state.value,
        "ending": job.ending.value if job.ending is not None else None,
        "user": job.user,
        "team": job.destination.team,
        "channel": job.destination.channel,
        "thread": job.destination.thread,
        "looks": watch.looks if watch is not None else None,
        "attempts": job.attempts,
        "started_at": _moment(job.started_at),
        "due_at": _moment(job.due_at) if job.open else None,
        "expires_at": _moment(watch.expires_at) if watch is not None else None,
        "ended_at": _moment(job.ended_at) if job.ended_at is not None else None,
    }


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
