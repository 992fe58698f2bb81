"""The fake workspace: users, channels and members, tokens and their scopes.

The secrets only look like Slack's; they are computed so that secret scanners do not report them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from hmac import compare_digest
from secrets import token_hex

from bot.fake_slack.state.refusals import RefusedError

APP_ID = "A0LOOPBACK1"
TEAM_ID = "T0LOOPBACK1"
TEAM_DOMAIN = "loopback"
TEAM_NAME = "Loopback Support"
BOT_USER_ID = "U0VOICEBOT1"
BOT_ID = "B0VOICEBOT1"
BOT_NAME = "voicestatus"
# Slack's own user, who passes on reminders; users.info does not call it a bot.
SLACKBOT_ID = "USLACKBOT"
USER_ID = "U0ANA000001"
OTHER_USER_ID = "U0BRUNO0001"
BOT_MENTION = f"<@{BOT_USER_ID}>"
# A guest of this workspace, and a member of another one who is in the shared channel.
GUEST_USER_ID = "U0DORA00001"
STRANGER_USER_ID = "U0CARLA0001"
STRANGER_TEAM_ID = "T0PARTNER01"
# Organisations that tests may assign the workspaces to (`Workspace.enterprises`), and another
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
# The events that the app subscribes to, and the scope that each requires.
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
class Secrets:
    """What only Slack and the app know; the same in every test, or made anew."""

    bot_token: str = field(default=BOT_TOKEN, repr=False)
    app_token: str = field(default=APP_TOKEN, repr=False)
    signing_secret: str = field(default=SIGNING_SECRET, repr=False)

    @classmethod
    def new(cls) -> Secrets:
        """Secrets that nobody can guess."""
        return cls(
            bot_token=f"{BOT_TOKEN[: BOT_TOKEN.rindex('-')]}-{token_hex(12)}",
            app_token=f"{APP_TOKEN[: APP_TOKEN.rindex('-')]}-{token_hex(32)}",
            signing_secret=token_hex(16),
        )

    def kind_of(self, authorization: str) -> Token | None:
        """Which valid token this header has, if any."""
        scheme, _, token = authorization.partition(" ")
        given = token.strip().encode()
        if scheme.lower() != "bearer":
            return None
        if compare_digest(given, self.bot_token.encode()):
            return Token.BOT
        return Token.APP if compare_digest(given, self.app_token.encode()) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What users.info returns about one user.

    A guest is restricted (several channels) or ultra restricted (one). `team` is the user's own
    workspace; a stranger is a user of another workspace with no channel in common.
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
    """A conversation and its members, including the bot if it is one."""

    id: str
    name: str
    members: frozenset[str]
    is_private: bool = False
    is_direct: bool = False
    is_ext_shared: bool = False
    is_archived: bool = False
    is_read_only: bool = False

    @property
    def name_in_payloads(self) -> str:
        """Its name in a slash command: Slack names public channels only."""
        if self.is_direct:
            return "directmessage"
        return "privategroup" if self.is_private else self.name


class Workspace:
    """Users and channels; tests may add some.

    `enterprises` maps workspaces to organisations. An app that is installed `org_wide` serves all
    workspaces of its organisation.
    """

    def __init__(self, secrets: Secrets | None = None) -> None:
        self.secrets = secrets or Secrets()
        self.scopes: set[str] = set(BOT_SCOPES)
        self.app_scopes: set[str] = set(APP_SCOPES)
        self.events: set[str] = set(SCOPE_OF_EVENT)
        self.people: dict[str, Profile] = {}
        self.channels: dict[str, Channel] = {}
        self.enterprises: dict[str, str] = {}
        self.org_wide = False
        self.domains: dict[str, str] = {TEAM_ID: TEAM_DOMAIN, STRANGER_TEAM_ID: "partner"}
        self._populate()

    def _populate(self) -> None:
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
        members = (BOT_USER_ID, STRANGER_USER_ID, *people)
        self.add_channel(SHARED_CHANNEL_ID, "with-partner", members, is_ext_shared=True)

    def add_person(self, profile: Profile) -> None:
        """Add or replace a user."""
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
        """Add or replace a channel; a direct conversation is always private."""
        self.channels[channel] = Channel(
            id=channel,
            name=name,
            members=frozenset(members),
            is_private=is_private or is_direct,
            is_direct=is_direct,
            is_ext_shared=is_ext_shared,
        )

    def join(self, channel: str, user: str = BOT_USER_ID) -> None:
        """Add a user, by default the bot, to a channel."""
        place = self.channels[channel]
        self.channels[channel] = replace(place, members=place.members | {user})

    def leave(self, channel: str, user: str = BOT_USER_ID) -> None:
        """Remove a user, by default the bot, from a channel."""
        place = self.channels[channel]
        self.channels[channel] = replace(place, members=place.members - {user})

    def archive(self, channel: str) -> None:
        """Archive a channel: it becomes read-only."""
        self.channels[channel] = replace(self.channels[channel], is_archived=True)

    def visible_to_bot(self, channel: str) -> Channel:
        """The channel, if the bot can see that it exists.

        Raises:
            RefusedError: it does not exist, or is private and the bot is not a member.
        """
        place = self.channels.get(channel)
        # Slack does not reveal that a private channel exists.
        if place is None or (place.is_private and BOT_USER_ID not in place.members):
            raise RefusedError("channel_not_found")
        return place

    def direct(self, user: str) -> Channel:
        """The direct conversation of the bot and one user, created on first use."""
        channel = f"D{user[1:]}"
        if channel not in self.channels:
            self.add_channel(channel, user, (BOT_USER_ID, user), is_direct=True)
        return self.channels[channel]

    def team_of(self, user: str) -> str:
        """The user's workspace; unknown users belong to this one."""
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
        """Whether the app subscribes to this event and has the scope that it requires."""
        scope = SCOPE_OF_EVENT[event]
        return event in self.events and (not scope or scope in self.scopes)

    def domain(self, team: str) -> str:
        """The domain of a workspace; by default its id in lower case."""
        return self.domains.get(team, team.lower())
