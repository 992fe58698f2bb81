"""Limits the work spent on one user's input.

A file of permitted size can be built so that reading it is expensive. Expensive work is counted in
steps while it is done, so that a file has the same result on every machine. A step is some 60 ns of
a processor of 2024.
"""

from __future__ import annotations

from typing import Final

# Half a second. An export of 5 MB, 10,000 rows and 20 columns takes 3.3 million steps, and 5.4 with
# everything quoted.
MAX_STEPS: Final = 8_000_000

# Measured steps of each kind of work.
LINE: Final = 4
CERTAIN_WORD: Final = 30
WORD: Final = 60
# One that is not ASCII, or is searched for ids.
SLOW_CHARACTER: Final = 8
LINE_LEFT_OUT: Final = 100
HEADING: Final = 200
FOREIGN_HEADING: Final = 2_000
QUOTED_LINE: Final = 20
QUOTED_CELL: Final = 3
# Of a web page.
TAG: Final = 10
ENTITY: Final = 12
# Skipping this many characters takes one step.
PASSED_OVER: Final = 16


class TooMuchWorkError(Exception):
    """The file needs more work than the limit."""


class Effort:
    """Counts the work.

    Args:
        most: the limit, in steps.

    Attributes:
        spent: the steps so far.
    """

    def __init__(self, most: int = MAX_STEPS) -> None:
        self._most = most
        self.spent = 0

    def spend(self, steps: int) -> None:
        """Count work before it is done.

        Raises:
            TooMuchWorkError: the work exceeds the limit.
        """
        self.spent += steps
        if self.spent > self._most:
            raise TooMuchWorkError
