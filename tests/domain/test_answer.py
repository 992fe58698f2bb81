"""Under which name each finding is counted."""

from __future__ import annotations

import pytest

from bot.domain.call_status import (
    COUNTED,
    NOT_FOUND,
    LookupFailure,
    Outcome,
    outcome_key,
    read_result,
)


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("ok:85", "answered"),
        ("failed:486", "failed"),
        ("024", "pending"),
        ("023", NOT_FOUND),
        ("001", "gateway_error"),
        ("900", "gateway_error"),
        ("23", "unrecognised"),
    ],
)
def test_a_result_is_counted_under_its_outcome_and_an_unknown_id_under_a_name_of_its_own(
    raw: str, name: str
) -> None:
    """A mistyped id is not an error of the gateway."""
    assert name == outcome_key(read_result(raw))


def test_a_failed_look_up_is_counted_as_such() -> None:
    """Never as a failed call."""
    failure = LookupFailure(error="timeout")
    assert Outcome.LOOKUP_FAILED is failure.outcome
    assert "lookup_failed" == outcome_key(failure)
    assert Outcome.FAILED is read_result("failed:486").outcome


def test_an_unknown_id_has_the_outcome_of_the_json_all_the_same() -> None:
    """Programs that read the outcome read nine words."""
    assert Outcome.GATEWAY_ERROR is read_result("023").outcome


def test_sums_are_told_in_the_order_of_the_outcomes() -> None:
    """Unknown ids come before the errors of the gateway."""
    assert [*Outcome] == [name for name in COUNTED if name != NOT_FOUND]
    assert COUNTED.index(NOT_FOUND) + 1 == COUNTED.index("gateway_error")
