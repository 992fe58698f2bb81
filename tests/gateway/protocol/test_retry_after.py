"""`Retry-After`: a plausible number of seconds is used, and everything else is ignored."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gateway.protocol.soap import LONGEST_SECONDS, read_retry_after

NOON = "Mon, 23 Nov 2026 12:00:00 GMT"
LATER = "Mon, 23 Nov 2026 12:01:30 GMT"

READ: list[tuple[str, str, float | None]] = [
    ("0", "", 0.0),
    ("120", "", 120.0),
    (" 120 ", "", 120.0),
    ("86400", "", 86_400.0),
    ("86401", "", None),
    ("9" * 5_000, "", None),
    ("", "", None),
    ("-1", "", None),
    ("1.5", "", None),
    ("١٢", "", None),  # digits of another script
    ("soon", "", None),
    ("1, 2", "", None),
    (LATER, NOON, 90.0),
    (NOON, LATER, 0.0),  # the time is over
    (LATER, "", None),
    (LATER, "yesterday", None),
    ("Mon, 23 Nov 9999 12:00:00 GMT", NOON, None),
    ("Mon, 99 Nov 2026 12:00:00 GMT", NOON, None),
    ("23 Nov 2026 12:00:00", NOON, None),
]


@pytest.mark.parametrize(("value", "date", "seconds"), READ)
def test_what_a_server_asks_for(value: str, date: str, seconds: float | None) -> None:
    """Seconds, or a date counted from the reply's own; within a day."""
    assert read_retry_after(value, date) == seconds


@given(st.text(), st.text())
def test_any_header_gives_seconds_within_a_day_or_nothing(value: str, date: str) -> None:
    """No header can raise, or make the bot wait for ever."""
    seconds = read_retry_after(value, date)
    assert seconds is None or 0 <= seconds <= LONGEST_SECONDS
