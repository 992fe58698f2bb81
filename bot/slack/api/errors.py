"""What can go wrong between us and Slack, in terms that the upper floors know.

slack-sdk reads into an answer before it knows its shape, so odd answers come out as errors of all
kinds; none of their texts may be shown or logged, since they can hold tokens and bodies.
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

# What a call of slack-sdk raises when there is no answer, or none that can be read.
TRANSPORT_ERRORS: Final = (
    SlackClientError,
    aiohttp.ClientError,
    TimeoutError,
    OSError,
    ValueError,
    # JSON that is a list or a string, and a charset that nobody knows.
    AttributeError,
    TypeError,
    LookupError,
    RecursionError,
)
# A rate limit of more seconds than this is no answer for a person who waits.
_BRIEF_SECONDS: Final = 5.0
_ATTEMPT_SECONDS: Final = 10.0
_MOST_ATTEMPTS: Final = 3
# In the place of Slack's word where it gave none.
UNKNOWN_WORD: Final = "unknown"
_WORD: Final = re.compile(r"[a-z0-9_]{1,64}")
# A token of which Slack says this is good for nothing any more.
DEAD_TOKEN: Final = frozenset(
    {
        *("account_inactive", "app_not_installed", "invalid_auth", "not_authed"),
        *("team_access_not_granted", "token_expired", "token_revoked", "user_removed_from_team"),
    }
)
# What is wrong with the token, whatever is asked with it.
TOKEN_REFUSALS: Final = DEAD_TOKEN | {
    *("access_denied", "ekm_access_denied", "enterprise_is_restricted", "forbidden_team"),
    *("invalid_app_token", "missing_scope", "no_permission", "not_allowed_token_type"),
    *("org_login_required", "two_factor_setup_required"),
}


class SlackRefusedError(Exception):
    """Slack refuses a token; `error` is its word for why, such as `invalid_auth`."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


class SlackUnreachableError(Exception):
    """Slack gave no answer that can be read; `reason` names the kind of fault."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


async def slack_answer(call: Callable[[], Awaitable[AsyncSlackResponse]]) -> AsyncSlackResponse:
    """The answer of a method that one cannot go on without; brief rate limits are waited for.

    Raises:
        SlackRefusedError: Slack refuses the token.
        SlackUnreachableError: there was no answer that can be read.
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
    """Slack's word for what is wrong; nothing else than such a word is passed on."""
    return error_word(getattr(error.response, "data", None))


def fault_word(error: Exception) -> str:
    """What may be logged of a call that failed: Slack's word, else the kind of the fault."""
    return error_code(error) if isinstance(error, SlackApiError) else type(error).__name__


def error_word(answer: object) -> str:
    """The word in an answer that says no, `unknown` where there is none or it is no word."""
    refused = answer if isinstance(answer, dict) and answer.get("ok") is False else {}
    return word_of(refused.get("error"))


def word_of(found: object) -> str:
    """A word of Slack's as it stands, `unknown` where it is none: it may be logged."""
    return found if isinstance(found, str) and _WORD.fullmatch(found) else UNKNOWN_WORD


def pause_asked(response: Any) -> float | None:
    """The seconds that Slack asks to wait for, where it answered that we ask too often.

    https://docs.slack.dev/apis/web-api/rate-limits
    """
    if status_of(response) != HTTPStatus.TOO_MANY_REQUESTS:
        return None
    headers = getattr(response, "headers", None) or {}
    found = next((headers[name] for name in headers if name.lower() == "retry-after"), "1")
    try:
        seconds = float(found[0] if isinstance(found, list) else found)
    except (ValueError, LookupError):
        return 1.0
    return max(0.0, seconds) if math.isfinite(seconds) else math.inf


def status_of(response: Any) -> int:
    """The HTTP status of an answer of either kind; 0 where there is none."""
    found = getattr(response, "status_code", None) or getattr(response, "status", None)
    return found if isinstance(found, int) else 0
