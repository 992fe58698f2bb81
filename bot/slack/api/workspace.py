"""The workspace that the bot serves, from `auth.test`.

https://docs.slack.dev/reference/methods/auth.test
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.slack.api.calls import SlackUnreachableError, slack_answer

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
    scopes: frozenset[str] = frozenset()
    server_time: str = ""


async def find_workspace(client: AsyncWebClient) -> Workspace:
    """Ask Slack whose token this is.

    Raises:
        TokenRefusedError: Slack refuses the token.
        SlackError: Slack does not answer, or its answer does not identify the bot.
    """
    response = await slack_answer(client.auth_test)
    team_id, bot_user_id = _named(response, "team_id"), _named(response, "user_id")
    if not team_id and not bot_user_id:
        raise SlackUnreachableError("an answer that does not say who the bot is")
    # slack-sdk declares a dict, but these are aiohttp's headers, whose names are in any case.
    scopes = response.headers.get("x-oauth-scopes", "")
    return Workspace(
        team_id=team_id,
        team=_named(response, "team"),
        bot_id=_named(response, "bot_id"),
        bot_user_id=bot_user_id,
        bot_user=_named(response, "user"),
        enterprise_id=_named(response, "enterprise_id") or None,
        org_wide=response.get("is_enterprise_install") is True,
        scopes=frozenset(filter(None, (scope.strip() for scope in scopes.split(",")))),
        server_time=response.headers.get("date", ""),
    )


def _named(response: AsyncSlackResponse, key: str) -> str:
    """A name safe to print: control and bidirectional characters are removed."""
    value = response.get(key)
    shown = value[:_LONGEST_NAME] if isinstance(value, str) else ""
    return "".join(c for c in shown if unicodedata.category(c) not in _UNPRINTABLE).strip()
