"""Logs and metrics. Questions and answers are counted and hashed, never written out.

Log lines carry only the keys named here. Records of other libraries are reduced to their origin,
since their texts can hold request bodies and addresses that are secrets.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Hashable, MutableMapping
from contextlib import suppress
from typing import Any, Final, TextIO

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

from bot.domain.answer import Answer, outcome_of
from bot.domain.repetition import Repetitions
from bot.domain.texts.explanation import LookupFailure
from bot.domain.timing import Timing

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
        "sandbox", "setting", "repeated",
    }
)
# fmt: on


class Telemetry:
    """The counters of this process, and the hash that replaces an IDMSG in a log line."""

    def __init__(self, hash_key: bytes) -> None:
        self._hash_key = hash_key
        self._log = structlog.get_logger("bot.lookup")
        self.registry = CollectorRegistry()
        self._lookups = Counter(
            "voicestatus_lookups", "Look-ups by outcome.", ("outcome",), registry=self.registry
        )
        self._failures = Counter(
            "voicestatus_lookup_failures",
            "Failed look-ups, by error.",
            ("error",),
            registry=self.registry,
        )
        self._cached = Counter(
            "voicestatus_lookups_from_cache",
            "Look-ups answered from the cache.",
            registry=self.registry,
        )
        self._seconds = Histogram(
            "voicestatus_lookup_seconds", "Time a look-up took.", registry=self.registry
        )
        self._gateway_up = Gauge(
            "voicestatus_gateway_up",
            "Whether the gateway answers: 0 after several look-ups in a row without one.",
            registry=self.registry,
        )
        self._refusals = Counter(
            "voicestatus_refusals",
            "Questions refused, by reason.",
            ("reason",),
            registry=self.registry,
        )

    def looked_up(self, answer: Answer, seconds: float) -> None:
        """Count one look-up with its duration, and write its log line."""
        finding, outcome, error = answer.finding, outcome_of(answer.finding).value, None
        self._lookups.labels(outcome).inc()
        self._seconds.observe(seconds)
        if isinstance(finding, LookupFailure):
            error = finding.error
            self._failures.labels(error).inc()
        if answer.from_cache:
            self._cached.inc()
        self._log.info(
            "looked up",
            idmsg_hash=self.hashed(answer.message_id.value),
            outcome=outcome,
            error=error,
            seconds=round(seconds, 3),
            cached=answer.from_cache,
        )

    def follow_gateway(self, is_up: Callable[[], bool]) -> None:
        """Report whether the gateway answers, at the time the metrics are read."""
        self._gateway_up.set_function(lambda: float(is_up()))

    def refused(self, *, reason: str, user: str, channel: str) -> None:
        """Count one refusal and write its log line."""
        self._refusals.labels(reason).inc()
        self._log.info("refused", reason=reason, user=user, channel=channel)

    def hashed(self, idmsg: str) -> str:
        """A keyed hash of the id: equal ids have equal hashes, but trial cannot recover the id."""
        return hmac.new(self._hash_key, idmsg.encode(), hashlib.sha256).hexdigest()[:16]

    def exposition(self) -> bytes:
        """The metrics in Prometheus' text format."""
        return generate_latest(self.registry)


def _later(seconds: float, do: Callable[[], None]) -> None:
    """Call a function after a delay, from another thread that does not delay the exit."""
    timer = threading.Timer(seconds, do)
    timer.daemon = True
    # If no thread can be started, the next record or the end of the process triggers it.
    with suppress(RuntimeError):
        timer.start()


class CountingHandler(logging.StreamHandler[TextIO]):
    """Writes records; of many equal ones within a second, the first few and the number of others.

    Args:
        seconds: how long equal records are counted, once the first has come.
        clock: seconds of a clock that only goes forward.
        later: calls a function after that many seconds.
    """

    def __init__(
        self,
        *,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
        later: Callable[[float, Callable[[], None]], None] = _later,
    ) -> None:
        super().__init__(sys.stderr)
        self._repetitions: Repetitions[logging.LogRecord] = Repetitions(seconds=seconds)
        self._seconds, self._clock, self._later = seconds, clock, later
        self._is_due = False

    def emit(self, record: logging.LogRecord) -> None:
        """Write it, or count it."""
        now = self._clock()
        if self._repetitions.is_over(now):
            self._write_counts()
        if self._repetitions.is_said(_kind(record), record, now):
            super().emit(record)
        elif not self._is_due:
            self._is_due = True
            self._later(self._seconds, self._over)

    def close(self) -> None:
        """Write the remaining records; `logging` calls it when the process ends."""
        self._over()
        super().close()

    def _over(self) -> None:
        self.acquire()
        try:
            self._is_due = False
            self._write_counts()
        finally:
            self.release()

    def _write_counts(self) -> None:
        for record, count in self._repetitions.taken():
            record.__dict__["repeated"] = count
            super().emit(record)


def _kind(record: logging.LogRecord) -> Hashable:
    """What makes two records equal: all their written fields but the time and the frames."""
    fields = record.msg if isinstance(record.msg, dict) else {}
    written = _allowed_keys_only(None, "", fields)
    texts = tuple(sorted((key, str(text)) for key, text in written.items() if key != "timestamp"))
    error = _error_of(fields.get("exc_info") or record.exc_info)
    types = tuple(type(one) for one in _chain(error))
    return record.name, record.levelno, record.pathname, record.lineno, texts, types


def configure_logging(*, level: str, json: bool, timing: Timing = Timing()) -> None:
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
    handler = CountingHandler(seconds=timing.repetition)
    handler.addFilter(_is_not_of_a_spare_token)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_only_the_place, *shared],
            processors=[
                _say_how_often,
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _describe_exception,
                _allowed_keys_only,
                renderer,
            ],
        )
    )
    # stamina would log each retry on its own.
    stamina.instrumentation.set_on_retry_hooks([])
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level]))
    logging.getLogger(OWN_LOGGERS).setLevel(level)


def log_what_escapes() -> None:
    """Stop Python from printing on its own: warnings and uncaught errors are logged instead.

    The log has their type and place, but not their texts, which may contain secrets. For a whole
    process.
    """
    log = structlog.get_logger("bot.telemetry")

    def warned(*details: Any, **_: Any) -> None:
        _message, kind, file, line, *_rest = details
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
    """While it is built, Bolt warns of the bot token that it finds in the environment.

    It has no option to skip that place, and it gives its loggers the root's level, so that no
    logger level suppresses the warning.
    """
    place = (record.name, record.funcName)
    return place != ("slack_bolt.AsyncApp", "__init__") or record.levelno > logging.WARNING


def _only_the_place(_: Any, __: str, event: EventDict) -> EventDict:
    """A library's record without its text, which may contain bodies, ids and secret addresses."""
    record: logging.LogRecord = event["_record"]
    if record.name.partition(".")[0] != OWN_LOGGERS:
        event["event"] = "message of a library; its text is withheld"
        event["where"] = f"{record.module}.{record.funcName}:{record.lineno}"
    return event


def _describe_exception(_: Any, __: str, event: EventDict) -> EventDict:
    """Log an exception's type and frames; its message may contain secrets."""
    record: logging.LogRecord | None = event.get("_record")
    error = _error_of(event.pop("exc_info", None) or (record and record.exc_info))
    if error is not None:
        event["exception"] = " from ".join(type(e).__qualname__ for e in _chain(error))
        frames = traceback.extract_tb(error.__traceback__)
        event["frames"] = [f"{_short(f.filename)}:{f.lineno} {f.name}" for f in frames]
    return event


def _say_how_often(_: Any, __: str, event: EventDict) -> EventDict:
    """How many records this one represents."""
    repeated = getattr(event["_record"], "repeated", 0)
    if repeated:
        event["event"] = f"{event['event']} … repeated {repeated} times"
        event["repeated"] = repeated
    return event


def _error_of(info: Any) -> BaseException | None:
    if info is True:
        info = sys.exc_info()
    if isinstance(info, tuple):
        info = info[1]
    return info if isinstance(info, BaseException) else None


def _chain(error: BaseException | None) -> list[BaseException]:
    chain: list[BaseException] = []
    current = error
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
