"""Bulks as the settings describe them: how many calls are asked about at once."""

from __future__ import annotations

import pytest

from bot.composition.configured import calls_at_once
from bot.settings.settings import Settings


@pytest.mark.parametrize(
    ("rate", "seconds", "most", "at_once"),
    [(10, 10, 20, 25), (1000, 10, 20, 40), (1000, 10, 1, 2), (0.1, 1, 20, 1)],
)
def test_so_many_at_once_as_the_ceiling_carries(
    rate: float, seconds: float, most: int, at_once: int
) -> None:
    """Twice as many as may run; no more than come through in time; at least one."""
    settings = Settings.of(
        gateway_requests_per_second=rate,
        gateway_timeout_seconds=seconds,
        gateway_max_concurrency=most,
    )
    assert at_once == calls_at_once(settings)
