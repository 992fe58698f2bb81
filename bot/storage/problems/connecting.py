"""What the words mean with which a connection to a PostgreSQL server fails: they have no code."""

from __future__ import annotations

import re
from typing import Final

from bot.storage.problems.codes import CROWDED, STARTING
from bot.storage.problems.file_access import Fault

# What libpq and the server say, in lower case and without the names in it. The server speaks the
# language of its `lc_messages`. The first match wins.
_BY_WORDS: Final[tuple[tuple[tuple[str, ...], Fault], ...]] = (
    (
        ("pg_hba.conf",),
        (
            "The database server does not let this user connect from here, or not without TLS.",
            (
                "Add ?sslmode=require to DATABASE_URL; or allow user, database and address in the "
                "server's pg_hba.conf."
            ),
        ),
    ),
    (
        ("ssl", "certificate", "channel binding"),
        (
            "The database server and this machine cannot agree on TLS.",
            "Check sslmode and sslrootcert in DATABASE_URL, and whether the server has TLS on.",
        ),
    ),
    (
        ("no password supplied",),
        ("The database server wants a password.", "Add it: postgresql://user:password@host/..."),
    ),
    (
        ("password authentication failed", "do tipo senha falhou"),
        (
            "The database server refuses the user or the password.",
            (
                "Check both in DATABASE_URL; signs such as @ : / # % in them are written as %40 "
                "%3A %2F %23 %25."
            ),
        ),
    ),
    (
        (
            "too many c",
            "connection slots",
            "muitos clientes",
            "muitas conex",
            "reservad",
            "no more conn",
        ),
        CROWDED,
    ),
    (("starting up", "shutting down", "recovery", "iniciando", "desligando"), STARTING),
    (
        ("permission denied", "permitted to log in", "permissão negada", "permitido"),
        (
            "The database user may not connect to this database.",
            (
                "Give it LOGIN, and as the owner of the database: GRANT CONNECT ON DATABASE ... TO "
                "the user."
            ),
        ),
    ),
    (
        ("role ",),
        ("The database server does not know the user.", "Check the user in DATABASE_URL."),
    ),
    (
        ("database ", "banco de dados ", "no such database"),
        (
            "The database server has no database of that name.",
            "Check the name after the host in DATABASE_URL, or create it: CREATE DATABASE ...",
        ),
    ),
    (
        ("fatal",),
        (
            "The database server refuses the connection.",
            "Check user, password and database in DATABASE_URL, and look into the server's log.",
        ),
    ),
    (
        ("resolve host", "translate host"),
        ("The name of the database server was not found.", "Check the host in DATABASE_URL."),
    ),
)
_UNREACHABLE: Final = (
    "The database server cannot be reached.",
    "Check host and port in DATABASE_URL, the network and the firewall, and whether it runs.",
)
_NAMES: Final = re.compile(r"""(["'])[^"']*\1""")


def problem_of_connecting(said: str) -> Fault:
    """What the words mean with which a connection to a server failed."""
    said = _NAMES.sub("", said.lower())
    found = (fault for words, fault in _BY_WORDS if any(word in said for word in words))
    return next(found, _UNREACHABLE)
