"""Which findings can be watched, and where that is offered."""

from __future__ import annotations

import pytest

from bot.domain.call_status import Finding, LookupFailure, read_result
from bot.domain.jobs.watch import NotWatchable, invites_watch, why_not_watchable


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ("024", None),
        ("023", None),
        ("850", None),
        ("what", None),
        ("ok:85.00", NotWatchable.FINAL),
        ("failed:486", NotWatchable.FINAL),
        ("machine:200", NotWatchable.FINAL),
        ("001", NotWatchable.REFUSED),
        ("019", NotWatchable.REFUSED),
        ("022", NotWatchable.REFUSED),
        ("900", NotWatchable.REFUSED),
    ],
)
def test_what_may_still_change_by_itself_can_be_watched(
    result: str, expected: NotWatchable | None
) -> None:
    """Neither a final status nor a bot that is refused does."""
    assert expected is why_not_watchable(read_result(result))


@pytest.mark.parametrize(
    ("finding", "expected"),
    [
        (read_result("024"), True),
        (read_result("023"), True),
        (read_result("850"), False),
        (read_result("900"), False),
        (read_result("ok:85.00"), False),
        (LookupFailure(error="timeout"), False),
    ],
)
def test_a_watch_is_offered_where_waiting_is_the_next_step(
    finding: Finding, expected: bool
) -> None:
    """No status yet, and an id that it may be too early for."""
    assert expected is invites_watch(finding)


def test_a_look_up_that_failed_can_be_watched() -> None:
    """The next poll may succeed."""
    assert why_not_watchable(LookupFailure(error="timeout")) is None
