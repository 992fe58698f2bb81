"""What a watch says in Slack, as seen from below: the one Protocol of watches that points up."""

from __future__ import annotations

from typing import Protocol

from bot.domain.jobs.watch import Watch
from bot.services.jobs.outcomes import Report, Trace


class Notifier(Protocol):
    """Posts for a watch whose `ending` is known. No method raises for what Slack does."""

    async def tell(self, watch: Watch) -> Report:
        """Post the one notice, marked with `watch.id` in the message's metadata.

        Where the thread refuses it, it goes to the user directly.
        """

    async def trace(self, watch: Watch) -> Trace:
        """Look for a notice with that mark, posted at `watch.decided_at` or later."""

    async def update_card(self, watch: Watch) -> Report:
        """Update `watch.card`; called perhaps more than once.

        A card that is already up to date, or a watch without a card, counts as sent.
        """
