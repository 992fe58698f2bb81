"""How much time the end of the process has left."""

from __future__ import annotations

from bot.services.jobs.poller import End


def test_before_the_end_each_has_its_own_time() -> None:
    """What it wants."""
    assert (3.0, 9.0) == (End(9.0).left(3.0), End(9.0).left())


def test_from_the_end_on_all_share_one() -> None:
    """What one takes is not there for the next."""
    now = 100.0
    end = End(9.0, lambda: now)
    end.begin()
    now = 103.0
    assert (2.0, 6.0, 6.0) == (end.left(2.0), end.left(8.0), end.left())
    now = 200.0
    assert 0.0 == end.left(2.0)
