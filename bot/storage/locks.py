"""Mutual exclusion between all processes on one database, until the end of the transaction.

SQLite allows one writer, so a write transaction already excludes all others. PostgreSQL has
advisory locks; those of a transaction also work through a connection pooler, and end when the
process dies.
"""

from __future__ import annotations

import hashlib

from sqlalchemy import Connection, func, select


def take_lock(connection: Connection, *name: str) -> None:
    """Take the lock of this name, once no other transaction has it.

    The transaction's own deadline ends the wait.

    Args:
        connection: in a write transaction.
        name: the parts of the lock's name.
    """
    if connection.dialect.name == "postgresql":
        digest = hashlib.sha256("\0".join(("voicestatus", *name)).encode()).digest()
        key = int.from_bytes(digest[:8], signed=True)
        connection.execute(select(func.pg_advisory_xact_lock(key)))
