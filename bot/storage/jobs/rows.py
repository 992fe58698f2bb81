"""Jobs, calls and ignored lines as rows of their tables, and back; no database, no clock."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

from bot.domain.call_status import (
    Answer,
    CallStatus,
    Finding,
    LookupFailure,
    outcome_key,
    read_result,
)
from bot.domain.id_lists.id_list import IgnoredLine
from bot.domain.id_lists.list_words import LineProblem
from bot.domain.input.message_id import MessageId
from bot.domain.jobs.bulk import Bulk, BulkEnding, BulkItem, BulkState
from bot.domain.jobs.job import Destination, PostedCard
from bot.domain.jobs.watch import Ending, State, Watch

NAME_LIMIT: Final = 200
# The column `lap`, see `schema`.
FIRST, AGAIN, OVER = 0, 1, 2
# What a job and its row have under the same name.
_JOB: Final = (
    *("id", "started_at", "due_at", "worker"),
    *("attempts", "doubtful", "decided_at", "ended_at"),
)
_WATCH: Final = ("expires_at", "looks", "unknown")
_BULK: Final = ("name", "file", "digest", "total", "doubles", "ignored", "paused_until")


def values_of(job: Watch | Bulk) -> dict[str, Any]:
    """The columns of a job."""
    card = job.card
    return {
        **{name: getattr(job, name) for name in _JOB},
        "user_id": job.user,
        "asked_in": job.asked_in,
        "external": job.external,
        "team_id": job.destination.team,
        "channel_id": job.destination.channel,
        # Not NULL, which the unique index would treat as different from every other NULL.
        "thread_ts": job.destination.thread or "",
        "card_channel_id": card.channel if card is not None else None,
        "card_ts": card.ts if card is not None else None,
        "state": job.state.value,
        "ending": job.ending.value if job.ending is not None else None,
        **(_values_of_watch(job) if isinstance(job, Watch) else _values_of_bulk(job)),
    }


def _values_of_watch(watch: Watch) -> dict[str, Any]:
    last = watch.last
    return {
        **{name: getattr(watch, name) for name in _WATCH},
        **_values_of_finding(last.finding if last is not None else None),
        "idmsg": watch.message_id.value,
        "checked_at": last.checked_at if last is not None else None,
        "sandbox": last is not None and last.sandbox,
    }


def _values_of_bulk(bulk: Bulk) -> dict[str, Any]:
    same = {name: getattr(bulk, name) for name in _BULK}
    # A file name may name people, and the file is of no use after the end.
    over = {} if bulk.open else {"name": "", "file": None, "digest": None}
    return {**same, "name": _storable(bulk.name, NAME_LIMIT), **over}


def watch_of(row: Any) -> Watch:
    """The watch of a row."""
    last = None
    if row.checked_at is not None:
        last = Answer(
            message_id=MessageId(row.idmsg),
            finding=_finding_of(row),
            checked_at=row.checked_at,
            sandbox=row.sandbox,
        )
    return Watch(
        **_fields_of(row, _WATCH),
        message_id=MessageId(row.idmsg),
        state=State(row.state),
        last=last,
        ending=Ending(row.ending) if row.ending is not None else None,
    )


def bulk_of(row: Any) -> Bulk:
    """The bulk of a row."""
    return Bulk(
        **_fields_of(row, _BULK),
        state=BulkState(row.state),
        ending=BulkEnding(row.ending) if row.ending is not None else None,
    )


def _fields_of(row: Any, same: tuple[str, ...]) -> dict[str, Any]:
    """The fields that watches and bulks share, and those that are as in the row."""
    card = None
    if row.card_ts is not None:
        card = PostedCard(channel=row.card_channel_id, ts=row.card_ts)
    return {
        **{name: getattr(row, name) for name in (*_JOB, *same)},
        "user": row.user_id,
        "asked_in": row.asked_in,
        # NULL in rows of version 0.1.0.
        "external": bool(row.external),
        "destination": Destination(
            team=row.team_id, channel=row.channel_id, thread=row.thread_ts or None
        ),
        "card": card,
    }


def values_of_calls(bulk_id: str, message_ids: Sequence[MessageId]) -> list[dict[str, Any]]:
    """The rows of calls that are still to be looked up."""
    same = {"bulk_id": bulk_id, "lap": FIRST, "sandbox": False}
    return [
        {**same, "position": position, "idmsg": message_id.value}
        for position, message_id in enumerate(message_ids)
    ]


def values_of_answers(
    answered: Sequence[BulkItem], once_more: Collection[int]
) -> list[dict[str, Any]]:
    """The changed columns of the calls that have a finding, and the position as `at_position`."""
    return [
        {
            "at_position": item.position,
            "lap": AGAIN if item.position in once_more else OVER,
            "outcome": outcome_key(item.finding),
            **_values_of_finding(item.finding),
            "checked_at": item.checked_at,
            "sandbox": item.sandbox,
        }
        for item in answered
        if item.finding is not None
    ]


def call_of(row: Any) -> BulkItem:
    """The call of a row."""
    return BulkItem(
        position=row.position,
        message_id=MessageId(row.idmsg),
        finding=_finding_of(row) if row.outcome is not None else None,
        checked_at=row.checked_at,
        sandbox=row.sandbox,
    )


def values_of_lines(bulk_id: str, ignored: Sequence[IgnoredLine]) -> list[dict[str, Any]]:
    """The rows of lines without an id, which contain no part of the line."""
    return [
        {
            "bulk_id": bulk_id,
            "position": position,
            "number": line.number,
            "problem": line.problem.value,
        }
        for position, line in enumerate(ignored)
    ]


def line_of(row: Any) -> IgnoredLine:
    """The ignored line of a row."""
    return IgnoredLine(number=row.number, problem=LineProblem(row.problem))


def _values_of_finding(finding: Finding | None) -> dict[str, Any]:
    """The columns of what a look-up found; all null without one.

    A status is stored as its raw text, and parsed again when it is read.
    """
    failure = finding if isinstance(finding, LookupFailure) else None
    return {
        "raw": finding.raw if isinstance(finding, CallStatus) else None,
        "error": failure.error if failure is not None else None,
        "error_detail": failure.detail if failure is not None else None,
    }


def _finding_of(row: Any) -> Finding:
    if row.error is not None:
        return LookupFailure(error=row.error, detail=row.error_detail or "")
    return read_result(row.raw)


def _storable(text: str, most: int) -> str:
    """The text as every database stores it: PostgreSQL rejects NUL, UTF-8 lone surrogates."""
    cut = text.replace("\0", "")[:most]
    return cut.encode("utf-8", "replace").decode("utf-8")
