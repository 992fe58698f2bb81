"""The metrics of this process, and the log lines of look-ups and refusals.

Questions and answers are counted and hashed, never written out.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from typing import Final

import structlog
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

from bot.domain.audit import AuditEntry
from bot.domain.call_status import Answer, LookupFailure, Outcome

EXPOSITION_TYPE: Final = CONTENT_TYPE_LATEST


class Telemetry:
    """The counters of this process, and the hash that replaces an IDMSG in a log line."""

    def __init__(self, hash_key: bytes) -> None:
        self._hash_key = hash_key
        self._log = structlog.get_logger("bot.lookup")
        self._writes = logging.getLogger("bot.lookup").isEnabledFor
        # Not the library's global one: two bots in a process would register the same names there.
        self.registry = CollectorRegistry()
        counter = partial(Counter, registry=self.registry)
        lookups = counter("voicestatus_lookups", "Look-ups by outcome.", ("outcome",))
        # From the start with 0 each, as Prometheus recommends, and cheaper for each look-up.
        self._lookups = {outcome: lookups.labels(outcome.value) for outcome in Outcome}
        self._failures = counter(
            "voicestatus_lookup_failures", "Failed look-ups, by error.", ("error",)
        )
        self._cached = counter(
            "voicestatus_lookups_from_cache", "Look-ups answered from the cache."
        )
        self._refusals = counter(
            "voicestatus_refusals", "Questions refused, by reason.", ("reason",)
        )
        self._seconds = Histogram(
            "voicestatus_lookup_seconds", "Time a look-up took.", registry=self.registry
        )
        self._gateway_up = Gauge(
            "voicestatus_gateway_up",
            "Whether the gateway answers: 0 after several look-ups in a row without one.",
            registry=self.registry,
        )
        self._connections = Gauge(
            "voicestatus_slack_connections",
            "Connections of this Slack app as Slack last counted them; 0 in HTTP mode.",
            registry=self.registry,
        )
        self._lost = counter(
            "voicestatus_records_lost",
            "Audit entries and recent look-ups that could not be stored.",
        )
        self._undelivered = counter(
            "voicestatus_messages_undelivered",
            "Messages that Slack takes nowhere and in no form: answer, notice, report or result.",
            ("what",),
        )

    def looked_up(self, answer: Answer, seconds: float) -> None:
        """Count one look-up with its duration, and write its log line."""
        outcome = answer.finding.outcome
        error = answer.finding.error if isinstance(answer.finding, LookupFailure) else None
        self._lookups[outcome].inc()
        self._seconds.observe(seconds)
        if error is not None:
            self._failures.labels(error).inc()
        if answer.from_cache:
            self._cached.inc()
        # The line, unwritten, would cost as much as the counters.
        if self._writes(logging.INFO):
            self._log.info(
                "looked up",
                idmsg_hash=self.hashed(answer.message_id.value),
                outcome=outcome.value,
                error=error,
                seconds=round(seconds, 3),
                cached=answer.from_cache,
            )

    def follow_gateway(self, is_up: Callable[[], bool]) -> None:
        """Report whether the gateway answers, at the time the metrics are read."""
        self._gateway_up.set_function(lambda: float(is_up()))

    def follow_connections(self, count: Callable[[], int]) -> None:
        """Report Slack's count of the app's connections, at the time the metrics are read."""
        self._connections.set_function(lambda: float(count()))

    def refused(self, *, reason: str, user: str, channel: str) -> None:
        """Count one refusal and write its log line."""
        self._refusals.labels(reason).inc()
        self._log.info("refused", reason=reason, user=user, channel=channel)

    def lost(self, records: Sequence[object], error: str, detail: str) -> None:
        """Count audit entries and recent look-ups that could not be stored, and log the former."""
        self._lost.inc(len(records))
        self._log.error("records were not stored", count=len(records), error=error, detail=detail)
        for record in records:
            if isinstance(record, AuditEntry):
                self._log.error("audit entry", **asdict(record) | {"at": record.at.isoformat()})

    def undelivered(self, what: str) -> None:
        """Count a message that Slack takes nowhere and in no form, by what it is."""
        self._undelivered.labels(what).inc()

    def hashed(self, idmsg: str) -> str:
        """A keyed hash of the id: equal ids have equal hashes, but trial cannot recover the id."""
        return hmac.digest(self._hash_key, idmsg.encode(), "sha256").hex()[:16]

    def exposition(self) -> bytes:
        """The metrics in Prometheus' text format."""
        return generate_latest(self.registry)
