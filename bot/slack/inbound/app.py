"""The Bolt app, with its authorisation, its listeners and one error handler."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Protocol

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.api.workspace import Workspace
from bot.slack.inbound.payload_checks import reject_malformed

_log = structlog.get_logger(__name__)

Apology = Callable[[dict[str, Any], str], Awaitable[None]]


class Listener(Protocol):
    """The interface of the listener classes."""

    def register(self, app: AsyncApp) -> None:
        """Bind the listener's methods."""


def build_app(
    *,
    client: AsyncWebClient,
    workspace: Workspace,
    signing_secret: str,
    listeners: Iterable[Listener],
    apologise: Apology,
) -> AsyncApp:
    """Build the app for one workspace.

    Args:
        client: uses the HTTP session of the process.
        workspace: the answer of `auth.test` at startup.
        signing_secret: empty in Socket Mode, whose requests have no signature.
        listeners: the listeners to register.
        apologise: reports a failed listener to the user; takes the request's body and the number
            that is also in the log.
    """

    async def authorize() -> AuthorizeResult:
        return workspace.authorization(client.token)

    app = AsyncApp(
        # Without a name, Bolt inspects the source of every frame on the stack to find one.
        name="voicestatus",
        # Without the token, which `authorize` returns; Bolt warns if it finds two.
        client=AsyncWebClient(base_url=client.base_url, session=client.session),
        signing_secret=signing_secret,
        authorize=authorize,
        # Before Bolt itself reads fields of the body.
        before_authorize=reject_malformed,
        request_verification_enabled=bool(signing_secret),
        raise_error_for_unhandled_request=True,
    )
    for listener in listeners:
        listener.register(app)

    app.error(_on_error(apologise))
    return app


def _on_error(apologise: Apology) -> Callable[..., Awaitable[BoltResponse | None]]:
    async def on_error(error: Exception, body: dict[str, Any]) -> BoltResponse | None:
        if isinstance(error, BoltUnhandledRequestError):
            # Bolt's own handler would log the request.
            _log.info("unhandled request")
            return BoltResponse(status=200 if _is_of_slack(body) else 400)
        reference = secrets.token_hex(4)
        _log.error("a listener failed", reference=reference, exc_info=error)
        await apologise(body, reference)
        return None

    return on_error


def _is_of_slack(body: dict[str, Any]) -> bool:
    """Whether Slack may have sent it; users see an error if it is not acknowledged."""
    return any(body.get(name) for name in ("event", "command", "type"))
