"""The workspace that the bot serves, as `auth.test` names it.

https://docs.slack.dev/reference/methods/auth.test
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.refusals import slack_errors


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """Who the bot is, and where.

    Attributes:
        scopes: what the token may do, from the header `x-oauth-scopes`; empty if Slack sent none.
        server_time: Slack's clock, from the header `date`; empty if Slack sent none.
    """

    team_id: str
    team: str
    bot_id: str
    bot_user_id: str
    bot_user: str
    enterprise_id: str | None = None
    url: str | None = None
    scopes: frozenset[str] = frozenset()
    server_time: str = ""

    def authorization(self, token: str | None) -> AuthorizeResult:
        """What Bolt wants to know for each request, without asking Slack again."""
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
    """Ask Slack who the token belongs to.

    Raises:
        SlackRefusedError: Slack refuses the token.
        SlackUnreachableError: Slack cannot be reached.
    """
    with slack_errors():
        response = await client.auth_test()
    headers = {name.lower(): _first(value) for name, value in response.headers.items()}
    data: Mapping[str, Any] = response.data if isinstance(response.data, dict) else {}
    scopes = headers.get("x-oauth-scopes", "")
    return Workspace(
        team_id=str(data.get("team_id", "")),
        team=str(data.get("team", "")),
        bot_id=str(data.get("bot_id", "")),
        bot_user_id=str(data.get("user_id", "")),
        bot_user=str(data.get("user", "")),
        enterprise_id=data.get("enterprise_id"),
        url=data.get("url"),
        scopes=frozenset(filter(None, (scope.strip() for scope in scopes.split(",")))),
        server_time=headers.get("date", ""),
    )


def _first(value: str | list[str]) -> str:
    return value[0] if isinstance(value, list) else value
