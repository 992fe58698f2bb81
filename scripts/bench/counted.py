"""`voicestatus run` that counts its commits: `python -m scripts.bench.counted FILE`.

A commit counts as synced when the disk has to confirm it: on SQLite while `PRAGMA synchronous` is
FULL (2) or more, since in write-ahead logging NORMAL does not wait for the disk; on PostgreSQL each
commit of a transaction that wrote. The counts are in the file, as JSON, after each commit.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event

from bot.commands.app import main


def count_into(file: Path) -> None:
    """Count the commits of every engine of this process."""
    counts = {"commits": 0, "synced": 0}

    def on_commit(connection: Connection) -> None:
        options = connection.get_execution_options()
        if not options.get("voicestatus_writes"):
            return
        counts["commits"] += 1
        driver: Any = connection.connection.dbapi_connection
        if connection.dialect.name != "sqlite" or (
            driver.execute("PRAGMA synchronous").fetchone()[0] > 1
        ):
            counts["synced"] += 1
        file.write_text(json.dumps(counts), encoding="ascii")

    event.listen(Engine, "commit", on_commit)


if __name__ == "__main__":
    count_into(Path(sys.argv.pop(1)))
    sys.argv.append("run")
    main()
