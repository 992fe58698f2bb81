"""The workspace that the bot serves, from `auth.test`.

https://docs.slack.dev/reference/methods/auth.test
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.api.errors import SlackUnreachableError, slack_answer

_LONGEST_NAME: Final = 100
_UNPRINTABLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """The bot's identity and workspace.

    Attributes:
        org_wide: whether the app is installed in an organisation and serves several workspaces.
        scopes: the token's scopes, from the header `x-oauth-scopes`; empty if Slack sent none.
        server_time: Slack's time, from the header `date`; empty if Slack sent none.
    """

    team_id: str
    team: str
    bot_id: str
    bot_user_id: str
    bot_user: str
    enterprise_id: str | None = None
    org_wide: bool = False
    url: str | None = None
    scopes: frozenset[str] = frozenset()
    server_time: str = ""

    def authorization(self, token: str | None) -> AuthorizeResult:
        """The authorization that Bolt needs for each request, without another `auth.test`."""
        return AuthorizeResult(
            enterprise_id=self.enterprise_id,
            team_id=self.team_id,
            team=self.team,
            url=self.url,
            bot_id=self.bot_id,
            bot_user_id=self.bot_user_id,
            bot_token=token,
            bot_scopes=sorted(self.scopes),
        )


async def find_workspace(client: AsyncWebClient) -> Workspace:
    """Ask Slack whose token this is.

    Raises:
        SlackRefusedError: Slack refuses the token.
        SlackUnreachableError: Slack cannot be reached, or its answer does not identify the bot.
    """
    response = await slack_answer(client.auth_test)
    headers = {name.lower(): _first(value) for name, value in response.headers.items()}
    data: Mapping[str, Any] = response.data if isinstance(response.data, dict) else {}
    team_id, bot_user_id = _named(data, "team_id"), _named(data, "user_id")
    if not team_id and not bot_user_id:
        raise SlackUnreachableError("an answer that does not say who the bot is")
    scopes = headers.get("x-oauth-scopes", "")
    return Workspace(
        team_id=team_id,
        team=_named(data, "team"),
        bot_id=_named(data, "bot_id"),
        bot_user_id=bot_user_id,
        bot_user=_named(data, "user"),
        enterprise_id=_named(data, "enterprise_id") or None,
        org_wide=data.get("is_enterprise_install") is True,
        url=_named(data, "url") or None,
        scopes=frozenset(filter(None, (scope.strip() for scope in scopes.split(",")))),
        server_time=headers.get("date", ""),
    )


def _named(data: Mapping[str, Any], key: str) -> str:
    """A name safe to print: control and bidirectional characters are removed."""
    value = data.get(key)
    shown = value[:_LONGEST_NAME] if isinstance(value, str) else ""
    return "".join(c for c in shown if unicodedata.category(c) not in _UNPRINTABLE).strip()


def _first(value: str | list[str]) -> str:
    return value[0] if isinstance(value, list) else value
