"""Which answers the admins must act on."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.domain.alerts import Alert, Trouble, alert_of
from bot.domain.call_status import Answer, Finding, LookupFailure, read_result
from bot.domain.input.message_id import MessageId


def alert(finding: Finding) -> Alert | None:
    """What the admins learn from this finding."""
    noon = datetime(2026, 11, 25, 12, tzinfo=UTC)
    return alert_of(Answer(message_id=MessageId("A"), finding=finding, checked_at=noon))


@pytest.mark.parametrize(
    ("code", "trouble"),
    [
        ("900", Trouble.SECURITY_LIMIT),
        ("001", Trouble.KEYS),
        ("019", Trouble.KEYS),
        ("022", Trouble.ACCOUNT),
    ],
)
def test_a_refusal_of_the_gateway_is_an_alert(code: str, trouble: Trouble) -> None:
    """With the code that the gateway answered."""
    assert Alert(trouble=trouble, code=code) == alert(read_result(code))


@pytest.mark.parametrize(
    ("error", "trouble"), [("gateway_down", Trouble.DOWN), ("paused", Trouble.SECURITY_LIMIT)]
)
def test_a_gateway_that_is_down_is_an_alert(error: str, trouble: Trouble) -> None:
    """With the last error."""
    failure = LookupFailure(error=error, detail="timeout")
    assert Alert(trouble=trouble, detail="timeout") == alert(failure)


@pytest.mark.parametrize("raw", ["ok:85.00", "failed:486", "023", "024", "850", "950", "junk"])
def test_other_answers_are_none(raw: str) -> None:
    """A failed call is nobody's trouble, and an unknown id is the agent's."""
    assert None is alert(read_result(raw))


def test_another_failed_look_up_is_none() -> None:
    """One timeout says nothing."""
    assert None is alert(LookupFailure(error="timeout"))
