"""The users: whether they belong to our organisation, and their locale."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final

import structlog
from cachetools import LRUCache, TTLCache
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.access import Asker
from bot.domain.timing import Timing
from bot.slack.api.calls import SlackError, within
from bot.slack.api.workspace import Workspace
from bot.slack.blocks.payload import first_word
from bot.slack.blocks.style import is_direct
from bot.slack.inbound.payload_checks import (
    Organisation,
    channel_of,
    organisation_of,
    overridden_by,
    user_of,
)
from bot.slack.inbound.posts import SLACKBOT

_log = structlog.get_logger(__name__)
_MOST_PEOPLE: Final = 10_000
# The maximum page size of auth.teams.list; organisations have hundreds of workspaces.
_PAGE: Final = 1_000
_MOST: Final = 10_000
_WORKSPACE: Final = re.compile(r"T[A-Z0-9]{1,30}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What `users.info` says of a user.

    Attributes:
        overrides: which results of `organisation_of` it overrides.
        is_person: it says that this is no bot.
    """

    locale: str | None = None
    is_person: bool = False
    overrides: frozenset[Organisation] = frozenset()


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
        # The ids that count as ours, known without a call to Slack.
        named = (workspace.team_id, workspace.enterprise_id, *own_teams)
        self._own_ids = frozenset(filter(None, named))
        self._listed: frozenset[str] = frozenset()
        self._due = monotonic()
        self._listing = asyncio.Lock()
        self._profiles: TTLCache[str, _Known] = TTLCache(_MOST_PEOPLE, timing.person_known)
        # Whose direct conversation with the bot a channel is.
        self._direct: LRUCache[str, str] = LRUCache(_MOST_PEOPLE)

    async def prepare(self) -> None:
        """Fetch the list of workspaces before the first request."""
        await self._all_own_ids()

    async def asker(self, body: Mapping[str, Any]) -> Asker:
        """Read the asker from any payload, which is `as_it_is_now`.

        Only jobs, which keep it, make an `Asker` too.
        """
        user, channel = user_of(body), channel_of(body)
        if is_direct(channel):
            # Slackbot's reminders in a conversation are those of the person who has it.
            if user == SLACKBOT:
                user = self._direct.get(channel, user)
            elif user:
                self._direct[channel] = user
        return Asker(
            user=user,
            channel=channel,
            team=self._workspace.team_id,
            external=not await self._is_ours(body, user),
        )

    async def _is_ours(self, body: Mapping[str, Any], user: str) -> bool:
        """By the ids in the payload; if they are not enough, by `users.info`."""
        if organisation_of(body, self._own_ids) is Organisation.OURS:
            return True
        own, known = await asyncio.gather(self._all_own_ids(), self._known(user))
        result = organisation_of(body, own)
        return result is Organisation.OURS or result in known.overrides

    async def is_person(self, user: str) -> bool:
        """Whether the user is known to be no bot; `False` without `users:read`."""
        return (await self._known(user)).is_person

    async def locale(self, user: str) -> str | None:
        """The user's locale, such as `pt-BR`; `None` without `users:read`."""
        return (await self._known(user)).locale

    async def _known(self, user: str) -> _Known:
        """What `users.info` says about a user; empty if the call fails.

        https://docs.slack.dev/reference/methods/users.info
        """
        if "users:read" not in self._workspace.scopes or not user:
            return _Known()
        cached = self._profiles.get(user)
        if cached is not None:
            return cached
        try:
            async with within(self._timing.person):
                response = await self._client.users_info(user=user, include_locale=True)
                profile: Any = response.get("user")
        except SlackError as error:
            _log.warning("the profile of a user is not known", error=error.reason)
            return _Known()
        if not isinstance(profile, dict):
            return _Known()
        found = _Known(
            locale=first_word(profile.get("locale")) or None,
            is_person=profile.get("is_bot") is False,
            overrides=overridden_by(profile, self._own_ids),
        )
        self._profiles[user] = found
        return found

    async def _all_own_ids(self) -> frozenset[str]:
        """The ids that count as ours; the list of workspaces is fetched again when it is old.

        While Slack does not answer, its last list counts.
        https://docs.slack.dev/reference/methods/auth.teams.list
        """
        if self._workspace.org_wide:
            # Concurrent callers wait for the same request.
            async with self._listing:
                if monotonic() >= self._due:
                    await self._list()
        return self._own_ids | self._listed

    async def _list(self) -> None:
        """Fetch the list of workspaces."""
        self._due = monotonic() + self._timing.recovery
        listed: set[str] = set()
        try:
            async with within(self._timing.person):
                async for page in await self._client.auth_teams_list(limit=_PAGE):
                    teams: Any = page.get("teams")
                    ids = [first_word(one.get("id")) for one in teams if isinstance(one, dict)]
                    listed.update(one for one in ids if _WORKSPACE.fullmatch(one))
                    if len(listed) >= _MOST:
                        break
        except SlackError as error:
            _log.warning("the organisation's workspaces are not known", error=error.reason)
        else:
            self._listed = frozenset(listed)
            self._due = monotonic() + self._timing.teams_again
