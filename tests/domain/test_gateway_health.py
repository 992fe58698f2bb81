"""How the gateway has been answering, as a value."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.domain.gateway_health import GatewayHealth

START = datetime(2026, 11, 25, 14, 0, tzinfo=UTC)
FRESH = GatewayHealth(since=START)


def minutes(number: int) -> datetime:
    """This many minutes after the start."""
    return START + timedelta(minutes=number)


def failing(count: int, health: GatewayHealth = FRESH, *, transport: bool = True) -> GatewayHealth:
    """After this many failures, a minute apart."""
    for number in range(1, count + 1):
        health = health.failed(minutes(number), "timeout", transport=transport)
    return health


def test_it_is_down_after_several_transport_faults_in_a_row() -> None:
    """Since the first of them."""
    assert failing(4).down_since is None
    assert minutes(1) == failing(5).down_since
    assert minutes(1) == failing(8).down_since


def test_an_answer_ends_the_row() -> None:
    """The count restarts."""
    health = failing(4).answered(minutes(10))
    again = health.failed(minutes(11), "timeout", transport=True)

    assert (1, minutes(11), None) == (again.failures, again.failing_since, again.down_since)


def test_a_reply_that_cannot_be_read_is_no_transport_fault() -> None:
    """A server answers, so callers still wait for the next look-up."""
    health = failing(20, transport=False)

    assert (None, 0, "timeout") == (health.down_since, health.failures, health.last_error)


def test_when_it_recovered_is_known() -> None:
    """By an answer, or by any reply."""
    down = failing(5)
    answered = down.answered(minutes(30))
    unreadable = down.failed(minutes(31), "not_soap", transport=False)

    assert (None, minutes(30), None) == (
        answered.down_since,
        answered.recovered_at,
        answered.last_failure,
    )
    assert (None, minutes(31)) == (unreadable.down_since, unreadable.recovered_at)
    assert minutes(30) == answered.answered(minutes(60)).recovered_at


def test_a_pause_is_known_until_it_is_over() -> None:
    """The answer that requested it does not end it."""
    paused = FRESH.paused(minutes(5))

    assert minutes(5) == paused.answered(minutes(1)).paused_until
    assert paused.answered(minutes(6)).paused_until is None
