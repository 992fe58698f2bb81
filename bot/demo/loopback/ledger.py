"""What arrived at the loopback Slack and what the conversations show; and waiting for more of it.

The ledger records; it judges nothing. Arguments are kept as they came, tokens never.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

Blocks = tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiCall:
    """One Web API request, whether it was answered or refused."""

    method: str
    arguments: Mapping[str, Any]
    token_ok: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponsePost:
    """One post to a response_url: its body as it came and the HTTP status it was answered with."""

    url: str
    body: Any
    status: int
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message of the bot as it stands now; `user` is who alone sees an ephemeral one."""

    channel: str
    ts: str
    text: str
    blocks: Blocks
    thread_ts: str | None = None
    user: str | None = None
    ephemeral: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A modal or a Home tab as it stands now."""

    id: str
    user: str
    content: Mapping[str, Any]
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """Markup, as it came, that calls or names people or channels; `pointer` is where it stood."""

    source: str
    pointer: str
    markup: str


class Ledger:
    """Everything that arrived, in order, and the state that came of it."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.calls: list[ApiCall] = []
        self.posts: list[ResponsePost] = []
        self.messages: list[Message] = []
        self.views: list[View] = []
        self.pings: list[Ping] = []
        self.warnings: list[str] = []
        self.refusals: list[str] = []
        self._number = 0
        self._changed = asyncio.Event()

    def next_number(self) -> int:
        """A number that no earlier message, view or request has."""
        self._number += 1
        return self._number

    def next_ts(self) -> str:
        """The time stamp of a new message, different from all earlier ones."""
        return f"{int(self.clock())}.{self.next_number():06d}"

    def find(self, channel: str, ts: str) -> Message | None:
        """The message with this time stamp, if it still stands."""
        matches = (found for found in self.messages if (found.channel, found.ts) == (channel, ts))
        return next(matches, None)

    def change(self, message: Message, *, text: str, blocks: Blocks) -> Message:
        """Put new content into a message where it stands."""
        changed = replace(message, text=text, blocks=blocks)
        self.messages[self.messages.index(message)] = changed
        self.ring()
        return changed

    def ring(self) -> None:
        """Wake those who wait: something has changed."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def wait_for(self, predicate: Callable[[], bool], seconds: float) -> None:
        """Wait until the predicate holds; it is asked again at every change.

        Raises:
            TimeoutError: it did not hold in time; the text sums up what had arrived.
        """
        try:
            async with asyncio.timeout(seconds):
                while not predicate():
                    await self._changed.wait()
        except TimeoutError:
            raise TimeoutError(f"nothing of the kind within {seconds} s; {self}") from None

    def __str__(self) -> str:
        methods = [call.method for call in self.calls]
        answers = [f"{post.status} {post.answer[:60]}" for post in self.posts]
        texts = [message.text[:60] for message in self.messages]
        return f"calls {methods}, posts {answers}, messages {texts}, refusals {self.refusals}"
