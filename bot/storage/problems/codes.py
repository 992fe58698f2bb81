"""What can be wrong with a database, and what an operator can do about it: `faults.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

from bot.storage.problems.file_access import Fault, fault_of

# Codes with which the file system may be at fault.
_OF_FILES: Final = ("E", "SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PERM", "SQLITE_IOERR")


@cache
def load_faults() -> Mapping[str, Mapping[str, Any]]:
    """The faults by name, read once."""
    return tomllib.loads(resources.files(__package__).joinpath("faults.toml").read_text("utf-8"))


def problem_of(code: str, file: Path | None) -> Fault:
    """What an error of this code means; of a file, what can be seen in the file system.

    Args:
        code: of the system, SQLite or PostgreSQL.
        file: that of a SQLite database.
    """
    if file is not None and code.startswith(_OF_FILES) and (seen := fault_of(file)):
        return seen
    known = {one: name for name, fault in load_faults().items() for one in fault.get("codes", ())}
    fitting = [one for one in known if code.startswith(one)]
    return named(known[max(fitting, key=len)] if fitting else "unknown", file)


def named(name: str, file: Path | None = None) -> Fault:
    """The fault of this name, with the file and its folder in its sentences."""
    names = {
        "file": file or "the file of the database",
        "folder": file.parent if file is not None else "its folder",
    }
    fault = load_faults()[name]
    return fault["problem"].format(**names), fault["remedy"].format(**names)
