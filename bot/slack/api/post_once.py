"""One attempt to post a message that must not stand twice, and what is certain after it.

Elsewhere a message that may have been posted is posted again by the next way; here that would ring
a second time, so nothing is repeated, and what is not known is said to be not known.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Final

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.jobs.watch import PostedCard
from bot.slack.api.errors import (
    TOKEN_REFUSALS,
    TRANSPORT_ERRORS,
    UNKNOWN_WORD,
    error_code,
    pause_asked,
    status_of,
)
from bot.slack.api.threads import THREAD_GONE, Threads, card_of

# Slack's words for "not now", by which nothing was posted; and for a token that can be put right.
# https://docs.slack.dev/reference/methods/chat.postMessage#errors
_NOT_NOW: Final = TOKEN_REFUSALS | {
    *("message_limit_exceeded", "rate_limited", "ratelimited", "request_timeout"),
    "team_added_to_org",
}
# "It is possible that some aspect of the operation succeeded": so the page says of both.
_MAYBE: Final = frozenset({"fatal_error", "internal_error", "service_unavailable", UNKNOWN_WORD})
# No connection came about, so nothing was sent.
_NOT_SENT: Final = (aiohttp.ClientConnectorError, aiohttp.ClientHttpProxyError)


class Fate(StrEnum):
    """What became of it.

    `POSTED`: it stands there. `LATER`: it certainly does not, and may if it is tried later.
    `REFUSED`: it does not, and never will there. `UNKNOWN`: nobody said.
    """

    POSTED = "posted"
    LATER = "later"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What became of an attempt.

    Attributes:
        why: Slack's word, or the kind of the fault; empty where it was posted.
        pause: how long Slack asks to wait.
        card: what stands there now, where Slack says so.
    """

    fate: Fate
    why: str = ""
    pause: timedelta | None = None
    card: PostedCard | None = None


def unrepeating(client: AsyncWebClient) -> AsyncWebClient:
    """The same client, but without the repetitions that slack-sdk makes by itself."""
    return AsyncWebClient(
        token=client.token, base_url=client.base_url, session=client.session, retry_handlers=[]
    )


async def post_once(
    client: AsyncWebClient, arguments: dict[str, Any], *, threads: Threads, seconds: float
) -> Attempt:
    """Call chat.postMessage once, and wait this long for the answer.

    What lands outside of its thread is deleted, and counts as refused there.
    """
    try:
        async with asyncio.timeout(seconds):
            answer = await client.api_call("chat.postMessage", json=arguments)
    except SlackApiError as error:
        return _refused(error)
    except _NOT_SENT as error:
        return Attempt(fate=Fate.LATER, why=type(error).__name__)
    except TRANSPORT_ERRORS as error:
        return Attempt(fate=Fate.UNKNOWN, why=type(error).__name__)
    if not await threads.landed(arguments, answer.data):
        return Attempt(fate=Fate.REFUSED, why=THREAD_GONE)
    return Attempt(fate=Fate.POSTED, card=card_of(answer.data))


def _refused(error: SlackApiError) -> Attempt:
    pause, why = pause_asked(error.response), error_code(error)
    if pause is not None:
        longest = timedelta.max.total_seconds() / 2
        return Attempt(fate=Fate.LATER, why=why, pause=timedelta(seconds=min(pause, longest)))
    if status_of(error.response) >= HTTPStatus.INTERNAL_SERVER_ERROR or why in _MAYBE:
        return Attempt(fate=Fate.UNKNOWN, why=why)
    return Attempt(fate=Fate.LATER if why in _NOT_NOW else Fate.REFUSED, why=why)


def after(error: Exception) -> Attempt:
    """What is certain when one call of slack-sdk, any that leaves something to see, broke off."""
    if isinstance(error, SlackApiError):
        return _refused(error)
    fate = Fate.LATER if isinstance(error, _NOT_SENT) else Fate.UNKNOWN
    return Attempt(fate=fate, why=type(error).__name__)
