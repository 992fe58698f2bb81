"""The playground's initial data: users, channels, and messages that ask for help."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bot.demo.stage import COMMAND
from bot.domain.texts.catalog import Catalog, Language
from bot.fake_slack.people.person import Person
from bot.fake_slack.state import workspace as made_up
from bot.fake_slack.state.workspace import Profile, Workspace

ENGLISH_CHANNEL: Final = made_up.CHANNEL_ID
PORTUGUESE_CHANNEL: Final = "C0SUPORTE01"
LOBBY: Final = made_up.CHANNEL_WITHOUT_BOT_ID
ADMIN: Final = "U0MARTA0001"
_HELEN: Final = "U0HELEN0001"
_RITA: Final = "U0RITA00001"
_TOM: Final = "U0TOM000001"

# The users that a visitor can act as: one agent for each language.
AGENTS: Final = {
    Language.ENGLISH: made_up.USER_ID,
    Language.PORTUGUESE: made_up.OTHER_USER_ID,
}
CHANNELS: Final = {
    Language.ENGLISH: ENGLISH_CHANNEL,
    Language.PORTUGUESE: PORTUGUESE_CHANNEL,
}

# The channels that the page lists, with the phrases for their topics.
TOPICS: Final = {
    ENGLISH_CHANNEL: "topic_english",
    PORTUGUESE_CHANNEL: "topic_portuguese",
    LOBBY: "topic_lobby",
}

# Channel, author, language, phrase, and how many minutes ago it was written.
_WRITTEN: Final = (
    (ENGLISH_CHANNEL, _HELEN, Language.ENGLISH, "seed_several", 64),
    (ENGLISH_CHANNEL, _HELEN, Language.ENGLISH, "seed_list", 52),
    (ENGLISH_CHANNEL, _TOM, Language.ENGLISH, "seed_gateway", 41),
    (ENGLISH_CHANNEL, _HELEN, Language.ENGLISH, "seed_nobody_called", 6),
    (PORTUGUESE_CHANNEL, _RITA, Language.PORTUGUESE, "seed_several", 58),
    (PORTUGUESE_CHANNEL, _RITA, Language.PORTUGUESE, "seed_list", 49),
    (PORTUGUESE_CHANNEL, made_up.GUEST_USER_ID, Language.PORTUGUESE, "seed_gateway", 37),
    (PORTUGUESE_CHANNEL, _RITA, Language.PORTUGUESE, "seed_nobody_called", 4),
    (LOBBY, _TOM, Language.ENGLISH, "seed_lobby", 90),
)
# Results of a campaign's calls; `_list` writes them as a Brazilian spreadsheet exports them.
_RESULTS: Final = (
    *("ok.85", "ok.61.5", "failed.486", "ok.44", "MACHINE", "failed.480", "ok.52.25", "BUSY"),
    *("ok.39", "NOTFOUND", "ok.71", "failed.603", "PENDING-120", "ok.2", "ok.66", "023", "ok.58"),
    *("DECLINED", "BLOCKED", "ok.80", "NOANSWER", "ok.47.75", "failed.487", "ok.63"),
)

SEEDS: Final = ("seed_several", "seed_list", "seed_gateway", "seed_nobody_called", "seed_lobby")


def furnish(workspace: Workspace) -> None:
    """Add the users and channels, and grant the bot the scopes for locales and files."""
    workspace.scopes |= {"files:read", "files:write", "users:read"}
    for user, name, real_name, locale in (
        (ADMIN, "marta", "Marta Nunes", "pt-BR"),
        (_HELEN, "helen", "Helen Park", "en-US"),
        (_RITA, "rita", "Rita Moraes", "pt-BR"),
        (_TOM, "tom", "Tom Baker", "en-GB"),
    ):
        workspace.add_person(Profile(id=user, name=name, real_name=real_name, locale=locale))
    people = (*AGENTS.values(), ADMIN, _HELEN, _RITA, _TOM, made_up.GUEST_USER_ID)
    members = (made_up.BOT_USER_ID, *people)
    workspace.add_channel(ENGLISH_CHANNEL, "support-en", members)
    workspace.add_channel(PORTUGUESE_CHANNEL, "suporte", members)
    workspace.add_channel(LOBBY, "lobby", people)
    for agent in AGENTS.values():
        workspace.direct(agent)


async def fill(person: Person, catalogs: dict[Language, Catalog]) -> None:
    """Post the messages, and let an admin choose Portuguese for the Portuguese channel."""
    for channel, author, language, phrase, minutes in _WRITTEN:
        text = catalogs[language].say(f"playground.{phrase}")
        files = [_list(catalogs[language])] if phrase == "seed_list" else []
        await person.as_user(author).say(
            text, channel=channel, files=files, seconds_ago=60.0 * minutes
        )
    await person.as_user(ADMIN).command(COMMAND, "lang channel pt", channel=PORTUGUESE_CHANNEL)
    # The answer arrives after the acknowledgement; otherwise it would count as a visitor's first.
    await person.slack.wait_for(lambda: bool(person.slack.posts))


def _list(catalog: Catalog) -> Mapping[str, str | bytes]:
    """A list as a file, with other columns beside the ids."""
    heading = catalog.say("playground.list_columns")
    rows = (
        f"{number};1198765{number:04};SANDBOX-{result}"
        for number, result in enumerate(_RESULTS, start=1)
    )
    content = "\r\n".join((heading, *rows, f"{len(_RESULTS) + 1};11987650000;", ""))
    return {"name": catalog.say("playground.list_name"), "content": content.encode("cp1252")}
