"""Calls of Slack with a time limit, and the tree of their errors.

    SlackError                     Slack did not do what was asked
    ├── UnclearError               Slack's own fault: it may have done what was asked
    │   └── SlackUnreachableError  no valid answer, or status 5xx
    │       └── NotConnectedError  no connection was made, so nothing was sent
    ├── NotNowError                a rate limit, or another reason that passes; nothing was done
    ├── TokenRefusedError          about the token or its rights, which an admin can fix
    │   ├── DeadTokenError         the token is invalid for every method
    │   └── MissingScopeError      the token may not call this method
    ├── PlaceRefusedError          about the conversation, user, view or URL, whatever the message
    │   ├── GoneError              the message, thread or file does not exist (any more)
    │   └── NotMemberError         the bot does not see the conversation
    └── FormRefusedError           any other code: about the form of a message or view

Their reasons are safe to show and to log. The texts of slack-sdk's own errors are not: they can
contain tokens and bodies. https://docs.slack.dev/reference/methods/chat.postMessage#errors
"""

from __future__ import annotations

import asyncio
import math
import re
import tomllib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from copy import copy
from functools import cache
from http import HTTPStatus
from importlib import resources
from typing import Any, ClassVar, Final

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.slack.blocks.payload import parsed

_WORD: Final = re.compile(r"[a-z0-9_]{1,64}")
# Replaces a missing or malformed error code.
_UNKNOWN: Final = "unknown"
# With these a response URL refuses every message.
_OVER: Final = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
# With these statuses nothing was done, and the request itself is at fault.
_OF_FORM: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE})

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


class SlackError(Exception):
    """Slack did not do what was asked.

    Attributes:
        reason: Slack's error code, or the kind of fault.
        status: the HTTP status; 0 if there was no answer.
        retry_after: the seconds to wait after a rate limit; `None` for other errors.
        passes: whether a later attempt may succeed.
        may_be_done: whether Slack may have done what was asked.
    """

    passes: ClassVar[bool] = False
    may_be_done: ClassVar[bool] = False

    def __init__(self, reason: str, *, status: int = 0, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.retry_after = retry_after


class UnclearError(SlackError):
    """Slack's own fault. Slack's documentation: "some aspect of the operation" may succeed."""

    passes = True
    may_be_done = True


class SlackUnreachableError(UnclearError):
    """Slack gave no valid answer, or status 5xx."""


class NotConnectedError(SlackUnreachableError):
    """No connection was made, so nothing was sent."""

    may_be_done = False


class NotNowError(SlackError):
    """A rate limit, or another reason that passes; nothing was done."""

    passes = True


class TokenRefusedError(SlackError):
    """Slack refuses the token, or the token lacks a right; an admin can fix that."""

    passes = True


class DeadTokenError(TokenRefusedError):
    """The token is invalid for every method."""


class MissingScopeError(TokenRefusedError):
    """The token may not call this method."""


class PlaceRefusedError(SlackError):
    """Slack refuses any message, file or view there, whatever its form; nothing was done."""


class GoneError(PlaceRefusedError):
    """The message, thread or file does not exist, or no longer."""


class NotMemberError(PlaceRefusedError):
    """The bot does not see the conversation."""


class FormRefusedError(SlackError):
    """Slack refuses a message or view because of its form; nothing was done.

    A code that we do not know counts as this, since trying a plainer form costs only a call.
    """


@cache
def load_codes() -> Mapping[type[SlackError], Sequence[str]]:
    """Slack's error codes by what they mean, from `codes.toml`, which names these classes."""
    text = resources.files(__package__).joinpath("codes.toml").read_text("utf-8")
    return {globals()[name]: codes for name, codes in tomllib.loads(text).items()}


def refusal(status: int, headers: Mapping[str, str], answer: object) -> SlackError:
    """The error that an answer of the Web API means.

    Args:
        status: the HTTP status.
        headers: its headers; slack-sdk passes on aiohttp's, whose names are in any case.
        answer: the parsed body; anything but an object with `ok: false` has no error code.

    https://docs.slack.dev/apis/web-api/rate-limits
    """
    refused = answer if isinstance(answer, dict) and answer.get("ok") is False else {}
    code = word_of(refused.get("error"))
    reason = f"an answer that cannot be read, status {status}" if code == _UNKNOWN else code
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return NotNowError(reason, status=status, retry_after=_retry_after(headers))
    kind = next((kind for kind, codes in load_codes().items() if code in codes), None)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR and kind is not FormRefusedError:
        kind = SlackUnreachableError
    if kind is None:
        of_form = code != _UNKNOWN or status in _OF_FORM
        kind = FormRefusedError if of_form else UnclearError
    return kind(reason, status=status)


def url_refusal(status: int, headers: Mapping[str, str], body: str | None) -> SlackError | None:
    """The error that an answer of a response URL means; `None` if it accepted the message.

    It answers with a word, or in JSON, whose status may be 200 for a refusal.
    """
    # To nearly every message it answers with this word, which is no JSON.
    answer = {} if body == "ok" else parsed(body, dict) or {}
    if status == HTTPStatus.OK and answer.get("ok", True) is True:
        return None
    said = _WORD.match((body or "").strip())
    error = refusal(status, headers, answer or (said and {"ok": False, "error": said[0]}))
    over = isinstance(error, FormRefusedError) and status in _OVER
    return PlaceRefusedError(error.reason, status=status) if over else error


def word_of(found: object) -> str:
    """A well-formed identifier of Slack's, safe to log; `unknown` for anything else."""
    return found if isinstance(found, str) and _WORD.fullmatch(found) else _UNKNOWN


def _retry_after(headers: Mapping[str, str]) -> float:
    try:
        seconds = float(headers.get("Retry-After", "1"))
    except ValueError:
        return 1.0
    # float() also parses "nan" and "inf", which asyncio.sleep cannot handle.
    return max(0.0, seconds) if math.isfinite(seconds) else math.inf


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
    return kind(_fact_of(error))


def _fact_of(error: Exception) -> str:
    """What went wrong on the way; no text of the other side."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        words: str = getattr(error.certificate_error, "verify_message", "")
        # The rest of a mismatch is the host's name.
        return f"certificate: {words.partition(',')[0]}"
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return f"proxy: HTTP {error.status}"
    fact = type(error).__name__
    return f"proxy: {fact}" if isinstance(error, aiohttp.ClientProxyConnectionError) else fact


def without_retries(client: AsyncWebClient) -> AsyncWebClient:
    """A copy of the client without slack-sdk's automatic retries."""
    patient = copy(client)
    patient.retry_handlers = []
    return patient


async def slack_answer(
    call: Callable[[], Awaitable[AsyncSlackResponse]],
    *,
    seconds: float = _ATTEMPT_SECONDS,
    longest: float = _BRIEF_SECONDS,
    attempts: float = _MOST_ATTEMPTS,
) -> AsyncSlackResponse:
    """The answer of a method that the caller cannot do without; waits for brief rate limits.

    Args:
        call: calls the method.
        seconds: the time limit of an attempt.
        longest: a longer rate limit is not waited for.
        attempts: how many there are at the most.

    Raises:
        SlackError: Slack refused the call, or gave no valid answer.
    """
    while True:
        attempts -= 1
        try:
            async with within(seconds):
                response = await call()
            checked(response.data)
        except SlackError as error:
            pause = error.retry_after
            if pause is None or pause > longest or attempts < 1:
                raise
        else:
            return response
        await asyncio.sleep(pause)


def checked(data: object) -> dict[str, Any]:
    """An answer of a method, which has to be an object.

    Raises:
        SlackUnreachableError: it is none.
    """
    if not isinstance(data, dict):
        raise SlackUnreachableError("an answer that cannot be read")
    return data
