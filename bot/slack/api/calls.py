"""Calls of Slack with a time limit, whose failures are the errors of `bot.slack.api.errors`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.slack.api.errors import NotConnectedError, SlackError, SlackUnreachableError, refusal

# A longer rate limit is not waited for: a user is waiting for the answer.
_BRIEF_SECONDS: Final = 5.0
_ATTEMPT_SECONDS: Final = 10.0
_MOST_ATTEMPTS: Final = 3
# What slack-sdk and aiohttp raise. slack-sdk reads fields of an answer before it checks its type,
# so JSON that is a list or a string, or an unknown charset, raises one of the last four.
_FAULTS: Final = (
    *(SlackClientError, aiohttp.ClientError, TimeoutError, OSError),
    *(ValueError, AttributeError, TypeError, LookupError, RecursionError),
)


@asynccontextmanager
async def within(seconds: float) -> AsyncIterator[asyncio.Timeout]:
    """Limit the time of calls to Slack; yields the limit.

    Raises:
        SlackError: Slack refused a call, or did not answer it.
    """
    try:
        async with asyncio.timeout(seconds) as limit:
            yield limit
    except _FAULTS as error:
        raise _translated(error) from None


def _translated(error: Exception) -> SlackError:
    if isinstance(error, SlackApiError):
        answer = error.response
        # If the body is no JSON, slack-sdk attaches aiohttp's response instead of its own.
        status: int = getattr(answer, "status_code", 0) or getattr(answer, "status", 0)
        return refusal(status, getattr(answer, "headers", {}), getattr(answer, "data", None))
    unsent = isinstance(error, aiohttp.ClientConnectorError | aiohttp.ClientHttpProxyError)
    kind = NotConnectedError if unsent else SlackUnreachableError
    return kind(type(error).__name__)


def without_retries(client: AsyncWebClient) -> AsyncWebClient:
    """A copy of the client without slack-sdk's automatic retries."""
    return AsyncWebClient(
        token=client.token, base_url=client.base_url, session=client.session, retry_handlers=[]
    )


async def slack_answer(call: Callable[[], Awaitable[AsyncSlackResponse]]) -> AsyncSlackResponse:
    """The answer of a method that the caller cannot do without; waits for brief rate limits.

    Raises:
        SlackError: Slack refused the call, or gave no valid answer.
    """
    for attempt in range(1, _MOST_ATTEMPTS + 1):
        try:
            async with within(_ATTEMPT_SECONDS):
                response = await call()
            checked(response.data)
        except SlackError as error:
            pause = error.retry_after
            if pause is None or pause > _BRIEF_SECONDS or attempt == _MOST_ATTEMPTS:
                raise
        else:
            return response
        await asyncio.sleep(pause)
    raise AssertionError  # pragma: no cover - the last attempt returns or raises


def checked(data: object) -> dict[str, Any]:
    """An answer of a method, which has to be an object.

    Raises:
        SlackUnreachableError: it is none.
    """
    if not isinstance(data, dict):
        raise SlackUnreachableError("an answer that cannot be read")
    return data
