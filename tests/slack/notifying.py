"""A notifier with stored languages and a loopback Slack; no bot runs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.texts.catalog import Language
from bot.domain.timing import Timing
from bot.fake_slack.slack_server import LoopbackSlack, running_slack
from bot.fake_slack.state.ledger import Message, UserMessage
from bot.fake_slack.state.workspace import CHANNEL_ID, TEAM_ID, USER_ID
from bot.locales import load_catalog
from bot.services.languages import Languages
from bot.slack.api.post_once import OncePoster
from bot.slack.blocks.audience import AudienceStyles
from bot.slack.blocks.style import CardStyle, Contacts
from bot.slack.cards.notes import Notes
from bot.slack.watches.notifier import SlackNotifier
from bot.storage.database import open_database
from bot.storage.preferences import Preferences
from tests.support.wording import EN

# The first message of the thread of the watch in `watch_of`.
ASKED: Final = UserMessage(
    channel=CHANNEL_ID, ts="1795579300.000001", user=USER_ID, team=TEAM_ID, text="where is it?"
)

_ZONE: Final = ZoneInfo("America/Sao_Paulo")
# English texts without contacts.
NOTES: Final = Notes(CardStyle(catalog=EN, contacts=Contacts(), zone=_ZONE), "/voicestatus")


@dataclass(frozen=True, kw_only=True)
class Telling:
    """A notifier, its Slack and the stored languages."""

    notifier: SlackNotifier
    slack: LoopbackSlack
    languages: Languages

    @property
    def messages(self) -> list[Message]:
        """The messages in Slack."""
        return self.slack.messages

    def called(self, method: str) -> int:
        """The number of calls of a method."""
        return sum(call.method == method for call in self.slack.calls)


@asynccontextmanager
async def telling(
    *scopes: str, language: Language = Language.ENGLISH, page: int = 200
) -> AsyncIterator[Telling]:
    """Make a notifier at a loopback Slack that grants these scopes beside the usual ones."""
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(running_slack())
        slack.workspace.scopes |= set(scopes)
        slack.said.append(ASKED)
        client = await stack.enter_async_context(connected(slack.api_url, slack.bot_token))
        languages = await stack.enter_async_context(choices(language))
        notifier = notifier_at(client, languages, page=page)
        yield Telling(notifier=notifier, slack=slack, languages=languages)


@asynccontextmanager
async def connected(api_url: str, token: str = "xoxb-rough") -> AsyncIterator[AsyncWebClient]:
    """A client as the bot makes it, including slack-sdk's own retries."""
    async with aiohttp.ClientSession() as session:
        yield AsyncWebClient(token=token, base_url=api_url, session=session)


@asynccontextmanager
async def choices(default: Language = Language.ENGLISH) -> AsyncIterator[Languages]:
    """The stored languages of users, for a Slack that reports no locale."""

    async def locale_of(user: str) -> str | None:
        del user
        return None

    async with open_database("sqlite:///:memory:") as database:
        yield Languages(
            default=default,
            load=load_catalog,
            preferences=Preferences(database),
            locale_of=locale_of,
        )


def notifier_at(
    client: AsyncWebClient, languages: Languages, *, page: int = 200, timing: Timing = Timing()
) -> SlackNotifier:
    """A notifier with plain styles."""
    readers = plain_styles(languages)
    return SlackNotifier(OncePoster(client=client, readers=readers, page=page, timing=timing))


def plain_styles(languages: Languages) -> AudienceStyles:
    """Styles without contacts."""
    return AudienceStyles(
        languages=languages,
        style=lambda catalog, audience: CardStyle(
            catalog=catalog, contacts=Contacts(), zone=_ZONE, audience=audience
        ),
    )
