"""How much work may be put into what somebody sent.

A file of permitted size can be made so that reading it is dear. What is dear is counted in steps as
it is done, so that the same file ends in the same way on every machine. A step is some 60 ns of a
processor of 2024.
"""

from __future__ import annotations

from typing import Final

# Half a second. An export of 5 MB, 10,000 rows and 20 columns takes 3.3 million steps, and 5.4 with
# everything quoted.
MAX_STEPS: Final = 8_000_000

# What takes how many steps, measured.
LINE: Final = 4
CERTAIN_WORD: Final = 30
WORD: Final = 60
FOREIGN_CHARACTER: Final = 8
SEARCHED_CHARACTER: Final = 8
LINE_LEFT_OUT: Final = 100
HEADING: Final = 200
FOREIGN_HEADING: Final = 2_000
QUOTED_LINE: Final = 20
QUOTED_CELL: Final = 3
# So many characters that are passed over take one step.
PASSED_OVER: Final = 16


class TooMuchWorkError(Exception):
    """More work than may be put into one file."""


class Effort:
    """Counts the work.

    Args:
        most: how many steps may be done.

    Attributes:
        spent: how many were done so far.
    """

    def __init__(self, most: int = MAX_STEPS) -> None:
        self._most = most
        self.spent = 0

    def spend(self, steps: int) -> None:
        """Count what is about to be done.

        Raises:
            TooMuchWorkError: that is more than may be done.
        """
        self.spent += steps
        if self.spent > self._most:
            raise TooMuchWorkError
