"""Errors of Slack calls, in terms that the layers above can use.

slack-sdk accesses fields of an answer before it checks its type, so malformed answers raise many
kinds of exceptions. Their texts are never shown or logged: they can contain tokens and bodies.
"""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, Final

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

# What slack-sdk raises if there is no answer or a malformed one.
TRANSPORT_ERRORS: Final = (
    SlackClientError,
    aiohttp.ClientError,
    TimeoutError,
    OSError,
    ValueError,
    # For JSON that is a list or a string, and for an unknown charset.
    AttributeError,
    TypeError,
    LookupError,
    RecursionError,
)
# A longer rate limit is not waited for: a user is waiting for the answer.
_BRIEF_SECONDS: Final = 5.0
_ATTEMPT_SECONDS: Final = 10.0
_MOST_ATTEMPTS: Final = 3
# Replaces a missing or malformed error code.
UNKNOWN_WORD: Final = "unknown"
_WORD: Final = re.compile(r"[a-z0-9_]{1,64}")
# Error codes that mean that the token is invalid for every method.
DEAD_TOKEN: Final = frozenset(
    {
        *("account_inactive", "app_not_installed", "invalid_auth", "not_authed"),
        *("team_access_not_granted", "token_expired", "token_revoked", "user_removed_from_team"),
    }
)
# Error codes that mean that the token may not call this method.
NO_SCOPE: Final = frozenset({"missing_scope", "no_permission", "not_allowed_token_type"})
# Error codes that are about the token or its rights, not about the arguments.
TOKEN_REFUSALS: Final = (DEAD_TOKEN | NO_SCOPE) | {
    *("access_denied", "ekm_access_denied", "enterprise_is_restricted", "forbidden_team"),
    *("invalid_app_token", "org_login_required", "two_factor_setup_required"),
}


class SlackRefusedError(Exception):
    """Slack refuses a token; `error` is its error code, such as `invalid_auth`."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


class SlackUnreachableError(Exception):
    """Slack gave no valid answer; `reason` names the kind of fault."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


async def slack_answer(call: Callable[[], Awaitable[AsyncSlackResponse]]) -> AsyncSlackResponse:
    """The answer of a method that the caller cannot do without; waits for brief rate limits.

    Raises:
        SlackRefusedError: Slack refuses the token.
        SlackUnreachableError: there was no valid answer.
    """
    for attempt in range(1, _MOST_ATTEMPTS + 1):
        try:
            async with asyncio.timeout(_ATTEMPT_SECONDS):
                response = await call()
        except SlackApiError as error:
            pause = pause_asked(error.response)
            if pause is None or pause > _BRIEF_SECONDS or attempt == _MOST_ATTEMPTS:
                raise _translated(error) from None
        except TRANSPORT_ERRORS as error:
            raise SlackUnreachableError(type(error).__name__) from None
        else:
            if not isinstance(response.data, dict):
                raise SlackUnreachableError("an answer that cannot be read")
            return response
        await asyncio.sleep(pause)
    raise AssertionError  # pragma: no cover - the last attempt returns or raises


def _translated(error: SlackApiError) -> SlackRefusedError | SlackUnreachableError:
    code = error_code(error)
    if code in TOKEN_REFUSALS:
        return SlackRefusedError(code)
    if code == UNKNOWN_WORD:
        return SlackUnreachableError(
            f"an answer that cannot be read, status {status_of(error.response)}"
        )
    return SlackUnreachableError(code)


def error_code(error: SlackApiError) -> str:
    """Slack's error code; only well-formed codes are passed on."""
    return error_word(getattr(error.response, "data", None))


def fault_word(error: Exception) -> str:
    """A failed call's error code or exception type, safe to log."""
    return error_code(error) if isinstance(error, SlackApiError) else type(error).__name__


def error_word(answer: object) -> str:
    """The error code of an answer with `ok: false`; `unknown` if missing or malformed."""
    refused = answer if isinstance(answer, dict) and answer.get("ok") is False else {}
    return word_of(refused.get("error"))


def word_of(found: object) -> str:
    """A well-formed identifier of Slack's, safe to log; `unknown` for anything else."""
    return found if isinstance(found, str) and _WORD.fullmatch(found) else UNKNOWN_WORD


def pause_asked(response: Any) -> float | None:
    """The seconds to wait after a rate limit, from Retry-After; `None` for other answers.

    https://docs.slack.dev/apis/web-api/rate-limits
    """
    if status_of(response) != HTTPStatus.TOO_MANY_REQUESTS:
        return None
    headers = getattr(response, "headers", None) or {}
    # slack-sdk's Web API client and webhook client return headers of different types and case.
    found = next((headers[name] for name in headers if name.lower() == "retry-after"), "1")
    try:
        seconds = float(found[0] if isinstance(found, list) else found)
    except (ValueError, LookupError):
        return 1.0
    # float() also parses "nan" and "inf", which asyncio.sleep cannot handle.
    return max(0.0, seconds) if math.isfinite(seconds) else math.inf


def status_of(response: Any) -> int:
    """The HTTP status of a Web API or webhook answer; 0 if it has none."""
    found = getattr(response, "status_code", None) or getattr(response, "status", None)
    return found if isinstance(found, int) else 0
