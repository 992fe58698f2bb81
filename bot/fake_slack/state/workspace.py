"""The made-up workspace: its people, channels and members, its tokens and their scopes.

The secrets only look like Slack's; they are computed so that scanners for secrets stay quiet.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

APP_ID = "A0LOOPBACK1"
TEAM_ID = "T0LOOPBACK1"
TEAM_DOMAIN = "loopback"
TEAM_NAME = "Loopback Support"
BOT_USER_ID = "U0VOICEBOT1"
BOT_ID = "B0VOICEBOT1"
BOT_NAME = "voicestatus"
USER_ID = "U0ANA000001"
OTHER_USER_ID = "U0BRUNO0001"
BOT_MENTION = f"<@{BOT_USER_ID}>"
# A guest of this workspace, and somebody of another one who is in the shared channel.
GUEST_USER_ID = "U0DORA00001"
STRANGER_USER_ID = "U0CARLA0001"
STRANGER_TEAM_ID = "T0PARTNER01"
# Organisations that these workspaces may be put into (`Workspace.enterprises`), and another
# workspace of the first one.
ENTERPRISE_ID = "E0LOOPBACK1"
SISTER_TEAM_ID = "T0SISTER001"
STRANGER_ENTERPRISE_ID = "E0PARTNER01"
CHANNEL_ID = "C0SUPPORT01"
CHANNEL_WITHOUT_BOT_ID = "C0LOBBY0001"
PRIVATE_CHANNEL_ID = "C0PRIVATE01"
SHARED_CHANNEL_ID = "C0SHARED001"

BOT_TOKEN = f"xoxb-{10**11 + 1}-{2 * 10**11 + 2}-{'Loopback' * 3}"
APP_TOKEN = f"xapp-1-{APP_ID}-{3 * 10**11 + 3}-{'0123456789abcdef' * 4}"
SIGNING_SECRET = "0123456789abcdef" * 2
VERIFICATION_TOKEN = "Loopback" * 3

BOT_SCOPES = ("app_mentions:read", "chat:write", "commands", "im:history")
APP_SCOPES = ("connections:write",)
# The events that the app asks for, and the scope without which each is not delivered.
SCOPE_OF_EVENT = {
    "app_mention": "app_mentions:read",
    "message.im": "im:history",
    "app_home_opened": "",
}


class Token(StrEnum):
    """The two kinds of token."""

    BOT = "bot"
    APP = "app"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What users.info knows of one person.

    A guest is restricted (several channels) or ultra restricted (one). `team` is the workspace
    that the person belongs to; a stranger is somebody of another one with no channel in common.
    """

    id: str
    name: str
    real_name: str
    locale: str = "en-US"
    timezone: str = "America/Sao_Paulo"
    team: str = TEAM_ID
    is_admin: bool = False
    is_bot: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A conversation and who is in it, the bot included where it is a member."""

    id: str
    name: str
    members: frozenset[str]
    is_private: bool = False
    is_direct: bool = False
    is_ext_shared: bool = False
    is_archived: bool = False

    @property
    def name_in_payloads(self) -> str:
        """What Slack calls it in a command: only public channels are named."""
        if self.is_direct:
            return "directmessage"
        return "privategroup" if self.is_private else self.name


class Workspace:
    """People and channels; tests add to them before they start.

    `enterprises` says which workspace belongs to which organisation. An app that is installed
    `org_wide` serves the workspaces of its organisation.
    """

    def __init__(self) -> None:
        self.scopes: set[str] = set(BOT_SCOPES)
        self.app_scopes: set[str] = set(APP_SCOPES)
        self.events: set[str] = set(SCOPE_OF_EVENT)
        self.people: dict[str, Profile] = {}
        self.channels: dict[str, Channel] = {}
        self.enterprises: dict[str, str] = {}
        self.org_wide = False
        self.domains: dict[str, str] = {TEAM_ID: TEAM_DOMAIN, STRANGER_TEAM_ID: "partner"}
        self._settle()

    def _settle(self) -> None:
        self.add_person(Profile(id=BOT_USER_ID, name=BOT_NAME, real_name=BOT_NAME, is_bot=True))
        self.add_person(Profile(id=USER_ID, name="ana", real_name="Ana Souza"))
        self.add_person(
            Profile(id=OTHER_USER_ID, name="bruno", real_name="Bruno Lima", locale="pt-BR")
        )
        self.add_person(
            Profile(id=GUEST_USER_ID, name="dora", real_name="Dora Reis", is_restricted=True)
        )
        self.add_person(
            Profile(
                id=STRANGER_USER_ID, name="carla", real_name="Carla Dias", team=STRANGER_TEAM_ID
            )
        )
        people = (USER_ID, OTHER_USER_ID)
        self.add_channel(CHANNEL_ID, "support", (BOT_USER_ID, GUEST_USER_ID, *people))
        self.add_channel(CHANNEL_WITHOUT_BOT_ID, "lobby", people)
        self.add_channel(PRIVATE_CHANNEL_ID, "incidents", people, is_private=True)
        everybody = (BOT_USER_ID, STRANGER_USER_ID, *people)
        self.add_channel(SHARED_CHANNEL_ID, "with-partner", everybody, is_ext_shared=True)

    def add_person(self, profile: Profile) -> None:
        """Let a person exist, or change one."""
        self.people[profile.id] = profile

    def add_channel(
        self,
        channel: str,
        name: str,
        members: Iterable[str],
        *,
        is_private: bool = False,
        is_direct: bool = False,
        is_ext_shared: bool = False,
    ) -> None:
        """Let a channel exist with these members; a direct conversation is always private."""
        self.channels[channel] = Channel(
            id=channel,
            name=name,
            members=frozenset(members),
            is_private=is_private or is_direct,
            is_direct=is_direct,
            is_ext_shared=is_ext_shared,
        )

    def join(self, channel: str, user: str = BOT_USER_ID) -> None:
        """Let somebody, if not said otherwise the bot, into a channel."""
        place = self.channels[channel]
        self.channels[channel] = replace(place, members=place.members | {user})

    def leave(self, channel: str, user: str = BOT_USER_ID) -> None:
        """Take somebody, if not said otherwise the bot, out of a channel."""
        place = self.channels[channel]
        self.channels[channel] = replace(place, members=place.members - {user})

    def archive(self, channel: str) -> None:
        """Let nobody write in a channel any more; what stands in it can still be read."""
        self.channels[channel] = replace(self.channels[channel], is_archived=True)

    def direct(self, user: str) -> Channel:
        """The direct conversation of the bot and one person; it comes to be when asked for."""
        channel = f"D{user[1:]}"
        if channel not in self.channels:
            self.add_channel(channel, user, (BOT_USER_ID, user), is_direct=True)
        return self.channels[channel]

    def team_of(self, user: str) -> str:
        """The workspace of a person; somebody whom nobody described belongs to this one."""
        profile = self.people.get(user)
        return profile.team if profile else TEAM_ID

    @property
    def enterprise(self) -> str | None:
        """The organisation of this workspace."""
        return self.enterprises.get(TEAM_ID)

    @property
    def approved_teams(self) -> list[str]:
        """The workspaces that the app serves."""
        sisters = [team for team, one in self.enterprises.items() if one == self.enterprise]
        return sorted(sisters) if self.org_wide else [TEAM_ID]

    def sends(self, event: str) -> bool:
        """Whether the app asked for this event and was granted the scope that it needs."""
        scope = SCOPE_OF_EVENT[event]
        return event in self.events and (not scope or scope in self.scopes)

    def domain(self, team: str) -> str:
        """The domain of a workspace; one that nobody described is named after its id."""
        return self.domains.get(team, team.lower())
