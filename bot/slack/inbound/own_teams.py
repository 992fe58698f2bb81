"""The workspaces and organisations whose people are colleagues.

https://docs.slack.dev/reference/methods/auth.teams.list
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection
from time import monotonic
from typing import Any, Final

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.timing import Timing
from bot.slack.api.errors import TRANSPORT_ERRORS, fault_word
from bot.slack.api.workspace import Workspace

_log = structlog.get_logger(__name__)
# As many as Slack gives at once; organisations have hundreds of workspaces.
_PAGE: Final = 1_000
_MOST: Final = 10_000
_WORKSPACE: Final = re.compile(r"T[A-Z0-9]{1,30}")


class OwnTeams:
    """The bot's own ids, those that the operator adds, and, organisation-wide, those Slack lists.

    Attributes:
        certain: those that nobody has to be asked for.
    """

    def __init__(
        self,
        *,
        client: AsyncWebClient,
        workspace: Workspace,
        further: Collection[str] = (),
        timing: Timing = Timing(),
    ) -> None:
        named = (workspace.team_id, workspace.enterprise_id, *further)
        self.certain = frozenset(one for one in named if one)
        self._client = client
        self._org_wide = workspace.org_wide
        self._timing = timing
        self._listed: frozenset[str] = frozenset()
        self._due = monotonic()
        self._asking = asyncio.Lock()

    async def all(self) -> frozenset[str]:
        """Every one; Slack is asked for its list from time to time.

        What it listed last counts while it does not answer.
        """
        if self._org_wide:
            # One asks, and whoever comes meanwhile waits for the same answer.
            async with self._asking:
                if monotonic() >= self._due:
                    await self._ask()
        return self.certain | self._listed

    async def _ask(self) -> None:
        self._due = monotonic() + self._timing.recovery
        try:
            async with asyncio.timeout(self._timing.person):
                self._listed = await self._list()
        except TRANSPORT_ERRORS as error:
            _log.warning("the organisation's workspaces are not known", error=fault_word(error))
        else:
            self._due = monotonic() + self._timing.teams_again

    async def _list(self) -> frozenset[str]:
        listed: set[str] = set()
        async for page in await self._client.auth_teams_list(limit=_PAGE):
            teams: Any = page.get("teams")
            ids = [one.get("id") for one in teams if isinstance(one, dict)]
            listed.update(one for one in ids if isinstance(one, str) and _WORKSPACE.fullmatch(one))
            if len(listed) >= _MOST:
                break
        return frozenset(listed)
