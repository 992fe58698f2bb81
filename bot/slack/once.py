"""What Slack delivers twice is answered once: commands, clicks and shortcuts, by their trigger.

Events have an id of their own and are told apart by their listener; the acknowledgement of a form
carries its answer, so a form that comes again must get it again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from typing import Any, Final, cast

from slack_bolt.async_app import AsyncApp

from bot.services.deliveries import Deliveries
from bot.slack.app import Listener
from bot.slack.work import OngoingWork

_PAYLOADS: Final = ("body", "command", "shortcut")
_GUARDED: Final = frozenset({"command", "action", "shortcut"})

Work = Callable[..., Awaitable[None]]


class Once:
    """A listener whose methods run once for each trigger, after the acknowledgement has left."""

    def __init__(self, listener: Listener, deliveries: Deliveries, work: OngoingWork) -> None:
        self._listener = listener
        self._deliveries = deliveries
        self._work = work

    def register(self, app: AsyncApp) -> None:
        """Bind the listener's methods, guarded."""
        self._listener.register(cast("AsyncApp", _GuardedApp(app, self._guarded)))

    def _guarded(self, method: Work) -> Work:
        # Bolt reads the names of the arguments through `wraps`.
        @wraps(method)
        async def once(**arguments: Any) -> None:
            self._work.enlist()
            trigger = _trigger(arguments)
            if not trigger or await self._deliveries.first_time(f"trigger:{trigger}"):
                await method(**arguments)

        return once


class _GuardedApp:
    """The app as listeners see it when they register."""

    def __init__(self, app: AsyncApp, guarded: Callable[[Work], Work]) -> None:
        self._app = app
        self._guarded = guarded

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._app, name)
        if name not in _GUARDED:
            return found

        def register(*rule: Any, **options: Any) -> Callable[[Work], Any]:
            bind = found(*rule, **options)
            return lambda method: bind(self._guarded(method))

        return register


def _trigger(arguments: Mapping[str, Any]) -> str:
    payload = next((arguments[name] for name in _PAYLOADS if name in arguments), None)
    trigger = payload.get("trigger_id") if isinstance(payload, Mapping) else None
    return trigger if isinstance(trigger, str) else ""
