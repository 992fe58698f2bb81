"""Everything a demo needs, on loopback: sandbox gateway, fake Slack, the real bot."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final

from bot.composition.bootstrap import running_bot
from bot.composition.configured import Now, utc_now
from bot.domain.texts.catalog import Catalog, Language
from bot.domain.timing import Timing
from bot.fake_slack.people.person import Ack, Person, person_over_http
from bot.fake_slack.slack_server import LoopbackSlack, running_slack
from bot.fake_slack.state import workspace as made_up
from bot.fake_slack.state.ledger import Message, View
from bot.fake_slack.state.workspace import Workspace
from bot.fake_slack.wire import Exchange, Link
from bot.gateway.sandbox.envelope import OPERATION
from bot.gateway.sandbox.server import Exchange as Call
from bot.gateway.sandbox.server import running_sandbox
from bot.locales import load_catalog
from bot.settings.settings import Mode, Settings
from bot.slack.cards.controls import Action
from bot.slack.manifest import MESSAGE_SHORTCUT
from bot.web import SLACK_PATH

COMMAND: Final = "/voicestatus"
PATIENCE_SECONDS: Final = 15.0
# The sandbox accepts any credential of the right length.
_CREDENTIAL: Final = "D" * 40
_TOKEN: Final = "d" * 6
# Much shorter than in production, so that a watch in the demo ends within seconds.
_INTERVALS: Final = (0.5, 1.0)
_BUTTON_PARTS: Final = ("action_id", "value")

# A gateway server with the signature of `running_sandbox`.
Gateway = Callable[..., AbstractAsyncContextManager[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A running demo: the user's actions, and the messages that result."""

    slack: LoopbackSlack
    person: Person
    catalog: Catalog

    async def say(self, text: str) -> tuple[Ack, AsyncIterator[Message]]:
        """Type a command; returns its acknowledgement and the messages, the final one last."""
        seen = len(self.slack.messages)
        ack = await self.person.command(COMMAND, text)
        return ack, self._answers(seen)

    async def mention(self, text: str) -> AsyncIterator[Message]:
        """Mention the bot in the channel; returns its answers in the thread."""
        seen = len(self.slack.messages)
        await self.person.say(f"{made_up.BOT_MENTION} {text}")
        return self._answers(seen)

    async def write(self, text: str) -> AsyncIterator[Message]:
        """Send the bot a direct message."""
        seen = len(self.slack.messages)
        await self.person.say(text, channel=self.person.direct_channel)
        return self._answers(seen)

    async def watch(self, text: str) -> AsyncIterator[Message]:
        """Start a watch; returns the card, the confirmation, and the notice."""
        seen = len(self.slack.messages)
        await self.person.command(COMMAND, text)
        return self._coming(seen, 3)

    async def check_message(self, text: str) -> AsyncIterator[Message]:
        """Post a message and use the shortcut on it."""
        seen = len(self.slack.messages)
        posted = await self.person.say(text)
        await self.person.message_shortcut(MESSAGE_SHORTCUT, posted)
        return self._answers(seen)

    async def press(self, action: Action, idmsg: str) -> AsyncIterator[Message]:
        """Press a button of the newest card about this call."""
        seen = len(self.slack.messages)
        cards = [m for m in self.slack.messages if {action.value, f'["{idmsg}"]'} <= _words(m)]
        await self.person.click(cards[-1], action.value)
        return self._answers(seen)

    async def open_home(self) -> View:
        """Open the App Home; returns the view published for this opening."""
        before = self._home()
        await self.person.open_home()
        await self.slack.wait_for(lambda: self._home() not in (None, before), PATIENCE_SECONDS)
        page = self._home()
        if page is None:
            raise TimeoutError("the page was not published")
        return page

    def _home(self) -> View | None:
        return self.slack.home_of(self.person.user)

    async def _coming(self, seen: int, count: int) -> AsyncIterator[Message]:
        for number in range(1, count + 1):
            yield await self.slack.wait_for_message(seen + number, PATIENCE_SECONDS)

    async def _answers(self, seen: int) -> AsyncIterator[Message]:
        await self.slack.wait_for(lambda: len(self.slack.messages) > seen, PATIENCE_SECONDS)
        shown = self.slack.messages[seen]
        yield shown
        # A slow look-up first posts a progress note, which the answer then replaces in place.
        if shown.text.startswith(self.catalog.say("working.title")):
            await self.slack.wait_for(
                lambda: self.slack.messages[seen].text != shown.text, PATIENCE_SECONDS
            )
            yield self.slack.messages[seen]


def _words(message: Message) -> set[str]:
    """The action ids and values of a message's buttons."""
    rows = (block["elements"] for block in message.blocks if block["type"] == "actions")
    return {str(button.get(part)) for row in rows for button in row for part in _BUTTON_PARTS}


def _as_it_is(_workspace: Workspace) -> None:
    """Leave the workspace unchanged."""


@asynccontextmanager
async def running_stage(
    language: Language,
    *,
    now: Now = utc_now,
    furnish: Callable[[Workspace], None] = _as_it_is,
    admins: Sequence[str] = (),
    timing: Timing = Timing(),
    gateway: Gateway = running_sandbox,
) -> AsyncIterator[Stage]:
    """Run everything on free ports of 127.0.0.1 while the block runs.

    Args:
        language: the bot's default language.
        now: the bot's clock.
        furnish: changes the workspace before the bot starts.
        admins: ids of the users with operator rights.
        timing: the bot's waits.
        gateway: serves the gateway.
    """
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(running_slack())
        furnish(slack.workspace)
        gateway_url = await stack.enter_async_context(
            gateway(port=0, listener=lambda call: slack.wire.record(_of_gateway(call)))
        )
        settings = Settings.of(
            bot_mode=Mode.HTTP,
            bot_port=0,
            bot_language=language,
            admin_users=",".join(admins),
            database_url="sqlite:///:memory:",
            slack_api_url=slack.api_url,
            slack_bot_token=slack.bot_token,
            slack_signing_secret=slack.signing_secret,
            gateway_url=gateway_url,
            gateway_credential=_CREDENTIAL,
            gateway_token=_TOKEN,
            watch_intervals_seconds=_INTERVALS,
        )
        bot = await stack.enter_async_context(running_bot(settings, now=now, timing=timing))
        address = f"http://127.0.0.1:{bot.port}{SLACK_PATH}"
        person = await stack.enter_async_context(person_over_http(slack, address))
        yield Stage(slack=slack, person=person, catalog=load_catalog(language))


def _of_gateway(call: Call) -> Exchange:
    action = {} if call.soap_action is None else {"SOAPAction": call.soap_action}
    return Exchange(
        link=Link.TO_GATEWAY,
        name=OPERATION,
        seconds=call.seconds,
        status=call.status,
        request=call.request,
        answer=call.reply,
        request_headers={"Content-Type": call.content_type, **action},
        answer_headers={"Content-Type": call.reply_type} if call.reply_type else {},
    )
