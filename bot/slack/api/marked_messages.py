"""Posts messages at most once: marked, without link previews, in the best form Slack accepts."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.jobs.watch import PostedCard
from bot.services.jobs.outcomes import Delivery, Report
from bot.slack.api.errors import TRANSPORT_ERRORS
from bot.slack.api.find_marked import Mark
from bot.slack.api.post_once import after, post_once
from bot.slack.api.threads import THREAD_GONE, Threads
from bot.slack.blocks.block_kit import NO_PREVIEWS, Message

_log = structlog.get_logger(__name__)
_BAD_BLOCKS: Final = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"})


async def post_notice(
    client: AsyncWebClient,
    forms: Iterable[Message],
    mark: Mark | None,
    *,
    threads: Threads,
    seconds: float,
    **where: str | None,
) -> Report:
    """Post a message in the first of its forms that Slack accepts, or else its text only.

    Hours may have passed since the request, so it first checks that the thread still exists: a
    message outside of it would notify people even if it is deleted immediately.

    Args:
        client: a client without retries.
        forms: at least one, the best first; each has the text.
        mark: the notice's mark; `None` if it is never searched for.
        threads: checks threads.
        seconds: the time limit of one call.
        where: `channel`, `thread_ts`; `None` values are omitted.
    """
    quiet: dict[str, Any] = {name: value for name, value in where.items() if value is not None}
    quiet |= NO_PREVIEWS
    if not await threads.stands(quiet["channel"], quiet.get("thread_ts")):
        return Report(delivery=Delivery.UNDELIVERABLE, why=THREAD_GONE)
    if mark is not None:
        quiet["metadata"] = mark.metadata
    text = ""
    for message in forms:
        text = message.text
        whole = quiet | message.body
        attempt = await post_once(client, whole, threads=threads, seconds=seconds)
        # After a refusal because of its form, the message is certainly not posted: safe to retry.
        if attempt.delivery is not Delivery.UNDELIVERABLE or attempt.why not in _BAD_BLOCKS:
            return attempt
        _log.error("a notice is posted in a plainer form", error=attempt.why)
    bare = quiet | {"text": text}
    return await post_once(client, bare, threads=threads, seconds=seconds)


async def change_card(
    client: AsyncWebClient, card: PostedCard, message: Message, *, seconds: float
) -> Report:
    """Update a card; a failure is logged, and the caller decides what follows."""
    try:
        async with asyncio.timeout(seconds):
            await client.chat_update(
                channel=card.channel, ts=card.ts, text=message.text, blocks=message.blocks
            )
    except TRANSPORT_ERRORS as error:
        attempt = after(error)
        _log.info("a card was not updated", error=attempt.why)
        return attempt
    return Report(delivery=Delivery.SENT)


def logged(attempt: Report) -> Report:
    """An attempt to post a notice; its failure is logged, and its message belongs to nothing."""
    if attempt.delivery is not Delivery.SENT:
        _log.warning("a notice was not posted", error=attempt.why, outcome=attempt.delivery.value)
    return replace(attempt, card=None)
