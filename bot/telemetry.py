"""Logs and metrics. What was asked and answered is counted and hashed, never written out.

Log lines carry only the keys named here. What other libraries log is reduced to where it came
from, since their texts can hold request bodies and addresses that are secrets.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, MutableMapping
from typing import Any, Final

import stamina
import structlog
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from structlog.typing import EventDict, Processor

EXPOSITION_TYPE: Final = CONTENT_TYPE_LATEST
OWN_LOGGERS: Final = "bot"
_MAX_VALUE: Final = 200

# The only keys that reach a log line; a new one is a decision, not an accident.
# fmt: off
ALLOWED_KEYS: Final = frozenset(
    {
        "event", "level", "timestamp", "logger", "mode", "workspace", "bot",
        "gateway", "version", "host", "port", "reference", "idmsg_hash", "outcome",
        "error", "seconds", "cached", "channel", "user", "surface", "reason",
        "status", "count", "where", "exception", "frames", "signal", "method",
        "sandbox", "setting",
    }
)
# fmt: on


class Telemetry:
    """The counters of this process, and the hash that stands for an IDMSG in a log line."""

    def __init__(self, hash_key: bytes) -> None:
        self._hash_key = hash_key
        self._log = structlog.get_logger("bot.lookup")
        self.registry = CollectorRegistry()
        self._lookups = Counter(
            "voicestatus_lookups", "Look-ups by outcome.", ("outcome",), registry=self.registry
        )
        self._failures = Counter(
            "voicestatus_lookup_failures",
            "Look-ups that found nothing out, by error.",
            ("error",),
            registry=self.registry,
        )
        self._cached = Counter(
            "voicestatus_lookups_from_cache",
            "Look-ups that needed no gateway call.",
            registry=self.registry,
        )
        self._seconds = Histogram(
            "voicestatus_lookup_seconds", "Time a look-up took.", registry=self.registry
        )
        self._gateway_up = Gauge(
            "voicestatus_gateway_up",
            "Whether the gateway answers: 0 after several look-ups in a row that found nobody.",
            registry=self.registry,
        )
        self._refusals = Counter(
            "voicestatus_refusals",
            "Questions refused, by reason.",
            ("reason",),
            registry=self.registry,
        )

    def looked_up(
        self, *, idmsg: str, outcome: str, error: str | None, seconds: float, cached: bool
    ) -> None:
        """Count one look-up and write its line."""
        self._lookups.labels(outcome).inc()
        self._seconds.observe(seconds)
        if error is not None:
            self._failures.labels(error).inc()
        if cached:
            self._cached.inc()
        self._log.info(
            "looked up",
            idmsg_hash=self.hashed(idmsg),
            outcome=outcome,
            error=error,
            seconds=round(seconds, 3),
            cached=cached,
        )

    def follow_gateway(self, is_up: Callable[[], bool]) -> None:
        """Show whether the gateway answers, as it is when the metrics are read."""
        self._gateway_up.set_function(lambda: float(is_up()))

    def refused(self, *, reason: str, user: str, channel: str) -> None:
        """Count one refusal and write its line."""
        self._refusals.labels(reason).inc()
        self._log.info("refused", reason=reason, user=user, channel=channel)

    def hashed(self, idmsg: str) -> str:
        """A keyed hash of the id: equal ids can be told, the id cannot be found by trial."""
        return hmac.new(self._hash_key, idmsg.encode(), hashlib.sha256).hexdigest()[:16]

    def exposition(self) -> bytes:
        """The metrics in Prometheus' text format."""
        return generate_latest(self.registry)


def configure_logging(*, level: str, json: bool) -> None:
    """Send all records of the process, our own and those of libraries, through one filter."""
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    renderer: Processor = (
        structlog.processors.JSONRenderer()
        if json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_is_not_of_a_spare_token)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_only_the_place, *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _describe_exception,
                _allowed_keys_only,
                renderer,
            ],
        )
    )
    # stamina would write of each repetition by a way of its own.
    stamina.instrumentation.set_on_retry_hooks([])
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level]))
    logging.getLogger(OWN_LOGGERS).setLevel(level)


def log_what_escapes() -> None:
    """Let Python print nothing by itself: warnings, and errors that nobody catches, are logged.

    Their type and place are; their texts can hold what the log must not. For a whole process.
    """
    log = structlog.get_logger("bot.telemetry")

    def warned(*told: Any, **_: Any) -> None:
        _message, kind, file, line, *_rest = told
        log.warning("Python warns", exception=kind.__qualname__, where=f"{_short(file)}:{line}")

    def ended(kind: type[BaseException], error: BaseException, trace: Any) -> None:
        log.critical("ended by an error", exc_info=(kind, error, trace))

    def in_thread(happened: threading.ExceptHookArgs) -> None:
        log.error("a thread ended by an error", exc_info=happened.exc_value)

    def unraisable(happened: Any) -> None:
        log.error("an error that could not be raised", exc_info=happened.exc_value)

    warnings.showwarning = warned
    sys.excepthook, threading.excepthook, sys.unraisablehook = ended, in_thread, unraisable


def _short(file: str) -> str:
    return file.rsplit("/", 2)[-1]


def _is_not_of_a_spare_token(record: logging.LogRecord) -> bool:
    """Bolt warns, while it is built, of the bot token that it finds in the environment.

    It cannot be told not to look there, and it gives its loggers the root's level, so that no level
    of theirs holds the warning back.
    """
    place = (record.name, record.funcName)
    return place != ("slack_bolt.AsyncApp", "__init__") or record.levelno > logging.WARNING


def _only_the_place(_: Any, __: str, event: EventDict) -> EventDict:
    """A library's record without its text: the text can hold bodies, ids and secret addresses."""
    record: logging.LogRecord = event["_record"]
    if record.name.partition(".")[0] != OWN_LOGGERS:
        event["event"] = "message of a library; its text is withheld"
        event["where"] = f"{record.module}.{record.funcName}:{record.lineno}"
    return event


def _describe_exception(_: Any, __: str, event: EventDict) -> EventDict:
    """Name an exception's type and frames; its message may hold what must not be logged."""
    record: logging.LogRecord | None = event.get("_record")
    info = event.pop("exc_info", None) or (record.exc_info if record is not None else None)
    error = info if isinstance(info, BaseException) else _error_of(info)
    if error is not None:
        event["exception"] = " from ".join(type(e).__qualname__ for e in _chain(error))
        frames = traceback.extract_tb(error.__traceback__)
        event["frames"] = [f"{_short(f.filename)}:{f.lineno} {f.name}" for f in frames]
    return event


def _error_of(info: Any) -> BaseException | None:
    if info is True:
        info = sys.exc_info()
    return info[1] if isinstance(info, tuple) else None


def _chain(error: BaseException) -> list[BaseException]:
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in chain:
        chain.append(current)
        current = current.__cause__ or current.__context__
    return chain


def _allowed_keys_only(_: Any, __: str, event: EventDict) -> MutableMapping[str, Any]:
    return {
        key: value[:_MAX_VALUE] if isinstance(value, str) else value
        for key, value in event.items()
        if key in ALLOWED_KEYS
    }
