"""`voicestatus demo --terminal`: a tour of requests and answers, then the user's own turn."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from functools import partial
from typing import Final

from rich.console import Console
from rich.text import Text

from bot.demo.stage import COMMAND, PATIENCE_SECONDS, Gateway, Stage, running_stage
from bot.domain.texts.catalog import Catalog, Language
from bot.domain.timing import Timing
from bot.fake_slack.state.ledger import Message
from bot.gateway.sandbox.server import running_sandbox
from bot.logs import configure_logging
from bot.slack.cards.buttons import Action
from bot.slack.cards.terminal import console, draw, mrkdwn

PERSON: Final = "ana"
CHANNEL: Final = "support"

# Pairs of the phrase that introduces a step and the text to type.
Tour = Sequence[tuple[str, str]]

_TOUR: Final[Tour] = (
    ("answered", "SANDBOX-OK"),
    ("busy", "SANDBOX-BUSY"),
    ("machine", "SANDBOX-MACHINE"),
    ("pending", "SANDBOX-PENDING"),
    ("gateway", "SANDBOX-850"),
    ("list", "SANDBOX-OK SANDBOX-NOANSWER SANDBOX-BLOCKED"),
    ("slow", "SANDBOX-SLOW-2"),
    ("fault", "SANDBOX-FAULT-reset"),
    ("explain", "explain 603"),
    ("phone", "+55 (11) 98765-4321"),
    ("share", "SANDBOX-BUSY share"),
)
_BOT: Final = "@voicestatus"
_WATCHED: Final = "SANDBOX-PENDING-2 watch"
# The tour shows the other language and switches back, so that the user's turn is in their own.
_OTHER: Final = {Language.ENGLISH: ("pt", "en"), Language.PORTUGUESE: ("en", "pt")}


class Conversation:
    """A demo in a terminal."""

    def __init__(self, stage: Stage, catalog: Catalog, terminal: Console) -> None:
        self._stage = stage
        self._catalog = catalog
        self._terminal = terminal

    async def tour(self, tour: Tour) -> None:
        """Show each kind of answer once."""
        self._terminal.print(Text(self._say("welcome"), style="italic"))
        for why, text in tour:
            self._introduce(why)
            await self._play(text)
        await self._other_entry_points()
        self._introduce("language")
        there, back = _OTHER[self._catalog.language]
        for text in (f"lang {there}", "SANDBOX-DECLINED", f"lang {back}"):
            await self._play(text)

    async def _other_entry_points(self) -> None:
        stage, say = self._stage, self._say
        pressing = say("presses", button=self._button(Action.CUSTOMER))
        for why, shown, act in (
            ("customer", pressing, partial(stage.press, Action.CUSTOMER, "SANDBOX-BUSY")),
            ("watch", f"{COMMAND} {_WATCHED}", partial(stage.watch, _WATCHED)),
            ("mention", f"{_BOT} SANDBOX-NOANSWER", partial(stage.mention, "SANDBOX-NOANSWER")),
            ("shortcut", say("complaint"), partial(stage.check_message, say("complaint"))),
            ("direct", f"{_BOT}  SANDBOX-NOTFOUND", partial(stage.write, "SANDBOX-NOTFOUND")),
        ):
            self._introduce(why)
            typing = say("types", **_WHO)
            self._terminal.print(Text.assemble((f"{typing} ", "dim"), shown))
            async for answer in await act():
                self._print(answer)
        self._introduce("home")
        page = await stage.open_home()
        self._terminal.print(draw(page.content["blocks"], title=say("home_title")))

    def _button(self, action: Action) -> str:
        return self._catalog.say(f"button.{action.value.removeprefix('card_')}")

    async def your_turn(self) -> None:
        """Answer what the user types until they leave."""
        self._terminal.print(Text(f"\n{self._say('your_turn')}", style="italic"))
        while (typed := await _read_line()) is not None:
            if not typed.startswith(COMMAND):
                self._terminal.print(self._say("only_commands"))
                continue
            await self._answer(typed.removeprefix(COMMAND).strip())

    def connect(self) -> None:
        """Show how to connect a real workspace."""
        self._terminal.print(Text(f"\n{self._say('connect_title')}", style="bold"))
        self._terminal.print(mrkdwn(self._say("connect").strip()))

    def _introduce(self, why: str) -> None:
        self._terminal.print(Text(f"\n{self._say(f'why_{why}')}", style="bold yellow"))

    async def _play(self, text: str) -> None:
        typing = self._say("types", **_WHO)
        self._terminal.print(Text.assemble((f"{typing} ", "dim"), f"{COMMAND} {text}"))
        await self._answer(text)

    async def _answer(self, text: str) -> None:
        ack, answers = await self._stage.say(text)
        try:
            async for answer in answers:
                self._print(answer)
        except TimeoutError:
            self._terminal.print(self._say("silence", seconds=f"{PATIENCE_SECONDS:.0f}"))
        took = self._say("acknowledged", milliseconds=max(1, round(ack.seconds * 1000)))
        self._terminal.print(Text(took, style="dim"))

    def _print(self, answer: Message) -> None:
        alone = answer.ephemeral or answer.channel.startswith("D")
        kind = "private" if alone else "thread" if answer.thread_ts else "public"
        seen_by = self._say(kind, **_WHO)
        border = "cyan" if answer.ephemeral else "green"
        self._terminal.print(draw(answer.blocks, title=seen_by, border=border))

    def _say(self, name: str, **values: object) -> str:
        return self._catalog.say(f"demo.{name}", **values)


_WHO: Final = {"person": PERSON, "channel": CHANNEL}


async def converse(
    language: Language,
    *,
    tour: Tour = _TOUR,
    timing: Timing = Timing(),
    gateway: Gateway = running_sandbox,
) -> int:
    """Play the tour, then let the user type if standard input is a terminal. Exit code 0."""
    configure_logging(level="ERROR", json=False)
    async with running_stage(language, timing=timing, gateway=gateway) as stage:
        conversation = Conversation(stage, stage.catalog, console())
        await conversation.tour(tour)
        if sys.stdin is not None and sys.stdin.isatty():
            await conversation.your_turn()
        conversation.connect()
    return 0


async def _read_line() -> str | None:
    """Read a line while the bot runs on; `None` when the user leaves."""
    try:
        typed = await asyncio.to_thread(input, "\n> ")
    except EOFError:
        return None
    return typed.strip() or None
