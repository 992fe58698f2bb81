"""The audit rows of a running bot."""

from __future__ import annotations

import asyncio
import time

from bot.domain.audit import AuditEntry
from bot.storage.audit import Audit
from bot.telemetry import Telemetry
from tests.support.records import AUDIT_KEY, recent
from tests.support.scene import HASH_KEY, Scene


async def audited(scene: Scene, count: int, *, patience: float = 20.0) -> list[AuditEntry]:
    """The rows, oldest first, once there are `count`.

    They may be written after the answer is shown.
    """
    await scene.running.work.idle()
    await scene.running.stores.records.flush()
    until = time.monotonic() + patience
    while True:
        entries = await recent(Audit(scene.running.stores.database, AUDIT_KEY), 100)
        if len(entries) >= count or time.monotonic() > until:
            return [*entries][::-1]
        await asyncio.sleep(0.02)


def hashed(idmsg: str) -> str:
    """The hash of an id under the tests' key."""
    return Telemetry(HASH_KEY.encode()).hashed(idmsg)
