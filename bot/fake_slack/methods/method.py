"""The general methods of the Web API, and `Method`, by which every method is described.

A method returns the fields beside `ok`, or raises RefusedError. `web_api` has already checked the
token and the scope.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.fake_slack.state import workspace as made_up
from bot.fake_slack.state.refusals import RefusedError
from bot.fake_slack.state.workspace import BOT_USER_ID, TEAM_ID, Token, Workspace

Arguments = Mapping[str, Any]
Answer = dict[str, Any]

MOST_TEAMS_IN_A_PAGE = 1_000
# slack-sdk adds team_id to every call of a client that was created with one.
EVERYWHERE = frozenset({"team_id"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One method: its function, the scope it requires, the arguments it knows.

    `token` is None if no token is required; `takes_json` is false if only forms are accepted.
    """

    answer: Callable[[Arguments], Answer]
    arguments: frozenset[str] = frozenset()
    scope: str = ""
    token: Token | None = Token.BOT
    takes_json: bool = True


def arguments(*names: str) -> frozenset[str]:
    """The arguments a method knows."""
    return EVERYWHERE.union(names)


def needed(given: Arguments, name: str) -> str:
    """A required argument.

    Raises:
        RefusedError: it is missing, empty or not a string.
    """
    value = given.get(name)
    if not isinstance(value, str) or not value:
        raise invalid_arguments(f"missing required field: {name}")
    return value


def invalid_arguments(problem: str) -> RefusedError:
    """Slack's error for wrong arguments."""
    details = {"response_metadata": {"messages": [f"[ERROR] {problem}"]}}
    return RefusedError("invalid_arguments", details=details)


def truth(given: Arguments, name: str) -> bool:
    """A boolean argument; forms encode it as 1 or 0."""
    return given.get(name) in (True, 1, "1", "true", "True")


class GeneralMethods:
    """auth.test, auth.teams.list, api.test and users.info."""

    def __init__(self, workspace: Workspace, base_url: str) -> None:
        self._workspace = workspace
        self._base_url = base_url

    def table(self) -> dict[str, Method]:
        """The methods by their names."""
        return {
            "api.test": Method(answer=self.api_test, token=None),
            "auth.test": Method(answer=self.auth_test, arguments=arguments()),
            "auth.teams.list": Method(
                answer=self.auth_teams_list,
                arguments=arguments("cursor", "limit", "include_icon"),
                takes_json=False,
            ),
            "users.info": Method(
                answer=self.users_info,
                arguments=arguments("user", "include_locale"),
                scope="users:read",
            ),
        }

    def api_test(self, given: Arguments) -> Answer:
        """Return the arguments, or the error given as an argument."""
        if given.get("error"):
            raise RefusedError(str(given["error"]), details={"args": dict(given)})
        return {"args": dict(given)}

    def auth_test(self, _given: Arguments) -> Answer:
        """Describe the owner of the token."""
        enterprise = self._workspace.enterprise
        return {
            **({"enterprise_id": enterprise} if enterprise else {}),
            "url": self._base_url,
            "team": made_up.TEAM_NAME,
            "user": made_up.BOT_NAME,
            "team_id": TEAM_ID,
            "user_id": BOT_USER_ID,
            "bot_id": made_up.BOT_ID,
            "is_enterprise_install": self._workspace.org_wide,
        }

    def auth_teams_list(self, given: Arguments) -> Answer:
        """One page of the workspaces that the app serves."""
        limit, start = (given.get(name) or usual for name, usual in (("limit", 100), ("cursor", 0)))
        if not str(limit).isdecimal() or not 1 <= int(limit) <= MOST_TEAMS_IN_A_PAGE:
            raise RefusedError("invalid_limit")
        if not str(start).isdecimal():
            raise RefusedError("invalid_cursor")
        teams, end = self._workspace.approved_teams, int(start) + int(limit)
        page = [{"id": one, "name": self._workspace.domain(one)} for one in teams[int(start) : end]]
        more = str(end) if end < len(teams) else ""
        return {"teams": page, "response_metadata": {"next_cursor": more}}

    def users_info(self, given: Arguments) -> Answer:
        """Describe a user, with the locale if requested."""
        profile = self._workspace.people.get(needed(given, "user"))
        if profile is None:
            raise RefusedError("user_not_found")
        user: Answer = {
            "id": profile.id,
            "team_id": profile.team,
            "name": profile.name,
            "real_name": profile.real_name,
            "tz": profile.timezone,
            "profile": {"real_name": profile.real_name, "display_name": profile.name},
            "is_admin": profile.is_admin,
            "is_bot": profile.is_bot,
            "is_restricted": profile.is_restricted or profile.is_ultra_restricted,
            "is_ultra_restricted": profile.is_ultra_restricted,
            "deleted": False,
        }
        if profile.team != TEAM_ID:
            user["is_stranger"] = profile.is_stranger
        enterprise = self._workspace.enterprises.get(profile.team)
        if enterprise is not None:
            user["enterprise_user"] = {
                "id": profile.id,
                "enterprise_id": enterprise,
                "enterprise_name": enterprise.lower(),
                "is_admin": False,
                "is_owner": False,
                "teams": [profile.team],
            }
        if truth(given, "include_locale"):
            user["locale"] = profile.locale
        return {"user": user}
