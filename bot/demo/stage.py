"""Everything a demo needs, on loopback: sandbox gateway, fake Slack, the real bot."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from secrets import token_hex
from typing import Final

from bot.composition.bootstrap import running_bot
from bot.demo.local_only import local_only
from bot.domain.texts.catalog import Catalog, Language
from bot.domain.timing import Timing
from bot.fake_slack.people.person import Ack, Person, person_over_http
from bot.fake_slack.slack_server import LoopbackSlack, running_slack
from bot.fake_slack.state import workspace as made_up
from bot.fake_slack.state.ledger import Message, View
from bot.fake_slack.state.workspace import Secrets, Workspace
from bot.fake_slack.wire import Exchange, Link
from bot.gateway.sandbox.envelope import OPERATION
from bot.gateway.sandbox.server import Exchange as Call
from bot.gateway.sandbox.server import Listener, running_sandbox
from bot.locales import load_catalog
from bot.settings.settings import Mode, Settings
from bot.slack.api.calls import SlackError
from bot.slack.cards.buttons import Action
from bot.slack.manifest import MESSAGE_SHORTCUT
from bot.storage.errors import StorageError
from bot.web import SLACK_PATH
from bot.web.server import CannotListenError

COMMAND: Final = "/voicestatus"
PATIENCE_SECONDS: Final = 15.0
# Much shorter than in production, so that a watch in the demo ends within seconds.
_INTERVALS: Final = (0.5, 1.0)
_BUTTON_PARTS: Final = ("action_id", "value")

# What running it may raise at the start; all of it is on loopback.
CANNOT_START: Final = (SlackError, StorageError, CannotListenError)

# A gateway server with the signature of `local_sandbox`.
Gateway = Callable[..., AbstractAsyncContextManager[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A running demo: the user's actions, and the messages that result.

    Attributes:
        addresses: where the made-up Slack, the gateway and the bot are served.
    """

    slack: LoopbackSlack
    person: Person
    catalog: Catalog
    addresses: tuple[str, str, str]

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
        """Start a watch; returns the card with its confirmation, and the notice."""
        seen = len(self.slack.messages)
        await self.person.command(COMMAND, text)
        return self._pair(seen)

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

    async def _pair(self, seen: int) -> AsyncIterator[Message]:
        await self.slack.wait_for_message(seen + 2, PATIENCE_SECONDS)
        for message in self.slack.messages[seen:]:
            yield message

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


def local_sandbox(*, port: int, listener: Listener) -> AbstractAsyncContextManager[str]:
    """The sandbox gateway for this demo only."""
    return running_sandbox(port=port, listener=listener, middlewares=[local_only])


def _as_it_is(_workspace: Workspace) -> None:
    """Leave the workspace unchanged."""


@asynccontextmanager
async def running_stage(
    language: Language,
    *,
    furnish: Callable[[Workspace], None] = _as_it_is,
    admins: Sequence[str] = (),
    timing: Timing = Timing(),
    gateway: Gateway = local_sandbox,
) -> AsyncIterator[Stage]:
    """Run everything on free ports of 127.0.0.1 while the block runs.

    Args:
        language: the bot's default language.
        furnish: changes the workspace before the bot starts.
        admins: ids of the users with operator rights.
        timing: the bot's waits.
        gateway: serves the gateway.
    """
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        slack = await enter(running_slack(secrets=Secrets.new(), guards=[local_only]))
        furnish(slack.workspace)
        heard = gateway(port=0, listener=lambda call: slack.wire.record(_of_gateway(call)))
        gateway_url = await enter(heard)
        settings = _settings(slack, gateway_url, language, admins)
        bot = await enter(running_bot(settings, timing=timing, guards=[local_only]))
        address = f"http://127.0.0.1:{bot.port}{SLACK_PATH}"
        yield Stage(
            slack=slack,
            person=await enter(person_over_http(slack, address)),
            catalog=load_catalog(language),
            addresses=(slack.api_url, gateway_url, address),
        )


def _settings(
    slack: LoopbackSlack, gateway_url: str, language: Language, admins: Sequence[str]
) -> Settings:
    return Settings.of(
        bot_mode=Mode.HTTP,
        bot_port=0,
        bot_language=language,
        admin_users=",".join(admins),
        database_url="sqlite:///:memory:",
        slack_api_url=slack.api_url,
        slack_bot_token=slack.bot_token,
        slack_signing_secret=slack.signing_secret,
        gateway_url=gateway_url,
        # The sandbox accepts any of the right length.
        gateway_credential=token_hex(20),
        gateway_token=token_hex(3),
        watch_intervals_seconds=_INTERVALS,
    )


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
