"""Who somebody is to this workspace: one of its own, or of another organisation; their locale."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from cachetools import TTLCache
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.access import Asker
from bot.domain.timing import Timing
from bot.slack.refusals import UNREADABLE
from bot.slack.workspace import Workspace

_LOCALE_SECONDS: Final = 24 * 60 * 60
_MOST_LOCALES: Final = 10_000


class People:
    """The people who ask."""

    def __init__(
        self, *, client: AsyncWebClient, workspace: Workspace, timing: Timing = Timing()
    ) -> None:
        self._client = client
        self._timing = timing
        self._workspace = workspace
        self._locales: TTLCache[str, str] = TTLCache(_MOST_LOCALES, _LOCALE_SECONDS)

    def asker(
        self, *, user: object, channel: object, team: object, enterprise: object = None
    ) -> Asker:
        """The asker of a payload, by what it says of their own team.

        Somebody is of another organisation when their team is neither ours nor one of our
        enterprise; a payload that does not say counts as ours, because Slack routed it here.
        """
        own = self._workspace
        foreign = bool(team) and bool(own.team_id) and team != own.team_id
        if foreign and own.enterprise_id and own.enterprise_id in {team, enterprise}:
            foreign = False
        return Asker(
            user=str(user or ""),
            channel=str(channel or ""),
            team=own.team_id or str(team or ""),
            external=foreign,
        )

    async def locale(self, user: str) -> str | None:
        """The locale in a person's Slack, such as `pt-BR`, where `users:read` was granted.

        https://docs.slack.dev/reference/methods/users.info
        """
        if "users:read" not in self._workspace.scopes or not user:
            return None
        if user in self._locales:
            return self._locales[user]
        try:
            async with asyncio.timeout(self._timing.locale):
                response = await self._client.users_info(user=user, include_locale=True)
            profile: Any = response.get("user")
        except UNREADABLE:
            return None
        locale = profile.get("locale") if isinstance(profile, dict) else None
        if not isinstance(locale, str):
            return None
        self._locales[user] = locale
        return locale
