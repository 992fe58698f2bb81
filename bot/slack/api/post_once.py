"""One attempt to post a message at most once, and what is certain about its outcome.

Elsewhere a message with an unknown outcome is sent again through the next channel; here that would
notify people twice, so nothing is retried, and an unknown outcome is reported as unknown.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.services.jobs.outcomes import Delivery, Report
from bot.slack.api.errors import (
    TOKEN_REFUSALS,
    TRANSPORT_ERRORS,
    UNKNOWN_WORD,
    error_code,
    pause_asked,
    status_of,
)
from bot.slack.api.threads import THREAD_GONE, Threads, card_of

# Error codes that mean "not now, and nothing was posted", or a token that an admin can fix.
# https://docs.slack.dev/reference/methods/chat.postMessage#errors
_NOT_NOW: Final = TOKEN_REFUSALS | {
    *("message_limit_exceeded", "rate_limited", "ratelimited", "request_timeout"),
    "team_added_to_org",
}
# Slack's documentation of the first two: "some aspect of the operation" may have succeeded.
_MAYBE: Final = frozenset({"fatal_error", "internal_error", "service_unavailable", UNKNOWN_WORD})
# No connection was established, so nothing was sent.
_NOT_SENT: Final = (aiohttp.ClientConnectorError, aiohttp.ClientHttpProxyError)


def unrepeating(client: AsyncWebClient) -> AsyncWebClient:
    """A copy of the client without slack-sdk's automatic retries."""
    return AsyncWebClient(
        token=client.token, base_url=client.base_url, session=client.session, retry_handlers=[]
    )


async def post_once(
    client: AsyncWebClient, arguments: dict[str, Any], *, threads: Threads, seconds: float
) -> Report:
    """Call chat.postMessage once, and wait for the answer.

    A message that lands outside of its thread is deleted and counts as refused.
    """
    try:
        async with asyncio.timeout(seconds):
            answer = await client.api_call("chat.postMessage", json=arguments)
    except SlackApiError as error:
        return _refused(error)
    except _NOT_SENT as error:
        return Report(delivery=Delivery.NOT_SENT, why=type(error).__name__)
    except TRANSPORT_ERRORS as error:
        return Report(delivery=Delivery.UNKNOWN, why=type(error).__name__)
    if not await threads.landed(arguments, answer.data):
        return Report(delivery=Delivery.UNDELIVERABLE, why=THREAD_GONE)
    return Report(delivery=Delivery.SENT, card=card_of(answer.data))


def _refused(error: SlackApiError) -> Report:
    pause, why = pause_asked(error.response), error_code(error)
    if pause is not None:
        longest = timedelta.max.total_seconds() / 2
        return Report(
            delivery=Delivery.NOT_SENT, why=why, pause=timedelta(seconds=min(pause, longest))
        )
    if status_of(error.response) >= HTTPStatus.INTERNAL_SERVER_ERROR or why in _MAYBE:
        return Report(delivery=Delivery.UNKNOWN, why=why)
    return Report(
        delivery=Delivery.NOT_SENT if why in _NOT_NOW else Delivery.UNDELIVERABLE, why=why
    )


def after(error: Exception) -> Report:
    """What is certain after an exception from any posting call of slack-sdk."""
    if isinstance(error, SlackApiError):
        return _refused(error)
    delivery = Delivery.NOT_SENT if isinstance(error, _NOT_SENT) else Delivery.UNKNOWN
    return Report(delivery=delivery, why=type(error).__name__)
