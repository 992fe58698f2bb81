"""How a command ends: the numbers that scripts read, the same for every command.

An interrupt ends a command with 130, which is typer's doing.
"""

from __future__ import annotations

from typing import Final

from bot.domain.answer import outcome_of
from bot.domain.call_status import Outcome
from bot.domain.texts.explanation import Finding

OK: Final = 0
FAILED: Final = 1
# What was typed or set cannot be used.
USAGE: Final = 2

_BY_OUTCOME: Final = {
    Outcome.PENDING: 3,
    Outcome.GATEWAY_ERROR: 4,
    Outcome.UNRECOGNISED: 5,
    Outcome.LOOKUP_FAILED: 5,
}


def exit_code_of(finding: Finding) -> int:
    """The code of one look-up; the highest of several is the command's."""
    return _BY_OUTCOME.get(outcome_of(finding), OK)
