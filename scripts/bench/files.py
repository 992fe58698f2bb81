"""CPU time of parsing files of permitted size that are expensive on purpose."""

from __future__ import annotations

import time
from contextlib import suppress

from rich.table import Table

from bot.domain.id_lists.effort import Effort
from bot.domain.id_lists.id_file import read_file
from bot.domain.id_lists.id_list import MAX_BYTES, UnreadableListError
from tests.support.hostile_files import HOSTILE, ORDINARY, Made

_DEAREST = 15


def measure_files() -> Table:
    """Parse each kind at its maximum size; returns the most expensive and the ordinary ones."""
    hostile = sorted((_cost(made), kind) for kind, made in HOSTILE.items())
    ordinary = [(_cost(made), kind) for kind, made in ORDINARY.items()]
    table = Table(f"files of up to 5 MB, {len(HOSTILE)} kinds", "CPU s", "steps, m", box=None)
    for (seconds, steps), kind in (*ordinary, *reversed(hostile[-_DEAREST:])):
        table.add_row(kind, f"{seconds:.2f}", f"{steps / 1_000_000:.1f}")
    return table


def _cost(made: Made) -> tuple[float, int]:
    """CPU seconds, and the effort counted by the parser."""
    data, effort = made(MAX_BYTES), Effort()
    began = time.process_time()
    with suppress(UnreadableListError):
        read_file(data, max_ids=10_000, effort=effort)
    return time.process_time() - began, effort.spent
