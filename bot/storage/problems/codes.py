"""What can be wrong with a database, and what an operator can do about it, by its error's code.

`{file}` and `{folder}` are those of a SQLite database.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from bot.storage.problems.file_access import Fault, fault_of

CHECK_URL: Final = "Check DATABASE_URL."
_WAIT: Final = "Wait some seconds and try again."
_NO_RIGHT: Final = (
    "The system does not let this user read or write {file}.",
    "Check the owner and the mode of {file} and of {folder}.",
)
_FULL: Final = "The disk of the database is full.", "Free space in {folder}."
_HELD: Final = (
    "Another process holds the database.",
    (
        "Stop it, or wait for its end; `fuser {file}` shows it. If there is none, the folder may "
        "be a network share: use a local disk, or PostgreSQL."
    ),
)
SHARE: Final = (
    (
        "SQLite's locks or its write-ahead logging do not work in the folder {folder}, which seems "
        "to be a network share."
    ),
    "Use a folder on a local disk, or PostgreSQL.",
)
TOO_SLOW: Final = (
    "The database did not answer in time.",
    "Check what else uses it, its disk, and the network to it.",
)
UNKNOWN: Final = "The database could not be used.", CHECK_URL
ALTERED: Final = (
    "A stored value cannot be read: something else has changed the database.",
    "Find out what it was, and restore a backup.",
)
OPTION: Final = (
    "An option in DATABASE_URL is not understood.",
    "Check what follows the question mark.",
)
_NO_GRANT: Final = (
    "The database user lacks a right.",
    (
        "As the owner of the database: GRANT USAGE, CREATE ON SCHEMA public TO the user of "
        "DATABASE_URL. If another user made the tables, that one has to own them."
    ),
)
STARTING: Final = "The database server is shutting down or starting.", _WAIT
CROWDED: Final = (
    "The database server accepts no further connections.",
    "End connections that are not needed, or raise max_connections: a bot uses up to five.",
)

# Codes with which the file system may be at fault.
_OF_FILES: Final = ("E", "SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PERM", "SQLITE_IOERR")

# By the beginning of the system's error name (errno(3)), of SQLite's result code
# (sqlite.org/rescode.html) or of PostgreSQL's SQLSTATE (PostgreSQL manual, appendix A); the first
# match wins.
_BY_CODE: Final[tuple[tuple[str, Fault], ...]] = (
    ("EACCES", _NO_RIGHT),
    ("EPERM", _NO_RIGHT),
    ("EROFS", _NO_RIGHT),
    ("ENOSPC", _FULL),
    ("EDQUOT", _FULL),
    ("ENOLCK", SHARE),
    ("ENAMETOOLONG", ("The name of the file of the database is too long.", CHECK_URL)),
    ("EMFILE", ("This process has too many files open.", "Raise its limit: `ulimit -n`.")),
    ("ENFILE", ("The system has too many files open.", "Raise fs.file-max (sysctl).")),
    ("SQLITE_BUSY", _HELD),
    ("SQLITE_LOCKED", _HELD),
    ("SQLITE_FULL", _FULL),
    ("SQLITE_PROTOCOL", SHARE),
    ("SQLITE_IOERR_LOCK", SHARE),
    ("SQLITE_IOERR_RDLOCK", SHARE),
    ("SQLITE_IOERR_UNLOCK", SHARE),
    ("SQLITE_IOERR_CHECKRESERVEDLOCK", SHARE),
    ("SQLITE_IOERR_SHM", SHARE),
    ("SQLITE_NOLFS", SHARE),
    (
        "SQLITE_READONLY_DBMOVED",
        ("The file of the database was moved or deleted while it was open.", "Restart the bot."),
    ),
    ("SQLITE_READONLY", _NO_RIGHT),
    ("SQLITE_PERM", _NO_RIGHT),
    ("SQLITE_CANTOPEN", ("SQLite cannot open {file}.", "Check it and its folder.")),
    (
        "SQLITE_NOTADB",
        (
            "{file} is no SQLite database, or it is damaged or encrypted.",
            "Name another file in DATABASE_URL, or move this one away.",
        ),
    ),
    (
        "SQLITE_CORRUPT",
        (
            "{file} is damaged.",
            (
                "Restore a backup; or move it away, with the files -wal and -shm beside it, and "
                "start with an empty database."
            ),
        ),
    ),
    (
        "SQLITE_IOERR_WRITE",
        (
            "The disk of the database cannot be written: it fails, or a quota is used up.",
            "Check `quota`, and the system's log: `dmesg`.",
        ),
    ),
    (
        "SQLITE_ERROR",
        (
            "The tables of the database are not those of this bot.",
            "Name a database of its own in DATABASE_URL, or restore a backup.",
        ),
    ),
    (
        "SQLITE_IOERR",
        ("The disk of the database fails.", "Check it in the system's log: `dmesg`."),
    ),
    ("42501", _NO_GRANT),
    # No schema in which this user may make tables.
    ("3F000", _NO_GRANT),
    (
        "25006",
        (
            "The database may only be read.",
            "Name the primary server in DATABASE_URL, not a standby.",
        ),
    ),
    ("53300", CROWDED),
    (
        "53",
        (
            "The database server has no room left.",
            "Free space on its disk, or give it more memory.",
        ),
    ),
    ("57", STARTING),
    (
        "42P07",
        (
            "The database has tables of another application with the same names.",
            "Give the bot a database of its own.",
        ),
    ),
    (
        "42P01",
        ("The database has lost tables of the bot.", "Restore a backup, or restart the bot."),
    ),
    ("08", ("The connection to the database server was lost.", _WAIT)),
)


def problem_of(code: str, file: Path | None) -> Fault:
    """What an error of this code means; of a file, what can be seen in the file system.

    Args:
        code: of the system, SQLite or PostgreSQL.
        file: that of a SQLite database.
    """
    if file is not None and code.startswith(_OF_FILES) and (seen := fault_of(file)):
        return seen
    found = (fault for beginning, fault in _BY_CODE if code.startswith(beginning))
    return filled(next(found, UNKNOWN), file)


def filled(fault: Fault, file: Path | None) -> Fault:
    """The sentences with the file and its folder."""
    names = {
        "file": file or "the file of the database",
        "folder": file.parent if file is not None else "its folder",
    }
    problem, remedy = fault
    return problem.format(**names), remedy.format(**names)
