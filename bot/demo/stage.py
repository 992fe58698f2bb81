"""Everything that a demo needs, running on loopback: sandbox gateway, Slack, the real bot."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final

from bot.bootstrap import running_bot
from bot.connections import Now, utc_now
from bot.demo.loopback.ledger import Message
from bot.demo.person import Ack, Person, person_over_http
from bot.demo.slack_server import LoopbackSlack, running_slack
from bot.domain.catalog import Catalog, Language
from bot.gateway.sandbox import running_sandbox
from bot.locales import load_catalog
from bot.server import SLACK_PATH
from bot.settings import Mode, Settings

COMMAND: Final = "/voicestatus"
PATIENCE_SECONDS: Final = 15.0
# The sandbox takes any keys of the right length.
_CREDENTIAL: Final = "D" * 40
_TOKEN: Final = "d" * 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A running demo: somebody types, and the messages that come of it can be seen."""

    slack: LoopbackSlack
    person: Person
    catalog: Catalog

    async def say(self, text: str) -> tuple[Ack, AsyncIterator[Message]]:
        """Type a command; gives its acknowledgement and the messages, the last one final."""
        seen = len(self.slack.messages)
        ack = await self.person.command(COMMAND, text)
        return ack, self._answers(seen)

    async def _answers(self, seen: int) -> AsyncIterator[Message]:
        await self.slack.wait_for(lambda: len(self.slack.messages) > seen, PATIENCE_SECONDS)
        shown = self.slack.messages[seen]
        yield shown
        if shown.text.startswith(self.catalog.say("working.title")):
            await self.slack.wait_for(
                lambda: self.slack.messages[seen].text != shown.text, PATIENCE_SECONDS
            )
            yield self.slack.messages[seen]


@asynccontextmanager
async def running_stage(language: Language, *, now: Now = utc_now) -> AsyncIterator[Stage]:
    """Start everything on free ports of 127.0.0.1 and stop it in the end."""
    async with AsyncExitStack() as stack:
        gateway_url = await stack.enter_async_context(running_sandbox(port=0))
        slack = await stack.enter_async_context(running_slack())
        settings = Settings.of(
            bot_mode=Mode.HTTP,
            bot_port=0,
            bot_language=language,
            database_url="sqlite:///:memory:",
            slack_api_url=slack.api_url,
            slack_bot_token=slack.bot_token,
            slack_signing_secret=slack.signing_secret,
            gateway_url=gateway_url,
            gateway_credential=_CREDENTIAL,
            gateway_token=_TOKEN,
        )
        bot = await stack.enter_async_context(running_bot(settings, now=now))
        address = f"http://127.0.0.1:{bot.port}{SLACK_PATH}"
        person = await stack.enter_async_context(person_over_http(slack, address))
        yield Stage(slack=slack, person=person, catalog=load_catalog(language))
