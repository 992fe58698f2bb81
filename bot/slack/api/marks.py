"""What identifies a notice, and what Slack's answers show about it; pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.domain.jobs.job import Delivery, PostedCard, Report, Trace
from bot.slack.api.errors import GoneError, MissingScopeError, NotMemberError, SlackError
from bot.slack.blocks.payload import first_word, part, parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What identifies a notice.

    Attributes:
        event_type: the type of its metadata.
        name: the field of the metadata's payload with `value`.
        value: our id of the job.
        block_id: the id of one of its blocks, for when the metadata cannot be read.
        since: the earliest time at which it can have been posted.
        file: the name of a file that may have been shared instead.
    """

    event_type: str
    name: str
    value: str
    block_id: str
    since: datetime
    file: str = ""

    @property
    def metadata(self) -> dict[str, Any]:
        """The metadata of the notice.

        https://docs.slack.dev/messaging/message-metadata
        """
        return {"event_type": self.event_type, "event_payload": {self.name: self.value}}


def has_mark(message: Mapping[str, Any], mark: Mark) -> bool:
    """Compare the metadata, or the block ids if the metadata cannot be read."""
    payload = part(part(message, "metadata"), "event_payload")
    files = [one.get("name") for one in parts(message, "files")]
    is_file = bool(mark.file) and mark.file in files
    block_ids = [one.get("block_id") for one in parts(message, "blocks")]
    return payload.get(mark.name) == mark.value or is_file or mark.block_id in block_ids


def trace_after(error: SlackError) -> Trace:
    """What a failed search shows."""
    if isinstance(error, GoneError):
        return Trace.NONE
    if isinstance(error, NotMemberError):
        return Trace.OUTSIDE
    away = error.passes and not isinstance(error, MissingScopeError)
    return Trace.AWAY if away else Trace.UNREADABLE


def card_of(answer: object) -> PostedCard | None:
    """The posted message, from Slack's answer."""
    found = answer if isinstance(answer, Mapping) else {}
    channel, ts = first_word(found.get("channel")), first_word(found.get("ts"))
    return PostedCard(channel=channel, ts=ts) if channel and ts else None


def report_after(error: SlackError) -> Report:
    """What is certain after a failed attempt to post."""
    delivery = Delivery.NOT_SENT if error.passes else Delivery.UNDELIVERABLE
    if error.may_be_done:
        delivery = Delivery.UNKNOWN
    pause = None
    if error.retry_after is not None:
        longest = timedelta.max.total_seconds() / 2
        pause = timedelta(seconds=min(error.retry_after, longest))
    return Report(delivery=delivery, why=error.reason, pause=pause)
