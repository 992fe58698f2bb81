"""Mutual exclusion over all processes on one database, until the end of the transaction.

On SQLite a write transaction is alone in the whole database already. PostgreSQL has advisory locks;
those of a transaction work through a pooler of connections too, and end with a process that dies.
"""

from __future__ import annotations

import hashlib

from sqlalchemy import Connection, func, select


def take_lock(connection: Connection, *name: str) -> None:
    """Wait until no other transaction holds the lock of this name, and hold it.

    The transaction's own deadline ends the wait.

    Args:
        connection: in a write transaction.
        name: the parts of the lock's name.
    """
    if connection.dialect.name == "postgresql":
        digest = hashlib.sha256("\0".join(("voicestatus", *name)).encode()).digest()
        key = int.from_bytes(digest[:8], signed=True)
        connection.execute(select(func.pg_advisory_xact_lock(key)))
