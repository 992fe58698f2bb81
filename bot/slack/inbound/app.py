"""The Bolt app, with its authorisation, its listeners and one error handler.

Listeners run after their acknowledgement; shutdown waits for them.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterable
from copy import copy
from typing import Any, Protocol

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.timing import Timing
from bot.slack.api.workspace import Workspace
from bot.slack.inbound.payload_checks import is_well_shaped

_log = structlog.get_logger(__name__)

Apology = Callable[[dict[str, Any], str], Awaitable[None]]


class Listener(Protocol):
    """The interface of the listener classes."""

    def register(self, app: AsyncApp) -> None:
        """Bind the listener's methods."""


class CheckingApp(AsyncApp):
    """Bolt's app, which answers a malformed request with 400 before it reads fields of the body."""

    async def async_dispatch(self, req: AsyncBoltRequest) -> BoltResponse:
        """Pass on a request of the right shape."""
        if is_well_shaped(req.body):
            return await super().async_dispatch(req)
        _log.warning("request refused", status=400, reason="shape")
        return BoltResponse(status=400, body='{"error": "body"}')


def build_app(
    *,
    client: AsyncWebClient,
    workspace: Workspace,
    listeners: Iterable[Listener],
    apologise: Apology,
) -> AsyncApp:
    """Build the app for one workspace.

    Args:
        client: uses the HTTP session of the process.
        workspace: the answer of `auth.test` at startup.
        listeners: the listeners to register.
        apologise: reports a failed listener to the user; takes the request's body and the number
            that is also in the log.
    """
    # Without the token, which `authorize` returns; Bolt warns if it finds two.
    anonymous = copy(client)
    anonymous.token = None
    app = CheckingApp(
        # Without a name, Bolt inspects the source of every frame on the stack to find one.
        name="voicestatus",
        client=anonymous,
        authorize=_authorize(client, workspace),
        # The endpoint has checked the signature; requests in Socket Mode have none.
        request_verification_enabled=False,
        # No listener is a step of a workflow.
        attaching_function_token_enabled=False,
        raise_error_for_unhandled_request=True,
    )
    for listener in listeners:
        listener.register(app)

    app.error(_on_error(apologise))
    return app


def _authorize(
    client: AsyncWebClient, workspace: Workspace
) -> Callable[[], Awaitable[AuthorizeResult]]:
    async def authorize() -> AuthorizeResult:
        # Without another `auth.test` for each request.
        return AuthorizeResult(
            enterprise_id=workspace.enterprise_id,
            team_id=workspace.team_id,
            bot_id=workspace.bot_id,
            bot_user_id=workspace.bot_user_id,
            bot_token=client.token,
        )

    return authorize


def _on_error(apologise: Apology) -> Callable[..., Awaitable[BoltResponse | None]]:
    async def on_error(error: Exception, body: dict[str, Any]) -> BoltResponse | None:
        if isinstance(error, BoltUnhandledRequestError):
            # Bolt's own handler would log the request.
            _log.info("unhandled request")
            # Users would see an error if what Slack may have sent is not acknowledged.
            of_slack = any(body.get(name) for name in ("event", "command", "type"))
            return BoltResponse(status=200 if of_slack else 400)
        reference = secrets.token_hex(4)
        _log.error("a listener failed", reference=reference, exc_info=error)
        await apologise(body, reference)
        return None

    return on_error


class RunningListeners:
    """The listeners that are running.

    Bolt starts each listener in a new task without a reference; shutdown needs one to wait for it.
    """

    def __init__(self, *, timing: Timing = Timing()) -> None:
        self._last_words = timing.last_words
        self._tasks: set[asyncio.Task[object]] = set()

    def track(self) -> None:
        """Track the running task until it ends, including error handling."""
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def idle(self) -> None:
        """Wait until no listener is running; for tests."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def drain(self, seconds: float) -> int:
        """Wait for running listeners, then cancel them; each shows the user a note.

        Returns:
            how many were cancelled.
        """
        over = asyncio.get_running_loop().time() + seconds - self._last_words
        # In a loop, because a request taken at the last moment is tracked during the wait.
        while self._tasks and (left := over - asyncio.get_running_loop().time()) > 0:
            await asyncio.wait(self._tasks, timeout=left)
        late = set(self._tasks)
        for task in late:
            task.cancel()
        if late:
            _, lost = await asyncio.wait(late, timeout=self._last_words)
            if lost:
                _log.error("answers were lost at the end", count=len(lost))
        return len(late)


class AckFirst(AsyncMiddleware):
    """Listener middleware: acknowledge immediately.

    Bolt polls every 10 ms for an acknowledgement made in a listener; one made in middleware is sent
    within 0.2 ms. Not for modal submissions, whose acknowledgement contains the errors.
    """

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,  # noqa: ARG002
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002
    ) -> None:
        """Acknowledge, and continue."""
        await req.context.ack()
        await next()
