"""What can go wrong between us and Slack at the start, in terms that the upper floors know."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

_UNREADABLE: Final = (
    SlackClientError,
    aiohttp.ClientError,
    TimeoutError,
    ConnectionError,
    ValueError,
)


class SlackRefusedError(Exception):
    """Slack answered no; `error` is its word for it, such as `invalid_auth`."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


class SlackUnreachableError(Exception):
    """Slack gave no answer that can be read; `reason` names the kind of fault."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@contextmanager
def slack_errors() -> Iterator[None]:
    """Translate what slack-sdk and aiohttp raise; their texts can hold tokens and are dropped.

    Raises:
        SlackRefusedError: Slack answered no.
        SlackUnreachableError: there was no answer that can be read.
    """
    try:
        yield
    except SlackApiError as error:
        raise SlackRefusedError(error_code(error)) from None
    except _UNREADABLE as error:
        raise SlackUnreachableError(type(error).__name__) from None


def error_code(error: SlackApiError) -> str:
    """Slack's word for what is wrong."""
    response = error.response
    found = response.get("error") if hasattr(response, "get") else None
    return str(found or "unknown")
