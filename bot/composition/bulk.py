"""Everything that bulks are made of, put together: what people ask for, and turns.

Part of the composition root, apart from the desk, because it lives by itself and not by requests.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bot.composition.connections import ceilings_of
from bot.composition.jobs import Engine
from bot.domain.jobs.bulk import MOST_OPEN
from bot.domain.timing import Timing
from bot.services.bulk.notifier import BulkNotifier
from bot.services.bulk.pace import Pace
from bot.services.bulk.service import BulkService
from bot.services.bulk.turns import BulkTurns
from bot.services.jobs.dependencies import Means
from bot.services.poller import Line
from bot.settings.settings import Settings
from bot.storage.bulks import BulkBounds

# Open lists of everybody: at 10 requests a second 50 of the longest take more than half a day.
_MOST_OF_ALL: Final = 50
# Bulks under way share what may be asked at once, so more of them would only each be slower.
_AT_ONCE: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkServices:
    """The bulks of this process.

    Attributes:
        bulks: what people use.
        line: what the poller takes up.
    """

    bulks: BulkService
    line: Line


def build_bulk_services(
    settings: Settings, *, engine: Engine, means: Means, speaker: BulkNotifier
) -> BulkServices:
    """Make it; nothing runs yet."""
    pace = pace_of(settings, timing=engine.timing)
    turns = BulkTurns(bulks=engine.bulks, speaker=speaker, pace=pace, means=means)
    bounds = BulkBounds(user=MOST_OPEN, all=_MOST_OF_ALL)
    bulks = BulkService(bulks=engine.bulks, wake=engine.poller.wake, bounds=bounds, now=means.now)
    line = Line(engine.bulks, take_up=turns.take_up, leave=turns.leave, room=_AT_ONCE)
    return BulkServices(bulks=bulks, line=line)


def pace_of(settings: Settings, *, timing: Timing = Timing()) -> Pace:
    """So many at once as come through the ceiling in a quarter of their time.

    Then those of the watches, which stand in the same line, come through in time too.
    """
    return Pace(
        at_once=ceilings_of(settings).at_once(settings.gateway_timeout_seconds / 4),
        progress_seconds=timing.progress_every,
        least_seconds=timing.card_least,
        tick_seconds=timing.stop_seen,
        write_seconds=timing.answers_kept,
        down_seconds=timing.down_rest,
        hand_over_seconds=timing.hand_over,
    )
