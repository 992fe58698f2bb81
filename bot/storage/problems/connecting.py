"""What the words mean with which a connection to a PostgreSQL server fails: they have no code.

Why a server cannot be used at all, which only an operator can change.
"""

from __future__ import annotations

import re
from typing import Final

from bot.storage.problems.codes import load_faults, named
from bot.storage.problems.file_access import Fault

_NAMES: Final = re.compile(r"""(["'])[^"']*\1""")


def problem_of_connecting(said: str) -> Fault:
    """What the words mean with which a connection to a server failed."""
    said = _NAMES.sub("", said.lower())
    found = (
        name
        for name, fault in load_faults().items()
        if any(word in said for word in fault.get("words", ()))
    )
    return named(next(found, "unreachable"))
