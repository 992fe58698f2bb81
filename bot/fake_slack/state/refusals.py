"""The error for every refusal of the loopback Slack, and failures that tests inject."""

from __future__ import annotations

import math
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

RATE_LIMITED = "ratelimited"
NO_DETAILS: Mapping[str, Any] = MappingProxyType({})


class RefusedError(Exception):
    """Slack refuses a request.

    `error` is Slack's error code, `details` the further fields of the answer, `status` the HTTP
    status of a Web API answer, `retry_after` its Retry-After header in seconds.
    """

    def __init__(
        self,
        error: str,
        *,
        details: Mapping[str, Any] = NO_DETAILS,
        status: int = 200,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(error)
        self.error = error
        self.details = details
        self.status = status
        self.retry_after = retry_after

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the refusal."""
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}


class NotPossibleError(Exception):
    """Slack's client would not let a user do this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One injected failure."""

    error: str
    status: int
    retry_after: int | None


class OrderedFailures:
    """Failures that tests inject into the next requests to a method."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[Failure]] = defaultdict(deque)
        self._lost: Counter[str] = Counter()
        self._rules: list[tuple[str, Callable[[Mapping[str, Any]], bool]]] = []
        # The methods that share a limit, and its seconds; when each conversation took a request.
        self._limits: dict[str, tuple[tuple[str, ...], float]] = {}
        self._taken_at: dict[tuple[tuple[str, ...], str], float] = {}

    def order(
        self,
        method: str,
        *,
        error: str = "internal_error",
        status: int | None = None,
        retry_after: int | None = None,
        times: int = 1,
    ) -> None:
        """Make the next `times` requests to a method, "response_url", "download" or "upload" fail.

        The default HTTP status is 200 for a Web API method, 400 for a response_url and 429 for the
        error "ratelimited"; `retry_after` is in seconds, 1 by default for a rate limit.
        """
        limited = error == RATE_LIMITED
        if status is None:
            status = 429 if limited else 200
        if retry_after is None and limited:
            retry_after = 1
        failure = Failure(error=error, status=status, retry_after=retry_after)
        self._waiting[method].extend([failure] * times)

    def limit(self, *methods: str, seconds: float) -> None:
        """Let each conversation take one request to any of these methods in so many seconds.

        Of chat.postMessage, the real Slack accepts one a second.
        https://docs.slack.dev/apis/web-api/rate-limits
        """
        self._limits |= dict.fromkeys(methods, (methods, seconds))

    def check_limit(self, method: str, channel: object) -> None:
        """Count a request.

        Raises:
            RefusedError: it is one too many.
        """
        if method not in self._limits:
            return
        methods, seconds = self._limits[method]
        now, key = time.monotonic(), (methods, str(channel))
        left = self._taken_at.get(key, -seconds) + seconds - now
        if left > 0:
            raise RefusedError(RATE_LIMITED, status=429, retry_after=math.ceil(left))
        self._taken_at[key] = now

    def forbid(self, error: str, content: Callable[[Mapping[str, Any]], bool]) -> None:
        """Refuse all arguments and bodies with such content, as a new rule of Slack's would."""
        self._rules.append((error, content))

    def check_content(self, given: Mapping[str, Any]) -> None:
        """Check arguments, or the body of a post to a response URL.

        Raises:
            RefusedError: `forbid` named their content.
        """
        for error, content in self._rules:
            if content(given):
                raise RefusedError(error)

    def clear(self) -> None:
        """Forget the failures that no request has met, the limits and the rules."""
        self._waiting.clear()
        self._rules.clear()
        self._limits.clear()

    def lose(self, method: str, *, times: int = 1) -> None:
        """Carry out the next `times` requests, but drop the connection instead of answering."""
        self._lost[method] += times

    def is_lost(self, method: str) -> bool:
        """Whether the answer to this request gets lost."""
        lost = self._lost[method] > 0
        self._lost[method] -= lost
        return lost

    def raise_next(self, method: str) -> None:
        """Raise the next injected failure of this method, if any.

        Raises:
            RefusedError: the injected failure.
        """
        if self._waiting[method]:
            failure = self._waiting[method].popleft()
            raise RefusedError(
                failure.error, status=failure.status, retry_after=failure.retry_after
            )
