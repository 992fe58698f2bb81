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
CHANNEL_ID = "C0SUPPORT01"
CHANNEL_WITHOUT_BOT_ID = "C0LOBBY0001"
PRIVATE_CHANNEL_ID = "C0PRIVATE01"

BOT_TOKEN = f"xoxb-{10**11 + 1}-{2 * 10**11 + 2}-{'Loopback' * 3}"
APP_TOKEN = f"xapp-1-{APP_ID}-{3 * 10**11 + 3}-{'0123456789abcdef' * 4}"
SIGNING_SECRET = "0123456789abcdef" * 2
VERIFICATION_TOKEN = "Loopback" * 3

BOT_SCOPES = ("app_mentions:read", "chat:write", "commands", "im:history")
APP_SCOPES = ("connections:write",)


class Token(StrEnum):
    """The two kinds of token."""

    BOT = "bot"
    APP = "app"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What users.info knows of one person."""

    id: str
    name: str
    real_name: str
    locale: str = "en-US"
    timezone: str = "America/Sao_Paulo"
    team: str = TEAM_ID
    is_admin: bool = False
    is_bot: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A conversation and who is in it, the bot included where it is a member."""

    id: str
    name: str
    members: frozenset[str]
    is_private: bool = False
    is_direct: bool = False

    @property
    def name_in_payloads(self) -> str:
        """What Slack calls it in a command: only public channels are named."""
        if self.is_direct:
            return "directmessage"
        return "privategroup" if self.is_private else self.name


class Workspace:
    """People and channels; tests add to them before they start."""

    def __init__(self) -> None:
        self.scopes: set[str] = set(BOT_SCOPES)
        self.app_scopes: set[str] = set(APP_SCOPES)
        self.people: dict[str, Profile] = {}
        self.channels: dict[str, Channel] = {}
        self.domains: dict[str, str] = {TEAM_ID: TEAM_DOMAIN}
        self._settle()

    def _settle(self) -> None:
        self.add_person(Profile(id=BOT_USER_ID, name=BOT_NAME, real_name=BOT_NAME, is_bot=True))
        self.add_person(Profile(id=USER_ID, name="ana", real_name="Ana Souza"))
        self.add_person(
            Profile(id=OTHER_USER_ID, name="bruno", real_name="Bruno Lima", locale="pt-BR")
        )
        people = (USER_ID, OTHER_USER_ID)
        self.add_channel(CHANNEL_ID, "support", (BOT_USER_ID, *people))
        self.add_channel(CHANNEL_WITHOUT_BOT_ID, "lobby", people)
        self.add_channel(PRIVATE_CHANNEL_ID, "incidents", people, is_private=True)

    def add_person(self, profile: Profile) -> None:
        """Let a person exist, or change one."""
        self.people[profile.id] = profile

    def add_channel(
        self, channel: str, name: str, members: Iterable[str], *, is_private: bool = False
    ) -> None:
        """Let a channel exist with these members."""
        self.channels[channel] = Channel(
            id=channel, name=name, members=frozenset(members), is_private=is_private
        )

    def join(self, channel: str, user: str = BOT_USER_ID) -> None:
        """Let somebody, if not said otherwise the bot, into a channel."""
        place = self.channels[channel]
        self.channels[channel] = replace(place, members=place.members | {user})

    def leave(self, channel: str, user: str = BOT_USER_ID) -> None:
        """Take somebody, if not said otherwise the bot, out of a channel."""
        place = self.channels[channel]
        self.channels[channel] = replace(place, members=place.members - {user})

    def direct(self, user: str) -> Channel:
        """The direct conversation of the bot and one person; it comes to be when asked for."""
        channel = f"D{user[1:]}"
        if channel not in self.channels:
            members = frozenset({BOT_USER_ID, user})
            self.channels[channel] = Channel(
                id=channel, name=user, members=members, is_private=True, is_direct=True
            )
        return self.channels[channel]

    def domain(self, team: str) -> str:
        """The domain of a workspace; one that nobody described is named after its id."""
        return self.domains.get(team, team.lower())
