"""The Web API over HTTP: reads arguments, checks token and scope, runs the method, answers.

As with Slack, arguments may be in the query, a form or JSON. The token is read only from the
Authorization header.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from bot.fake_slack.methods.method import Arguments, Method
from bot.fake_slack.state.ledger import ApiCall, Ledger
from bot.fake_slack.state.refusals import OrderedFailures, RefusedError
from bot.fake_slack.state.workspace import Token, Workspace

FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})


class WebApi:
    """Answers /api/{method}."""

    def __init__(
        self,
        ledger: Ledger,
        workspace: Workspace,
        failures: OrderedFailures,
        methods: Mapping[str, Method],
    ) -> None:
        self._ledger = ledger
        self._workspace = workspace
        self._failures = failures
        self._methods = methods

    async def answer(self, request: web.Request) -> web.Response:
        """Answer one request."""
        name = request.match_info["method"]
        kind = self._workspace.secrets.kind_of(request.headers.get("Authorization", ""))
        method = self._methods.get(name)
        headers = self._scope_headers(kind, method)
        try:
            body = await self._ask(request, name, method, kind)
        except RefusedError as refused:
            body = {"ok": False, "error": refused.error, **refused.details}
            return web.json_response(
                body, status=refused.status, headers={**headers, **refused.headers}
            )
        finally:
            self._ledger.notify()
        # The call is done but its answer is lost: the client cannot know the outcome.
        if self._failures.is_lost(name) and request.transport is not None:
            request.transport.abort()
        return web.json_response({"ok": True, **body}, headers=headers)

    async def _ask(
        self, request: web.Request, name: str, method: Method | None, kind: Token | None
    ) -> dict[str, Any]:
        given: Arguments = {}
        try:
            given = await _arguments_of(request)
        finally:
            self._ledger.calls.append(
                ApiCall(method=name, arguments=given, token_ok=kind is not None)
            )
        # Injected failures come before any validation, like those of an overloaded Slack.
        self._failures.raise_next(name)
        self._failures.check_limit(name, given.get("channel"))
        self._failures.check_content(given)
        if method is None:
            raise RefusedError("unknown_method", details={"req_method": name})
        self._check_token(request, method, kind)
        self._check_arguments(name, method, given)
        if not method.takes_json and request.content_type == "application/json":
            raise RefusedError("invalid_arguments")
        try:
            return method.answer(given)
        except RefusedError as refused:
            self._ledger.refusals.append(f"{name}: {refused.error} {dict(refused.details)}")
            raise

    def _check_token(self, request: web.Request, method: Method, kind: Token | None) -> None:
        if method.token is None:
            return
        if "Authorization" not in request.headers:
            raise RefusedError("not_authed")
        if kind is None:
            raise RefusedError("invalid_auth")
        if kind != method.token:
            raise RefusedError("not_allowed_token_type")
        scopes = self._scopes(kind)
        if method.scope and method.scope not in scopes:
            provided = ",".join(sorted(scopes))
            raise RefusedError(
                "missing_scope", details={"needed": method.scope, "provided": provided}
            )

    def _check_arguments(self, name: str, method: Method, given: Arguments) -> None:
        if method.token is None:
            return
        for unknown in sorted(set(given) - method.arguments):
            self._ledger.warnings.append(f"{name}: argument {unknown} is not known here")

    def _scopes(self, kind: Token) -> set[str]:
        return self._workspace.app_scopes if kind is Token.APP else self._workspace.scopes

    def _scope_headers(self, kind: Token | None, method: Method | None) -> dict[str, str]:
        if kind is None:
            return {}
        headers = {"x-oauth-scopes": ",".join(sorted(self._scopes(kind)))}
        if method is not None and method.scope:
            headers["x-accepted-oauth-scopes"] = method.scope
        return headers


async def _arguments_of(request: web.Request) -> Arguments:
    given: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        try:
            body = json.loads(await request.read() or b"{}")
        except ValueError:
            raise RefusedError("invalid_json") from None
        if not isinstance(body, dict):
            raise RefusedError("json_not_object")
        given |= body
    elif request.content_type in FORMS:
        given |= dict(await request.post())
    elif request.body_exists:
        raise RefusedError("invalid_post_type")
    return given
