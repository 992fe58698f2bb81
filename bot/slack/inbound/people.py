"""Who somebody is to this workspace: one of its own, or of another organisation; their locale."""

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
# As many as Slack gives at once; organisations have hundreds of workspaces.
_PAGE: Final = 1_000
_MOST: Final = 10_000
_WORKSPACE: Final = re.compile(r"T[A-Z0-9]{1,30}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What Slack says of a person: their locale, and which words of a request count for less."""

    locale: str | None = None
    outweighs: frozenset[Organisation] = frozenset()


class People:
    """The people who ask."""

    def __init__(
        self,
        *,
        client: AsyncWebClient,
        workspace: Workspace,
        own_teams: Collection[str] = (),
        timing: Timing = Timing(),
    ) -> None:
        """`own_teams` are workspaces and organisations whose people are colleagues as well."""
        self._client = client
        self._timing = timing
        self._workspace = workspace
        self._own_teams = OwnTeams(
            client=client, workspace=workspace, further=own_teams, timing=timing
        )
        self._kept: TTLCache[str, _Known] = TTLCache(_MOST_PEOPLE, timing.person_known)

    async def prepare(self) -> None:
        """Ask for what is better known before the first person comes."""
        await self._own_teams.all()

    async def asker(self, body: Mapping[str, Any]) -> Asker:
        """The asker of whatever Slack sent. There is no other way to make one.

        A form that was opened from a message is asked from that message's channel.
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
        """By what the request says; where that is not enough, by what Slack says when asked."""
        if organisation_of(body, self._own_teams.certain) is Organisation.OURS:
            return True
        own, known = await asyncio.gather(self._own_teams.all(), self._known(user))
        said = organisation_of(body, own)
        return said is Organisation.OURS or said in known.outweighs

    async def locale(self, user: str) -> str | None:
        """The locale in a person's Slack, such as `pt-BR`, where `users:read` was granted."""
        return (await self._known(user)).locale

    async def _known(self, user: str) -> _Known:
        """What Slack says of a person; nothing where it does not.

        https://docs.slack.dev/reference/methods/users.info
        """
        if "users:read" not in self._workspace.scopes or not user:
            return _Known()
        kept = self._kept.get(user)
        if kept is not None:
            return kept
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
        https://docs.slack.dev/reference/methods/auth.teams.list
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
