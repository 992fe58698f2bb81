"""The buttons of watches: change the time limit, stop. Their values have ids of watches.

A click acts only on watches of the user who clicked, even if the value is forged.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from bot.domain.input.query import MAX_IDS
from bot.domain.jobs.watch import Watch
from bot.domain.texts.catalog import Catalog
from bot.slack.blocks.block_kit import Block, actions, button
from bot.slack.blocks.payload import parsed

STOP_ACTION: Final = "watch_stop"
CANCEL_ACTION: Final = "watch_cancel"
HOME_CANCEL_ACTION: Final = "home_watch_cancel"
LIMIT_ACTIONS: Final = re.compile(r"watch_limit_\d+")

_CONTROLS: Final = "watch_controls"
_LIMIT: Final = "watch_limit_"
# By the suffix of the `action_id` and of the phrase.
LIMITS: Final = {f"{minutes}": timedelta(minutes=minutes) for minutes in (30, 60, 240, 1440)}
_NAME: Final = re.compile(r"[0-9a-f]{16}")


def controls(watches: Sequence[Watch], catalog: Catalog, chosen: timedelta | None = None) -> Block:
    """Make the buttons for the other time limits, and the one to stop.

    Args:
        watches: the watches that have just been started or changed.
        catalog: the language.
        chosen: the new time limit; `None` if they have just been started.
    """
    value = value_of(watches)
    spans = {chosen or watch.expires_at - watch.started_at for watch in watches}
    elements = [
        button(f"{_LIMIT}{name}", catalog.say(f"watch.limit.{name}"), value=value)
        for name, limit in LIMITS.items()
        if spans != {limit}
    ]
    elements.append(button(STOP_ACTION, catalog.say("watch.stop"), value=value))
    return actions(_CONTROLS, elements)


def value_of(watches: Sequence[Watch]) -> str:
    """The value of a button for these watches."""
    return json.dumps([watch.id for watch in watches])


def limit_of(action: object) -> timedelta | None:
    """Read the time limit from an `action_id`; `None` if it is not ours."""
    return LIMITS.get(str(action).removeprefix(_LIMIT))


def watches_of(value: object) -> tuple[str, ...]:
    """Read the ids of watches from a button's value; none if the value is not ours."""
    loaded = parsed(value, list) or []
    return tuple(one for one in loaded[:MAX_IDS] if isinstance(one, str) and _NAME.fullmatch(one))
