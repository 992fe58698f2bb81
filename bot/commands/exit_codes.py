"""Exit codes that scripts read, the same for every command.

An interrupt ends a command with 130, as typer implements it.
"""

from __future__ import annotations

from typing import Final

from bot.domain.call_status import Finding, Outcome

OK: Final = 0
FAILED: Final = 1
# An argument or a setting is not usable.
USAGE: Final = 2

_BY_OUTCOME: Final = {
    Outcome.PENDING: 3,
    Outcome.GATEWAY_ERROR: 4,
    Outcome.UNRECOGNISED: 5,
    Outcome.LOOKUP_FAILED: 5,
}


def exit_code_of(finding: Finding) -> int:
    """The code of one look-up; the command exits with the highest of several."""
    return _BY_OUTCOME.get(finding.outcome, OK)
