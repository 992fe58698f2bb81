"""The users: whether they belong to our organisation, and their locale."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final

import structlog
from cachetools import TTLCache
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.access import Asker
from bot.domain.timing import Timing
from bot.slack.api.errors import TRANSPORT_ERRORS, fault_word
from bot.slack.api.payload import first_word, part
from bot.slack.api.workspace import Workspace
from bot.slack.cards.modals import origin_of
from bot.slack.inbound.organisation import Organisation, organisation_of, outweighed_by

_log = structlog.get_logger(__name__)
_MOST_PEOPLE: Final = 10_000
# The maximum page size of auth.teams.list; organisations have hundreds of workspaces.
_PAGE: Final = 1_000
_MOST: Final = 10_000
_WORKSPACE: Final = re.compile(r"T[A-Z0-9]{1,30}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What `users.info` says: the locale, and which results of `organisation_of` it overrides."""

    locale: str | None = None
    outweighs: frozenset[Organisation] = frozenset()


class People:
    """Identifies users, and caches what `users.info` says about them."""

    def __init__(
        self,
        *,
        client: AsyncWebClient,
        workspace: Workspace,
        own_teams: Collection[str] = (),
        timing: Timing = Timing(),
    ) -> None:
        """`own_teams` are further workspaces and organisations that count as ours."""
        self._client = client
        self._timing = timing
        self._workspace = workspace
        self._own_teams = OwnTeams(
            client=client, workspace=workspace, further=own_teams, timing=timing
        )
        self._kept: TTLCache[str, _Known] = TTLCache(_MOST_PEOPLE, timing.person_known)

    async def prepare(self) -> None:
        """Fetch the list of workspaces before the first request."""
        await self._own_teams.all()

    async def asker(self, body: Mapping[str, Any]) -> Asker:
        """Read the asker from any payload. Nothing else makes an `Asker`.

        For a modal that was opened from a message, the channel is that message's.
        """
        event = part(body, "event")
        user = first_word(body.get("user_id"), part(body, "user").get("id"), event.get("user"))
        channel = first_word(
            body.get("channel_id"),
            part(body, "channel").get("id"),
            event.get("channel"),
            part(body, "container").get("channel_id"),
            origin_of(part(body, "view")).channel,
        )
        return Asker(
            user=user,
            channel=channel,
            team=self._workspace.team_id,
            external=not await self._is_ours(body, user),
        )

    async def _is_ours(self, body: Mapping[str, Any], user: str) -> bool:
        """By the ids in the payload; if they are not enough, by `users.info`."""
        if organisation_of(body, self._own_teams.certain) is Organisation.OURS:
            return True
        own, known = await asyncio.gather(self._own_teams.all(), self._known(user))
        result = organisation_of(body, own)
        return result is Organisation.OURS or result in known.outweighs

    async def locale(self, user: str) -> str | None:
        """The user's locale, such as `pt-BR`; `None` without `users:read`."""
        return (await self._known(user)).locale

    async def _known(self, user: str) -> _Known:
        """What `users.info` says about a user; empty if the call fails.

        https://docs.slack.dev/reference/methods/users.info
        """
        if "users:read" not in self._workspace.scopes or not user:
            return _Known()
        cached = self._kept.get(user)
        if cached is not None:
            return cached
        try:
            async with asyncio.timeout(self._timing.person):
                response = await self._client.users_info(user=user, include_locale=True)
            profile: Any = response.get("user")
        except TRANSPORT_ERRORS as error:
            _log.warning("Slack does not say who somebody is", error=fault_word(error))
            return _Known()
        if not isinstance(profile, dict):
            return _Known()
        found = _Known(
            locale=first_word(profile.get("locale")) or None,
            outweighs=outweighed_by(profile, self._own_teams.certain),
        )
        self._kept[user] = found
        return found


class OwnTeams:
    """The ids that count as ours: the bot's, configured ones, and those of auth.teams.list.

    Attributes:
        certain: those that are known without a call to Slack.
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
        """All ids; the list of workspaces is fetched again when it is old.

        While Slack does not answer, its last list counts.
        https://docs.slack.dev/reference/methods/auth.teams.list
        """
        if self._org_wide:
            # Concurrent callers wait for the same request.
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
